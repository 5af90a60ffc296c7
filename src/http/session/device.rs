//! A second cookie: this browser was signed in to an account with its present password. It opens nothing. Attempts to sign
//! in with it are counted apart from those of strangers.

use actix_web::HttpRequest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::Cookies;
use crate::model::UserId;
use crate::store::secret::{hash_token, random_id};

/// Sets it apart from what the other cookie holds, which the same key signs.
const DEVICE: &str = "d.";

/// A browser in which an account was signed in to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    user: UserId,
    id: String,
    /// Of the password: with a new one, devices of the old one are strangers again.
    mark: String,
}

impl Device {
    /// Which device it is.
    pub(in crate::http) fn id(&self) -> &str {
        &self.id
    }

    /// Whether the account was signed in to with the password behind this hash.
    pub(in crate::http) fn knows(&self, user: UserId, hash: &str) -> bool {
        self.user == user && self.mark == mark(hash)
    }

    /// What a cookie holds.
    fn parse(value: &str) -> Option<Self> {
        let mut parts = value.strip_prefix(DEVICE)?.splitn(3, '.');
        let user = parts.next()?.parse().ok()?;
        let (id, mark) = (parts.next()?.to_owned(), parts.next()?.to_owned());
        Some(Self {
            user: UserId(user),
            id,
            mark,
        })
    }
}

impl Cookies {
    /// The account that this browser was signed in to last.
    pub(in crate::http) fn device(&self, request: &HttpRequest) -> Option<Device> {
        Device::parse(&self.signed(request, self.device_name())?)
    }

    /// The line that makes a browser a device of an account with this password hash.
    pub(in crate::http) fn remembers(&self, user: UserId, hash: &str) -> String {
        let value = format!("{DEVICE}{user}.{}.{}", random_id(), mark(hash));
        self.device_line(&value)
    }
}

/// Tells nothing of the password: the hash is salted, and never leaves the database.
fn mark(hash: &str) -> String {
    let mut mark = URL_SAFE_NO_PAD.encode(hash_token(hash));
    mark.truncate(16);
    mark
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_known_to_one_account_with_one_password() {
        let value = format!("d.7.some-id.{}", mark("a hash"));
        let device = Device::parse(&value).unwrap();
        assert_eq!(device.id(), "some-id");
        assert!(device.knows(UserId(7), "a hash"));
        assert!(!device.knows(UserId(8), "a hash"));
        assert!(!device.knows(UserId(7), "another hash"));
        for wrong in ["", "s.7.a.b", "d.", "d.x.a.b", "d.7", "d.7.a"] {
            assert_eq!(Device::parse(wrong), None, "{wrong}");
        }
    }
}
