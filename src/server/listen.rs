//! The listener: what each worker thread serves, and the way of a connection through it.

use std::future::ready;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_http::error::DispatchError;
use actix_http::{ConnectionType, HttpService, Request};
use actix_rt::net::TcpStream;
use actix_server::{Server, ServerBuilder};
use actix_service::{Service, ServiceFactoryExt, apply_fn_factory, fn_service, map_config};
use actix_web::Error;
use actix_web::body::BoxBody;
use actix_web::dev::{AppConfig, Extensions, ServiceResponse};
use actix_web::middleware::from_fn;
use actix_web::web::Data;

use crate::actors::Shared;
use crate::actors::shard::ShardActor;
use crate::config::Config;
use crate::http::casing::note_request;
use crate::http::socket::{Ahead, Bounds, Exchange, HttpSocket, Raised};
use crate::http::{App, CasedStream};
use crate::web::Demo;
use crate::ws::{Gate, upgrade};

/// Longest wait for a request head.
const HEAD: Duration = Duration::from_secs(10);

/// An idle keep-alive connection is kept for this long.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// Listens: workers, each with a shard, that serve HTTP and websockets; and apart from them, since a stop closes their
/// socket first, workers for calls of other nodes, where there are some.
pub(super) fn listen(
    config: &Config,
    (listener, inside): (TcpListener, Option<TcpListener>),
    shared: Arc<Shared>,
    app: Data<App>,
    demo: Data<Demo>,
) -> std::io::Result<(Server, Option<Server>)> {
    let of_nodes = inside.map(|inside| {
        let bounds = Bounds::inside(config, shared.metrics.clone());
        listen_inside(builder(config), (inside, bounds), app.clone())
    });
    let of_nodes = of_nodes.transpose()?;
    let of_clients = builder(config).listen("groundnut", listener, move || {
        // Runs once in each worker thread, inside its runtime: each thread has its own shard.
        let shard = shared.shards.add(|id| {
            ShardActor::launch(
                id,
                shared.registry.clone(),
                shared.site.clone(),
                shared.streams.clone(),
                shared.store.clock().clone(),
                shared.metrics.clone(),
                shared.closes.clone(),
            )
        });
        let gate = Gate {
            shared: shared.clone(),
            shard,
            app: app.clone(),
        };
        let (app, demo) = (app.clone(), demo.clone());
        let bounds = app.bounds.clone();
        let serving = app.clone();
        let pages = actix_web::App::new()
            .app_data(gate.clone())
            .configure(|cfg| crate::web::configure(cfg, demo.clone()))
            .configure(|cfg| {
                crate::http::configure(cfg, app.clone(), crate::ws::answer::route);
            });
        let pages = map_config(pages, |()| AppConfig::default());
        let pages = apply_fn_factory(pages, move |mut request: Request, pages: &_| {
            note_request(&request);
            Ahead::bound(&mut request);
            let around = Around {
                offers_protocol: request.upgrade(),
                app: serving.clone(),
                _handled: Exchange::begin(&request),
            };
            around.answered(Service::call(pages, request))
        });
        let http = HttpService::build()
            .client_request_timeout(HEAD)
            .keep_alive(KEEP_ALIVE)
            .on_connect_ext(note_connection)
            .upgrade(fn_service(move |(request, framed)| {
                upgrade(gate.clone(), request, framed)
            }))
            .h1(pages);
        fn_service(move |io| ready(admit(io, &bounds))).and_then(http)
    })?;
    Ok((of_clients.run(), of_nodes))
}

fn builder(config: &Config) -> ServerBuilder {
    Server::build()
        .workers(workers(config))
        .max_concurrent_connections(1_000_000)
        .disable_signals()
}

fn workers(config: &Config) -> usize {
    match config.server.workers {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        some => some,
    }
}

/// Listens for the calls of other nodes.
fn listen_inside(
    builder: ServerBuilder,
    (inside, bounds): (TcpListener, Arc<Bounds>),
    app: Data<App>,
) -> std::io::Result<Server> {
    let of_nodes = builder.listen("groundnut-nodes", inside, move || {
        let (app, bounds) = (app.clone(), bounds.clone());
        let calls = actix_web::App::new()
            .configure(|cfg| crate::http::configure_inside(cfg, app))
            .wrap(from_fn(crate::http::inside::admit));
        let http = HttpService::build()
            .client_request_timeout(HEAD)
            .keep_alive(KEEP_ALIVE)
            .on_connect_ext(note_connection)
            .h1(map_config(calls, |()| AppConfig::default()));
        fn_service(move |io| ready(admit(io, &bounds))).and_then(http)
    })?;
    Ok(of_nodes.run())
}

/// What handlers ask of the connection of their request.
fn note_connection(stream: &CasedStream<HttpSocket>, data: &mut Extensions) {
    stream.on_connect(data);
    stream.inner().on_connect(data);
}

type Admitted = (CasedStream<HttpSocket>, Option<SocketAddr>);

/// Takes a connection in, or sends it away.
fn admit(io: TcpStream, bounds: &Arc<Bounds>) -> Result<Admitted, DispatchError> {
    let peer = io.peer_addr().ok();
    // Frames are small and may not wait for more bytes.
    drop(io.set_nodelay(true));
    let socket = HttpSocket::admit(io, bounds);
    let socket = socket.ok_or(DispatchError::Io(ErrorKind::ConnectionRefused.into()))?;
    Ok((CasedStream::new(socket), peer))
}

/// A request that a page or a route answers.
struct Around {
    /// Another protocol may have been offered, and is not taken here; actix would say that it is.
    offers_protocol: bool,
    app: Data<App>,
    _handled: Option<Raised>,
}

impl Around {
    async fn answered(
        self,
        answer: impl Future<Output = Result<ServiceResponse<BoxBody>, Error>>,
    ) -> Result<ServiceResponse<BoxBody>, Error> {
        let mut answer = answer.await?;
        // The next request of the client goes to another server.
        if self.offers_protocol || self.app.readiness.is_stopping() {
            let head = answer.response_mut().head_mut();
            head.set_connection_type(ConnectionType::Close);
        }
        Ok(answer)
    }
}
