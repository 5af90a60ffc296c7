//! What the server tells of itself.

use std::fmt::Display;

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use crate::actors::{ActorKind, ActorOrder, Engine};
use crate::http::extract::Params;
use crate::http::{ApiResult, App, Reply};
use crate::model::Refusal;

/// `GET /sys/config`: the numbers that clients go by.
pub async fn config(app: Data<App>) -> ApiResult {
    let limits = app.engine.limits();
    let rate = app.rate.limits();
    Reply::one(&json!({
        // No posts, files or polls here; clients read these keys unasked, so they get what pnut.io says.
        "file": {"audio_max_size_bytes": 52_428_800, "max_size_bytes": 104_857_600},
        "post": {"max_length": 256, "seconds_between_duplicates": 60, "seconds_for_revision": 300},
        "message": {"max_length": limits.message_length},
        "rate_limit": {
            "anonymous": {
                "reads": rate.anonymous_reads,
                "read_reset_seconds": rate.anonymous_read_reset_seconds,
            },
            "authorized": {
                "reads": rate.authorized_reads,
                "read_reset_seconds": rate.authorized_read_reset_seconds,
                "writes": rate.writes,
                "write_reset_seconds": rate.write_reset_seconds,
            },
            "seconds_banned": rate.seconds_banned,
        },
        "raw": {"max_length": limits.raw_bytes},
        "user": {
            "description_max_length": limits.description_length,
            "name_max_length": limits.name_length,
            "presence_max_length": limits.presence_length,
            "username_max_length": limits.username_length,
        },
    }))
}

/// `GET /sys/stats`: what can be told without counting the whole database.
pub async fn stats(app: Data<App>) -> ApiResult {
    let present = app.engine.presence().all().len();
    Reply::one(&json!({"users": {"present": present}}))
}

/// `GET /metrics`: for Prometheus. Numbers only, so that it may be open.
pub async fn metrics(app: Data<App>) -> HttpResponse {
    let engine = &app.engine;
    let (live, store) = (engine.numbers().await, engine.store().numbers());
    let mut page = engine.metrics().page();
    let counters = [
        (
            "store_commits_total",
            "Transactions committed.",
            store.commits,
        ),
        ("store_writes_total", "Writes in them.", store.writes),
        (
            "store_failed_commits_total",
            "Transactions that could not be committed.",
            store.failed_commits,
        ),
        (
            "store_dropped_batches_total",
            "Batches that the log's reader was too slow for.",
            store.dropped_batches,
        ),
    ];
    for (name, help, value) in counters {
        line(&mut page, name, help, "counter", value);
    }
    let gauges = [
        ("stream_connections", "Websockets.", live.connections),
        (
            "stream_subscriptions",
            "Followed endpoints over all of them.",
            live.subscriptions,
        ),
        (
            "stream_listening_points",
            "Points at which some shard listens.",
            live.listening_points,
        ),
        (
            "app_streams_in_use",
            "App streams in use.",
            live.streams_in_use,
        ),
        ("channel_actors", "Channels in use.", live.channels),
        ("user_actors", "Users in use.", live.users),
        (
            "store_lane_depth",
            "Writes that wait.",
            engine.store().lane_depth(),
        ),
        (
            "rate_limit_entries",
            "Callers whose calls are counted.",
            app.rate.len(),
        ),
    ];
    for (name, help, value) in gauges {
        line(&mut page, name, help, "gauge", value);
    }
    mailboxes(&mut page, engine);
    HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4")
        .body(page)
}

/// Mailboxes by kind of actor: never by actor, of which there may be many.
fn mailboxes(page: &mut String, engine: &Engine) {
    let found = ActorKind::ALL
        .iter()
        .map(|kind| (kind.word(), engine.mailboxes(*kind)));
    let found: Vec<(&str, (usize, usize))> = found.collect();
    page.push_str(
        "# HELP groundnut_actor_mailbox_depth Mails that wait.\n# TYPE groundnut_actor_mailbox_depth gauge\n",
    );
    for (kind, (depth, _)) in &found {
        page.push_str(&format!(
            "groundnut_actor_mailbox_depth{{kind=\"{kind}\"}} {depth}\n"
        ));
    }
    page.push_str(
        "# HELP groundnut_actor_mailbox_high_water Most mails that ever waited at one of those awake.\n\
         # TYPE groundnut_actor_mailbox_high_water gauge\n",
    );
    for (kind, (_, high_water)) in &found {
        page.push_str(&format!(
            "groundnut_actor_mailbox_high_water{{kind=\"{kind}\"}} {high_water}\n"
        ));
    }
}

fn line(page: &mut String, name: &str, help: &str, kind: &str, value: impl Display) {
    page.push_str(&format!(
        "# HELP groundnut_{name} {help}\n# TYPE groundnut_{name} {kind}\ngroundnut_{name} {value}\n"
    ));
}

/// Rows of a list of actors, unless `count` says otherwise.
const ACTORS: usize = 20;
/// Most rows of it.
const MOST_ACTORS: usize = 1000;

/// `GET /sys/actors`: what lives in the process; with `kind`, what its actors have done. For whoever runs it:
/// asked from elsewhere it does not exist.
pub async fn actors(request: HttpRequest, params: Params, app: Data<App>) -> ApiResult {
    if !is_here(&request) {
        return Err(Refusal::NotFound.into());
    }
    let Some(kind) = params.get("kind") else {
        return Reply::one(&app.engine.numbers().await);
    };
    let kind = ActorKind::parse(kind).ok_or_else(|| Refusal::Invalid.at("kind"))?;
    let order = params.get("order").map(ActorOrder::parse);
    let order = order.unwrap_or(Some(ActorOrder::FanOutP99));
    let order = order.ok_or_else(|| Refusal::Invalid.at("order"))?;
    let count = params
        .number("count")
        .and_then(|count| usize::try_from(count).ok());
    let count = count.unwrap_or(ACTORS).clamp(1, MOST_ACTORS);
    Reply::one(&app.engine.actors(kind, order, count).await)
}

/// Whether a request comes from the machine itself, and not through a proxy on it.
fn is_here(request: &HttpRequest) -> bool {
    let forwarded = ["x-forwarded-for", "forwarded"];
    let peer = request.peer_addr();
    peer.is_some_and(|peer| peer.ip().to_canonical().is_loopback())
        && !forwarded
            .iter()
            .any(|name| request.headers().contains_key(*name))
}

/// `GET /healthz`: the process answers.
pub async fn healthz() -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "ok"}))
}

/// `GET /readyz`: new work is welcome.
pub async fn readyz(app: Data<App>) -> HttpResponse {
    if app.is_ready() {
        HttpResponse::Ok().json(json!({"status": "ready"}))
    } else {
        HttpResponse::ServiceUnavailable().json(json!({"status": "not ready"}))
    }
}
