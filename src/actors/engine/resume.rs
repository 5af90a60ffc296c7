//! Continues a session: which of its subscriptions may go on, and how much they missed.

use std::sync::Arc;

use super::Engine;
use super::subscribe::{HomeFill, hand_inbox};
use crate::actors::resume::Hindsight;
use crate::actors::resume::hindsight::KINDS;
use crate::actors::shard::state::{Subscription, needs_home};
use crate::event::{Pos, Topic};
use crate::fault::{Fault, Seeded, seeded};
use crate::log::reader::Entry;
use crate::log::{Interest, RenderedEvent};
use crate::model::access::token_reads;
use crate::model::{ConnectionId, Failure, Refusal, SubscriptionId, Token, UserId, UserPrincipal};
use crate::protocol::cursor::Cursor;
use crate::protocol::filter::Filter;
use crate::protocol::hello::{Dropped, Resumption};
use crate::store::{KeptSubscription, Present, PresentOf};

/// Events looked at before the thread does something else.
const AT_ONCE: usize = 256;

/// Events looked at to say how many were missed: a client that lacks more has another reason to wait than the number. About
/// 20 MB of the table, where those have to be looked at which no subscription asks for.
const COUNTED: usize = 16_384;

/// A session that goes on.
#[derive(Debug)]
pub struct Continued {
    /// Its subscriptions, each behind what it received.
    pub subscriptions: Vec<Subscription>,
    /// What its user was.
    pub hindsight: Hindsight,
    /// Everything up to here was received.
    pub from: Pos,
    /// What the hello says of it.
    pub resumption: Resumption,
}

impl Engine {
    /// The cursor that a client sent.
    ///
    /// # Errors
    /// It is none, or belongs to another log, or is ahead of this one.
    pub async fn cursor(&self, text: &str) -> Result<Cursor, Failure> {
        let cursor = Cursor::parse(text).ok_or_else(|| Refusal::CursorMalformed.at("cursor"))?;
        let ring = self.shared.log.ring();
        if cursor.epoch != *ring.epoch() {
            return Err(Refusal::CursorForeign.at("cursor").into());
        }
        // Another process may have committed what delivery has not read yet.
        if cursor.pos > ring.head() {
            if seeded(Seeded::CursorAheadRefused) {
                return Err(Refusal::CursorAhead.at("cursor").into());
            }
            let head = self.store().read(|db| db.log_position().map(Pos)).await?;
            if cursor.pos > head {
                return Err(Refusal::CursorAhead.at("cursor").into());
            }
        }
        Ok(cursor)
    }

    /// A session of this user, continued behind `cursor`, or without one from now on. `None`: it is gone.
    ///
    /// # Errors
    /// The database is in trouble, or the process stops.
    pub async fn continue_session(
        &self,
        id: &ConnectionId,
        user: UserId,
        cursor: Option<Pos>,
    ) -> Result<Option<Continued>, Failure> {
        let Some(kept) = self.take_session(id, user).await? else {
            return Ok(None);
        };
        let present = self.present(user, &kept).await?;
        self.shared.log.delivered(present.head).await?;
        let ignored = seeded(Seeded::CursorIgnored);
        let from = cursor.filter(|_| !ignored).unwrap_or(present.head);
        let mut subscriptions = Vec::new();
        // What ended before is told each time: the client may not have heard it.
        let most = self.shared.streams.subscriptions;
        let (mut dropped, kept) = apart(kept, most);
        let told = dropped.len();
        for kept in kept {
            let admitted = match subscriptions.len() < most {
                true => self.admit(&kept, &present).await?,
                // The limit was another one when they were made.
                false => Err(Refusal::SubscriptionLimit),
            };
            match admitted {
                Ok(token) => subscriptions.push(self.going_on(kept, from, token)),
                Err(refusal) => dropped.push((kept.id, refusal)),
            }
        }
        let mut hindsight = Hindsight::new(user, &present.muted, &present.blocks, from);
        let until = self.shared.log.ring().head();
        let keys = hindsight.keys(subscriptions.iter().map(|known| known.topic));
        let log = &self.shared.log;
        let note = |events, reached| hindsight.note(events, reached);
        log.of_kinds(KINDS, Interest::Keys(&keys), (from, until), note)
            .await?;
        drop_cut_off(&mut subscriptions, &hindsight, &mut dropped);
        self.end_dropped(id, dropped.get(told..).unwrap_or_default())
            .await?;
        self.close_left(&mut hindsight, &subscriptions).await?;
        Fault::Resume.delays().await;
        let replayed = self
            .count(&hindsight, &subscriptions, &present, from)
            .await?;
        Ok(Some(Continued {
            subscriptions,
            hindsight,
            from,
            resumption: Resumption {
                resumed: true,
                replayed,
                dropped: dropped.into_iter().map(as_dropped).collect(),
            },
        }))
    }

    /// It replays from its own beginning.
    pub(super) fn going_on(
        &self,
        kept: KeptSubscription,
        from: Pos,
        token: Arc<Token>,
    ) -> Subscription {
        let forgets = seeded(Seeded::SinceForgotten);
        Subscription {
            id: kept.id,
            serial: self.shared.number_call(),
            since: if forgets { from } else { kept.since.max(from) },
            topic: kept.topic,
            filter: kept.filter,
            token,
        }
    }

    /// What a session goes on without now does not come back to it.
    async fn end_dropped(
        &self,
        id: &ConnectionId,
        dropped: &[(SubscriptionId, Refusal)],
    ) -> Result<(), Failure> {
        if dropped.is_empty() {
            return Ok(());
        }
        let (id, dropped) = (id.clone(), dropped.to_vec());
        let written = self
            .store()
            .write(move |tx| tx.end_kept_subscriptions(&id, &dropped));
        written.await
    }

    /// Reads what the subscriptions of a continued stream need, now that every change of it is heard. Gives the last event of
    /// what was read; `None`: they need nothing.
    ///
    /// # Errors
    /// The database is in trouble, or busy.
    pub async fn fill_continued(
        &self,
        id: &ConnectionId,
        user: UserId,
        subscriptions: &[(Topic, Filter, u64)],
    ) -> Result<Option<Pos>, Failure> {
        let topics = subscriptions
            .iter()
            .map(|(topic, filter, _)| (*topic, filter));
        let of = self.needs_of(user, topics);
        let connection = self.shared.directory.connection(id);
        let Some(connection) = connection.filter(|_| of.has_inbox || of.has_home) else {
            return Ok(None);
        };
        let present = self.store().present(of).await?;
        Fault::Filling.delays().await;
        let mut has_home = false;
        for (topic, filter, serial) in subscriptions {
            if let Topic::Inbox(_) = topic {
                let channels = present.inbox.iter().copied().collect();
                hand_inbox(&connection, *serial, channels).await;
            }
            if needs_home(*topic, filter) && !has_home {
                // One list for all of them, by the first that is still there.
                let followed = present.followed.iter().copied().collect();
                let filled = self.hand_home(&connection, (user, *serial), followed);
                has_home = filled.await == HomeFill::Filled;
            }
        }
        Ok(Some(present.head))
    }

    /// What subscriptions need to be known of their user.
    fn needs_of<'f>(
        &self,
        user: UserId,
        topics: impl Iterator<Item = (Topic, &'f Filter)>,
    ) -> PresentOf {
        let mut of = PresentOf {
            user,
            has_inbox: false,
            has_home: false,
            most_followed: self.followed_and_one(),
        };
        for (topic, filter) in topics {
            of.has_inbox |= matches!(topic, Topic::Inbox(_));
            of.has_home |= needs_home(topic, filter);
        }
        of
    }

    pub(super) async fn present(
        &self,
        user: UserId,
        kept: &[KeptSubscription],
    ) -> Result<Present, Failure> {
        let topics = kept.iter().map(|kept| (kept.topic, &kept.filter));
        let of = self.needs_of(user, topics);
        self.store().present(of).await
    }

    /// The token by which a subscription goes on, or why it does not.
    pub(super) async fn admit(
        &self,
        kept: &KeptSubscription,
        present: &Present,
    ) -> Result<Result<Arc<Token>, Refusal>, Failure> {
        let Some(token) = present.tokens.get(&kept.token) else {
            return Ok(Err(Refusal::TokenInvalid));
        };
        if needs_home(kept.topic, &kept.filter)
            && present.followed.len() > self.shared.streams.followed
        {
            return Ok(Err(Refusal::SubscriptionLimit));
        }
        let principal = UserPrincipal::of(token)?;
        match self.demand_access(&principal, kept.topic).await {
            Ok(()) => Ok(Ok(Arc::clone(token))),
            Err(Failure::Refused(refused)) => Ok(Err(refused.refusal)),
            Err(failure) => Err(failure),
        }
    }

    /// Channels that the user has left are replayed if the user might read them now.
    async fn close_left(
        &self,
        hindsight: &mut Hindsight,
        subscriptions: &[Subscription],
    ) -> Result<(), Failure> {
        let is_inbox = |known: &&Subscription| matches!(known.topic, Topic::Inbox(_));
        let inbox = subscriptions.iter().find(is_inbox);
        let left = hindsight.left();
        let Some(inbox) = inbox.filter(|_| !left.is_empty()) else {
            return Ok(());
        };
        let wanted = left.clone();
        let channels = self.store().read(move |db| db.channels(&wanted)).await?;
        for id in left {
            let channel = channels.get(&id);
            if !channel.is_some_and(|channel| token_reads(&inbox.token, channel).is_granted()) {
                hindsight.close(id);
            }
        }
        Ok(())
    }

    /// How many events the subscriptions missed, up to the newest that is known. `None`: there are too many to be counted.
    async fn count(
        &self,
        hindsight: &Hindsight,
        subscriptions: &[Subscription],
        present: &Present,
        from: Pos,
    ) -> Result<Option<u64>, Failure> {
        let topics = subscriptions.iter().map(|known| known.topic);
        let mut keys: Vec<_> = topics.clone().map(Topic::routing_key).collect();
        keys.extend(present.inbox_keys());
        if topics.clone().any(Topic::is_home) {
            keys.extend(present.home_keys());
        }
        keys.extend(hindsight.former(topics));
        let (mut at, mut count, until) = (from, 0, hindsight.reached());
        let mut looked_at = 0;
        while at < until {
            if looked_at > COUNTED {
                return Ok(None);
            }
            let interest = Interest::Keys(&keys);
            let read = self.shared.log.read_on(at, interest, AT_ONCE).await?;
            let events = read.entries.iter().filter_map(|entry| match entry {
                Entry::Event(event) => Some(event),
                Entry::Gap(_) => None,
            });
            let heard = events.filter(|event| {
                let pos = event.event.pos.filter(|pos| *pos <= until);
                pos.is_some_and(|pos| present.hears(hindsight, subscriptions, event, pos))
            });
            count += heard.count() as u64;
            looked_at += read.entries.len();
            at = read.reached;
            tokio::task::yield_now().await;
        }
        Ok(Some(count))
    }
}

impl Present {
    fn inbox_keys(&self) -> impl Iterator<Item = crate::event::RoutingKey> {
        let channels = self.inbox.iter().copied();
        channels.map(crate::event::RoutingKey::ChannelNews)
    }

    fn home_keys(&self) -> impl Iterator<Item = crate::event::RoutingKey> {
        let followed = self.followed.iter().copied();
        followed.map(crate::event::RoutingKey::PostsBy)
    }

    fn hears(
        &self,
        hindsight: &Hindsight,
        subscriptions: &[Subscription],
        event: &RenderedEvent,
        pos: Pos,
    ) -> bool {
        let holds = |channel| self.inbox.contains(&channel);
        let follows = |user| self.followed.contains(&user);
        let matching = hindsight.matching(subscriptions, (event, pos), holds, follows);
        !matching.is_empty()
    }
}

/// What ended before, with its reasons, at most so many and the newest, and what may go on.
fn apart(
    kept: Vec<KeptSubscription>,
    most: usize,
) -> (Vec<(SubscriptionId, Refusal)>, Vec<KeptSubscription>) {
    let (mut over, kept): (Vec<_>, Vec<_>) =
        kept.into_iter().partition(|kept| kept.ended.is_some());
    let over = over.split_off(over.len().saturating_sub(most)).into_iter();
    let over = over.filter_map(|kept| Some((kept.id, kept.ended?)));
    (over.collect(), kept)
}

fn as_dropped((subscription_id, refusal): (SubscriptionId, Refusal)) -> Dropped {
    Dropped {
        subscription_id,
        error_slug: refusal.slug(),
    }
}

/// Subscriptions to channels that could not be read meanwhile end, even if they can now.
fn drop_cut_off(
    subscriptions: &mut Vec<Subscription>,
    hindsight: &Hindsight,
    dropped: &mut Vec<(SubscriptionId, Refusal)>,
) {
    subscriptions.retain(|known| {
        let is_cut = hindsight.was_cut_off(known.topic, &known.token, known.since);
        if is_cut {
            dropped.push((known.id.clone(), Refusal::NoAccess));
        }
        !is_cut
    });
}
