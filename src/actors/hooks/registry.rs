//! The hooks whose tasks run, and the thread that they run on.

use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use actix::ArbiterHandle;
use dashmap::DashMap;
use tokio::sync::{Mutex, Notify, watch};

use super::poster::Poster;
use crate::actors::arbiters::Arbiters;
use crate::actors::nodes::Place;
use crate::actors::permits::Permit;
use crate::config::Webhooks;
use crate::event::Pos;
use crate::model::{AppStream, ClientId, ConnectionId, Hook, Stamp, StreamKey};
use crate::protocol::object::Parameters;

/// Which stored stream of which app.
pub type HookKey = (ClientId, StreamKey);

/// What a task is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Go on.
    Run,
    /// Begin nothing, end when what is under way has ended.
    Drain,
    /// End now.
    Stop,
    /// The same, with the place that the database has: the task knows one of a log that went back.
    Leave,
}

/// What is known of a task from outside.
#[derive(Debug)]
pub struct Known {
    /// As a connection has it.
    pub connection_id: ConnectionId,
    /// Since when it runs.
    pub since: Stamp,
    /// What it delivers.
    pub stream: Arc<AppStream>,
    /// Where to, and with what.
    pub hook: Arc<Hook>,
    /// What it leaves out, and what it shows.
    pub parameters: Parameters,
    /// Bytes that wait to be delivered.
    pub waiting: AtomicUsize,
    /// The farthest position up to which a lane has delivered.
    pub reached: AtomicI64,
}

impl Known {
    /// Whether a task that was begun with these rows would do the same.
    pub fn is_of(&self, stream: &AppStream, hook: &Hook) -> bool {
        let Hook {
            url,
            secret,
            parameters,
            token,
            off: _,
            failing_since: _,
        } = hook;
        let own = &self.hook;
        *self.stream == *stream
            && (url, secret, parameters, token)
                == (&own.url, &own.secret, &own.parameters, &own.token)
    }
}

/// A place among the streams in use, and among those of all nodes, if there are several.
#[derive(Debug)]
pub struct HookPermit(pub Permit<ClientId>, pub Option<Place>);

/// A task that runs.
#[derive(Debug)]
struct Running {
    number: u64,
    orders: watch::Sender<Order>,
    nudge: Arc<Notify>,
    known: Arc<Known>,
    /// A stream in use.
    _permit: HookPermit,
}

/// All of them.
#[derive(Debug)]
pub struct Hooks {
    /// Changes of what runs are made one after the other.
    pub changing: Mutex<()>,
    settings: Webhooks,
    running: DashMap<HookKey, Running>,
    numbered: AtomicU64,
    /// How far the tasks were that left a log which went back, until they begin again.
    left: DashMap<HookKey, Pos>,
    poster: OnceLock<Arc<Poster>>,
    thread: OnceLock<Arbiters>,
}

/// What a task holds as long as it runs: dropped, by whatever exit, it is no longer among the running ones.
pub struct Registration {
    hooks: Arc<Hooks>,
    key: HookKey,
    number: u64,
    /// What it is told.
    pub orders: watch::Receiver<Order>,
    /// There may be something to replay.
    pub nudge: Arc<Notify>,
    /// What it shows of itself.
    pub known: Arc<Known>,
}

impl Drop for Registration {
    fn drop(&mut self) {
        let is_own = |_: &HookKey, running: &Running| running.number == self.number;
        self.hooks.running.remove_if(&self.key, is_own);
    }
}

impl Hooks {
    /// Without a task yet.
    pub fn new(settings: Webhooks) -> Arc<Self> {
        Arc::new(Self {
            changing: Mutex::default(),
            settings,
            running: DashMap::new(),
            numbered: AtomicU64::new(0),
            left: DashMap::new(),
            poster: OnceLock::new(),
            thread: OnceLock::new(),
        })
    }

    /// The settings of all hooks.
    pub fn settings(&self) -> &Webhooks {
        &self.settings
    }

    /// What delivers, made when the first hook needs it.
    pub fn poster(&self) -> Arc<Poster> {
        let poster = self
            .poster
            .get_or_init(|| Arc::new(Poster::new(&self.settings)));
        Arc::clone(poster)
    }

    /// The thread of the tasks, so that TLS delays no actor. It starts with the first hook.
    pub fn thread(&self) -> ArbiterHandle {
        self.thread.get_or_init(|| Arbiters::start(1)).of(0)
    }

    /// Whether that thread lives, if it was needed.
    pub fn is_thread_alive(&self) -> bool {
        self.thread.get().is_none_or(Arbiters::are_all_alive)
    }

    /// A task that is about to run. Two of one stream cannot be: see `changing`.
    pub fn register(
        self: &Arc<Self>,
        key: HookKey,
        known: Known,
        permit: HookPermit,
    ) -> Registration {
        let (orders, receiver) = watch::channel(Order::Run);
        let (nudge, known) = (Arc::new(Notify::new()), Arc::new(known));
        let number = self.numbered.fetch_add(1, Ordering::Relaxed);
        let running = Running {
            number,
            orders,
            nudge: Arc::clone(&nudge),
            known: Arc::clone(&known),
            _permit: permit,
        };
        self.running.insert(key.clone(), running);
        Registration {
            hooks: Arc::clone(self),
            key,
            number,
            orders: receiver,
            nudge,
            known,
        }
    }

    /// Whether the task of a stream runs.
    pub fn runs(&self, key: &HookKey) -> bool {
        self.running.contains_key(key)
    }

    /// What is known of the task of a stream.
    pub fn known(&self, key: &HookKey) -> Option<Arc<Known>> {
        let running = self.running.get(key)?;
        Some(Arc::clone(&running.known))
    }

    /// Those that run.
    pub fn keys(&self) -> Vec<HookKey> {
        let running = self.running.iter();
        running.map(|running| running.key().clone()).collect()
    }

    /// Ends the task of a stream, and waits for its end.
    pub async fn stop(&self, key: &HookKey) {
        let found = self.running.get(key).map(|running| running.orders.clone());
        if let Some(orders) = found {
            orders.send_replace(Order::Stop);
            orders.closed().await;
        }
    }

    /// There may be something to replay.
    pub fn nudge(&self, key: &HookKey) {
        if let Some(running) = self.running.get(key) {
            running.nudge.notify_one();
        }
    }

    /// How many run.
    pub fn count(&self) -> usize {
        self.running.len()
    }

    /// Those of an app.
    pub fn of(&self, client: &ClientId) -> Vec<Arc<Known>> {
        let own = self.running.iter();
        let own = own.filter(|running| running.key().0 == *client);
        own.map(|running| Arc::clone(&running.known)).collect()
    }

    /// Begins nothing more; returns when what was under way has ended.
    pub async fn drain(&self) {
        self.tell(Order::Drain).await;
    }

    /// The log went back: all tasks end, and nothing of what they know of it is written down.
    pub async fn leave_all(&self) {
        for running in &self.running {
            let reached = running.known.reached.load(Ordering::Relaxed);
            self.left.insert(running.key().clone(), Pos(reached));
        }
        self.tell(Order::Leave).await;
    }

    /// How far the task was that left, once.
    pub fn left_at(&self, key: &HookKey) -> Option<Pos> {
        self.left.remove(key).map(|(_, pos)| pos)
    }

    /// Ends all tasks now.
    pub async fn stop_all(&self) {
        self.tell(Order::Stop).await;
    }

    async fn tell(&self, order: Order) {
        let all = self.running.iter();
        let all: Vec<_> = all.map(|running| running.orders.clone()).collect();
        for orders in &all {
            orders.send_replace(order);
        }
        for orders in all {
            orders.closed().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{FilterId, HookOff, HookSecret, ObjectType, TokenId};

    #[test]
    fn a_task_is_begun_again_for_all_that_it_was_begun_with_and_for_nothing_else() {
        let stream = AppStream {
            client: "app".into(),
            key: "hook".into(),
            object_types: vec![ObjectType::Message],
            filter: None,
            hook: None,
        };
        let hook = Hook {
            url: String::from("https://example.org/in"),
            secret: HookSecret::new(String::from("0123456789abcdef")),
            parameters: String::new(),
            token: TokenId(1),
            off: None,
            failing_since: None,
        };
        let known = Known {
            connection_id: ConnectionId::from("c"),
            since: Stamp(0),
            stream: Arc::new(stream.clone()),
            hook: Arc::new(hook.clone()),
            parameters: Parameters::default(),
            waiting: AtomicUsize::new(0),
            reached: AtomicI64::new(0),
        };
        assert!(known.is_of(&stream, &hook));
        let changes: [fn(&mut AppStream, &mut Hook); 6] = [
            |stream, _| stream.object_types.push(ObjectType::Post),
            |stream, _| stream.filter = Some(FilterId(1)),
            |_, hook| hook.url.push('2'),
            |_, hook| hook.secret = HookSecret::new(String::from("fedcba9876543210")),
            |_, hook| hook.parameters.push_str("include_raw=1"),
            |_, hook| hook.token = TokenId(2),
        ];
        for (n, change) in changes.iter().enumerate() {
            let (mut stream, mut hook) = (stream.clone(), hook.clone());
            change(&mut stream, &mut hook);
            assert!(!known.is_of(&stream, &hook), "change {n}");
        }
        let (mut failing, since) = (hook, Stamp(7));
        (failing.failing_since, failing.off) = (Some(since), Some(HookOff::Failing));
        assert!(known.is_of(&stream, &failing), "it says that itself");
    }
}
