//! What is done from time to time, and at a time.

use std::time::Duration;

use actix_web::web::Data;

use crate::actors::user::polls::{close_due, sweep_answers};
use crate::actors::user::posts::{sweep_interactions, sweep_reposts};
use crate::actors::{Engine, Shared};
use crate::http::App;

/// Interval between removals of expired presence.
const SWEEP: Duration = Duration::from_secs(60);

/// Removes what is over: presence, sessions of streams, rests of what was deleted.
pub(super) async fn sweep(shared: &Shared, app: &Data<App>) {
    let mut turns = tokio::time::interval(SWEEP);
    loop {
        turns.tick().await;
        shared.presence.sweep();
        let store = shared.store.clone();
        let app = app.clone();
        actix_rt::spawn(async move {
            sweep_reposts(&store).await;
            sweep_interactions(&store).await;
            sweep_answers(&store).await;
            app.engine.sweep_sessions().await;
            begin_hooks(&app.engine).await;
            app.gallery.sweep(&store).await;
        });
    }
}

/// Closes polls on time.
pub(super) async fn close_polls(shared: &Shared) {
    loop {
        tokio::time::sleep(close_due(&shared.store).await).await;
    }
}

/// Those that are on and do not run: they waited for a place, or their task ended by trouble.
pub(super) async fn begin_hooks(engine: &Engine) {
    if let Err(failure) = engine.begin_hooks().await {
        tracing::warn!(%failure, "webhooks were not begun; they are in a minute");
    }
}
