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
        if says(&error, "interrupted") {
            return Self::Busy;
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

/// The disk has no room, or the file may not grow.
pub(super) fn is_full(error: &SqlError) -> bool {
    says(error, "database or disk is full")
}

fn says(error: &SqlError, what: &str) -> bool {
    let SqlError::DatabaseError(DatabaseErrorKind::Unknown, info) = error else {
        return false;
    };
    info.message().contains(what)
}
