//! Who may make an account, as a setting.

use strum::{EnumString, IntoStaticStr};

use super::Value;

/// Who may make an account by themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum SignUp {
    /// The operator makes them.
    #[default]
    Closed,
    /// Holders of an invite code.
    Invite,
    /// All who reach the page.
    Open,
}

impl Value for SignUp {
    const EXPECTED: &'static str = "\"closed\", \"invite\" or \"open\"";

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn show(&self) -> String {
        let name: &'static str = self.into();
        format!("{name:?}")
    }
}
