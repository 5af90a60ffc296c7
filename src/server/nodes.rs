//! A server among others of its database: it takes a name before it serves, and gives it back at its end.

use std::future::pending;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::chores::begin_hooks;
use super::{StartError, shown};
use futures_util::future::OptionFuture;
use tokio::time::MissedTickBehavior;

use crate::actors::nodes::{Calls, Cluster, Keeper, Places};
use crate::actors::{Engine, Shared};
use crate::clock::{Clock, since_boot};
use crate::config::{Config, Server};
use crate::model::Failure;
use crate::store::secret::random_epoch;
use crate::store::{Lease, Node, Store, StoreOptions};
use crate::telemetry::Metrics;

/// Interval between looks at what is left of the lease.
const LOOK: Duration = Duration::from_millis(200);

/// How long a start waits for its turn: longer than the database lets a transaction stand still, and a statement wait.
const TURN: Duration = Duration::from_secs(20);

/// A server that has its name.
pub(super) struct Joined {
    pub(super) cluster: Arc<Cluster>,
    keeper: Keeper,
    /// Where the other nodes ask it for something.
    internal: TcpListener,
}

/// Takes the name of this server, on a database that servers share. `address`: of its listener.
pub(super) async fn join(
    config: &Config,
    options: &StoreOptions,
    (store, metrics): (&Store, &Arc<Metrics>),
    address: SocketAddr,
) -> Result<Option<Joined>, StartError> {
    let (settings, per_client) = (&config.server, config.streams.app_connections);
    if !store.is_shared() {
        return Ok(None);
    }
    let key = store.write(|tx| tx.server_key("nodes")).await?;
    let calls = Calls::new(&key)?;
    let internal = listen_inside(settings, address)?;
    let own = Node {
        name: name(settings, address),
        epoch: random_epoch().into(),
        address: format!("http://{}", shown(address)),
        internal_address: internal.local_addr()?.to_string(),
    };
    let length = Duration::from_millis(settings.node_lease_ms);
    let places = Places::new(store.clone(), own.epoch.clone(), per_client);
    let began = since_boot();
    let (lease, nodes) = Lease::take(options, own.clone(), length, store.clock().clone())?;
    let others = nodes.live.len().saturating_sub(1);
    tracing::info!(node = %own.name, internal = %own.internal_address, others, "joined the nodes of this database");
    let cluster = Arc::new(Cluster::new(own, (calls, places), (length, began), nodes));
    let keeper = Keeper::start(lease, cluster.clone(), metrics.clone())?;
    Ok(Some(Joined {
        cluster,
        keeper,
        internal,
    }))
}

/// Waits for the first turn to write: a server that hangs may hold it until the database ends its connection.
///
/// # Errors
/// It does not come in time, or the database is in trouble.
pub(super) async fn wait_for_turn(store: &Store) -> Result<(), StartError> {
    let until = Instant::now() + TURN;
    loop {
        match store.write(|_| Ok(())).await {
            Ok(()) => return Ok(()),
            Err(failure @ (Failure::Busy | Failure::Away | Failure::Unsure)) => {
                if Instant::now() >= until {
                    return Err(failure.into());
                }
                tracing::warn!(%failure, "the start waits for its turn to write");
                tokio::time::sleep(LOOK).await;
            }
            Err(failure) => return Err(failure.into()),
        }
    }
}

/// Its internal listener.
pub(super) fn inside(joined: Option<&Joined>) -> std::io::Result<Option<TcpListener>> {
    joined.map(|joined| joined.internal.try_clone()).transpose()
}

/// Gives the name back.
pub(super) fn leave(joined: Option<Joined>) {
    if let Some(joined) = joined {
        joined.keeper.leave();
    }
}

/// As long as the server runs: looks after what other nodes took over from this one, and what those that are gone held.
pub(super) async fn watch(shared: &Arc<Shared>) {
    let Some(cluster) = &shared.cluster else {
        return pending().await;
    };
    let engine = Engine::new(shared.clone());
    tokio::join!(look_after(&engine, cluster), fence_of(&engine, cluster));
}

/// The part of it that goes on while the server stops: streams that depend on the lease may not outlive it.
pub(super) async fn watch_lease(shared: &Arc<Shared>) {
    let Some(cluster) = &shared.cluster else {
        return pending().await;
    };
    fence_of(&Engine::new(shared.clone()), cluster).await;
}

async fn fence_of(engine: &Engine, cluster: &Cluster) {
    let end = || engine.end_leased();
    let begin = || begin_hooks(engine);
    fence((cluster, engine.store().clock()), end, begin).await;
}

/// Ends what depends on the lease in time, and begins it again.
async fn fence((cluster, clock): (&Cluster, &Clock), end: impl AsyncFn(), begin: impl AsyncFn()) {
    let mut looks = tokio::time::interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // Webhooks that begin again wait for the database, and the lease does not wait for them.
    let mut beginning: OptionFuture<_> = None.into();
    loop {
        tokio::select! {
            _ = looks.tick() => {}
            Some(()) = &mut beginning => {
                beginning = None.into();
                continue;
            }
        }
        cluster.compare_clocks(clock.now());
        if cluster.is_due() {
            if !cluster.is_fenced_already() {
                tracing::error!(
                    "the lease of this node is almost over: its app streams are closed"
                );
            }
            cluster.fence();
            // What has not begun does not.
            beginning = None.into();
            end().await;
        } else if cluster.end_fence() {
            tracing::warn!("the lease of this node holds again");
            beginning = Some(Box::pin(begin())).into();
        }
    }
}

async fn look_after(engine: &Engine, cluster: &Cluster) {
    let mut turns = tokio::time::interval(cluster.pause());
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut is_new, mut known) = (true, cluster.epochs());
    loop {
        turns.tick().await;
        cluster.places().give_back_the_rest();
        let live = cluster.epochs();
        let has_left = known.iter().any(|epoch| !live.contains(epoch));
        known = live;
        // At the begin, too: a process of the same name may have left something.
        if cluster.has_over() || has_left || std::mem::take(&mut is_new) {
            match engine.bury_nodes().await {
                // What it posted is posted from here.
                Ok(()) => begin_hooks(engine).await,
                Err(failure) => {
                    is_new = true;
                    tracing::warn!(%failure, "what a node that is gone held is not free yet");
                }
            }
        }
        if let Err(failure) = engine.check_sessions(cluster).await {
            tracing::warn!(%failure, "sessions of this node were not compared with those of others");
        }
    }
}

/// Listens for the other nodes.
fn listen_inside(settings: &Server, address: SocketAddr) -> Result<TcpListener, StartError> {
    let named = &*settings.internal_bind;
    let host = match address.ip() {
        ip if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        ip => ip,
    };
    let bind = match named {
        "" => SocketAddr::new(host, 0).to_string(),
        named => named.to_owned(),
    };
    if named.is_empty() && address.ip().is_unspecified() {
        tracing::info!(
            "nodes on other machines cannot reach this one: set server.internal_bind to an address of the network that \
             they share"
        );
    }
    TcpListener::bind(&bind).map_err(|error| StartError::Bind(bind, error))
}

/// The name of the machine and the port, if the settings say nothing.
fn name(settings: &Server, address: SocketAddr) -> String {
    if !settings.node_name.is_empty() {
        return settings.node_name.to_string();
    }
    let known = std::fs::read_to_string("/proc/sys/kernel/hostname");
    let host = known.unwrap_or_else(|_unknown| address.ip().to_string());
    let plain = |c: char| match c.is_ascii_alphanumeric() || c == '.' {
        true => c,
        false => '-',
    };
    let host: String = host.trim().chars().take(56).map(plain).collect();
    format!("{host}-{}", address.port())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::actors::nodes::test_cluster;

    #[tokio::test]
    async fn a_lease_that_runs_out_does_not_wait_for_what_begins() {
        let cluster = test_cluster(Duration::from_millis(1500), since_boot());
        // It ran out before, and holds again.
        cluster.fence();
        let (begun, ended) = (Cell::new(0), tokio::sync::Notify::new());
        let begin = async || {
            begun.set(begun.get() + 1);
            // The database is away.
            pending::<()>().await;
        };
        let clock = Clock::default();
        let fenced = fence((&cluster, &clock), async || ended.notify_one(), begin);
        tokio::select! {
            () = fenced => {}
            () = ended.notified() => {}
            () = tokio::time::sleep(Duration::from_secs(10)) => panic!("it was not ended"),
        }
        assert_eq!(begun.get(), 1);
        assert!(cluster.is_fenced_already());
    }
}
