//! Ends reads on a PostgreSQL server in the middle. SQLite asks a callback on the thread of the read (`limit.rs`); a server
//! has to be told, over another connection.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{Bool, Integer};

use super::super::Failure;
use super::super::connect::{Database, Sql};
use super::limit::Limit;

/// Between two looks at the reads in progress.
const LOOK: Duration = Duration::from_millis(50);

/// The reads in progress, by the process of the server that does them.
pub(super) struct Cancelling {
    reads: Mutex<HashMap<i32, Read>>,
    begins: Condvar,
}

struct Read {
    limit: Limit,
    is_cancelled: bool,
}

/// A read in progress.
pub(super) struct Watched<'c> {
    all: &'c Cancelling,
    process: i32,
}

impl Cancelling {
    /// Starts the thread that looks, which ends with the last handle. A file has no use for it.
    pub(super) fn start(database: &Database) -> Result<Option<Arc<Self>>, Failure> {
        if database.file().is_some() {
            return Ok(None);
        }
        let all = Arc::new(Self {
            reads: Mutex::default(),
            begins: Condvar::new(),
        });
        let (watched, database) = (Arc::downgrade(&all), database.clone());
        std::thread::Builder::new()
            .name(String::from("read-cancel"))
            .spawn(move || {
                let mut sql = None;
                while let Some(all) = watched.upgrade() {
                    all.look(&database, &mut sql);
                    drop(all);
                    std::thread::sleep(LOOK);
                }
            })
            .map_err(|error| Failure::trouble(format!("no thread that ends reads: {error}")))?;
        Ok(Some(all))
    }

    /// From here on the read of this process is ended when its limit is over.
    pub(super) fn watch(&self, process: i32, limit: Limit) -> Watched<'_> {
        let read = Read {
            limit,
            is_cancelled: false,
        };
        self.lock().insert(process, read);
        self.begins.notify_one();
        Watched { all: self, process }
    }

    /// Cancels what is over. The lock is held meanwhile: a read that ends by itself waits until the server was told, and then
    /// knows that its connection may still be cancelled.
    fn look(&self, database: &Database, sql: &mut Option<Sql>) {
        let mut reads = self.lock();
        if reads.is_empty() {
            // Nothing to look at until a read begins; but the thread has to see its end.
            let waited = self.begins.wait_timeout(reads, Duration::from_secs(1));
            drop(waited);
            return;
        }
        let over = reads
            .iter_mut()
            .filter(|(_, read)| !read.is_cancelled && read.limit.is_over());
        for (process, read) in over {
            read.is_cancelled = true;
            if let Err(failure) = cancel(database, sql, *process) {
                tracing::warn!(%failure, "a read was not ended");
                *sql = None;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<i32, Read>> {
        self.reads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watched<'_> {
    /// The read has ended; whether it was cancelled. Then the connection is not to be used again: the server may act on the
    /// request late.
    pub(super) fn ended(self) -> bool {
        let read = self.all.lock().remove(&self.process);
        read.is_some_and(|read| read.is_cancelled)
    }
}

/// A job that panicked has ended too.
impl Drop for Watched<'_> {
    fn drop(&mut self) {
        self.all.lock().remove(&self.process);
    }
}

fn cancel(database: &Database, sql: &mut Option<Sql>, process: i32) -> Result<(), Failure> {
    let sql = match sql {
        Some(sql) => sql,
        None => sql.insert(database.connect()?),
    };
    diesel::sql_query("SELECT pg_cancel_backend($1) AS was_there")
        .bind::<Integer, _>(process)
        .get_result::<WasThere>(sql)?;
    Ok(())
}

#[derive(QueryableByName)]
struct WasThere {
    #[diesel(sql_type = Bool)]
    #[expect(dead_code, reason = "a process that is gone needs no end")]
    was_there: bool,
}
