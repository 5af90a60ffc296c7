//! What a viewer was at the positions of the log that a stream missed: the channels of the inbox, followed users, mutes
//! and blocks. Found by going back from now through the viewer's own events.
//!
//! The rights of an event that is replayed are those of now, and never more than those at its own position: it is sent
//! if the stream would have received it then, and might receive it now.

use std::collections::HashSet;
use std::sync::Arc;

use smallvec::SmallVec;

use super::changes::Changes;
use crate::actors::delivery::{Earlier, HiddenFrom};
use crate::actors::registry::RoutingKey;
use crate::actors::shard::hearing::{Happening, Viewer, goes_to};
use crate::actors::shard::state::Subscription;
use crate::event::{Event, Payload, Pos, Topic};
use crate::fault::{Seeded, seeded};
use crate::log::RenderedEvent;
use crate::model::access::token_reads;
use crate::model::{Channel, ChannelId, Relation, Token, UserId};
use crate::protocol::render_class::RenderClass;
use crate::store::Blocks;

/// The kinds of events that change what a viewer may hear.
pub const KINDS: &[&str] = &["subscribed", "unsubscribed", "related", "channel_changed"];

/// What one viewer was, and is.
#[derive(Debug)]
pub struct Hindsight {
    viewer: UserId,
    /// Events up to here are known.
    reached: Pos,
    inbox: Changes<ChannelId>,
    follows: Changes<UserId>,
    mutes: Changes<UserId>,
    blocks: Changes<UserId>,
    blocked_by: Changes<UserId>,
    /// As they were read.
    muted_now: HashSet<UserId>,
    blocked_now: HashSet<UserId>,
    blocking_now: HashSet<UserId>,
    /// Channels that the viewer left, and may not read now.
    closed: HashSet<ChannelId>,
    /// Changes of channels, which may have cut their listeners off.
    changed: Vec<(Pos, Arc<Channel>)>,
    /// The three answers to the question from whom something is hidden: from no user, from the viewer by a mute, from the
    /// viewer by a block.
    answers: [Arc<HiddenFrom>; 3],
}

impl Hindsight {
    /// Of this viewer, with mutes and blocks as they are now, behind `from`. Of two users each may block the other, and one
    /// of the two blocks may end.
    pub fn new(viewer: UserId, muted_now: &[UserId], blocks: &Blocks, from: Pos) -> Self {
        let only = HashSet::from([viewer]);
        let muted = HiddenFrom {
            muted_by: only.clone(),
            blocked: HashSet::new(),
        };
        let blocked = HiddenFrom {
            muted_by: HashSet::new(),
            blocked: only,
        };
        Self {
            viewer,
            reached: from,
            inbox: Changes::default(),
            follows: Changes::default(),
            mutes: Changes::default(),
            blocks: Changes::default(),
            blocked_by: Changes::default(),
            muted_now: muted_now.iter().copied().collect(),
            blocked_now: blocks.own.iter().copied().collect(),
            blocking_now: blocks.of_others.iter().copied().collect(),
            closed: HashSet::new(),
            changed: Vec::new(),
            answers: [Arc::default(), Arc::new(muted), Arc::new(blocked)],
        }
    }

    /// The viewer.
    pub fn viewer(&self) -> UserId {
        self.viewer
    }

    /// Events up to here are known.
    pub fn reached(&self) -> Pos {
        self.reached
    }

    /// The keys under which the events are found that have to be told.
    pub fn keys(&self, topics: impl Iterator<Item = Topic>) -> Vec<RoutingKey> {
        let channels = topics.filter_map(Topic::channel);
        let changes = channels.map(RoutingKey::Subscribers);
        changes.chain([RoutingKey::User(self.viewer)]).collect()
    }

    /// Takes the events up to `reached` into account, in their order. Others than the viewer's own say nothing.
    pub fn note(&mut self, events: impl IntoIterator<Item = Arc<Event>>, reached: Pos) {
        for event in events {
            if let Some(pos) = event.pos.filter(|pos| *pos > self.reached) {
                self.note_event(&event.payload, pos);
            }
        }
        self.reached = self.reached.max(reached);
    }

    fn note_event(&mut self, payload: &Payload, pos: Pos) {
        let me = self.viewer;
        if let Payload::Subscribed { news, user } = payload
            && user.id == me
        {
            self.inbox.note(news.channel.id, pos, true);
        }
        if let Payload::Unsubscribed { news, user } = payload
            && user.id == me
        {
            self.inbox.note(news.channel.id, pos, false);
        }
        if let Payload::ChannelChanged { news } = payload {
            self.changed.push((pos, Arc::clone(&news.channel)));
        }
        if let Payload::Related {
            relation,
            user,
            other,
            undone,
        } = payload
        {
            let changes = match (relation, user.id == me, other.id == me) {
                (Relation::Follow, true, _) => Some((&mut self.follows, other.id)),
                (Relation::Mute, true, _) => Some((&mut self.mutes, other.id)),
                (Relation::Block, true, _) => Some((&mut self.blocks, other.id)),
                (Relation::Block, _, true) => Some((&mut self.blocked_by, user.id)),
                (Relation::Follow | Relation::Mute | Relation::Block, ..) => None,
            };
            if let Some((changes, who)) = changes {
                changes.note(who, pos, !undone);
            }
        }
    }

    /// Channels that the viewer has left: whether they may still be read is to be asked.
    pub fn left(&self) -> Vec<ChannelId> {
        let left = self.inbox.keys();
        left.filter(|channel| !self.inbox.last(*channel, false))
            .collect()
    }

    /// This channel, which the viewer has left, may not be read now.
    pub fn close(&mut self, channel: ChannelId) {
        if seeded(Seeded::LeftChannelOpen) {
            return;
        }
        self.closed.insert(channel);
    }

    /// Whether a subscription to a channel was cut off behind `since`, even if it might be made again now.
    pub fn was_cut_off(&self, topic: Topic, token: &Token, since: Pos) -> bool {
        let forgotten = seeded(Seeded::CutOffForgotten);
        let Some(channel) = topic.channel().filter(|_| !forgotten) else {
            return false;
        };
        let mut changed = self.changed.iter().filter(|(pos, _)| *pos > since);
        changed.any(|(_, known)| known.id == channel && !token_reads(token, known).is_granted())
    }

    /// From whom the acts of a person are hidden: from the viewer, or from no user.
    pub fn hidden_from(&self, person: Option<UserId>, pos: Pos) -> &Arc<HiddenFrom> {
        let [open, muted, blocked] = &self.answers;
        let ignored = seeded(Seeded::ReplayIgnoresHidden);
        let Some(person) = person.filter(|_| !ignored) else {
            return open;
        };
        let (of_then, of_now) = (seeded(Seeded::HiddenOfThen), seeded(Seeded::HiddenOfNow));
        let holds = |changes: &Changes<UserId>, now: &HashSet<UserId>| {
            let now = now.contains(&person);
            (changes.at(person, pos, now) && !of_now) || (changes.last(person, now) && !of_then)
        };
        if holds(&self.blocks, &self.blocked_now) || holds(&self.blocked_by, &self.blocking_now) {
            blocked
        } else if holds(&self.mutes, &self.muted_now) {
            muted
        } else {
            open
        }
    }

    /// What is particular to the viewer of an event: from whom it is hidden, and by whom what a repost shows was on
    /// streams before.
    fn around(&self, event: &Event, pos: Pos) -> (Arc<HiddenFrom>, Earlier) {
        let actor = self.hidden_from(event.payload.facts().actor, pos);
        let posted = event.payload.posted();
        let Some((original, heard_from)) = posted.and_then(|posted| {
            let original = posted.original.as_ref()?;
            Some((original.author.id, &posted.heard_from))
        }) else {
            return (Arc::clone(actor), Earlier::new());
        };
        let earlier = heard_from.iter();
        let earlier = earlier.map(|user| (*user, Arc::clone(self.hidden_from(Some(*user), pos))));
        let of_original = self.hidden_from(Some(original), pos);
        let hidden = match of_original.is_empty() {
            true => Arc::clone(actor),
            false => Arc::new(actor.and(of_original)),
        };
        (hidden, earlier.collect())
    }

    /// The render class without the parts of an object that are kept from the viewer.
    pub fn class_of(&self, event: &Event, pos: Pos, class: RenderClass) -> RenderClass {
        let parts = event.payload.embedded();
        parts.into_iter().fold(class, |class, (part, person)| {
            let hidden = self.hidden_from(Some(person), pos);
            match hidden.is_withheld_from(self.viewer, part) {
                true => class.without(part),
                false => class,
            }
        })
    }

    /// Keys of what the viewer was a member of, as far as subscriptions to these topics need them.
    pub fn former(&self, mut topics: impl Iterator<Item = Topic>) -> Vec<RoutingKey> {
        if seeded(Seeded::FormerKeysMissing) {
            return Vec::new();
        }
        let mut keys: Vec<_> = self.inbox.keys().map(RoutingKey::ChannelNews).collect();
        if topics.any(Topic::is_home) {
            keys.extend(self.follows.keys().map(RoutingKey::PostsBy));
        }
        keys
    }

    /// The subscriptions that receive an event which was missed. `holds` and `follows` say what is so now.
    pub fn matching<'s>(
        &self,
        subscriptions: &'s [Subscription],
        (event, pos): (&RenderedEvent, Pos),
        holds: impl Fn(ChannelId) -> bool,
        follows: impl Fn(UserId) -> bool,
    ) -> SmallVec<[&'s Subscription; 2]> {
        let (hidden, earlier) = self.around(&event.event, pos);
        let happening = Happening {
            rendered: event,
            hidden: &hidden,
            earlier: &earlier,
        };
        let viewer = Rewound {
            hindsight: self,
            pos,
            holds,
            follows,
        };
        let known = subscriptions.iter();
        known
            .filter(|known| goes_to(&viewer, known, happening))
            .collect()
    }
}

/// A viewer as of a position.
struct Rewound<'h, H, F> {
    hindsight: &'h Hindsight,
    pos: Pos,
    holds: H,
    follows: F,
}

impl<H, F> Viewer for Rewound<'_, H, F>
where
    H: Fn(ChannelId) -> bool,
    F: Fn(UserId) -> bool,
{
    fn id(&self) -> UserId {
        self.hindsight.viewer
    }

    fn holds(&self, channel: ChannelId) -> bool {
        if seeded(Seeded::InboxOfNow) {
            return (self.holds)(channel);
        }
        !self.hindsight.closed.contains(&channel)
            && self
                .hindsight
                .inbox
                .at(channel, self.pos, (self.holds)(channel))
    }

    fn follows(&self, user: UserId) -> bool {
        let now = (self.follows)(user);
        if seeded(Seeded::FollowsOfNow) {
            return now;
        }
        self.hindsight.follows.at(user, self.pos, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::samples::{ADA, BOB, related};

    /// From whom bob is hidden at two places, around the end of ada's block.
    fn around_the_end(blocks: &Blocks) -> [bool; 2] {
        let mut hindsight = Hindsight::new(ADA, &[], blocks, Pos(3));
        hindsight.note_event(&related(Relation::Block, ADA, BOB, true), Pos(5));
        [4, 6].map(|pos| !hindsight.hidden_from(Some(BOB), Pos(pos)).is_empty())
    }

    #[test]
    fn a_block_that_ends_while_a_stream_catches_up_hides_nothing_behind_its_end() {
        let own = Blocks {
            own: vec![BOB],
            of_others: Vec::new(),
        };
        assert_eq!(around_the_end(&own), [true, false]);
        let mutual = Blocks {
            of_others: vec![BOB],
            ..own
        };
        assert_eq!(around_the_end(&mutual), [true, true]);
    }
}
