//! What the server tells of itself.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde_json::json;

use crate::http::{ApiResult, App, Reply};

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
