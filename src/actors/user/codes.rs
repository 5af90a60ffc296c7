//! Authorization codes become tokens: one write, so that of two exchanges at the same moment one is the first.

use super::write::{grant, revoke};
use crate::model::{ClientId, Failure, Token};
use crate::store::{Code, CodeState, Tx};

/// What became of a code.
#[derive(Clone, Debug)]
pub enum Exchanged {
    /// The token that it was exchanged for.
    Granted(Token),
    /// It opens nothing: unknown, expired, of another app, asked for with another address or proof.
    Refused,
    /// It was used before. The token of the first use is revoked: one of the two did not come from the app.
    Replayed,
}

/// Exchanges a code for a token with this secret. `fits` says whether the rest of the request is what the code is bound to.
///
/// # Errors
/// The account is disabled, or the database is in trouble.
pub fn exchange(
    tx: &mut Tx<'_>,
    client: &ClientId,
    code: &str,
    secret: &str,
    fits: impl FnOnce(&Code) -> bool,
) -> Result<Exchanged, Failure> {
    let now = tx.now();
    // A stranger who found a code can neither use it nor revoke anything with it.
    let Some(code) = tx.code(code, now)?.filter(|code| code.client == *client) else {
        return Ok(Exchanged::Refused);
    };
    if !fits(&code) {
        return Ok(Exchanged::Refused);
    }
    match code.state {
        CodeState::Expired => Ok(Exchanged::Refused),
        CodeState::Used(token) => {
            if let Some(token) = token {
                revoke(tx, token)?;
            }
            Ok(Exchanged::Replayed)
        }
        CodeState::Fresh => {
            let token = grant(tx, client, Some(code.user), &code.scopes, secret)?;
            tx.use_code(&code, token.id)?;
            Ok(Exchanged::Granted(token))
        }
    }
}
