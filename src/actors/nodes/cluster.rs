//! What this process knows of the nodes of its database.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use dashmap::DashSet;

use super::calls::Calls;
use super::places::Places;
use crate::clock::since_boot;
use crate::fault::{Seeded, seeded};
use crate::model::{ConnectionId, NodeEpoch, Stamp};
use crate::store::secret::random_id_of;
use crate::store::{Node, Nodes};

/// Characters of an epoch.
const EPOCH: usize = 8;

/// The clocks of the machine at one moment.
#[derive(Clone, Copy, Debug)]
struct Clocks {
    since_boot: Duration,
    wall: Stamp,
}

/// See the module.
#[derive(Debug)]
pub struct Cluster {
    own: Node,
    calls: Calls,
    /// Of a lease.
    length: Duration,
    /// When the last renewal that succeeded began, in milliseconds since the machine was started. The clock of the database
    /// gave the lease its end later than that, so what this process counts from here is over earlier there.
    held_at: AtomicU64,
    /// When time seemed to have passed that this process did not see, the same way: a renewal before that says nothing.
    doubted_at: AtomicU64,
    /// Both clocks as they were when they were compared last.
    compared: Mutex<Option<Clocks>>,
    nodes: RwLock<Nodes>,
    is_lost: AtomicBool,
    /// The lease was almost over once, and nothing was done about it yet.
    was_due: AtomicBool,
    /// App streams and webhooks of this node have ended; they may begin again when the lease has been renewed.
    is_fenced: AtomicBool,
    places: Arc<Places>,
    /// Sessions with a connection of this process.
    sessions: DashSet<ConnectionId>,
    /// Those of them that go on elsewhere, whose connection here is about to end.
    leaving: DashSet<ConnectionId>,
    /// Nodes at whose address no process listened since the last renewal.
    silent: DashSet<NodeEpoch>,
}

impl Cluster {
    /// With a lease whose renewal began at this moment ([`since_boot`]).
    pub fn new(
        own: Node,
        (calls, places): (Calls, Arc<Places>),
        (length, began): (Duration, Duration),
        nodes: Nodes,
    ) -> Self {
        Self {
            own,
            calls,
            length,
            held_at: AtomicU64::new(millis(began)),
            doubted_at: AtomicU64::new(0),
            compared: Mutex::default(),
            nodes: RwLock::new(nodes),
            is_lost: AtomicBool::new(false),
            was_due: AtomicBool::new(false),
            is_fenced: AtomicBool::new(false),
            places,
            sessions: DashSet::new(),
            leaving: DashSet::new(),
            silent: DashSet::new(),
        }
    }

    /// This process.
    pub fn own(&self) -> &Node {
        &self.own
    }

    /// Asks the others.
    pub fn calls(&self) -> &Calls {
        &self.calls
    }

    /// A new id for a connection of this process.
    pub fn connection_id(&self) -> ConnectionId {
        random_id_of(self.own.epoch.as_str()).into()
    }

    /// The node that gave out the id of a connection, if it runs.
    pub fn maker_of(&self, id: &ConnectionId) -> Option<Node> {
        self.node(&Self::epoch_in(id)?)
    }

    /// The epoch with which an id begins, if it can be one.
    pub fn epoch_in(id: &ConnectionId) -> Option<NodeEpoch> {
        id.as_str().get(..EPOCH).map(NodeEpoch::from)
    }

    /// A node that is known to run. One that joined since the last renewal is in the table only (`Engine::live_node`).
    pub fn node(&self, epoch: &NodeEpoch) -> Option<Node> {
        self.read(|nodes| {
            let mut live = nodes.live.iter();
            live.find(|node| node.epoch == *epoch).cloned()
        })
    }

    /// How many run.
    pub fn count(&self) -> usize {
        self.read(|nodes| nodes.live.len())
    }

    /// Those that run.
    pub fn epochs(&self) -> Vec<NodeEpoch> {
        self.read(|nodes| nodes.live.iter().map(|node| node.epoch.clone()).collect())
    }

    /// Whether one is gone that nothing was done about yet.
    pub fn has_over(&self) -> bool {
        self.read(|nodes| nodes.has_over)
    }

    /// How far the clocks of machine and database are apart.
    pub fn apart(&self) -> Duration {
        self.read(|nodes| nodes.apart)
    }

    /// For how long the lease was not renewed. Of a process that was stopped for a while, or a machine that was suspended,
    /// that time is part of it.
    pub fn lease_age(&self) -> Duration {
        let held_at = Duration::from_millis(self.held_at.load(Ordering::Acquire));
        since_boot().saturating_sub(held_at)
    }

    /// Looks whether time has passed that the machine itself did not see, as of a virtual one that was halted: its clock was
    /// set then by more than the lease may be off. Until the next renewal nothing depends on the lease.
    pub fn compare_clocks(&self, wall: Stamp) {
        let now = Clocks {
            since_boot: since_boot(),
            wall,
        };
        let mut compared = self.compared.lock().unwrap_or_else(PoisonError::into_inner);
        let before = compared.replace(now);
        drop(compared);
        let Some(before) = before else { return };
        let seen = now.since_boot.saturating_sub(before.since_boot);
        let passed = Duration::from_micros(before.wall.micros_until(wall));
        if passed.saturating_sub(seen) >= self.length / 3 {
            self.doubted_at
                .store(millis(now.since_boot), Ordering::Release);
        }
    }

    /// Whether the lease is renewed later than it should be: what can be done about it is not done yet.
    pub fn is_late(&self) -> bool {
        self.lease_age() >= self.length / 3
    }

    /// Whether what depends on the lease has to end: with the last third of it there is time to do so. A process that was
    /// stopped beyond that finds it due although it was renewed since.
    pub fn is_due(&self) -> bool {
        let is_due = self.was_due.load(Ordering::Acquire) || self.is_old();
        is_due && !seeded(Seeded::LeaseNeverDue)
    }

    fn is_old(&self) -> bool {
        let held_at = self.held_at.load(Ordering::Acquire);
        let is_doubted = held_at < self.doubted_at.load(Ordering::Acquire);
        is_doubted || self.lease_age() >= self.length / 3 * 2
    }

    /// Whether what depends on the lease may not begin.
    pub fn is_fenced(&self) -> bool {
        self.is_fenced.load(Ordering::Acquire) || self.is_due()
    }

    /// Whether that was done since the lease held.
    pub fn is_fenced_already(&self) -> bool {
        self.is_fenced.load(Ordering::Acquire)
    }

    /// What depends on the lease ends now.
    pub fn fence(&self) {
        self.is_fenced.store(true, Ordering::Release);
        self.was_due.store(false, Ordering::Release);
    }

    /// Whether the lease was renewed after the fence: app streams and webhooks may begin again.
    pub fn end_fence(&self) -> bool {
        !self.is_due()
            && !seeded(Seeded::FenceStays)
            && self.is_fenced.swap(false, Ordering::AcqRel)
    }

    /// Limits over all nodes.
    pub fn places(&self) -> &Arc<Places> {
        &self.places
    }

    /// Whether another process has the name.
    pub fn is_lost(&self) -> bool {
        self.is_lost.load(Ordering::Acquire)
    }

    /// A session has a connection of this process.
    pub fn hold(&self, session: ConnectionId) {
        self.leaving.remove(&session);
        self.sessions.insert(session);
    }

    /// It has none any more.
    pub fn let_go(&self, session: &ConnectionId) {
        self.sessions.remove(session);
        self.leaving.remove(session);
    }

    /// It goes on elsewhere: calls that name it are for its connection there, though one is still here.
    pub fn leaves(&self, session: &ConnectionId) {
        self.leaving.insert(session.clone());
    }

    /// Whether it goes on elsewhere.
    pub fn is_leaving(&self, session: &ConnectionId) -> bool {
        self.leaving.contains(session)
    }

    /// The sessions that have one.
    pub fn held(&self) -> Vec<ConnectionId> {
        self.sessions.iter().map(|id| id.clone()).collect()
    }

    /// No process listens where this node should be. It is tried again after the next renewal.
    pub fn note_silent(&self, node: NodeEpoch) {
        self.silent.insert(node);
    }

    /// Whether that was found out since the last one.
    pub fn is_silent(&self, node: &NodeEpoch) -> bool {
        self.silent.contains(node)
    }

    /// The time between two renewals.
    pub fn pause(&self) -> Duration {
        match seeded(Seeded::LeaseRenewedLate) {
            true => self.length,
            false => self.length / 10,
        }
    }

    /// The lease was renewed; the renewal began at this moment.
    pub(super) fn note_held(&self, since: Duration, nodes: Nodes) {
        if self.is_old() || nodes.has_lapsed {
            self.was_due.store(true, Ordering::Release);
        }
        self.silent.clear();
        *self.nodes.write().unwrap_or_else(PoisonError::into_inner) = nodes;
        self.held_at.store(millis(since), Ordering::Release);
    }

    pub(super) fn note_lost(&self) {
        self.is_lost.store(true, Ordering::Release);
    }

    fn read<T>(&self, ask: impl FnOnce(&Nodes) -> T) -> T {
        ask(&self.nodes.read().unwrap_or_else(PoisonError::into_inner))
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::store::{Store, StoreOptions};

    fn node(name: &str, epoch: &str) -> Node {
        Node {
            name: name.to_owned(),
            epoch: epoch.into(),
            address: String::from("http://127.0.0.1:1"),
            internal_address: String::from("127.0.0.1:2"),
        }
    }

    pub(crate) fn cluster(length: Duration, began: Duration) -> Cluster {
        let live = vec![node("a", "aaaaaaaa"), node("b", "bbbbbbbb")];
        let nodes = Nodes {
            live,
            ..Nodes::default()
        };
        let calls = Calls::new(b"key").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let options = StoreOptions {
            url: format!("sqlite://{}/test.db", folder.path().display()),
            ..StoreOptions::default()
        };
        let store = Store::open(&options, Clock::default(), Arc::default()).unwrap();
        let places = Places::new(store, "aaaaaaaa".into(), 2);
        let own = node("a", "aaaaaaaa");
        Cluster::new(own, (calls, places), (length, began), nodes)
    }

    #[test]
    fn an_id_leads_to_the_node_that_gave_it_out() {
        let cluster = cluster(Duration::from_secs(30), since_boot());
        let made = cluster.maker_of(&cluster.connection_id());
        assert_eq!(made.map(|node| node.name), Some(String::from("a")));
        let other = cluster.maker_of(&"bbbbbbbbxxxxxxxxxxxxxxxxxxxxxxxx".into());
        assert_eq!(other.map(|node| node.name), Some(String::from("b")));
        for gone in ["cccccccc0000", "bbbbbbb", "", "ääää"] {
            assert_eq!(cluster.maker_of(&gone.into()), None, "{gone}");
        }
    }

    #[test]
    fn a_lease_is_counted_from_the_begin_of_its_renewal() {
        let began = since_boot().checked_sub(Duration::from_secs(25)).unwrap();
        let cluster = cluster(Duration::from_secs(30), began);
        assert!(cluster.is_late() && cluster.is_due());
        cluster.note_held(began + Duration::from_secs(12), Nodes::default());
        assert!(cluster.is_late());
        // It was renewed too late: what depends on it ends all the same, and once.
        assert!(cluster.is_due() && !cluster.end_fence());
        cluster.fence();
        assert!(!cluster.is_due() && cluster.is_fenced());
        cluster.note_held(began + Duration::from_secs(25), Nodes::default());
        assert!(!cluster.is_late());
        assert!(cluster.end_fence() && !cluster.is_fenced() && !cluster.end_fence());
        assert_eq!(cluster.count(), 0);
    }

    #[test]
    fn a_lease_that_the_database_took_for_over_ends_what_depends_on_it() {
        let cluster = cluster(Duration::from_secs(30), since_boot());
        let lapsed = Nodes {
            has_lapsed: true,
            ..Nodes::default()
        };
        cluster.note_held(since_boot(), lapsed);
        assert!(cluster.is_due() && !cluster.end_fence());
        cluster.fence();
        assert!(cluster.end_fence() && !cluster.is_fenced());
    }
    #[test]
    fn time_that_the_machine_did_not_see_makes_the_lease_due_until_it_is_renewed() {
        let second = Duration::from_secs(1);
        let cluster = cluster(30 * second, since_boot().checked_sub(second).unwrap());
        let wall = Stamp::from_seconds(1_000_000);
        let later = |seconds| wall.plus(Duration::from_secs(seconds));
        cluster.compare_clocks(wall);
        cluster.compare_clocks(later(1));
        // A clock that is set back, or a little, says nothing.
        cluster.compare_clocks(wall);
        cluster.compare_clocks(later(9));
        assert!(!cluster.is_due());
        cluster.compare_clocks(later(60));
        assert!(cluster.is_due());
        cluster.fence();
        assert!(
            cluster.is_due() && !cluster.end_fence(),
            "nothing was renewed"
        );
        cluster.note_held(since_boot() + second, Nodes::default());
        cluster.fence();
        assert!(cluster.end_fence() && !cluster.is_fenced());
    }
}
