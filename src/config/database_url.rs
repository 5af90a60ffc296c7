//! Where the database is.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use super::value::Value;

/// A file, or a server. The address of a server may hold a password, so it is shown nowhere: not in a log, not in an
/// error, not among the settings.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// The address itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether it is a file, which one server has for itself.
    pub fn is_file(&self) -> bool {
        self.0.starts_with("sqlite:")
    }
}

impl Value for DatabaseUrl {
    const EXPECTED: &'static str = <String as Value>::EXPECTED;
    fn parse(text: &str) -> Option<Self> {
        <String as Value>::parse(text).map(Self)
    }
    fn show(&self) -> String {
        let shown = if self.is_file() {
            self.0.as_str()
        } else {
            "(not shown)"
        };
        format!("{shown:?}")
    }
}

impl From<&str> for DatabaseUrl {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// For the command line; the settings look at it again.
impl FromStr for DatabaseUrl {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(text.into())
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.show())
    }
}

#[cfg(test)]
mod tests {
    use super::super::Config;
    use super::*;

    #[test]
    fn a_server_is_shown_nowhere_and_a_file_is() {
        let mut config = Config::default();
        config.store.database_url = "postgres://ada:geheim@db.lan/groundnut".into();
        config.cluster.redis_url = "redis://:geheim@cache.lan/0".into();
        for shown in [format!("{config:?}"), config.values().join(" ")] {
            assert!(!shown.contains("geheim"), "{shown}");
        }
        let file = DatabaseUrl::from("sqlite://data/groundnut.db");
        assert_eq!(format!("{file:?}"), "\"sqlite://data/groundnut.db\"");
        assert!(file.is_file() && !config.store.database_url.is_file());
    }
}
