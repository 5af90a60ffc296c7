//! The stop: no new connection, an end of what runs, the database in one file. Each step has its time.

use std::cell::Cell;
use std::convert::Infallible;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::door::Doors;
use super::signals::Stops;
use super::waves::{TELL, close_one_of, close_streams};
use crate::actors::Shared;
use crate::config::Server;
use crate::http::App;

/// Interval between looks at what still runs.
const LOOK: Duration = Duration::from_millis(20);
/// How long the database may take: the writes that wait, and the fold of the write-ahead log into the file.
const CLOSE: Duration = Duration::from_secs(10);

/// How a stop went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stopped {
    /// All that ran has ended.
    InOrder,
    /// Its time was over, or another signal shortened it.
    ByForce,
}

/// How long a stop may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    /// Until it is forced.
    budget: Duration,
    /// Until connections are closed that wait for a request.
    notice: Duration,
}

impl From<&Server> for Times {
    fn from(settings: &Server) -> Self {
        Self {
            budget: Duration::from_millis(settings.drain_ms),
            notice: Duration::from_millis(settings.notice_ms),
        }
    }
}

/// From the decision to stop to the end of the database.
pub(super) async fn stop(
    times: Times,
    shared: &Shared,
    app: &App,
    doors: &Doors,
    signals: &mut Stops,
) -> Stopped {
    app.readiness.begin_stop();
    shared.stopping.store(true, Ordering::Release);
    let drained = drain(times, shared, app, doors, signals).await;
    doors.end().await;
    let closed = close(shared, signals).await;
    match (drained, closed) {
        (Stopped::InOrder, Stopped::InOrder) => Stopped::InOrder,
        (Stopped::ByForce, _) | (_, Stopped::ByForce) => Stopped::ByForce,
    }
}

/// No new connection, a close frame to all streams, an end of the running requests, and of all connections.
async fn drain(
    times: Times,
    shared: &Shared,
    app: &App,
    doors: &Doors,
    signals: &mut Stops,
) -> Stopped {
    let streams = async {
        // Whatever was accepted is known to its worker before the worker hears of a wave.
        doors.close().await;
        close_streams(shared, times.budget).await;
    };
    let is_told = Cell::new(false);
    let ended = async {
        // Hooks first: they begin nothing more once a client can see that the stop has begun.
        tokio::join!(shared.hooks.drain(), streams);
        is_told.set(true);
        let mut looks = tokio::time::interval(LOOK);
        // A stream ends when its client has answered the close frame, or after `streams.linger_ms`.
        while app.serving() > 0 || shared.directory.counts().0 > 0 || app.bounds.open() > 0 {
            looks.tick().await;
        }
    };
    let why = tokio::select! {
        () = ended => return Stopped::InOrder,
        never = close_idle(times.notice, app) => match never {},
        () = tokio::time::sleep(times.budget) => "the stop took too long",
        () = signals.next() => "another signal shortened the stop",
    };
    let (requests, streams) = (app.serving(), shared.directory.counts().0);
    if is_told.get() && requests == 0 && streams == 0 {
        // Answers that are read slowly, and requests that do not arrive: clients alone would decide when a server ends.
        let connections = app.bounds.open();
        tracing::info!(connections, "{why}; closing connections");
        return Stopped::InOrder;
    }
    tracing::warn!(requests, streams, "{why}; dropping what remains");
    // Streams that were to be closed in a later wave are told at least why.
    close_one_of(shared, 1).await;
    drop(tokio::time::timeout(TELL, shared.hooks.stop_all()).await);
    Stopped::ByForce
}

/// Until the end of the stop: closes connections that have waited for a request through the notice, and those that begin
/// to wait afterwards.
async fn close_idle(notice: Duration, app: &App) -> Infallible {
    tokio::time::sleep(notice).await;
    loop {
        app.bounds.close_idle();
        tokio::time::sleep(LOOK).await;
    }
}

/// Whatever was acknowledged is in the write-ahead log already, so that nothing is lost by force.
async fn close(shared: &Shared, signals: &mut Stops) -> Stopped {
    tokio::select! {
        () = shared.store.close() => return Stopped::InOrder,
        () = tokio::time::sleep(CLOSE) => {}
        () = signals.next() => {}
    }
    tracing::warn!("the database was not closed in time");
    Stopped::ByForce
}
