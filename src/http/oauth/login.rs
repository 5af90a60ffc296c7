//! Whose password it is: for the token endpoint and for the pages, with the same brakes.

use crate::http::{ApiError, App};
use crate::model::{Failure, UserId};
use crate::store::{login_key, secret};
use crate::telemetry::Counter;

/// The user with this name or e-mail address and this password; `None` if there is none, whichever of the two is wrong.
///
/// # Errors
/// Too many attempts at this account, or too many checks at a time.
pub async fn sign_in(
    app: &App,
    username: String,
    password: String,
) -> Result<Option<UserId>, ApiError> {
    // By the name as it is compared, whether or not there is such an account: the answer must not reveal it.
    let counted = app.rate.count_account(&login_key(&username));
    counted.allowed().map_err(|retry_in| {
        app.engine.metrics().add(Counter::RateLimited, 1);
        ApiError::limited(retry_in)
    })?;
    if password.len() > secret::PASSWORD_BYTES {
        return Ok(None);
    }
    let login = app.engine.store().read(move |db| db.login(&username));
    let (user, hash) = login.await?.unzip();
    let is_right = is_right(app, password, hash).await?;
    Ok(user.filter(|_| is_right))
}

/// Whether this is the password behind the hash.
///
/// # Errors
/// Too many checks at a time.
async fn is_right(app: &App, password: String, hash: Option<String>) -> Result<bool, Failure> {
    let checked = app.passwords.verify(password, hash).await;
    if matches!(checked, Err(Failure::Busy)) {
        app.engine.metrics().add(Counter::PasswordsRefused, 1);
    }
    checked
}
