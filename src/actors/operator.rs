//! What an operator takes back or changes of accounts, apps and tokens: rows and events, in one transaction. A running
//! server learns of it through the log, whichever process writes it.

use std::sync::Arc;

use super::user::write::revoke;
use crate::event::Payload;
use crate::model::{BadgeId, Client, ClientId, Failure, Refusal, TokenId, User, UserId, Verified};
use crate::store::{TokenFilter, Tx};

/// Disables or enables an account; says whether it was the other before. While it is disabled its tokens are refused, its
/// streams are closed, and its password does not sign in.
///
/// # Errors
/// The database is in trouble.
pub fn set_disabled(tx: &mut Tx<'_>, user: UserId, disabled: bool) -> Result<bool, Failure> {
    let changed = tx.set_disabled(user, disabled)?;
    if changed {
        tx.announce(Payload::UserDisabled {
            user,
            undone: !disabled,
        });
    }
    Ok(changed)
}

/// Replaces a password. Tokens stay: they were granted to apps, not to the password.
///
/// # Errors
/// No such user.
pub fn set_password(tx: &mut Tx<'_>, user: UserId, hash: &str) -> Result<(), Failure> {
    tx.set_password(user, hash)?;
    tx.announce(Payload::PasswordChanged { user });
    Ok(())
}

/// Gives an account another name.
///
/// # Errors
/// The name is taken.
pub fn rename_user(tx: &mut Tx<'_>, user: UserId, name: &str) -> Result<User, Failure> {
    let renamed = tx.rename_user(user, name)?;
    let user = Arc::new(renamed.clone());
    tx.announce(Payload::UserChanged { user });
    Ok(renamed)
}

/// Awards a badge; says whether the user did not have it.
///
/// # Errors
/// The database is in trouble.
pub fn award_badge(tx: &mut Tx<'_>, user: UserId, badge: BadgeId) -> Result<bool, Failure> {
    tx.award_badge(user, badge)
}

/// Takes a badge back; says whether the user had it. A profile that shows it shows none.
///
/// # Errors
/// No such user.
pub fn take_badge(tx: &mut Tx<'_>, user: UserId, badge: BadgeId) -> Result<bool, Failure> {
    let had = tx.take_badge(user, badge)?;
    let shown = tx.user(user)?.ok_or(Refusal::UserNotFound)?.badge;
    if shown.is_some_and(|shown| shown.id == badge) {
        tx.show_badge(user, None)?;
        announce_user(tx, user)?;
    }
    Ok(had)
}

/// Says which web site is a user's, or that none is.
///
/// # Errors
/// No such user.
pub fn set_verified(tx: &mut Tx<'_>, user: UserId, site: Option<&Verified>) -> Result<(), Failure> {
    tx.set_verified(user, site)?;
    announce_user(tx, user)
}

fn announce_user(tx: &mut Tx<'_>, user: UserId) -> Result<(), Failure> {
    let user = Arc::new(tx.user(user)?.ok_or(Refusal::UserNotFound)?);
    tx.announce(Payload::UserChanged { user });
    Ok(())
}

/// Saves a changed app.
///
/// # Errors
/// No such app.
pub fn save_client(tx: &mut Tx<'_>, client: &Client) -> Result<(), Failure> {
    tx.save_client(client)?;
    tx.announce(changed(client));
    Ok(())
}

fn changed(client: &Client) -> Payload {
    Payload::ClientChanged {
        client: client.brief.clone(),
        owner: client.owner,
    }
}

/// Replaces the secret of an app. Its tokens stay.
///
/// # Errors
/// No such app, or one without a secret.
pub fn rotate_secret(tx: &mut Tx<'_>, id: &ClientId, secret: &str) -> Result<(), Failure> {
    let client = tx.client(id)?.ok_or(Refusal::NotFound)?;
    if client.is_public {
        return Err(Refusal::NoAccess.into());
    }
    tx.set_client_secret(id, secret)?;
    tx.announce(changed(&client));
    Ok(())
}

/// Deletes an app and its stored streams. Its tokens are refused from now on; [`revoke_some`] removes them, and its filters
/// go some at a time too.
///
/// # Errors
/// No such app, or the one of the room page, which registers itself at each start.
pub fn delete_client(tx: &mut Tx<'_>, id: &ClientId) -> Result<(), Failure> {
    let client = tx.client(id)?.ok_or(Refusal::NotFound)?;
    if client.is_public {
        return Err(Refusal::NoAccess.into());
    }
    tx.delete_client(id)?;
    for stream in tx.delete_app_streams(id)? {
        tx.announce(Payload::AppStreamDeleted {
            client: id.clone(),
            key: stream.key,
        });
    }
    tx.announce(changed(&client));
    Ok(())
}

/// Revokes the first `count` tokens that the filter means, and says which. Called until there are none: a
/// transaction of any number would hold up the writes of the server.
///
/// # Errors
/// The database is in trouble.
pub fn revoke_some(
    tx: &mut Tx<'_>,
    filter: &TokenFilter,
    count: i64,
) -> Result<Vec<TokenId>, Failure> {
    if let Some(user) = filter.user {
        tx.void_codes(user, filter.client.as_ref())?;
    }
    let found = tx.roster_tokens(filter, TokenId(0), count)?;
    let ids: Vec<TokenId> = found.iter().map(|token| token.id).collect();
    for id in &ids {
        revoke(tx, *id)?;
    }
    Ok(ids)
}
