//! What is kept, and the log of what was committed. The only code that knows SQL.
//!
//! * [`Store::read`] runs a job on a reading thread, on one state of the database.
//! * [`Store::write`] runs a job in the write lane (`lane.rs`): all writes that wait share one transaction and one
//!   sync to the disk. The answer leaves after the commit.
//! * What a job announces is numbered as the last step of its transaction (`log/mod.rs`), and leaves through
//!   [`Store::committed`] once it is committed.
//!
//! Jobs get a [`Db`] or a [`Tx`]; these take and give model types. Rows, tables and connections stay in here.
//! Not here: rules. Layers above decide about access; the store keeps the invariants of the data.

mod among;
mod answer;
mod app_streams;
mod badges;
mod cache;
mod call;
mod call_keys;
mod carrying_out;
mod channel_subscriptions;
mod channels;
mod clients;
mod codes;
mod connect;
mod connecting;
mod credentials;
mod cut_off;
mod db;
mod dead_letters;
mod event_filters;
mod files;
mod grants;
mod group;
mod handover;
mod head;
mod health;
mod hidden;
mod hooks;
mod interactions;
mod invites;
mod kept_subscriptions;
mod lane;
mod last_posts;
mod link;
mod live_tokens;
mod log;
mod log_end;
mod lookup;
mod markers;
mod messages;
mod migrate;
mod moments;
mod moving;
mod nodes;
mod numbers;
mod of_nodes;
mod open;
mod options;
mod outcomes;
mod outlet;
mod overdue;
mod pages;
mod parcels;
mod pictures;
mod place;
mod polls;
mod posts;
mod present;
mod queue;
mod reading;
mod relations;
mod reports;
mod roster;
mod schema;
mod search;
pub mod secret;
mod session_set;
mod sessions;
mod sql_error;
mod statements;
mod stats;
mod stream_sessions;
mod streams_in_use;
mod suggested;
mod tokens;
mod transaction;
mod users;
mod work;

#[cfg(test)]
mod tests;

pub use answer::{Answer, Pending};
pub use badges::BADGES_MAX;
pub use call::{Call, CallKey};
pub use call_keys::Outcome;
pub use channel_subscriptions::ChannelSubscription;
pub use channels::InboxFilter;
pub use clients::NewClient;
pub use codes::{Code, CodeState, NewCode};
pub use credentials::login_key;
pub use db::{Db, Tx};
pub use files::{
    Announced, Claim, FileFilter, FileUses, Operation, OperationKind, Provision, UsedBy,
};
pub use health::DiskState;
pub use hooks::HookPlace;
pub use invites::{Invite, InviteId, NewInvite};
pub use log::{LogHead, Parcel};
pub use log_end::{LogEnd, LogMark};
pub use messages::{MessageFilter, PlainMessage, Rule};
pub use moments::{Ahead, FARTHEST};
pub use moving::{MovedRows, move_database};
pub use nodes::{Lease, Node, Nodes, Renewal};
pub use numbers::Numbers;
pub use options::StoreOptions;
pub use outlet::CommittedBatch;
pub use parcels::WaitingParcel;
pub use pictures::UnusedPicture;
pub use place::ServeLock;
pub use polls::PollSearch;
pub use posts::{ExploreStream, PostFilter, PostHints, PostList, PostMarks, PostSamples, Trending};
pub use present::{Present, PresentOf};
pub use reading::Purpose;
pub use relations::{Blocks, FollowOrder, MutesAndBlocks};
pub use roster::{RosterClient, RosterToken, RosterUser, TokenFilter};
pub use search::{ChannelOrder, ChannelSearch, MessageSearch, PostSearch, UserSearch};
pub use session_set::{SessionFound, SessionStep, StepKind};
pub use sessions::{KnownSession, SESSIONS_MAX, Session, SessionId};
pub use stats::StoreStats;
pub use stream_sessions::KeptSubscription;
pub use streams_in_use::StreamUse;
pub use tokens::NewToken;
pub use users::NewUser;

use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use crate::clock::Clock;
use crate::event::Event;
use crate::model::{Failure, Message, Stamp};
use cache::Caches;
use health::Whereabouts;
use messages::Posting;
use numbers::Counted;
use outlet::Outlet;
use parcels::Parcels;
use queue::Queue;
use reading::{Gathered, Reading};
use session_set::SessionWork;
use tokens::TokenFound;
use work::Work;

/// The store; a cheap handle.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    clock: Clock,
    lane: Arc<Queue<Work>>,
    /// Turns true when the lane's thread has ended.
    lane_ended: watch::Receiver<bool>,
    reading: Reading,
    questions: Questions,
    caches: Arc<Caches>,
    outlet: Arc<Outlet>,
    parcels: Arc<Parcels>,
    counted: Arc<Counted>,
    /// Of a database that is a file.
    place: Option<Whereabouts>,
}

/// Questions that are answered together.
#[derive(Default)]
struct Questions {
    presents: Arc<Gathered<PresentOf, Result<Present, Failure>>>,
    /// Tokens by the hashes of their secrets.
    tokens: Arc<Gathered<[u8; 32], TokenFound>>,
}

impl Store {
    /// Runs a job on a reading thread, for the answer to a request. A full queue answers [`Failure::Busy`] at once, and
    /// so does a read that takes too long. It ends when its future is dropped.
    pub async fn read<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Db<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        self.read_for(Purpose::Answer, job).await
    }

    /// The same for another purpose, on threads of its own.
    pub async fn read_for<T: Send + 'static>(
        &self,
        purpose: Purpose,
        job: impl FnOnce(&mut Db<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        self.shared.reading.read(purpose, job).await
    }

    /// Runs a job in the write lane and answers once it is committed. An `Err` of the job takes back what it did,
    /// and only that. A full lane answers [`Failure::Busy`] at once.
    pub async fn write<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Tx<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        self.submit(job)?.wait().await
    }

    /// Puts a job into the write lane, at once and behind what is there. An actor that decides in the order of
    /// its mailbox writes in that order too, and leaves the waiting to its caller.
    pub fn submit<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Tx<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<Pending<T>, Failure> {
        self.submit_of(None, Answer::of_server(), job)
    }

    /// Puts a plain message into the write lane, behind what is there, for the call that is being answered.
    pub fn post(&self, message: PlainMessage, answer: Answer<Message>) {
        let posting = Posting::new((self.now(), Call::token()), message, answer);
        work::offer(&self.shared.lane, Work::Message(Box::new(posting)));
    }

    /// Takes a step with a session that is continued, behind the writes that wait.
    ///
    /// # Errors
    /// The database is in trouble, or busy.
    pub async fn step_session(&self, step: SessionStep) -> Result<SessionFound, Failure> {
        let (answer, pending) = Answer::of_server();
        let step = SessionWork::new(self.now(), step, answer);
        work::offer(&self.shared.lane, Work::Session(Box::new(step)));
        pending.wait().await
    }

    /// Where the log ends.
    #[expect(
        clippy::redundant_closure_for_method_calls,
        reason = "the method alone is not general enough in its lifetime"
    )]
    pub async fn log_head(&self) -> Result<LogHead, Failure> {
        self.read_for(Purpose::Delivery, |db| db.log_head()).await
    }

    /// Committed events in `pos` order, a batch per commit; once. A reader that is too slow finds a gap in `pos`,
    /// which it fills from the table ([`Db::log_between`]); so it does for what other processes committed.
    pub fn committed(&self) -> Option<mpsc::Receiver<CommittedBatch>> {
        self.shared.outlet.take()
    }

    /// Committed events for other servers, a parcel per commit; once. Nothing is packed before. What the taker is too slow
    /// for is dropped and counted: the others find it in the table.
    pub fn parcels(&self) -> Option<mpsc::Receiver<WaitingParcel>> {
        self.shared.parcels.take()
    }

    /// Whether several servers may work with this database.
    pub fn is_shared(&self) -> bool {
        self.shared.place.is_none()
    }

    /// Another process committed this: drops what the caches hold of it.
    pub fn invalidate(&self, event: &Event) {
        self.shared.caches.invalidate(&event.payload);
    }

    /// Events of another process were missed: drops all that the caches hold.
    pub fn invalidate_all(&self) {
        self.shared.caches.clear();
    }

    /// The clock that the store goes by.
    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// Now; not unique. Within a write, ask [`Tx::now`].
    pub fn now(&self) -> Stamp {
        self.shared.clock.now()
    }

    /// Whether the write lane lives: not after [`Self::close`], nor after a panic in it.
    pub fn is_writing(&self) -> bool {
        // Its thread holds the sending end.
        self.shared.lane_ended.has_changed().is_ok()
    }

    /// Writes that wait.
    pub fn lane_depth(&self) -> usize {
        self.shared.lane.depth()
    }

    /// What was counted so far.
    pub fn numbers(&self) -> Numbers {
        let shared = &self.shared;
        let (dropped, overdue) = (shared.outlet.dropped(), shared.reading.overdue());
        shared.counted.numbers(dropped, overdue)
    }

    /// Takes no more work, finishes what waits, and leaves the database in one file.
    pub async fn close(&self) {
        // Readers first: the lane's last act is a checkpoint, which no reader may hold up.
        self.shared.reading.close();
        self.shared.reading.ended().await;
        self.shared.lane.close();
        let mut ended = self.shared.lane_ended.clone();
        // An error means that the thread ended, too.
        drop(ended.wait_for(|ended| *ended).await);
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.lane.close();
        self.reading.close();
    }
}
