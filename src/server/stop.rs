//! The stop: no new work, an end of what runs, the database in one file. Each step has its time.

use std::sync::atomic::Ordering;
use std::time::Duration;

use actix_server::ServerHandle;

use super::signals::Stops;
use super::waves::{TELL, close_one_of, close_streams};
use crate::actors::Shared;
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

/// From the decision to stop to the end of the database.
pub(super) async fn stop(
    budget: Duration,
    shared: &Shared,
    app: &App,
    listener: &ServerHandle,
    signals: &mut Stops,
) -> Stopped {
    app.readiness.begin_stop();
    shared.stopping.store(true, Ordering::Release);
    let drained = drain(budget, shared, app, signals).await;
    // New connections were answered until here, with 503.
    drop(tokio::time::timeout(TELL, listener.stop(false)).await);
    let closed = close(shared, signals).await;
    match (drained, closed) {
        (Stopped::InOrder, Stopped::InOrder) => Stopped::InOrder,
        (Stopped::ByForce, _) | (_, Stopped::ByForce) => Stopped::ByForce,
    }
}

/// A close frame to all streams and an end of the running requests.
async fn drain(budget: Duration, shared: &Shared, app: &App, signals: &mut Stops) -> Stopped {
    let served = async {
        // Hooks first: they begin nothing more once a client can see that the stop has begun.
        tokio::join!(shared.hooks.drain(), close_streams(shared, budget));
        let mut looks = tokio::time::interval(LOOK);
        // A stream ends when its client has answered the close frame, or after `streams.linger_ms`.
        while app.serving() > 0 || shared.directory.counts().0 > 0 {
            looks.tick().await;
        }
    };
    let why = tokio::select! {
        () = served => return Stopped::InOrder,
        () = tokio::time::sleep(budget) => "the stop took too long",
        () = signals.next() => "another signal shortened the stop",
    };
    let (requests, streams) = (app.serving(), shared.directory.counts().0);
    tracing::warn!(requests, streams, "{why}; dropping what remains");
    // Streams that were to be closed in a later wave are told at least why.
    close_one_of(shared, 1).await;
    drop(tokio::time::timeout(TELL, shared.hooks.stop_all()).await);
    Stopped::ByForce
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
