//! Assembly: store → actors → listener. What ends a server is beside it: `signals`, `parts`, `stop`.

mod chores;
mod delivery;
mod door;
mod listen;
mod nodes;
mod parts;
mod reload;
mod signals;
mod stop;
mod watch;
mod waves;

use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use actix::System;
use actix_rt::task::JoinHandle;
use actix_web::web::Data;
use socket2::SockRef;
use tokio::sync::oneshot;

use chores::{begin_hooks, close_polls, sweep};
use delivery::open_bus;
use door::Doors;

use crate::actors::arbiters::Arbiters;
use crate::actors::directory::Directory;
use crate::actors::{Engine, Shared, note_restart};
use crate::clock::Clock;
use crate::config::{Config, Server};
use crate::contents::Contents;
use crate::http::files::cleaning::clean;
use crate::http::session::Cookies;
use crate::http::socket::Bounds;
use crate::http::{App, FilePlace, Gallery, Settings};
use crate::model::Failure;
use crate::pictures::{Pictures, Shelf};
use crate::protocol::file_links::FileLinks;
use crate::protocol::site::Site;
use crate::store::{ServeLock, Store, StoreOptions};
use crate::telemetry::{Log, Metrics};
use crate::web::{Demo, DemoPerson};
use nodes::{join, wait_for_turn};
use parts::part_lost;
pub use reload::ReadAgain;
use reload::Reload;
use signals::{Harmless, Stops};
use stop::{Stopped, Times, stop};
use watch::watch;

/// Why the server did not start, or ended by itself, for the operator.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store cannot be opened.
    #[error("{0}")]
    Store(String),
    /// Files cannot be kept.
    #[error("{0}")]
    Files(String),
    /// Redis has no address.
    #[error("{0}")]
    Bus(String),
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
            Self::Store(_) | Self::Files(_) | Self::Bus(_) | Self::Bind(..) | Self::Listen(_) => 1,
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
    let options = store_options(&config, accepts_clock);
    let lock = ServeLock::take(&options)?;
    let store = Store::open(&options, clock.clone(), metrics.clone())?;
    let stops = Stops::take()?;
    let demo = first_contents(&store, config.server.demo).await?;
    let (listener, address) = bind(&config.server)?;
    lock.names(&format!("http://{}", shown(address)));
    let public_url = public_url(&config, address);
    let arbiters = Arbiters::start(config.server.actor_threads);
    let directory = Directory::new(arbiters, metrics.clone());
    let (files, gallery) = open_kept(&config, &options, &metrics)?;
    let kept = (files, gallery, cookies(&store, &config, &public_url).await?);
    let site = signing_site(&store, &config, &public_url).await?;
    note_restart(&store).await?;
    let head = store.log_head().await?;
    let nodes = join(&config, &options, (&store, &metrics), address).await?;
    let (bus, line) = open_bus(&store, &config, &head, &metrics).await?;
    let (mut shared, ephemeral) = Shared::new(store, &config, site, bus, directory, metrics, &head);
    shared.cluster = nodes.as_ref().map(|nodes| nodes.cluster.clone());
    let shared = Arc::new(shared);
    let delivery_ended = delivery::start(&shared, ephemeral, line).await?;
    let engine = Engine::new(shared.clone());
    // Before sockets can take their places.
    begin_hooks(&engine).await;
    let bounds = Bounds::new(&config, shared.metrics.clone());
    let app = Data::new(App::new(engine, Settings::from(&config), bounds, kept));
    let people = demo.people.clone();
    let (for_workers, pages) = (shared.clone(), app.clone());
    let listeners = (listener.try_clone()?, nodes::inside(nodes.as_ref())?);
    let servers = listen::listen(&config, listeners, for_workers, pages, Data::new(demo))?;
    app.readiness.begin_serving();
    warn_of_strange_proxy(&config);
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
    let outcome = running
        .until_stopped(Doors::open(listener, servers), delivery_ended)
        .await;
    drop(lock);
    nodes::leave(nodes);
    outcome
}

fn bind(settings: &Server) -> Result<(TcpListener, SocketAddr), StartError> {
    let address = &*settings.bind;
    let bound = TcpListener::bind(address).and_then(|listener| {
        // The standard library has its own idea of how many connections may wait, and actix leaves a bound socket as it is.
        SockRef::from(&listener).listen(i32::try_from(settings.backlog).unwrap_or(i32::MAX))?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    });
    bound.map_err(|error| StartError::Bind(address.to_owned(), error))
}

fn store_options(config: &Config, accepts_clock: bool) -> StoreOptions {
    StoreOptions {
        accepts_clock,
        ..StoreOptions::from(&config.store)
    }
}

/// A server that accepts requests.
struct Running<'a> {
    shared: &'a Arc<Shared>,
    app: &'a Data<App>,
    log: &'a Log,
    harmless: Harmless,
    stops: Stops,
    reload: Reload,
}

impl Running<'_> {
    /// Until a signal or the loss of a part has ended the server.
    async fn until_stopped(
        mut self,
        (doors, mut accepting): (Doors, JoinHandle<()>),
        delivery_ended: oneshot::Receiver<()>,
    ) -> Result<(), StartError> {
        let settings = &self.reload.current;
        let times = Times::from(&settings.server);
        let watch = watch(self.shared, self.app, settings.store.min_free_megabytes);
        let mut watch = std::pin::pin!(watch);
        let mut cleaning = std::pin::pin!(clean(self.app));
        let mut sweep = std::pin::pin!(sweep(self.shared, self.app));
        let mut closing = std::pin::pin!(close_polls(self.shared));
        let mut nodes = std::pin::pin!(nodes::watch(self.shared));
        let mut lost = std::pin::pin!(part_lost(self.shared, delivery_ended));
        let lost = loop {
            tokio::select! {
                _ = &mut accepting => break Some("the listener"),
                lost = &mut lost => break Some(lost),
                () = self.stops.next() => break None,
                () = self.harmless.hang_up() => self.reload.run(self.log, self.shared, self.app),
                () = &mut watch => {}
                () = &mut sweep => {}
                () = &mut closing => {}
                () = &mut cleaning => {}
                () = &mut nodes => {}
            }
        };
        match lost {
            Some(part) => {
                // A server without this part accepts work that it cannot finish; a new process does all of it.
                tracing::error!(part, "a part that cannot be replaced ended; stopping");
            }
            None => tracing::info!("stopping"),
        }
        let stopped = tokio::select! {
            stopped = stop(times, self.shared, self.app, &doors, &mut self.stops) => stopped,
            // It never ends.
            () = nodes::watch_lease(self.shared) => Stopped::ByForce,
        };
        match (lost, stopped) {
            (Some(part), _) => Err(StartError::PartLost(part)),
            (None, Stopped::ByForce) => Err(StartError::StoppedByForce),
            (None, Stopped::InOrder) => Ok(()),
        }
    }
}

/// The cookies of the pages, with the key that was made at the first start.
async fn cookies(store: &Store, config: &Config, public_url: &str) -> Result<Cookies, Failure> {
    let key = store.write(|tx| tx.server_key("cookies")).await?;
    Ok(Cookies::new(&key, public_url, &config.accounts))
}

async fn first_contents(store: &Store, is_demo: bool) -> Result<Demo, StartError> {
    wait_for_turn(store).await?;
    crate::setup::page::register(store).await?;
    Ok(match is_demo {
        true => crate::setup::demo::fill(store).await?,
        false => Demo::default(),
    })
}

/// Contents of files, and avatars and covers: beside the database if the settings name no place.
fn open_kept(
    config: &Config,
    options: &StoreOptions,
    metrics: &Arc<Metrics>,
) -> Result<(FilePlace, Gallery), StartError> {
    let beside = options.folder()?;
    let contents = Contents::open(&config.files, &beside).map_err(StartError::Files)?;
    let pictures = Pictures::start(metrics.clone())?;
    let shelf = match config.files.store_url.is_empty() {
        true => Shelf::within_folder(&beside)?,
        false => {
            let (store, folder) = contents.folder(Shelf::FOLDER);
            Shelf::within(store, folder)
        }
    };
    let gallery = Gallery::new(shelf, pictures.clone());
    Ok((FilePlace::new(contents, pictures, config), gallery))
}

/// What it signs is valid after a restart too.
async fn signing_site(
    store: &Store,
    config: &Config,
    public_url: &str,
) -> Result<Site, StartError> {
    let key = store.write(|tx| tx.server_key("files")).await?;
    let links = FileLinks::new(&key, config.files.url_seconds, store.clock().clone());
    Ok(Site::signing(public_url, links))
}

fn public_url(config: &Config, address: SocketAddr) -> String {
    match &*config.server.public_url {
        "" => format!("http://{}", shown(address)),
        url => url.to_owned(),
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
