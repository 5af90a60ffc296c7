//! What the server reports about itself.

mod dictionary;
mod exposition;
mod stats;

pub use dictionary::dictionary;
pub use exposition::metrics;
pub(super) use stats::Stats;
pub use stats::stats;

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde_json::json;

use crate::actors::ActorOrder;
use crate::http::extract::Params;
use crate::http::readiness::Unready;
use crate::http::{ApiResult, App, Reply};
use crate::model::Refusal;

/// `GET /sys/config`: the limits that clients need to know.
pub async fn config(app: Data<App>) -> ApiResult {
    let limits = app.engine.limits();
    let windows = app.engine.post_windows();
    let rate = app.rate.limits();
    let (streams, files) = (app.engine.streams(), app.files.settings());
    Reply::one(&json!({
        "file": {
            "audio_max_size_bytes": files.audio_max_bytes,
            "max_size_bytes": files.max_bytes,
            "quota_bytes": files.quota_bytes,
        },
        "post": {
            "max_length": limits.post_length,
            "seconds_between_duplicates": windows.duplicate.as_secs(),
            "seconds_for_revision": windows.revision.as_secs(),
        },
        "message": {"max_length": limits.message_length},
        "rate_limit": {
            "enabled": rate.enabled,
            "anonymous": {
                "reads": rate.anonymous_reads,
                "read_reset_seconds": rate.anonymous_read_reset_seconds,
            },
            "authorized": {
                "reads": rate.authorized_reads,
                "read_reset_seconds": rate.authorized_read_reset_seconds,
                "writes": rate.writes,
                "write_reset_seconds": rate.write_reset_seconds,
                "markers": rate.markers,
                "marker_reset_seconds": rate.marker_reset_seconds,
            },
            // Over all tokens of a user, in the same windows.
            "user": {
                "reads": rate.user_reads,
                "writes": rate.user_writes,
                "markers": rate.user_markers,
            },
            "sign_in": {
                "per_address": rate.sign_ins,
                "per_account": rate.account_sign_ins,
                "reset_seconds": rate.sign_in_reset_seconds,
            },
            "seconds_banned": rate.ban_seconds,
        },
        "raw": {"max_length": limits.raw_bytes},
        "stream": {
            "subscriptions": streams.subscriptions,
            "user_connections": streams.user_connections,
            "app_connections": streams.app_connections,
            "connections_per_address": app.bounds.per_address(),
        },
        "user": {
            "description_max_length": limits.description_length,
            "name_max_length": limits.name_length,
            "presence_max_length": limits.presence_length,
            "username_max_length": limits.username_length,
        },
    }))
}

/// Rows of a list of actors without `count`.
const ACTORS: usize = 20;
/// Most rows of it.
const MOST_ACTORS: usize = 1000;

/// `GET /sys/actors`: how many actors the process runs; with `kind`, the counters of each. For the operator: to others
/// there is no such route (`TokenKind::Local`).
pub async fn actors(params: Params, app: Data<App>) -> ApiResult {
    let Some(kind) = params.get("kind") else {
        return Reply::one(&app.engine.numbers().await);
    };
    let kind = kind
        .parse()
        .map_err(|_unknown| Refusal::Invalid.at("kind"))?;
    let order = params
        .get("order")
        .map_or(Ok(ActorOrder::FanOutP99), str::parse)
        .map_err(|_unknown| Refusal::Invalid.at("order"))?;
    let count = params
        .number("count")
        .and_then(|count| usize::try_from(count).ok());
    let count = count.unwrap_or(ACTORS).clamp(1, MOST_ACTORS);
    Reply::one(&app.engine.actors(kind, order, count).await)
}

/// `GET /healthz`: the process answers.
pub async fn healthz() -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "ok"}))
}

/// `GET /readyz`: whether the server accepts new work, and if not, why.
pub async fn readyz(app: Data<App>) -> HttpResponse {
    let reasons = app.readiness.reasons();
    if reasons.is_empty() {
        return HttpResponse::Ok().json(json!({"status": "ready"}));
    }
    let shown = |reason: &Unready| json!({"slug": reason.slug(), "text": reason.text()});
    let reasons: Vec<_> = reasons.iter().map(shown).collect();
    HttpResponse::ServiceUnavailable().json(json!({"status": "not ready", "reasons": reasons}))
}
