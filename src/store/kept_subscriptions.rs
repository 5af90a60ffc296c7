//! What sessions subscribe to: written with each call, and bounded as the subscriptions of a connection are.
//!
//! A session has at most twice as many rows as a connection may have subscriptions: those that may go on, and as many that
//! ended. All of them are read where the session is continued.

use diesel::prelude::*;

use super::schema::{stream_session_subscriptions as kept, stream_sessions};
use super::stream_sessions::name_of;
use super::{Failure, KeptSubscription, Tx};
use crate::fault::{Seeded, seeded};
use crate::model::{ConnectionId, NodeEpoch, Refusal, SubscriptionId, TokenId, UserId};

/// A row as its bound sees it: its id, its token, and why it ended.
type Counted = (String, i64, Option<String>);

impl Tx<'_> {
    /// A session subscribes to something; one of the same id is replaced. Nothing happens to a session that is gone.
    ///
    /// # Errors
    /// Busy, if another node continues the session: the call may be made again there. Refused, if `most` others may go on.
    pub fn keep_subscription(
        &mut self,
        session: &ConnectionId,
        new: &KeptSubscription,
        node: Option<&NodeEpoch>,
        most: usize,
    ) -> Result<(), Failure> {
        let place = self.now();
        if !self.demand_session(session, node)? {
            return Ok(());
        }
        self.end_kept(session, new.id.as_str())?;
        self.make_room(session, most)?;
        diesel::insert_into(kept::table)
            .values((
                kept::session_id.eq(session.as_str()),
                kept::id.eq(new.id.as_str()),
                kept::place.eq(place.0),
                kept::topic.eq(name_of(new.topic)),
                kept::filter.eq(new.filter.text()),
                kept::token_id.eq(new.token.0),
                kept::since.eq(new.since.0),
            ))
            .execute(self.sql)?;
        if self.was_cut_off(new)? {
            self.end_kept_subscriptions(session, &[(new.id.clone(), Refusal::NoAccess)])?;
        }
        Ok(())
    }

    /// One more fits in. Of those that ended the newest stay: each hello tells of them.
    fn make_room(&mut self, session: &ConnectionId, most: usize) -> Result<(), Failure> {
        let known = kept::table
            .filter(kept::session_id.eq(session.as_str()))
            .order(kept::place.desc())
            .select((kept::id, kept::token_id, kept::ended))
            .load::<Counted>(self.sql)?;
        let (over, mut live): (Vec<_>, Vec<_>) =
            known.into_iter().partition(|(_, _, ended)| ended.is_some());
        let mut over: Vec<_> = over.into_iter().map(|(id, ..)| id).collect();
        if live.len() >= most {
            // Those of a token end on their connection with it, which writes nothing here.
            let tokens = live.iter().map(|(_, token, _)| TokenId(*token)).collect();
            let tokens = self.live_among(&tokens)?;
            let dead = live.extract_if(.., |(_, token, _)| !tokens.contains(&TokenId(*token)));
            let dead: Vec<_> = dead
                .map(|(id, ..)| (SubscriptionId::from(id), Refusal::TokenInvalid))
                .collect();
            self.end_kept_subscriptions(session, &dead)?;
            let dead = dead.iter().map(|(id, _)| id.as_str().to_owned());
            over.splice(0..0, dead);
        }
        for id in over.iter().skip(most) {
            self.end_kept(session, id)?;
        }
        match live.len() >= most {
            true => Err(Refusal::SubscriptionLimit.at("connection_id").into()),
            false => Ok(()),
        }
    }

    fn end_kept(&mut self, session: &ConnectionId, id: &str) -> Result<(), Failure> {
        diesel::delete(kept::table.find((session.as_str(), id))).execute(self.sql)?;
        Ok(())
    }

    /// A subscription of a session ends. Says whether there was one, of this user.
    pub fn end_kept_subscription(
        &mut self,
        user: UserId,
        session: &ConnectionId,
        id: &SubscriptionId,
    ) -> Result<bool, Failure> {
        if seeded(Seeded::DeletedComesBack) {
            return Ok(true);
        }
        let own = stream_sessions::table
            .filter(stream_sessions::id.eq(session.as_str()))
            .filter(stream_sessions::user_id.eq(user.0))
            .select(stream_sessions::id);
        let gone = kept::table
            .filter(kept::session_id.eq_any(own))
            .filter(kept::id.eq(id.as_str()));
        Ok(diesel::delete(gone).execute(self.sql)? > 0)
    }

    /// Subscriptions of a session may not go on, for these reasons.
    pub fn end_kept_subscriptions(
        &mut self,
        session: &ConnectionId,
        ended: &[(SubscriptionId, Refusal)],
    ) -> Result<(), Failure> {
        for (id, refusal) in ended {
            let known = kept::table.find((session.as_str(), id.as_str()));
            diesel::update(known)
                .set(kept::ended.eq(refusal.slug()))
                .execute(self.sql)?;
        }
        Ok(())
    }
}
