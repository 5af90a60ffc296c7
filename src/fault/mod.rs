//! Faults on purpose, for the suite: what cannot be brought about from outside, such as a panic in an actor.
//!
//! A fault is on while the folder given with `--faults` holds a file of its name. Only debug builds know that option;
//! in a release build every call here is empty. A fault that a process has from its start to its end is one of
//! [`Seeded`]: the folder's file `seeded` names it.

mod seeded;

pub use seeded::{Seeded, seeded};

#[cfg(debug_assertions)]
use std::path::PathBuf;
#[cfg(debug_assertions)]
use std::sync::OnceLock;

/// Where files switch faults on; nowhere unless the process was started with `--faults`.
#[cfg(debug_assertions)]
static FOLDER: OnceLock<PathBuf> = OnceLock::new();

/// How often a fault that makes its victim wait looks whether it is over.
#[cfg(debug_assertions)]
const PAUSE: std::time::Duration = std::time::Duration::from_millis(5);

/// What may go wrong on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A channel's actor panics at a message.
    ChannelActor,
    /// A connection's actor panics at a frame.
    ConnectionActor,
    /// A shard panics in a fan-out of messages, half way.
    FanOut,
    /// A job panics in the write lane.
    WriteJob,
    /// The write lane waits before its next transaction.
    Lane,
    /// The write lane's thread panics.
    LaneThread,
    /// A reading thread panics at its next job.
    ReaderThread,
    /// A thread of actors ends at the next message.
    ActorThread,
    /// `LogTail` waits before it takes the next events.
    LogTail,
    /// `LogTail` waits before it asks where the next events go.
    Routing,
    /// `LogTail` waits once it knows where the next events go, before those that catch up find them.
    Routed,
    /// `LogTail` panics at the next events.
    Delivery,
    /// A shard panics at the next fan-out.
    Shard,
    /// The check of a password waits.
    Password,
    /// The thread that makes pictures waits before its next one.
    Picture,
    /// A session that is continued waits before what it missed is counted.
    Resume,
    /// A session that is continued waits between what its inbox holds and its shard.
    Filling,
    /// An app stream waits between its admission and its shard.
    Admission,
    /// A call that ends a session, or a subscription of it, waits before that is written down.
    Deletion,
    /// A node that found a session elsewhere waits before it lets go of it.
    LettingGo,
}

/// Lets files in this folder switch faults on, from now to the end of the process.
#[cfg(debug_assertions)]
pub fn arm(folder: PathBuf) {
    if let Ok(name) = std::fs::read_to_string(folder.join("seeded")) {
        seeded::choose(&name);
    }
    // A second folder is not listened to.
    FOLDER.get_or_init(|| folder);
}

#[cfg(debug_assertions)]
impl Fault {
    /// The file that switches it on.
    fn file(self) -> Option<PathBuf> {
        let name = match self {
            Self::ChannelActor => "channel-actor",
            Self::ConnectionActor => "connection-actor",
            Self::FanOut => "fan-out",
            Self::WriteJob => "write-job",
            Self::Lane => "lane",
            Self::LaneThread => "lane-thread",
            Self::ReaderThread => "reader-thread",
            Self::ActorThread => "actor-thread",
            Self::LogTail => "log-tail",
            Self::Routing => "routing",
            Self::Routed => "routed",
            Self::Delivery => "delivery",
            Self::Shard => "shard",
            Self::Password => "password",
            Self::Picture => "picture",
            Self::Resume => "resume",
            Self::Filling => "filling",
            Self::Admission => "admission",
            Self::Deletion => "deletion",
            Self::LettingGo => "letting-go",
        };
        Some(FOLDER.get()?.join(name))
    }

    /// Whether it is on; if so, a file beside its own says that its victim has arrived.
    fn is_met(self) -> bool {
        let Some(file) = self.file().filter(|file| file.exists()) else {
            return false;
        };
        // The suite waits for it; if it cannot be written the story says so.
        std::fs::write(file.with_extension("met"), b"").is_ok()
    }

    /// Panics if it is on, and is off afterwards.
    #[expect(clippy::panic, reason = "this is what it is for")]
    pub fn panics_once(self) {
        if self.happens_once() {
            panic!("{self:?} on purpose");
        }
    }

    /// Whether it is on; it is off afterwards.
    pub fn happens_once(self) -> bool {
        let was_on = self.file().map(std::fs::remove_file);
        matches!(was_on, Some(Ok(())))
    }

    /// Holds a thread as long as it is on.
    pub fn holds(self) {
        while self.is_met() {
            std::thread::sleep(PAUSE);
        }
    }

    /// Holds a task as long as it is on; its thread goes on.
    pub async fn delays(self) {
        while self.is_met() {
            tokio::time::sleep(PAUSE).await;
        }
    }
}

#[cfg(not(debug_assertions))]
impl Fault {
    /// Nothing, in a release build.
    #[inline(always)]
    pub fn panics_once(self) {}

    /// Nothing, in a release build.
    #[inline(always)]
    pub fn happens_once(self) -> bool {
        false
    }

    /// Nothing, in a release build.
    #[inline(always)]
    pub fn holds(self) {}

    /// Nothing, in a release build.
    #[inline(always)]
    pub async fn delays(self) {}
}
