//! Short addresses of posts and people, for texts and feeds. They never change; where they lead may.

use actix_web::HttpResponse;
use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Path};

use super::extract::path;
use super::posts::lookup::there;
use super::show::demand_person;
use super::{ApiResult, App};
use crate::model::PostId;
use crate::model::visibility::Occasion;

/// `GET /p/{post_id}`: leads to the post's thread.
pub(super) async fn post(app: Data<App>, id: Path<String>) -> ApiResult<HttpResponse> {
    let id = path::id::<PostId>(&id)?;
    app.engine.store().read(move |db| there(db, id)).await?;
    Ok(redirect(&app, &format!("posts/{id}/thread")))
}

/// `GET /@{username}`: leads to the profile.
pub(super) async fn person(app: Data<App>, name: Path<String>) -> ApiResult<HttpResponse> {
    let id = path::user(&app, None, &format!("@{name}")).await?;
    demand_person(&app, None, id, Occasion::Named).await?;
    Ok(redirect(&app, &format!("users/{id}")))
}

fn redirect(app: &App, path: &str) -> HttpResponse {
    let target = format!("{}/v1/{path}", app.engine.site().public_url);
    HttpResponse::Found()
        .insert_header((LOCATION, target))
        .finish()
}
