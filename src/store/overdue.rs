//! Leaves a database server that does not answer in time. SQLite asks a callback on the thread of a read
//! (`reading/limit.rs`); a thread in libpq waits for the server, whatever becomes of it, so another one looks at the time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Failure;
use super::connect::Socket;

/// Between two looks at what is under way.
const LOOK: Duration = Duration::from_millis(50);
/// The same while nothing is: a question begins many times a second, and is not worth a wake-up of its own.
const IDLE: Duration = Duration::from_millis(200);

/// Whether it has taken too long, or no caller waits for it.
type IsOver = Box<dyn Fn() -> bool + Send>;

/// What waits for the server.
pub(super) struct Overdue {
    waits: Mutex<HashMap<Socket, Wait>>,
}

struct Wait {
    is_over: IsOver,
    is_left: bool,
}

/// Something under way, until this goes.
pub(super) struct Watched<'o> {
    all: &'o Overdue,
    socket: Socket,
}

impl Overdue {
    /// Starts the thread that looks; it ends soon after the last handle is gone.
    pub(super) fn start() -> Result<Arc<Self>, Failure> {
        let all = Arc::new(Self {
            waits: Mutex::default(),
        });
        let watched = Arc::downgrade(&all);
        std::thread::Builder::new()
            .name(String::from("store-overdue"))
            .spawn(move || {
                while let Some(all) = watched.upgrade() {
                    let pause = all.look();
                    drop(all);
                    std::thread::sleep(pause);
                }
            })
            .map_err(|error| Failure::trouble(format!("no thread for deadlines: {error}")))?;
        Ok(all)
    }

    /// From here on the socket is ended when `is_over` says so. The connection must not be closed before this goes.
    pub(super) fn watch(
        &self,
        socket: Socket,
        is_over: impl Fn() -> bool + Send + 'static,
    ) -> Watched<'_> {
        let wait = Wait {
            is_over: Box::new(is_over),
            is_left: false,
        };
        self.lock().insert(socket, wait);
        Watched { all: self, socket }
    }

    /// When it looks again.
    fn look(&self) -> Duration {
        let mut waits = self.lock();
        if waits.is_empty() {
            return IDLE;
        }
        for (socket, wait) in waits.iter_mut() {
            if !wait.is_left && (wait.is_over)() {
                wait.is_left = true;
                socket.shut_down();
            }
        }
        LOOK
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Socket, Wait>> {
        self.waits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watched<'_> {
    /// It has ended; whether its socket was ended before.
    pub(super) fn ended(self) -> bool {
        self.take()
    }

    fn take(&self) -> bool {
        let wait = self.all.lock().remove(&self.socket);
        wait.is_some_and(|wait| wait.is_left)
    }
}

/// What panicked has ended too.
impl Drop for Watched<'_> {
    fn drop(&mut self) {
        self.take();
    }
}
