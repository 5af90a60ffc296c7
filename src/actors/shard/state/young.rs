//! How far the shard is, and subscriptions that are ahead of it: made when the log had events that were not fanned out here.
//!
//! Such an event is on the page of the subscribing call and must not follow on the stream. The slow path compares
//! positions; the fast path does not, so a connection changes to it when those events have passed.

use std::collections::HashMap;

use super::{ConnectionIndex, RevokedTokens, State};
use crate::event::Pos;
use crate::fault::{Seeded, seeded};

/// How far the shard is, and the connections that are ahead of it: at most all that it has.
#[derive(Debug, Default)]
pub(super) struct Young {
    reached: Pos,
    until: HashMap<ConnectionIndex, Pos>,
}

impl Young {
    /// The last event that was fanned out here.
    pub(super) fn reached(&self) -> Pos {
        match seeded(Seeded::YoungOnFastPath) {
            true => Pos(i64::MAX),
            false => self.reached,
        }
    }

    /// A connection has a subscription that was made at this place in the log.
    pub(super) fn note(&mut self, index: ConnectionIndex, since: Pos) {
        if since > self.reached {
            let until = self.until.entry(index).or_default();
            *until = since.max(*until);
        }
    }

    /// A connection is gone.
    pub(super) fn remove(&mut self, index: ConnectionIndex) {
        self.until.remove(&index);
    }

    /// Events up to here were fanned out. Gives the connections that are no longer ahead.
    pub(super) fn reach(&mut self, pos: Pos) -> Vec<ConnectionIndex> {
        self.reached = pos.max(self.reached);
        if self.until.is_empty() {
            return Vec::new();
        }
        let reached = self.reached;
        self.until
            .extract_if(|_, until| *until <= reached)
            .map(|(index, _)| index)
            .collect()
    }
}

impl State {
    /// A batch of events up to here is fanned out from now on.
    pub fn begin(&mut self, pos: Pos) {
        self.begun = pos.max(self.begun);
    }

    /// Nothing up to here is still to be begun.
    pub fn begun(&self) -> Pos {
        self.begun
    }

    /// Events up to here were fanned out: subscriptions that waited for them may take the fast path.
    pub fn reach(&mut self, pos: Pos) {
        for index in self.young.reach(pos) {
            self.place_anew(index);
        }
    }

    /// The log ends here, before events that were fanned out, revocations among them. What it has behind this place from now
    /// on is fanned out, too.
    pub fn go_back(&mut self, head: Pos) {
        self.begun = head;
        self.young.reached = head;
        self.revoked = RevokedTokens::default();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use smallvec::SmallVec;

    use super::*;
    use crate::actors::registry::{RoutingKey, ShardId, ShardRegistry};
    use crate::actors::shard::state::testing;
    use crate::model::{ChannelId, TokenId};
    use crate::protocol::frame::ID_LENGTH;
    use crate::protocol::topic::Topic;

    #[actix::test]
    async fn a_log_that_went_back_is_counted_from_its_new_end() {
        let sockets = testing::sockets(1).await;
        let mut state = State::new(ShardId(0), Arc::<ShardRegistry>::default());
        state.begin(Pos(100));
        state.reach(Pos(100));
        state.revoked.insert(TokenId(7));
        state.go_back(Pos(95));
        assert_eq!(
            state.begun(),
            Pos(95),
            "a stream that goes on waits for no more"
        );
        assert!(!state.revoked.contains(TokenId(7)));
        let room = ChannelId(41);
        let admitted =
            state.admit(|serial| testing::connection(serial, &sockets[0], testing::user(1)));
        let (token, id) = (testing::token(1, 1, "messages"), "s".repeat(ID_LENGTH));
        let mut ahead = testing::subscription(&id, Topic::ChannelMessages(room), "", &token);
        ahead.since = Pos(97);
        state.subscribe(admitted.index, ahead);
        let is_fast = |state: &State| state.rooms.fast_id(admitted.index, room).is_some();
        assert!(!is_fast(&state), "its page has what comes up to 97");
        state.begin(Pos(97));
        state.reach(Pos(97));
        assert_eq!((state.begun(), is_fast(&state)), (Pos(97), true));
    }

    /// `LogTail` asks the register from another thread.
    #[actix::test]
    async fn the_only_listener_of_a_room_is_registered_while_it_changes_its_path() {
        let sockets = testing::sockets(1).await;
        let register = Arc::<ShardRegistry>::default();
        let mut state = State::new(ShardId(0), Arc::clone(&register));
        let room = ChannelId(41);
        let admitted =
            state.admit(|serial| testing::connection(serial, &sockets[0], testing::user(1)));
        let (token, id) = (testing::token(1, 1, "messages"), "s".repeat(ID_LENGTH));
        let subscription = testing::subscription(&id, Topic::ChannelMessages(room), "", &token);
        let serial = subscription.serial;
        state.subscribe(admitted.index, subscription);
        let is_over = AtomicBool::new(false);
        let missed = std::thread::scope(|scope| {
            let asking = scope.spawn(|| {
                let mut missed = 0;
                while !is_over.load(Ordering::Relaxed) {
                    let mut shards = SmallVec::new();
                    register.collect(&RoutingKey::Messages(room), &mut shards);
                    missed += usize::from(shards.is_empty());
                }
                missed
            });
            for pos in (1..=20_000).map(Pos) {
                state.begin_behind(admitted.index, serial, pos);
                state.place_anew(admitted.index);
                state.reach(pos);
            }
            is_over.store(true, Ordering::Relaxed);
            asking.join().unwrap()
        });
        assert_eq!(missed, 0);
    }
}
