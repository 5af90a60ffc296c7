//! Assembly: store → actors → listener. What ends a server is beside it: `signals`, `parts`, `stop`.

mod parts;
mod reload;
mod signals;
mod stop;
mod watch;

use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix::System;
use actix_http::{HttpService, Request};
use actix_rt::net::TcpStream;
use actix_service::{Service, ServiceFactoryExt, apply_fn_factory, fn_service, map_config};
use actix_web::dev::AppConfig;
use actix_web::web::Data;
use tokio::sync::{mpsc, oneshot};

use crate::actors::arbiters::Arbiters;
use crate::actors::directory::Directory;
use crate::actors::log_tail::LogTail;
use crate::actors::shard::ShardActor;
use crate::actors::{Engine, Shared};
use crate::clock::Clock;
use crate::config::Config;
use crate::http::{App, CasedStream, Settings};
use crate::model::Failure;
use crate::protocol::site::Site;
use crate::store::{ServeLock, Store, StoreOptions};
use crate::telemetry::{Log, Metrics};
use crate::web::{Demo, DemoPerson};
use crate::ws::{Gate, upgrade};
use parts::part_lost;
pub use reload::ReadAgain;
use reload::Reload;
use signals::{Harmless, Stops};
use stop::{Stopped, stop};
use watch::watch;

/// Longest wait for a request head.
const HEAD: Duration = Duration::from_secs(10);

/// An idle keep-alive connection is kept for this long.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

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
    /// A part that cannot be replaced ended.
    #[error("{0} stopped working; start the server again")]
    PartLost(&'static str),
    /// The time of a stop was over before all that ran had ended.
    #[error("stopped by force")]
    StoppedByForce,
}

impl StartError {
    /// How the process ends; `docs/operations.md` lists the codes.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Store(_) | Self::Bind(..) | Self::Listen(_) => 1,
            Self::PartLost(_) => 70,
            Self::StoppedByForce => 75,
        }
    }
}

impl From<Failure> for StartError {
    fn from(failure: Failure) -> Self {
        Self::Store(failure.to_string())
    }
}

/// What a server is started with.
pub struct Launch {
    /// The settings in force.
    pub config: Config,
    /// Where they are read again, at SIGHUP.
    pub read_again: ReadAgain,
    /// The log, whose filter SIGHUP may change.
    pub log: Arc<Log>,
    /// The counters, which the log shares.
    pub metrics: Arc<Metrics>,
    /// Go on from the clock of the machine, whatever the database says.
    pub accepts_clock: bool,
}

/// Serves until SIGINT or SIGTERM. Prints `listening on …` on standard output once it accepts requests.
///
/// # Errors
/// See [`StartError`]. After an end that was not in order the process is left at once, without waiting for threads
/// that may hang.
pub fn serve(launch: Launch) -> Result<(), StartError> {
    raise_descriptor_limit();
    let log = launch.log.clone();
    let system = System::new();
    let outcome = system.block_on(run(launch));
    match outcome {
        Err(error @ (StartError::PartLost(_) | StartError::StoppedByForce)) => {
            log.say(&format!("groundnut: {error}"));
            log.flush();
            std::process::exit(i32::from(error.exit_code()))
        }
        outcome => outcome,
    }
}

async fn run(launch: Launch) -> Result<(), StartError> {
    let harmless = Harmless::take()?;
    let Launch {
        config,
        read_again,
        log,
        metrics,
        accepts_clock,
    } = launch;
    let clock = Clock::default();
    let options = StoreOptions {
        accepts_clock,
        ..StoreOptions::from(&config.store)
    };
    let lock = ServeLock::take(&options)?;
    let store = Store::open(&options, clock.clone(), metrics.clone())?;
    let stops = Stops::take()?;
    crate::setup::page::register(&store).await?;
    let demo = match config.server.demo {
        true => crate::setup::demo::fill(&store).await?,
        false => Demo::default(),
    };
    let listener = TcpListener::bind(&*config.server.bind)
        .map_err(|error| StartError::Bind(config.server.bind.to_string(), error))?;
    let address = listener.local_addr()?;
    lock.names(&format!("http://{}", shown(address)));
    let public_url = match &*config.server.public_url {
        "" => format!("http://{}", shown(address)),
        url => url.to_owned(),
    };
    let directory = Directory::new(
        Arbiters::start(config.server.actor_threads),
        metrics.clone(),
    );
    let site = Site::new(&public_url);
    let (shared, ephemeral) = Shared::new(store, &config, site, clock, directory, metrics);
    let shared = Arc::new(shared);
    let delivery_ended = start_log_tail(&shared, ephemeral).await?;
    let engine = Engine::new(shared.clone());
    let app = Data::new(App::new(engine, Settings::from(&config)));
    let people = demo.people.clone();
    let (for_workers, pages) = (shared.clone(), app.clone());
    let server = listen(&config, listener, for_workers, pages, Data::new(demo))?;
    app.readiness.begin_serving();
    announce(&public_url, address, &people);
    let running = Running {
        shared: &shared,
        app: &app,
        log: &log,
        harmless,
        stops,
        reload: Reload {
            current: config,
            read_again,
        },
    };
    let outcome = running.until_stopped(server, delivery_ended).await;
    drop(lock);
    outcome
}

/// A server that accepts requests.
struct Running<'a> {
    shared: &'a Shared,
    app: &'a App,
    log: &'a Log,
    harmless: Harmless,
    stops: Stops,
    reload: Reload,
}

impl Running<'_> {
    /// Until a signal or the loss of a part has ended the server.
    async fn until_stopped(
        mut self,
        server: actix_server::Server,
        delivery_ended: oneshot::Receiver<()>,
    ) -> Result<(), StartError> {
        let listener = server.handle();
        let mut accepting = actix_rt::spawn(server);
        let settings = &self.reload.current;
        let budget = Duration::from_millis(settings.server.drain_ms);
        let watch = watch(self.shared, self.app, settings.store.min_free_megabytes);
        let mut watch = std::pin::pin!(watch);
        let mut sweep = std::pin::pin!(sweep(self.shared));
        let mut lost = std::pin::pin!(part_lost(self.shared, delivery_ended));
        let lost = loop {
            tokio::select! {
                _ = &mut accepting => break Some("the listener"),
                lost = &mut lost => break Some(lost),
                () = self.stops.next() => break None,
                () = self.harmless.hang_up() => self.reload.run(self.log, self.shared, self.app),
                () = &mut watch => {}
                () = &mut sweep => {}
            }
        };
        match lost {
            Some(part) => {
                // A server without this part accepts work that it cannot finish; a new process does all of it.
                tracing::error!(part, "a part that cannot be replaced ended; stopping");
            }
            None => tracing::info!("stopping"),
        }
        let stopped = stop(budget, self.shared, self.app, &listener, &mut self.stops).await;
        match (lost, stopped) {
            (Some(part), _) => Err(StartError::PartLost(part)),
            (None, Stopped::ByForce) => Err(StartError::StoppedByForce),
            (None, Stopped::InOrder) => Ok(()),
        }
    }
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

fn listen(
    config: &Config,
    listener: TcpListener,
    shared: Arc<Shared>,
    app: Data<App>,
    demo: Data<Demo>,
) -> Result<actix_server::Server, StartError> {
    let workers = match config.server.workers {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        some => some,
    };
    let behind_proxy = config.server.behind_proxy;
    let builder = actix_server::Server::build()
        .workers(workers)
        .backlog(config.server.backlog)
        .max_concurrent_connections(1_000_000)
        .disable_signals()
        .shutdown_timeout(config.server.drain_ms.div_ceil(1000))
        .listen("groundnut", listener, move || {
            // Runs once in each worker thread, inside its runtime: each thread has its own shard.
            let shard = shared.shards.add(|id| {
                ShardActor::launch(
                    id,
                    shared.registry.clone(),
                    shared.site.clone(),
                    shared.streams.clone(),
                    shared.store.clock().clone(),
                    shared.metrics.clone(),
                )
            });
            let gate = Gate {
                shared: shared.clone(),
                shard,
                behind_proxy,
            };
            let (app, demo) = (app.clone(), demo.clone());
            let pages = actix_web::App::new()
                .configure(|cfg| crate::web::configure(cfg, demo.clone()))
                .configure(|cfg| crate::http::configure(cfg, app.clone()));
            let pages = map_config(pages, |()| AppConfig::default());
            let pages = apply_fn_factory(pages, |request: Request, pages: &_| {
                CasedStream::note_request(&request);
                Service::call(pages, request)
            });
            let http = HttpService::build()
                .client_request_timeout(HEAD)
                .keep_alive(KEEP_ALIVE)
                .on_connect_ext(CasedStream::on_connect)
                .upgrade(fn_service(move |(request, framed)| {
                    upgrade(gate.clone(), request, framed)
                }))
                .h1(pages);
            fn_service(|io: TcpStream| async move {
                let peer = io.peer_addr().ok();
                // Frames are small and may not wait for more bytes.
                drop(io.set_nodelay(true));
                Ok::<_, actix_http::error::DispatchError>((CasedStream::new(io), peer))
            })
            .and_then(http)
        })?;
    Ok(builder.run())
}

async fn sweep(shared: &Shared) {
    let mut turns = tokio::time::interval(SWEEP);
    loop {
        turns.tick().await;
        shared.presence.sweep();
    }
}

/// A standard output that takes nothing ends no server: the log has the address too.
fn announce(public_url: &str, address: SocketAddr, people: &[DemoPerson]) {
    tracing::info!(%address, "listening");
    if let Err(error) = print(public_url, address, people) {
        tracing::warn!(%error, "standard output does not take the address");
    }
}

fn print(public_url: &str, address: SocketAddr, people: &[DemoPerson]) -> std::io::Result<()> {
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
