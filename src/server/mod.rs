//! Assembly: store → actors → listener, and an ordered stop.

mod listen;

use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix::System;
use actix_web::web::Data;
use tokio::sync::{mpsc, oneshot};

use crate::actors::arbiters::Arbiters;
use crate::actors::directory::Directory;
use crate::actors::log_tail::LogTail;
use crate::actors::send::Mailbox;
use crate::actors::shard::mail::CloseAll;
use crate::actors::{Engine, Shared};
use crate::clock::Clock;
use crate::config::Config;
use crate::http::{App, Settings};
use crate::model::Failure;
use crate::protocol::goodbye::Goodbye;
use crate::protocol::site::Site;
use crate::store::{Store, StoreOptions};
use crate::telemetry::Metrics;
use crate::web::{Demo, DemoPerson};

/// Interval between checks of the parts that cannot be replaced.
const LOOK_AT_PARTS: Duration = Duration::from_secs(1);

/// Interval between removals of expired presence.
const SWEEP: Duration = Duration::from_secs(60);

/// Why the server did not start, or ended by itself, for the operator.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store cannot be opened.
    #[error("{0}")]
    Store(String),
    /// The address cannot be listened on.
    #[error("cannot listen on {0}: {1}")]
    Bind(String, std::io::Error),
    /// The listener failed later.
    #[error("listener: {0}")]
    Listen(#[from] std::io::Error),
    /// A part that cannot be replaced panicked.
    #[error("{0} stopped working; start the server again")]
    PartLost(&'static str),
}

impl From<Failure> for StartError {
    fn from(failure: Failure) -> Self {
        Self::Store(failure.to_string())
    }
}

/// Serves until SIGINT or SIGTERM. Prints `listening on …` on standard output once it accepts requests.
///
/// # Errors
/// See [`StartError`].
pub fn serve(config: &Config, with_demo: bool) -> Result<(), StartError> {
    raise_descriptor_limit();
    let system = System::new();
    system.block_on(run(config, with_demo))
}

async fn run(config: &Config, with_demo: bool) -> Result<(), StartError> {
    let clock = Clock::default();
    let metrics = Arc::new(Metrics::default());
    let options = StoreOptions::from(&config.store);
    let store = Store::open(&options, clock.clone(), metrics.clone())?;
    crate::setup::page::register(&store).await?;
    let demo = match with_demo {
        true => crate::setup::demo::fill(&store).await?,
        false => Demo::default(),
    };
    let listener = TcpListener::bind(&config.server.bind)
        .map_err(|error| StartError::Bind(config.server.bind.clone(), error))?;
    let address = listener.local_addr()?;
    let public_url = match config.server.public_url.as_str() {
        "" => format!("http://{}", shown(address)),
        url => url.to_owned(),
    };
    let directory = Directory::new(
        Arbiters::start(config.server.actor_threads),
        metrics.clone(),
    );
    let (shared, ephemeral) = Shared::new(
        store.clone(),
        config,
        Site::new(&public_url),
        clock,
        directory,
        metrics,
    );
    let shared = Arc::new(shared);
    let delivery_ended = start_log_tail(&shared, ephemeral).await?;
    let app = Data::new(App::new(
        Engine::new(shared.clone()),
        Settings::from(config),
    ));
    let people = demo.people.clone();
    let server = listen::listen(
        config,
        listener,
        shared.clone(),
        app.clone(),
        Data::new(demo),
    )?;
    let sweeper = actix_rt::spawn(sweep(shared.clone()));
    app.set_ready(true);
    warn_of_strange_proxy(config);
    announce(&public_url, address, &people)?;
    let outcome = run_until_stopped(server, config, &shared, &app, delivery_ended).await;
    sweeper.abort();
    store.close().await;
    outcome
}

/// Until a signal or the loss of a part has drained the server, or the server ends by itself.
async fn run_until_stopped(
    server: actix_server::Server,
    config: &Config,
    shared: &Shared,
    app: &App,
    delivery_ended: oneshot::Receiver<()>,
) -> Result<(), StartError> {
    let handle = server.handle();
    let mut running = actix_rt::spawn(server);
    tokio::select! {
        ended = &mut running => {
            drop(ended);
            Ok(())
        }
        () = stop_signal() => {
            tracing::info!("stopping");
            app.set_ready(false);
            drain(config, shared, app, &handle).await;
            Ok(())
        }
        lost = part_lost(shared, delivery_ended) => {
            // A server without this part accepts writes that no listener hears; a new process delivers to all of them.
            tracing::error!(part = lost, "a part that cannot be replaced ended; stopping");
            app.set_ready(false);
            drain(config, shared, app, &handle).await;
            Err(StartError::PartLost(lost))
        }
    }
}

/// Until the delivery, a shard or the write lane has ended, which only a panic brings about (`LogTail` survives those
/// in its steps); says which.
async fn part_lost(shared: &Shared, mut delivery_ended: oneshot::Receiver<()>) -> &'static str {
    let mut looks = tokio::time::interval(LOOK_AT_PARTS);
    loop {
        tokio::select! {
            // It never sends: the closed channel is the signal.
            _ = &mut delivery_ended => return "the delivery of events",
            _ = looks.tick() => {}
        }
        if !shared.store.is_writing() {
            return "the write lane";
        }
        if !shared.shards.all().iter().all(Mailbox::is_alive) {
            return "a shard";
        }
    }
}

/// No new connections, a close frame to all streams, an end of the running requests; then the rest is dropped.
async fn drain(config: &Config, shared: &Shared, app: &App, handle: &actix_server::ServerHandle) {
    shared.stopping.store(true, Ordering::Release);
    handle.pause().await;
    for shard in shared.shards.all() {
        if shard
            .send_past_bound(CloseAll(Goodbye::GoingAway))
            .await
            .is_err()
        {
            tracing::warn!("a worker thread ended before it could close its connections");
        }
    }
    let budget = Duration::from_millis(config.server.drain_ms);
    let served = async {
        let mut looks = tokio::time::interval(Duration::from_millis(20));
        // A stream ends when its client has answered the close frame, or after `streams.linger_ms`.
        while app.serving() > 0 || shared.directory.counts().0 > 0 {
            looks.tick().await;
        }
    };
    if tokio::time::timeout(budget, served).await.is_err() {
        tracing::warn!(
            requests = app.serving(),
            "the stop took too long; dropping the remaining requests"
        );
    }
    handle.stop(false).await;
}

/// Starts the delivery. What comes back ends with it, also if it ends by a panic.
async fn start_log_tail(
    shared: &Arc<Shared>,
    ephemeral: mpsc::Receiver<crate::event::Event>,
) -> Result<oneshot::Receiver<()>, StartError> {
    let trouble = |what: &str| StartError::Store(what.to_owned());
    let committed = shared
        .store
        .committed()
        .ok_or_else(|| trouble("the log is read twice"))?;
    let head = shared.store.log_head().await?;
    let tail = LogTail::new(shared.clone(), head.pos);
    let (runs, ended) = oneshot::channel();
    // On the thread of the actors, so that asking them needs no switch of threads.
    let started = shared.directory.arbiter().spawn(async move {
        tail.run(committed, ephemeral).await;
        drop(runs);
    });
    if started {
        Ok(ended)
    } else {
        Err(trouble("the actors' thread did not start"))
    }
}

/// Until SIGINT or SIGTERM.
async fn stop_signal() {
    use actix_rt::signal::unix::{SignalKind, signal};
    let (Ok(mut int), Ok(mut term)) = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    ) else {
        // Without signals only a kill ends the process.
        return std::future::pending().await;
    };
    tokio::select! {
        _ = int.recv() => {}
        _ = term.recv() => {}
    }
}

async fn sweep(shared: Arc<Shared>) {
    let mut turns = tokio::time::interval(SWEEP);
    loop {
        turns.tick().await;
        shared.presence.sweep();
    }
}

fn announce(
    public_url: &str,
    address: SocketAddr,
    people: &[DemoPerson],
) -> Result<(), std::io::Error> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "listening on http://{}", shown(address))?;
    if !public_url.ends_with(&shown(address)) {
        writeln!(out, "public address {public_url}")?;
    }
    if !people.is_empty() {
        writeln!(
            out,
            "open {public_url} in two windows and sign in as two of"
        )?;
    }
    for person in people {
        writeln!(out, "  {:<8} password {}", person.username, person.password)?;
    }
    out.flush()
}

/// Behind a proxy that is not trusted all clients are one: 21 wrong passwords of a stranger lock out all others.
fn warn_of_strange_proxy(config: &Config) {
    let server = &config.server;
    let is_https = server
        .public_url
        .get(..8)
        .is_some_and(|start| start.eq_ignore_ascii_case("https://"));
    if is_https && server.trusted_proxies.is_empty() {
        tracing::warn!(
            "public_url is https, so there is a proxy in front, but server.trusted_proxies is empty: all clients share \
             one address and its limits. Put the proxy's address there, such as trusted_proxies = [\"127.0.0.1\"]"
        );
    }
}

/// An address for a browser: a server on all interfaces is reachable on this one.
fn shown(address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        format!("127.0.0.1:{}", address.port())
    } else {
        address.to_string()
    }
}

/// Each websocket is a descriptor, and the soft limit of most systems is far below the connections that one process can
/// serve.
fn raise_descriptor_limit() {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE)
        && soft < hard
        && setrlimit(Resource::RLIMIT_NOFILE, hard, hard).is_err()
    {
        tracing::warn!(soft, "the limit of open files could not be raised");
    }
}
