//! Registered apps.

use diesel::prelude::*;

use super::connect::Backend;
use super::db::{from_json, to_json};
use super::schema::clients;
use super::secret::{hash_token, same_bytes};
use super::sql_error::is_taken;
use super::{Db, Failure, Tx};
use crate::model::{Client, ClientBrief, ClientId, Content, Refusal, Stamp, UserId};

/// A checked app.
#[derive(Clone, Debug)]
pub struct NewClient {
    /// 32 characters of `[A-Za-z0-9_-]`.
    pub id: ClientId,
    /// Hashed before it is stored; a public client has none.
    pub secret: Option<String>,
    /// Display name.
    pub name: String,
    /// URL of its page.
    pub url: String,
    /// Redirect URIs.
    pub redirect_uris: Vec<String>,
    /// The registering user, if any.
    pub owner: Option<UserId>,
    /// Has no secret (RFC 6749 §2.1).
    pub is_public: bool,
    /// Shown to its owner only, and only its owner may authorize it.
    pub is_private: bool,
    /// Description with its source.
    pub description: Option<(Content, String)>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = clients, check_for_backend(Backend))]
pub(super) struct Row {
    id: String,
    name: String,
    url: String,
    created_at: i64,
    owner_id: Option<i64>,
    redirect_uris: String,
    is_public: bool,
    is_private: bool,
    description: Option<String>,
    content: Option<String>,
    posts: i64,
}

impl Row {
    pub(super) fn into_model(self) -> Result<Client, Failure> {
        let content = self.content.map(|text| from_json("description", &text));
        Ok(Client {
            redirect_uris: from_json("list of redirect addresses", &self.redirect_uris)?,
            brief: ClientBrief {
                id: self.id.into(),
                name: self.name,
                url: self.url,
            },
            created_at: Stamp(self.created_at),
            owner: self.owner_id.map(UserId),
            is_public: self.is_public,
            is_private: self.is_private,
            description: content.transpose()?.zip(self.description),
            posts: self.posts,
        })
    }
}

impl Db<'_> {
    /// A registered app.
    pub fn client(&mut self, id: &ClientId) -> Result<Option<Client>, Failure> {
        clients::table
            .find(id.as_str())
            .filter(clients::deleted_at.is_null())
            .select(Row::as_select())
            .get_result(self.sql)
            .optional()?
            .map(Row::into_model)
            .transpose()
    }

    /// Whether an app was registered and then deleted.
    pub fn is_client_deleted(&mut self, id: &ClientId) -> Result<bool, Failure> {
        let deleted_at = clients::table
            .find(id.as_str())
            .select(clients::deleted_at)
            .get_result::<Option<i64>>(self.sql)
            .optional()?;
        Ok(deleted_at.flatten().is_some())
    }

    /// All registered apps, oldest first.
    pub fn all_clients(&mut self) -> Result<Vec<Client>, Failure> {
        clients::table
            .filter(clients::deleted_at.is_null())
            .order((clients::created_at.asc(), clients::id.asc()))
            .select(Row::as_select())
            .load(self.sql)?
            .into_iter()
            .map(Row::into_model)
            .collect()
    }

    /// The apps of an owner, oldest first; few ([`Tx::create_client`] is asked by callers that count them).
    pub fn clients_owned_by(&mut self, owner: UserId) -> Result<Vec<Client>, Failure> {
        clients::table
            .filter(clients::owner_id.eq(owner.0))
            .filter(clients::deleted_at.is_null())
            .order((clients::created_at.asc(), clients::id.asc()))
            .select(Row::as_select())
            .load(self.sql)?
            .into_iter()
            .map(Row::into_model)
            .collect()
    }

    /// What others see of them: not the private ones; by name.
    pub fn public_clients_of(&mut self, owner: UserId) -> Result<Vec<ClientBrief>, Failure> {
        let mut owned = self.clients_owned_by(owner)?;
        owned.retain(|client| !client.is_private);
        let mut briefs: Vec<_> = owned.into_iter().map(|client| client.brief).collect();
        briefs.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
        Ok(briefs)
    }

    /// Whether this is the app's secret. A public app has none, so none fits.
    pub fn client_secret_matches(&mut self, id: &ClientId, secret: &str) -> Result<bool, Failure> {
        let kept = clients::table
            .find(id.as_str())
            .select(clients::secret_hash)
            .get_result::<Option<Vec<u8>>>(self.sql)
            .optional()?
            .flatten();
        Ok(kept.is_some_and(|kept| same_bytes(&kept, &hash_token(secret))))
    }
}

impl Tx<'_> {
    /// Registers an app. An existing public app is updated: the built-in room page registers itself at
    /// each start.
    pub fn create_client(&mut self, new: &NewClient) -> Result<Client, Failure> {
        let now = self.now();
        let redirect_uris = to_json(&new.redirect_uris)?;
        let (content, description) = described(new.description.as_ref())?;
        let there = clients::table
            .find(new.id.as_str())
            .select(clients::is_public)
            .get_result::<bool>(self.sql)
            .optional()?;
        if there == Some(true) && new.is_public {
            return diesel::update(clients::table.find(new.id.as_str()))
                .set((
                    clients::name.eq(&new.name),
                    clients::url.eq(&new.url),
                    clients::redirect_uris.eq(redirect_uris),
                ))
                .returning(<Row as Selectable<Backend>>::construct_selection())
                .get_result::<Row>(self.sql)?
                .into_model();
        }
        let secret = new.secret.as_ref().filter(|_| !new.is_public);
        if let Some(owner) = new.owner.filter(|_| !new.is_private) {
            self.count_clients(owner, 1)?;
        }
        diesel::insert_into(clients::table)
            .values((
                clients::id.eq(new.id.as_str()),
                clients::secret_hash.eq(secret.map(|secret| hash_token(secret).to_vec())),
                clients::name.eq(&new.name),
                clients::url.eq(&new.url),
                clients::created_at.eq(now.0),
                clients::owner_id.eq(new.owner.map(|owner| owner.0)),
                clients::redirect_uris.eq(redirect_uris),
                clients::is_public.eq(new.is_public),
                clients::is_private.eq(new.is_private),
                clients::description.eq(description),
                clients::content.eq(content),
            ))
            .returning(<Row as Selectable<Backend>>::construct_selection())
            .get_result::<Row>(self.sql)
            .map_err(|error| {
                if is_taken(&error) {
                    Refusal::Invalid.at("client_id").into()
                } else {
                    Failure::from(error)
                }
            })?
            .into_model()
    }

    /// Replaces the secret of an app.
    pub fn set_client_secret(&mut self, id: &ClientId, secret: &str) -> Result<(), Failure> {
        let app = clients::table.find(id.as_str());
        let changed = diesel::update(app.filter(clients::deleted_at.is_null()))
            .set(clients::secret_hash.eq(hash_token(secret).to_vec()))
            .execute(self.sql)?;
        if changed == 0 {
            return Err(Refusal::NotFound.into());
        }
        Ok(())
    }

    /// Saves what the owner of an app may change: name, address, redirect URIs, description, and whether it is private.
    pub fn save_client(&mut self, client: &Client) -> Result<(), Failure> {
        let before = self.client(&client.brief.id)?.ok_or(Refusal::NotFound)?;
        let (content, description) = described(client.description.as_ref())?;
        diesel::update(clients::table.find(client.brief.id.as_str()))
            .set((
                clients::name.eq(&client.brief.name),
                clients::url.eq(&client.brief.url),
                clients::redirect_uris.eq(to_json(&client.redirect_uris)?),
                clients::is_private.eq(client.is_private),
                clients::description.eq(description),
                clients::content.eq(content),
            ))
            .execute(self.sql)?;
        match (client.owner, before.is_private, client.is_private) {
            (Some(owner), true, false) => self.count_clients(owner, 1),
            (Some(owner), false, true) => self.count_clients(owner, -1),
            (Some(_), _, _) | (None, _, _) => Ok(()),
        }
    }

    /// Deletes an app: from now on it has no secret, and its tokens are refused. The row stays, because messages name
    /// the app that they were written with.
    pub fn delete_client(&mut self, id: &ClientId) -> Result<(), Failure> {
        let Some(client) = self.client(id)? else {
            return Ok(());
        };
        let now = self.now();
        diesel::update(clients::table.find(id.as_str()))
            .set((
                clients::secret_hash.eq(None::<Vec<u8>>),
                clients::deleted_at.eq(now.0),
            ))
            .execute(self.sql)?;
        self.note_end_of_tokens()?;
        match client.owner.filter(|_| !client.is_private) {
            Some(owner) => self.count_clients(owner, -1),
            None => Ok(()),
        }
    }

    /// Changes the count of posts made with an app.
    pub(super) fn count_client_posts(&mut self, id: &ClientId, by: i64) -> Result<(), Failure> {
        diesel::update(clients::table.find(id.as_str()))
            .set(clients::posts.eq(clients::posts + by))
            .execute(self.sql)?;
        Ok(())
    }
}

/// The two columns of a description.
fn described(
    description: Option<&(Content, String)>,
) -> Result<(Option<String>, Option<&str>), Failure> {
    Ok(match description {
        Some((content, source)) => (Some(to_json(content)?), Some(source)),
        None => (None, None),
    })
}
