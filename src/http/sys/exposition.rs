//! The metrics page: what the process counts itself, and what the engine and the store report for it.

use std::time::Duration;

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use strum::VariantArray as _;

use crate::actors::nodes::Cluster;
use crate::actors::{ActorKind, Engine, Numbers};
use crate::http::pipeline::client_address::is_rebound;
use crate::http::{ApiError, ApiResult, App};
use crate::telemetry::{self, Sample, SampleValue};

/// `GET /metrics`: for Prometheus. Numbers only, and no ids in labels, so that the page needs no token.
pub async fn metrics(request: HttpRequest, app: Data<App>) -> ApiResult<HttpResponse> {
    if is_rebound(&request) {
        let said = "on this machine, ask for localhost";
        return Ok(HttpResponse::MisdirectedRequest().body(said));
    }
    let engine = &app.engine;
    let live = engine.numbers().await;
    let mut samples = store(engine);
    samples.extend(streams(&live));
    samples.push(gauge(
        "rate_limit_entries",
        "Tokens and addresses whose requests are counted.",
        app.rate.len(),
    ));
    samples.push(gauge(
        "http_connections",
        "Connections that speak HTTP.",
        app.bounds.open(),
    ));
    samples.push(gauge(
        "http_unread_bytes",
        "Bytes of answers that wait for their clients.",
        app.bounds.waiting(),
    ));
    samples.push(gauge(
        "files_foreign",
        "1: the contents of files belong to another database, and none of them is removed.",
        usize::from(app.files.is_foreign()),
    ));
    samples.push(gauge(
        "log_ring_bytes",
        "Bytes of the newest events that are kept in memory, with their frames.",
        engine.shared().log.ring().bytes(),
    ));
    samples.push(gauge(
        "stream_sessions",
        "User streams that outlive their connection.",
        engine.session_count(),
    ));
    samples.push(gauge(
        "webhooks",
        "Webhooks that are on and have their place among the streams in use.",
        engine.shared().hooks.count(),
    ));
    samples.extend(nodes(engine));
    samples.extend(bus(engine));
    samples.extend(mailboxes(engine));
    let page = telemetry::page(engine.metrics().clone(), samples);
    Ok(HttpResponse::Ok()
        .content_type(telemetry::CONTENT_TYPE)
        .body(page.map_err(|error| ApiError::trouble(&error))?))
}

fn store(engine: &Engine) -> Vec<Sample> {
    let store = engine.store().numbers();
    vec![
        counter(
            "store_commits_total",
            "Transactions committed.",
            store.commits,
        ),
        counter("store_writes_total", "Writes in them.", store.writes),
        counter(
            "store_failed_commits_total",
            "Transactions that could not be committed.",
            store.failed_commits,
        ),
        counter(
            "store_dropped_batches_total",
            "Batches of events that the log's reader was too slow for.",
            store.dropped_batches,
        ),
        counter(
            "store_overdue_reads_total",
            "Reads that were ended because they took too long.",
            store.overdue_reads,
        ),
        gauge(
            "store_lane_depth",
            "Writes that wait.",
            engine.store().lane_depth(),
        ),
    ]
}

fn bus(engine: &Engine) -> [Sample; 4] {
    let bus = &engine.shared().bus;
    let head = engine.metrics().log_position();
    [
        gauge(
            "bus_works",
            "1: the bus works. 0: it is away, or there is none.",
            usize::from(bus.works()),
        ),
        gauge(
            "bus_lag_microseconds",
            "Time of the last message from this server through Redis and back.",
            usize::try_from(bus.lag_micros()).unwrap_or(usize::MAX),
        ),
        gauge(
            "counts_together",
            "1: calls and open streams are counted over all servers. 0: by each server.",
            usize::from(bus.counts().works()),
        ),
        gauge(
            "log_position",
            "The last event of the log that was delivered here.",
            usize::try_from(head).unwrap_or(0),
        ),
    ]
}

fn streams(live: &Numbers) -> Vec<Sample> {
    vec![
        gauge(
            "stream_connections",
            "Open streams: websockets, and answers that are streams.",
            live.connections,
        ),
        gauge(
            "stream_subscriptions",
            "Subscriptions of all streams.",
            live.subscriptions,
        ),
        gauge(
            "stream_listening_points",
            "Routing keys with at least one subscribed shard.",
            live.listening_points,
        ),
        gauge(
            "app_streams_in_use",
            "App streams in use.",
            live.streams_in_use,
        ),
        gauge("channel_actors", "Channel actors.", live.channels),
        gauge("user_actors", "User actors.", live.users),
    ]
}

/// All zero on a database that one server has to itself.
fn nodes(engine: &Engine) -> [Sample; 3] {
    let cluster = engine.shared().cluster.as_deref();
    let millis = |of: fn(&Cluster) -> Duration| {
        let millis = cluster.map_or(0, |cluster| of(cluster).as_millis());
        usize::try_from(millis).unwrap_or(usize::MAX)
    };
    [
        gauge(
            "nodes",
            "Servers that run on this database.",
            cluster.map_or(0, Cluster::count),
        ),
        gauge(
            "node_lease_age_ms",
            "Milliseconds since the lease of this node was renewed.",
            millis(Cluster::lease_age),
        ),
        gauge(
            "node_clock_apart_ms",
            "Milliseconds between the clock of this machine and that of the database.",
            millis(Cluster::apart),
        ),
    ]
}

/// Mailboxes by kind of actor. There may be too many actors for a label of each.
fn mailboxes(engine: &Engine) -> [Sample; 2] {
    let (mut depths, mut marks) = (Vec::new(), Vec::new());
    for kind in ActorKind::VARIANTS {
        let (depth, high_water) = engine.mailboxes(*kind);
        depths.push((kind.word(), depth));
        marks.push((kind.word(), high_water));
    }
    [
        Sample {
            name: "actor_mailbox_depth",
            help: "Mails that wait.",
            value: SampleValue::GaugeByKind(depths),
        },
        Sample {
            name: "actor_mailbox_high_water",
            help: "Most mails that ever waited at one running actor.",
            value: SampleValue::GaugeByKind(marks),
        },
    ]
}

fn counter(name: &'static str, help: &'static str, value: u64) -> Sample {
    Sample {
        name,
        help,
        value: SampleValue::Counter(value),
    }
}

fn gauge(name: &'static str, help: &'static str, value: usize) -> Sample {
    Sample {
        name,
        help,
        value: SampleValue::Gauge(value),
    }
}
