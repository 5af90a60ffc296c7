//! Deliveries of webhooks that were given up.

use diesel::prelude::*;

use super::schema::{webhook_dead_letters as dead, webhooks};
use super::{Db, Failure, Tx};
use crate::model::{ClientId, DeadLetter, Refusal, Stamp, StreamKey};

/// More than any hook may have (`webhooks.dead_letters`): as many as one statement can name.
const MOST: i64 = 10_000;

#[derive(Queryable, Selectable)]
#[diesel(table_name = dead, check_for_backend(crate::store::connect::Backend))]
struct Row {
    id: i64,
    client_id: String,
    key: String,
    epoch: String,
    first_pos: i64,
    last_pos: i64,
    attempts: i64,
    fault: String,
    status: Option<i64>,
    died_at: i64,
    is_replaying: bool,
    is_gap: bool,
}

fn into_model(row: Row) -> Result<DeadLetter, Failure> {
    let fault = row.fault.parse();
    Ok(DeadLetter {
        id: row.id,
        client: row.client_id.into(),
        key: row.key.into(),
        epoch: row.epoch,
        first: row.first_pos,
        last: row.last_pos,
        is_gap: row.is_gap,
        attempts: u32::try_from(row.attempts).unwrap_or(u32::MAX),
        fault: fault.map_err(|_unknown| Failure::trouble("a stored fault is not known"))?,
        status: row.status.and_then(|status| u16::try_from(status).ok()),
        died_at: Stamp(row.died_at),
        is_replaying: row.is_replaying,
    })
}

impl Db<'_> {
    /// Those of these that are there, the oldest first.
    pub(super) fn dead_letters_of(&mut self, ids: &[i64]) -> Result<Vec<DeadLetter>, Failure> {
        let found = dead::table
            .filter(dead::id.eq_any(ids.to_vec()))
            .order(dead::id.asc())
            .select(Row::as_select())
            .load(self.sql)?;
        found.into_iter().map(into_model).collect()
    }

    /// The dead letters of a hook, the oldest first.
    pub fn dead_letters(
        &mut self,
        client: &ClientId,
        key: &StreamKey,
        most: i64,
    ) -> Result<Vec<DeadLetter>, Failure> {
        self.demand_hook(client, key)?;
        let found = dead::table
            .filter(dead::client_id.eq(client.as_str()))
            .filter(dead::key.eq(key.as_str()))
            .order(dead::id.asc())
            .limit(most)
            .select(Row::as_select())
            .load(self.sql)?;
        found.into_iter().map(into_model).collect()
    }

    /// Of these the first that are to be delivered again.
    pub fn dead_letters_to_replay(
        &mut self,
        client: &ClientId,
        key: &StreamKey,
        most: i64,
    ) -> Result<Vec<DeadLetter>, Failure> {
        let found = dead::table
            .filter(dead::client_id.eq(client.as_str()))
            .filter(dead::key.eq(key.as_str()))
            .filter(dead::is_replaying.eq(true))
            .order(dead::id.asc())
            .limit(most)
            .select(Row::as_select())
            .load(self.sql)?;
        found.into_iter().map(into_model).collect()
    }

    fn demand_hook(&mut self, client: &ClientId, key: &StreamKey) -> Result<(), Failure> {
        let known = webhooks::table
            .find((client.as_str(), key.as_str()))
            .select(webhooks::key)
            .get_result::<String>(self.sql)
            .optional()?;
        known.map(drop).ok_or(Refusal::StreamNotFound.into())
    }
}

impl Tx<'_> {
    /// Keeps a dead letter, unless there are `most` of its hook. Says whether it is kept.
    pub fn bury(&mut self, letter: &DeadLetter, most: i64) -> Result<bool, Failure> {
        let (client, key) = (letter.client.as_str(), letter.key.as_str());
        let count: i64 = dead::table
            .filter(dead::client_id.eq(client))
            .filter(dead::key.eq(key))
            .count()
            .get_result(self.sql)?;
        if count >= most {
            return Ok(false);
        }
        self.demand_hook(&letter.client, &letter.key)?;
        diesel::insert_into(dead::table)
            .values((
                dead::client_id.eq(client),
                dead::key.eq(key),
                dead::epoch.eq(&letter.epoch),
                dead::first_pos.eq(letter.first),
                dead::last_pos.eq(letter.last),
                dead::attempts.eq(i64::from(letter.attempts)),
                dead::fault.eq(letter.fault.name()),
                dead::status.eq(letter.status.map(i64::from)),
                dead::died_at.eq(letter.died_at.0),
                dead::is_replaying.eq(false),
                dead::is_gap.eq(letter.is_gap),
            ))
            .execute(self.sql)?;
        Ok(true)
    }

    /// Has one delivered again, or all of a hook; gives them back.
    pub fn replay_dead_letters(
        &mut self,
        client: &ClientId,
        key: &StreamKey,
        id: Option<i64>,
    ) -> Result<Vec<DeadLetter>, Failure> {
        let mut found = self.named(client, key, id)?;
        let ids: Vec<i64> = found.iter().map(|letter| letter.id).collect();
        diesel::update(dead::table.filter(dead::id.eq_any(ids)))
            .set(dead::is_replaying.eq(true))
            .execute(self.sql)?;
        for letter in &mut found {
            letter.is_replaying = true;
        }
        Ok(found)
    }

    /// Deletes one, or all of a hook; gives them back.
    pub fn delete_dead_letters(
        &mut self,
        client: &ClientId,
        key: &StreamKey,
        id: Option<i64>,
    ) -> Result<Vec<DeadLetter>, Failure> {
        let found = self.named(client, key, id)?;
        let ids: Vec<i64> = found.iter().map(|letter| letter.id).collect();
        diesel::delete(dead::table.filter(dead::id.eq_any(ids))).execute(self.sql)?;
        Ok(found)
    }

    /// Notes that a replay failed: what the last attempt said.
    pub fn fail_replay(&mut self, letter: &DeadLetter) -> Result<(), Failure> {
        diesel::update(dead::table.find(letter.id))
            .set((
                dead::is_replaying.eq(false),
                dead::attempts.eq(i64::from(letter.attempts)),
                dead::fault.eq(letter.fault.name()),
                dead::status.eq(letter.status.map(i64::from)),
                dead::died_at.eq(letter.died_at.0),
            ))
            .execute(self.sql)?;
        Ok(())
    }

    /// A replay succeeded.
    pub fn forget_dead_letter(&mut self, id: i64) -> Result<(), Failure> {
        diesel::delete(dead::table.find(id)).execute(self.sql)?;
        Ok(())
    }

    fn named(
        &mut self,
        client: &ClientId,
        key: &StreamKey,
        id: Option<i64>,
    ) -> Result<Vec<DeadLetter>, Failure> {
        let mut found = self.dead_letters(client, key, MOST)?;
        if let Some(id) = id {
            found.retain(|letter| letter.id == id);
            if found.is_empty() {
                return Err(Refusal::DeadLetterNotFound.into());
            }
        }
        Ok(found)
    }
}
