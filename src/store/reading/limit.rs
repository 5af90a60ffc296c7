//! Ends a read in the middle: at its deadline, when its caller is gone, when the store closes.
//!
//! SQLite asks a callback every few thousand steps whether to go on. Diesel does not show the handle that it belongs to,
//! so SQLite itself sets the callback on each connection that it opens (an "auto extension"). The callback knows the read
//! by its thread.
#![expect(
    unsafe_code,
    reason = "two C callbacks; neither touches memory that it is given"
)]

use std::cell::RefCell;
use std::ffi::{c_char, c_int, c_void};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Once, OnceLock};
use std::time::{Duration, Instant};

use libsqlite3_sys::{
    SQLITE_OK, sqlite3, sqlite3_api_routines, sqlite3_auto_extension, sqlite3_progress_handler,
};

/// Steps of SQLite's machine between two questions: about a tenth of a millisecond.
const STEPS: c_int = 4000;

thread_local! {
    static CURRENT: RefCell<Option<Limit>> = const { RefCell::new(None) };
}

/// When the reads in progress have to end because the store closes.
#[derive(Default)]
pub(super) struct Stop(OnceLock<Instant>);

impl Stop {
    /// From now on.
    pub(super) fn after(&self, time: Duration) {
        // Closing twice: the first time counts.
        self.0.get_or_init(|| Instant::now() + time);
    }
}

/// What ends a read.
#[derive(Clone)]
pub(super) struct Limit {
    pub(super) until: Instant,
    pub(super) gone: Arc<AtomicBool>,
    pub(super) stop: Arc<Stop>,
}

impl Limit {
    /// Whether the deadline passed.
    pub(super) fn has_passed(&self) -> bool {
        Instant::now() >= self.until
    }

    pub(super) fn is_over(&self) -> bool {
        self.gone.load(Ordering::Relaxed)
            || self.has_passed()
            || self.stop.0.get().is_some_and(|at| Instant::now() >= *at)
    }

    /// Runs `job`, whose statements end when the limit is over.
    pub(super) fn hold<T>(&self, job: impl FnOnce() -> T) -> T {
        CURRENT.set(Some(self.clone()));
        let _cleared = Cleared;
        job()
    }
}

struct Cleared;

impl Drop for Cleared {
    fn drop(&mut self) {
        CURRENT.set(None);
    }
}

/// Whether the read of this thread has to end. For work between statements; within one, SQLite asks by itself.
pub(in super::super) fn is_over() -> bool {
    CURRENT
        .try_with(|current| {
            let current = current.try_borrow();
            current.is_ok_and(|limit| limit.as_ref().is_some_and(Limit::is_over))
        })
        .unwrap_or(false)
}

/// From here on, reads on new connections can be ended. Once per process.
pub(in super::super) fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: `on_open` has the signature that SQLite documents, and it is never unloaded.
        let code = unsafe { sqlite3_auto_extension(Some(on_open)) };
        if code != SQLITE_OK {
            tracing::error!(code, "reads cannot be ended: SQLite took no callback");
        }
    });
}

unsafe extern "C" fn on_open(
    db: *mut sqlite3,
    _error: *mut *mut c_char,
    _routines: *const sqlite3_api_routines,
) -> c_int {
    // SAFETY: SQLite passes the connection that it is opening. The callback needs no data.
    unsafe { sqlite3_progress_handler(db, STEPS, Some(on_progress), ptr::null_mut()) };
    SQLITE_OK
}

unsafe extern "C" fn on_progress(_nothing: *mut c_void) -> c_int {
    c_int::from(is_over())
}
