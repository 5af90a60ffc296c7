//! Why the bus is away, as the log of the program says it.

use redis::{ErrorKind, RedisError};

/// One reason. The texts of Redis are not shown: some repeat what they were sent, and a password is sent too.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Trouble {
    /// No answer, or nothing came back.
    #[error("it does not answer")]
    Silent,
    /// The connection ended: stopped, or too slow for its output buffer.
    #[error("it ended the connection")]
    Closed,
    /// It cannot be reached.
    #[error("it cannot be reached ({0})")]
    Unreachable(String),
    /// No rights at all.
    #[error("it wants another user or password")]
    Password,
    /// Not these rights.
    #[error("its user lacks a right that docs/cluster.md names")]
    Rights,
    /// What is published there reaches the replica's own listeners only.
    #[error(
        "it is a replica, from which nothing reaches the listeners of its primary; name the primary"
    )]
    Replica,
    /// Anything else.
    #[error("it answers with {0}")]
    Strange(String),
    /// The thread went on after a panic.
    #[error("this server's side panicked")]
    Panic,
}

impl From<RedisError> for Trouble {
    fn from(error: RedisError) -> Self {
        if error.is_timeout() {
            return Self::Silent;
        }
        // Of several commands it is the first refusal that counts.
        let refused = error.clone().into_server_errors();
        let first = refused.and_then(|all| all.first().map(|(_, first)| first.clone()));
        let error = first.map_or(error, RedisError::from);
        match error.code() {
            Some("NOAUTH" | "WRONGPASS") => return Self::Password,
            Some("NOPERM") => return Self::Rights,
            Some("READONLY") => return Self::Replica,
            Some(code) if error.kind() != ErrorKind::Io => return Self::Strange(code.to_owned()),
            Some(_) | None => {}
        }
        let kind = error.kind();
        if kind == ErrorKind::AuthenticationFailed {
            return Self::Password;
        }
        if kind != ErrorKind::Io {
            return Self::Strange(format!("{kind:?}"));
        }
        match error.is_connection_dropped() && !error.is_connection_refusal() {
            true => Self::Closed,
            // What the system or TLS says: nothing was sent yet.
            false => Self::Unreachable(error.to_string()),
        }
    }
}
