//! Whose password it is: for the token endpoint and for the pages, with the same brakes.
//!
//! Attempts are counted by the name that was sent, and by account over all of its names. A browser in which the account was
//! signed in to before is counted by itself, so a stranger who guesses does not keep its owner out (the device cookies of
//! OWASP).

use crate::http::pipeline::rate_limit::bucket::Attempts;
use crate::http::session::Device;
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
    device: Option<&Device>,
) -> Result<Option<UserId>, ApiError> {
    let name = login_key(&username);
    let login = app.engine.store().read(move |db| db.login(&username));
    let mut login = login.await?;
    let known = login.as_ref().and_then(|(user, hash)| {
        let device = device.filter(|device| device.knows(*user, hash))?;
        Some(Attempts::Device(*user, device.id()))
    });
    match known {
        Some(attempts) => count(app, attempts).await?,
        None => {
            // Whether or not there is such an account: the answer must not reveal it.
            count(app, Attempts::Name(&name)).await?;
            let account = login.as_ref().map(|(user, _)| Attempts::Account(*user));
            // Another name of the account is being guessed at. A refusal would say that both names are of one account, so
            // the answer is the one to a wrong password.
            if let Some(attempts) = account
                && count(app, attempts).await.is_err()
            {
                login = None;
            }
        }
    }
    if password.len() > secret::PASSWORD_BYTES {
        return Ok(None);
    }
    let (user, hash) = login.unzip();
    let is_right = is_right(app, password, hash).await?;
    Ok(user.filter(|_| is_right))
}

async fn count(app: &App, attempts: Attempts<'_>) -> Result<(), ApiError> {
    let counted = app.rate.count_account(attempts).await;
    counted.allowed().map_err(|retry_in| {
        app.engine.metrics().add(Counter::RateLimited, 1);
        ApiError::limited(retry_in)
    })
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
