//! `/sys/stats`: what the server holds. It counts nothing per call: the numbers are at most a minute old, and those of past
//! days are counted once.

use std::collections::BTreeMap;

use actix_web::web::Data;
use serde_json::json;

use crate::http::fresh::Fresh;
use crate::http::{A_MINUTE, ApiResult, App, Reply};
use crate::model::Stamp;
use crate::store::{Purpose, StoreStats};

/// Full days whose active users are shown.
const DAYS: i64 = 7;
const DAY_SECONDS: i64 = 24 * 3600;

/// Numbers that are kept between calls.
pub(in crate::http) struct Stats {
    held: Fresh<StoreStats>,
    /// Per day, as the number of days since 1970.
    active: Fresh<BTreeMap<i64, i64>>,
    /// Days that were counted: they do not change any more.
    past: tokio::sync::Mutex<BTreeMap<i64, i64>>,
}

impl Default for Stats {
    fn default() -> Self {
        Self {
            held: Fresh::for_each(A_MINUTE),
            active: Fresh::for_each(A_MINUTE),
            past: tokio::sync::Mutex::default(),
        }
    }
}

/// `GET /sys/stats`
pub async fn stats(app: Data<App>) -> ApiResult {
    let now = app.engine.store().now();
    let held = app.stats.held.get(now, async || held(&app).await).await?;
    let active = app
        .stats
        .active
        .get(now, async || Ok(active(&app, now).await))
        .await?;
    let active: BTreeMap<String, i64> = active
        .into_iter()
        .map(|(day, users)| (name_of(day), users))
        .collect();
    Reply::one(&json!({
        "clients": {"created": held.clients, "public": held.public_clients},
        "days": held.began.map_or(0, |began| (now.seconds() - began.seconds()) / DAY_SECONDS),
        "files": {"created": held.files},
        "polls": {"created": held.polls},
        "messages": {"created": held.messages},
        "posts": {"created": held.posts},
        "users": {
            "active": active,
            "created": held.users,
            "disabled": held.disabled_users,
            "present": app.engine.presence().count(),
        },
    }))
}

async fn held(app: &App) -> ApiResult<StoreStats> {
    let read = app.engine.store().read_for(Purpose::Search, |db| {
        let stats = db.stats()?;
        Ok(stats)
    });
    Ok(read.await?)
}

/// The last full days. One that cannot be counted in time is left out, and tried again in a minute.
async fn active(app: &App, now: Stamp) -> BTreeMap<i64, i64> {
    let today = now.seconds().div_euclid(DAY_SECONDS);
    let mut past = app.stats.past.lock().await;
    past.retain(|day, _| *day >= today - DAYS);
    for day in today - DAYS..today {
        if past.contains_key(&day) {
            continue;
        }
        let from = Stamp::from_seconds(day * DAY_SECONDS);
        let to = Stamp::from_seconds((day + 1) * DAY_SECONDS);
        let read = app
            .engine
            .store()
            .read_for(Purpose::Search, move |db| db.users_that_wrote(from, to));
        match read.await {
            Ok(users) => {
                past.insert(day, users);
            }
            Err(failure) => tracing::warn!(%failure, day, "active users not counted"),
        }
    }
    past.clone()
}

/// `2026-11-26`
fn name_of(day: i64) -> String {
    let start = Stamp::from_seconds(day * DAY_SECONDS).iso();
    start.split('T').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_day_has_the_name_of_its_date() {
        assert_eq!(name_of(0), "1970-01-01");
        assert_eq!(name_of(20_783), "2026-11-26");
        let last = Stamp::from_seconds(20_783 * DAY_SECONDS).minus(Duration::from_secs(1));
        assert_eq!(last.seconds().div_euclid(DAY_SECONDS), 20_782);
    }
}
