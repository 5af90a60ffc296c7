//! A channel changes: subscriptions of sessions that may not read it any more end with the same commit.

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::db::to_json;
use super::schema::{stream_session_subscriptions as kept, stream_sessions};
use super::statements::{EndCutOff, execute};
use super::stream_sessions::name_of;
use super::{Failure, KeptSubscription, Tx};
use crate::event::{Payload, Pos, Topic};
use crate::fault::{Seeded, seeded};
use crate::model::access::token_reads;
use crate::model::{Channel, Refusal, TokenId};

/// Tokens that are read at once.
const TOKENS: usize = 500;
/// The kind of events that tell of a changed channel.
const CHANGED: &str = "channel_changed";
/// Changes of channels that are looked at behind a page. With more of them a subscription counts as cut off, which its session
/// is told.
const CHANGES: usize = 256;

impl Tx<'_> {
    /// A channel is so from now on: subscriptions to it whose tokens may not read it end, in the commit of the change.
    /// Then it does not matter whether their sessions have a connection, or how that ends.
    pub(super) fn end_cut_off(&mut self, before: &Channel, now: &Channel) -> Result<(), Failure> {
        // All writers wait meanwhile, and a room may have many thousands of listeners: they are read only if one of
        // them can have lost it.
        if !can_narrow(before, now) || seeded(Seeded::CutOffForgotten) {
            return Ok(());
        }
        let topics = [
            Topic::ChannelMessages(now.id),
            Topic::ChannelSubscribers(now.id),
            Topic::ChannelPresence(now.id),
        ];
        let topics = topics.map(name_of);
        let tokens = kept::table
            .inner_join(stream_sessions::table.on(stream_sessions::id.eq(kept::session_id)))
            .filter(kept::topic.eq_any(&topics))
            .filter(kept::ended.is_null())
            .select(kept::token_id)
            .distinct()
            .load::<i64>(self.sql)?;
        let tokens: Vec<TokenId> = tokens.into_iter().map(TokenId).collect();
        let mut losing = Vec::new();
        for some in tokens.chunks(TOKENS) {
            // One that is revoked is not found, and told as such.
            for token in self.live_tokens(some)? {
                if !token_reads(&token, now).is_granted() {
                    losing.push(token.id.0);
                }
            }
        }
        if losing.is_empty() {
            return Ok(());
        }
        let losing = to_json(&losing)?;
        let [messages, subscribers, presence] = &topics;
        let ended = [
            Refusal::NoAccess.slug().into(),
            messages.as_str().into(),
            subscribers.as_str().into(),
            presence.as_str().into(),
            losing.as_str().into(),
        ];
        execute::<EndCutOff>(self.sql, &ended)?;
        Ok(())
    }

    /// Whether a token lost the channel of a new subscription behind the page that the subscription begins with: that
    /// change found no row to end, and ended the subscription of the connection.
    pub(super) fn was_cut_off(&mut self, new: &KeptSubscription) -> Result<bool, Failure> {
        let Some(id) = new.topic.channel() else {
            return Ok(false);
        };
        let (_, group) = self.parts();
        if seeded(Seeded::CutOffForgotten) || (group.head <= new.since && group.events.is_empty()) {
            return Ok(false);
        }
        let Some(token) = self.live_tokens(&[new.token])?.pop() else {
            return Ok(false);
        };
        let cuts = |payload: &Payload| {
            let Payload::ChannelChanged { news } = payload else {
                return false;
            };
            news.channel.id == id && !token_reads(&token, &news.channel).is_granted()
        };
        let all = Pos(i64::MAX);
        let (changed, reached) = self.log_of_kinds(&[CHANGED], new.since, all, CHANGES)?;
        let (_, group) = self.parts();
        Ok(reached < all
            || changed.iter().any(|event| cuts(&event.payload))
            || group.events.iter().any(|event| cuts(&event.payload)))
    }
}

/// Whether anyone may have lost a right by this change, whatever the scopes of a token are.
fn can_narrow(before: &Channel, now: &Channel) -> bool {
    let (old, new) = (&before.acl, &now.acl);
    let listed: BTreeSet<_> = new.members().collect();
    before.owner != now.owner
        || (before.is_active && !now.is_active)
        || (old.is_public() && !new.is_public())
        || (old.write_any_user && !new.write_any_user)
        || old.members().any(|member| !listed.contains(&member))
}
