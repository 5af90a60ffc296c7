//! Webhooks: where the events of stored app streams are posted to, and how far that is.

use std::collections::HashMap;

use diesel::prelude::*;

use super::db::{from_json, to_json};
use super::schema::webhooks;
use super::{Db, Failure, Tx};
use crate::model::{
    AppStream, ClientId, Hook, HookOff, HookSecret, Refusal, Stamp, StreamKey, TokenId,
};

/// How far the deliveries of a hook are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookPlace {
    /// The log that the positions belong to.
    pub epoch: String,
    /// Everything up to here is settled, by lane.
    pub positions: Vec<i64>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = webhooks, check_for_backend(crate::store::connect::Backend))]
struct Row {
    key: String,
    url: String,
    secret: String,
    parameters: String,
    token_id: i64,
    off: Option<String>,
    failing_since: Option<i64>,
}

fn into_model(row: Row) -> Result<(StreamKey, Hook), Failure> {
    let off = row.off.map(|off| off.parse()).transpose();
    let hook = Hook {
        url: row.url,
        secret: HookSecret::new(row.secret),
        parameters: row.parameters,
        token: TokenId(row.token_id),
        off: off.map_err(|_unknown| Failure::trouble("why a hook is off is not known"))?,
        failing_since: row.failing_since.map(Stamp),
    };
    Ok((row.key.into(), hook))
}

impl Db<'_> {
    /// The hooks of an app, by stream.
    pub(super) fn hooks_of(
        &mut self,
        client: &ClientId,
    ) -> Result<HashMap<StreamKey, Hook>, Failure> {
        webhooks::table
            .filter(webhooks::client_id.eq(client.as_str()))
            .select(Row::as_select())
            .load(self.sql)?
            .into_iter()
            .map(into_model)
            .collect()
    }

    /// The hook of a stream, if it has one.
    pub(super) fn hook(
        &mut self,
        client: &ClientId,
        key: &StreamKey,
    ) -> Result<Option<Hook>, Failure> {
        let found = webhooks::table
            .find((client.as_str(), key.as_str()))
            .select(Row::as_select())
            .get_result(self.sql)
            .optional()?;
        let hook = found.map(into_model).transpose()?;
        Ok(hook.map(|(_, hook)| hook))
    }

    /// The hooks that are on, of all apps.
    pub fn hooks_on(&mut self) -> Result<Vec<(ClientId, StreamKey)>, Failure> {
        let found = webhooks::table
            .filter(webhooks::off.is_null())
            .order((webhooks::client_id.asc(), webhooks::key.asc()))
            .select((webhooks::client_id, webhooks::key))
            .load::<(String, String)>(self.sql)?;
        let named = found.into_iter();
        Ok(named
            .map(|(client, key)| (client.into(), key.into()))
            .collect())
    }

    /// How far a hook is.
    pub fn hook_place(
        &mut self,
        client: &ClientId,
        key: &StreamKey,
    ) -> Result<Option<HookPlace>, Failure> {
        let found = webhooks::table
            .find((client.as_str(), key.as_str()))
            .select((webhooks::epoch, webhooks::positions))
            .get_result::<(String, String)>(self.sql)
            .optional()?;
        found
            .map(|(epoch, positions)| {
                Ok(HookPlace {
                    epoch,
                    positions: from_json("positions", &positions)?,
                })
            })
            .transpose()
    }
}

impl Tx<'_> {
    /// Gives a new stream its hook. It begins behind what is in the log now.
    pub(super) fn create_hook(&mut self, stream: &AppStream, hook: &Hook) -> Result<(), Failure> {
        let head = self.log_head()?;
        diesel::insert_into(webhooks::table)
            .values((
                webhooks::client_id.eq(stream.client.as_str()),
                webhooks::key.eq(stream.key.as_str()),
                webhooks::url.eq(&hook.url),
                webhooks::secret.eq(hook.secret.reveal()),
                webhooks::parameters.eq(&hook.parameters),
                webhooks::token_id.eq(hook.token.0),
                webhooks::off.eq(hook.off.map(HookOff::name)),
                webhooks::failing_since.eq(hook.failing_since.map(|since| since.0)),
                webhooks::epoch.eq(head.epoch),
                webhooks::positions.eq(to_json(&[head.pos.0])?),
            ))
            .execute(self.sql)?;
        Ok(())
    }

    /// Replaces what a hook is. How far it is stays.
    pub(super) fn save_hook(&mut self, stream: &AppStream, hook: &Hook) -> Result<(), Failure> {
        let row = webhooks::table.find((stream.client.as_str(), stream.key.as_str()));
        let changed = diesel::update(row)
            .set((
                webhooks::url.eq(&hook.url),
                webhooks::secret.eq(hook.secret.reveal()),
                webhooks::parameters.eq(&hook.parameters),
                webhooks::token_id.eq(hook.token.0),
                webhooks::off.eq(hook.off.map(HookOff::name)),
                webhooks::failing_since.eq(hook.failing_since.map(|since| since.0)),
            ))
            .execute(self.sql)?;
        match changed {
            0 => Err(Refusal::StreamNotFound.into()),
            _ => Ok(()),
        }
    }

    /// Notes how far a hook is. One that is gone is none.
    pub fn move_hook(
        &mut self,
        (client, key): (&ClientId, &StreamKey),
        place: &HookPlace,
        failing_since: Option<Stamp>,
    ) -> Result<(), Failure> {
        diesel::update(webhooks::table.find((client.as_str(), key.as_str())))
            .set((
                webhooks::epoch.eq(&place.epoch),
                webhooks::positions.eq(to_json(&place.positions)?),
                webhooks::failing_since.eq(failing_since.map(|since| since.0)),
            ))
            .execute(self.sql)?;
        Ok(())
    }

    /// Switches a hook off that has this token. False: another reason was first, or it has a new token, which nothing is
    /// known of yet.
    pub fn switch_hook_off(
        &mut self,
        (client, key): (&ClientId, &StreamKey),
        token: TokenId,
        why: HookOff,
    ) -> Result<bool, Failure> {
        let row = webhooks::table
            .find((client.as_str(), key.as_str()))
            .filter(webhooks::off.is_null())
            .filter(webhooks::token_id.eq(token.0));
        let changed = diesel::update(row)
            .set(webhooks::off.eq(why.name()))
            .execute(self.sql)?;
        Ok(changed > 0)
    }
}
