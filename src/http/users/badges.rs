//! What users can be awarded, and what the caller was.

use actix_web::web::{Data, Path};

use crate::http::extract::{UserCaller, path};
use crate::http::{ApiResult, App, Reply};
use crate::model::{BadgeId, Refusal};
use crate::protocol::object::BadgeObject;
use crate::store::BADGES_MAX;

/// `GET /badges`
pub async fn list(app: Data<App>) -> ApiResult {
    let badges = app.engine.store().read(|db| db.badges(BADGES_MAX)).await?;
    let objects: Vec<_> = badges.iter().map(BadgeObject::new).collect();
    Reply::one(&objects)
}

/// `GET /badges/{badge_id}`
pub async fn show(app: Data<App>, id: Path<String>) -> ApiResult {
    let id = path::id::<BadgeId>(&id)?;
    let badge = app.engine.store().read(move |db| db.badge(id)).await?;
    Reply::one(&BadgeObject::new(&badge.ok_or(Refusal::NotFound)?))
}

/// `GET /users/me/badges`: latest award first.
pub async fn own(app: Data<App>, caller: UserCaller) -> ApiResult {
    let user = caller.id();
    let badges = app
        .engine
        .store()
        .read(move |db| db.badges_of(user))
        .await?;
    let objects: Vec<_> = badges.iter().map(BadgeObject::new).collect();
    Reply::one(&objects)
}
