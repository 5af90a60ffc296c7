//! Where Redis is.

use std::fmt;

use redis::{ConnectionAddr, IntoConnectionInfo as _};

use crate::config::Cluster;

/// Redis, as the settings name it.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) client: redis::Client,
    shown: String,
}

impl Place {
    /// `None`: the settings name none.
    pub(super) fn of(cluster: &Cluster) -> Result<Option<Self>, String> {
        if cluster.redis_url.is_empty() {
            return Ok(None);
        }
        // Neither the URL nor what the crate says of it: both may show the password.
        let wrong = |_error: &redis::RedisError| {
            String::from(
                "cluster.redis_url (--redis-url) is no address of Redis; write redis://HOST:PORT/0, or rediss://HOST:PORT/0 \
                 with TLS, with USER:PASSWORD@ before the host if need be",
            )
        };
        let url = cluster.redis_url.reveal();
        if url.ends_with("#insecure") {
            return Err(String::from(
                "cluster.redis_url (--redis-url) asks for TLS that checks nothing (#insecure), which is not supported",
            ));
        }
        let mut info = url.into_connection_info().map_err(|error| wrong(&error))?;
        if !cluster.redis_password.is_empty() {
            let settings = info.redis_settings().clone();
            info = info.set_redis_settings(settings.set_password(cluster.redis_password.reveal()));
        }
        let shown = match info.addr() {
            ConnectionAddr::Tcp(host, port) => format!("redis://{host}:{port}"),
            ConnectionAddr::TcpTls { host, port, .. } => format!("rediss://{host}:{port}"),
            ConnectionAddr::Unix(path) => format!("unix:{}", path.display()),
            // The crate may learn others.
            _ => String::from("redis"),
        };
        let client = redis::Client::open(info).map_err(|error| wrong(&error))?;
        Ok(Some(Self { client, shown }))
    }
}

/// Without user and password.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(url: &str) -> Result<Option<String>, String> {
        let cluster = Cluster {
            redis_url: url.into(),
            redis_password: "".into(),
        };
        Place::of(&cluster).map(|place| place.map(|place| place.to_string()))
    }

    #[test]
    fn an_address_is_shown_without_its_password() {
        assert_eq!(place(""), Ok(None));
        for (url, shown) in [
            ("redis://127.0.0.1:6380/0", "redis://127.0.0.1:6380"),
            ("redis://ada:geheim@cache.lan", "redis://cache.lan:6379"),
            ("rediss://:geheim@cache.lan:1/3", "rediss://cache.lan:1"),
        ] {
            assert_eq!(place(url), Ok(Some(shown.to_owned())), "{url}");
        }
    }

    #[test]
    fn an_address_that_is_none_is_refused_without_being_shown() {
        for url in [
            "geheim",
            "http://geheim@cache.lan/",
            "redis://",
            "redis://geheim@cache.lan:99999",
            "rediss://geheim@cache.lan/#insecure",
        ] {
            let said = place(url).unwrap_err();
            assert!(said.contains("cluster.redis_url"), "{said}");
            assert!(!said.contains("geheim"), "{said}");
        }
    }
}
