//! What a new password has to be.

use crate::http::App;
use crate::store::secret::PASSWORD_BYTES;

/// Why this cannot be a password.
pub(in crate::http) fn password_problem(app: &App, password: &str) -> Option<String> {
    let least = app.engine.limits().password_length;
    if password.chars().count() < least {
        return Some(format!("A password has at least {least} characters."));
    }
    if password.len() > PASSWORD_BYTES {
        return Some(format!("A password has at most {PASSWORD_BYTES} bytes."));
    }
    None
}
