//! Errors of the database, as failures, and the two that callers tell apart.

use diesel::result::{DatabaseErrorKind, Error as SqlError};

use crate::model::Failure;

impl From<SqlError> for Failure {
    fn from(error: SqlError) -> Self {
        // Another process held the file for longer than the busy timeout.
        if is_locked(&error) {
            tracing::warn!("the database file is locked by another process");
            return Self::Busy;
        }
        // The read took too long, or its caller is gone (`reading/limit.rs`).
        if says(&error, "interrupted") || waited_too_long(&error) {
            return Self::Busy;
        }
        if is_lost(&error) {
            return Self::Away;
        }
        Self::trouble(format!("database: {error}"))
    }
}

/// The refusal for a violated unique constraint, which the caller chooses.
pub(super) fn is_taken(error: &SqlError) -> bool {
    matches!(
        error,
        SqlError::DatabaseError(DatabaseErrorKind::UniqueViolation, _)
    )
}

/// Another connection has the file.
pub(super) fn is_locked(error: &SqlError) -> bool {
    says(error, "database is locked")
}

/// A PostgreSQL server ended the statement: it waited for others for too long, or took too long itself.
fn waited_too_long(error: &SqlError) -> bool {
    matches!(
        error,
        SqlError::DatabaseError(DatabaseErrorKind::SerializationFailure, _)
    ) || says(error, "canceling statement due to")
        || says(error, "deadlock detected")
}

/// The connection to a PostgreSQL server is gone, or the server is about to end.
pub(super) fn is_lost(error: &SqlError) -> bool {
    const SAID: [&str; 9] = [
        "server closed the connection",
        "no connection to the server",
        "terminating connection",
        "connection not open",
        "connection to server",
        "could not receive data from server",
        "could not send data to server",
        "SSL connection has been closed",
        "SSL SYSCALL error",
    ];
    matches!(
        error,
        SqlError::DatabaseError(
            DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand,
            _
        )
    ) || SAID.iter().any(|text| says(error, text))
}

/// The disk has no room, or the file may not grow.
pub(super) fn is_full(error: &SqlError) -> bool {
    says(error, "database or disk is full") || says(error, "No space left on device")
}

fn says(error: &SqlError, what: &str) -> bool {
    let SqlError::DatabaseError(DatabaseErrorKind::Unknown, info) = error else {
        return false;
    };
    info.message().contains(what)
}
