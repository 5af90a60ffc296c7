//! The delivery of events: of this process, and of other servers over the bus.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use super::StartError;
use crate::actors::Shared;
use crate::actors::held::OpenStreams;
use crate::actors::log_tail::{Inputs, LogTail};
use crate::bus::{Bus, Line};
use crate::config::Config;
use crate::event::Event;
use crate::store::{LogHead, Store};
use crate::telemetry::Metrics;

/// The bus, if the settings name one. It is no matter of the start whether Redis is there.
pub(super) async fn open_bus(
    store: &Store,
    config: &Config,
    head: &LogHead,
    metrics: &Arc<Metrics>,
) -> Result<(Bus, Option<Line>), StartError> {
    let key = store.write(|tx| tx.server_key("bus")).await?;
    let opened = Bus::open(&config.cluster, &head.epoch, &key, (store.clock(), metrics));
    let (bus, line) = opened.map_err(StartError::Bus)?;
    if store.is_shared() && line.is_none() {
        tracing::info!(
            "no bus (cluster.redis_url): events of other servers are found in the database, each 50 ms"
        );
    }
    Ok((bus, line))
}

/// Starts the delivery. What comes back ends with it, also if it ends by a panic.
pub(super) async fn start(
    shared: &Arc<Shared>,
    ephemeral: mpsc::Receiver<Event>,
    line: Option<Line>,
) -> Result<oneshot::Receiver<()>, StartError> {
    let trouble = |what: &str| StartError::Store(what.to_owned());
    let head = shared.log.ring().head();
    let twice = || trouble("the log is read twice");
    let store = &shared.store;
    let committed = store.committed().ok_or_else(twice)?;
    let arrived = match line {
        None => None,
        Some(line) => {
            let parcels = store.parcels().ok_or_else(twice)?;
            let open = Arc::new(OpenStreams::of(shared));
            Some(line.run(parcels, shared.presence.clone(), open)?)
        }
    };
    // Without them, streams that come back read the table.
    if let Err(failure) = shared.log.recall().await {
        tracing::warn!(%failure, "the newest events were not read");
        shared.log.ring().restart_behind(head);
    }
    let tail = LogTail::new(shared.clone(), head);
    let inputs = Inputs {
        committed,
        arrived,
        ephemeral,
    };
    let (runs, ended) = oneshot::channel();
    // On the thread of the actors, so that asking them needs no switch of threads.
    let started = shared.directory.arbiter().spawn(async move {
        tail.run(inputs).await;
        drop(runs);
    });
    if started {
        Ok(ended)
    } else {
        Err(trouble("the actors' thread did not start"))
    }
}
