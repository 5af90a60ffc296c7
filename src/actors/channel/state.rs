//! What a channel's actor knows, and how it follows the log.

use std::sync::Arc;

use crate::event::{Event, Payload, Pos};
use crate::fault::{Seeded, seeded};
use crate::model::{Channel, Subscribers};

/// What a channel's actor knows.
#[derive(Clone, Debug)]
pub struct ChannelState {
    /// The newest known version, from the log or from an own commit. Another process may have committed a
    /// newer one: what is allowed by this one holds only if the write finds this revision.
    channel: Arc<Channel>,
    subscribers: Subscribers,
    /// Place in the log as of which this was loaded: events up to there are in it already.
    as_of: Pos,
}

impl ChannelState {
    /// As loaded at a place in the log.
    pub fn new(channel: Channel, subscribers: Subscribers, as_of: Pos) -> Self {
        Self {
            channel: Arc::new(channel),
            subscribers,
            as_of,
        }
    }

    /// The channel.
    pub fn channel(&self) -> &Arc<Channel> {
        &self.channel
    }

    /// Subscribed users.
    pub fn subscribers(&self) -> &Subscribers {
        &self.subscribers
    }

    /// A version of the channel is known to be committed. An older one than the known changes nothing: an own change
    /// holds from its commit on, and its event comes later.
    pub fn learn(&mut self, channel: &Arc<Channel>) {
        if channel.revision >= self.channel.revision {
            self.channel = channel.clone();
        }
    }

    /// An event came down the log.
    pub fn apply(&mut self, event: &Event) {
        if event.pos.is_some_and(|pos| pos <= self.as_of) {
            return;
        }
        match &event.payload {
            Payload::Subscribed { user, .. } => self.subscribers.insert(user.id),
            Payload::Unsubscribed { user, .. } => self.subscribers.remove(user.id),
            Payload::ChannelChanged { .. } if seeded(Seeded::ChannelsStay) => {}
            Payload::ChannelChanged { news } | Payload::ChannelCreated { news } => {
                self.learn(&news.channel);
            }
            Payload::MessageCreated { .. }
            | Payload::MessageDeleted { .. }
            | Payload::Related { .. }
            | Payload::UserChanged { .. }
            | Payload::TokenGranted { .. }
            | Payload::TokenRevoked { .. }
            | Payload::UserPresence { .. }
            | Payload::ChannelPresence { .. }
            | Payload::AppStreamDeleted { .. }
            | Payload::PostCreated { .. }
            | Payload::PostRevised { .. }
            | Payload::PostDeleted { .. }
            | Payload::Bookmarked { .. }
            | Payload::PollCreated { .. }
            | Payload::PollAnswered { .. }
            | Payload::PollClosed { .. }
            | Payload::PollDeleted { .. }
            | Payload::FileCreated { .. }
            | Payload::FileChanged { .. }
            | Payload::FileDeleted { .. }
            | Payload::ClientChanged { .. }
            | Payload::MarkerMoved { .. }
            | Payload::PasswordChanged { .. }
            | Payload::UserDisabled { .. } => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actors::channel::tests::channel;
    use crate::event::{ChannelNews, Timestamps};
    use crate::model::{Acl, Stamp, User, UserId};

    fn version(revision: i64) -> Arc<Channel> {
        let mut channel = channel(1, Acl::default());
        channel.revision = revision;
        Arc::new(channel)
    }

    fn news(channel: Arc<Channel>) -> Box<ChannelNews> {
        Box::new(ChannelNews {
            channel,
            owner: None,
            recent: None,
            recent_deleted: None,
        })
    }

    fn event(pos: i64, payload: Payload) -> Event {
        Event {
            pos: Some(Pos(pos)),
            at: Stamp(pos),
            payload,
            timestamps: Timestamps::default(),
            row_bytes: 0,
        }
    }

    #[test]
    fn an_older_version_never_takes_the_place_of_a_newer_one() {
        let mut state =
            ChannelState::new(Channel::clone(&version(3)), Subscribers::default(), Pos(10));
        // An own change is committed; the events of a foreign one before it, and of itself, come later.
        state.learn(&version(5));
        for (pos, revision, known) in [(11, 4, 5), (12, 5, 5), (13, 6, 6), (14, 2, 6)] {
            let news = news(version(revision));
            state.apply(&event(pos, Payload::ChannelChanged { news }));
            assert_eq!(state.channel().revision, known, "at {pos}");
        }
        // What was loaded with the state is not applied again.
        let news = news(version(9));
        state.apply(&event(10, Payload::ChannelChanged { news }));
        assert_eq!(state.channel().revision, 6);
    }

    #[test]
    fn subscribers_follow_the_log() {
        let user = |id| {
            Arc::new(User {
                id: UserId(id),
                ..crate::actors::channel::tests::user()
            })
        };
        let mut state = ChannelState::new(
            Channel::clone(&version(0)),
            [7, 3].map(UserId).into_iter().collect(),
            Pos(0),
        );
        let earlier = state.subscribers().clone();
        let mut pos = 0;
        for (id, joins) in [(5, true), (5, true), (7, false), (9, false), (1, true)] {
            pos += 1;
            let (news, user) = (news(version(0)).into(), user(id));
            state.apply(&event(
                pos,
                if joins {
                    Payload::Subscribed { news, user }
                } else {
                    Payload::Unsubscribed { news, user }
                },
            ));
        }
        let now: Vec<i64> = state.subscribers().iter().map(|user| user.0).collect();
        assert_eq!(now, [1, 3, 5]);
        let then: Vec<i64> = earlier.iter().map(|user| user.0).collect();
        assert_eq!(then, [3, 7], "what is on its way down keeps its set");
    }
}
