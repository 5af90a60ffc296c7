//! What the owner of an app does with it: rows and events, in one transaction. An app of another owner is not found.

use super::operator;
use super::user::write::revoke;
use crate::event::Payload;
use crate::model::{Client, ClientId, Content, Failure, Refusal, TokenId, UserId};
use crate::store::{Db, NewClient, Tx};

/// Apps of one owner. Enough for a developer, and few enough to be listed on one page.
pub const CLIENTS_PER_OWNER: usize = 20;

/// What an owner may change of an app.
#[derive(Clone, Debug)]
pub struct ClientChange {
    /// Display name.
    pub name: String,
    /// URL of its page.
    pub url: String,
    /// Redirect URIs.
    pub redirect_uris: Vec<String>,
    /// Description with its source.
    pub description: Option<(Content, String)>,
    /// Shown to its owner only, and only its owner may authorize it.
    pub is_private: bool,
}

/// The app, if it is of this owner.
///
/// # Errors
/// No such app of this owner.
pub fn own(db: &mut Db<'_>, owner: UserId, id: &ClientId) -> Result<Client, Failure> {
    let client = db.client(id)?.ok_or(Refusal::NotFound)?;
    match client.owner == Some(owner) {
        true => Ok(client),
        false => Err(Refusal::NotFound.into()),
    }
}

/// Registers an app.
///
/// # Errors
/// The owner has as many as allowed.
pub fn create(tx: &mut Tx<'_>, new: &NewClient) -> Result<Client, Failure> {
    if let Some(owner) = new.owner
        && tx.clients_owned_by(owner)?.len() >= CLIENTS_PER_OWNER
    {
        return Err(Refusal::ClientLimit.into());
    }
    let client = tx.create_client(new)?;
    tx.announce(Payload::ClientChanged {
        client: client.brief.clone(),
        owner: client.owner,
    });
    Ok(client)
}

/// Changes an app.
///
/// # Errors
/// No such app of this owner.
pub fn change(
    tx: &mut Tx<'_>,
    owner: UserId,
    id: &ClientId,
    change: ClientChange,
) -> Result<Client, Failure> {
    let mut client = own(tx, owner, id)?;
    client.brief.name = change.name;
    client.brief.url = change.url;
    client.redirect_uris = change.redirect_uris;
    client.description = change.description;
    client.is_private = change.is_private;
    operator::save_client(tx, &client)?;
    Ok(client)
}

/// Replaces the secret of an app. Its tokens stay.
///
/// # Errors
/// No such app of this owner.
pub fn rotate_secret(
    tx: &mut Tx<'_>,
    owner: UserId,
    id: &ClientId,
    secret: &str,
) -> Result<(), Failure> {
    own(tx, owner, id)?;
    operator::rotate_secret(tx, id, secret)
}

/// Deletes an app and its stored streams; [`operator::revoke_some`] then removes its tokens.
///
/// # Errors
/// No such app of this owner.
pub fn delete(tx: &mut Tx<'_>, owner: UserId, id: &ClientId) -> Result<(), Failure> {
    own(tx, owner, id)?;
    operator::delete_client(tx, id)
}

/// Revokes a token of the app itself.
///
/// # Errors
/// No such app of this owner, or no such token of the app.
pub fn revoke_app_token(
    tx: &mut Tx<'_>,
    owner: UserId,
    id: &ClientId,
    token: TokenId,
) -> Result<(), Failure> {
    own(tx, owner, id)?;
    let found = tx.roster_token(token)?.ok_or(Refusal::NotFound)?;
    if found.client != *id || found.user.is_some() {
        return Err(Refusal::NotFound.into());
    }
    revoke(tx, token)
}

/// Revokes a token that was given for a user.
///
/// # Errors
/// No such token of the user.
pub fn revoke_own_token(tx: &mut Tx<'_>, user: UserId, token: TokenId) -> Result<(), Failure> {
    let found = tx.roster_token(token)?.ok_or(Refusal::NotFound)?;
    if found.user != Some(user) {
        return Err(Refusal::NotFound.into());
    }
    revoke(tx, token)?;
    tx.narrow_grant(user, &found.client)
}
