//! One user, or some.

use actix_web::web::{Data, Path};

use crate::http::extract::{AnyCaller, Caller, Params, path};
use crate::http::show::Person;
use crate::http::{ApiResult, App, show};
use crate::model::{Refusal, UserId};

/// `GET /users/{user_id}`
pub async fn show(
    caller: AnyCaller,
    user: Path<String>,
    params: Params,
    app: Data<App>,
) -> ApiResult {
    let caller = caller.0.as_ref();
    let id = path::user(&app, caller, &user).await?;
    show_user(&app, caller, &params, id).await
}

/// The user as the caller sees them; what a write answers with, too.
pub async fn show_user(
    app: &App,
    caller: Option<&Caller>,
    params: &Params,
    id: UserId,
) -> ApiResult {
    show::one(app, caller, params, &Person::named(id)).await
}

/// `GET /users?ids=`: those who are found, in the order asked for.
pub async fn list(caller: AnyCaller, params: Params, app: Data<App>) -> ApiResult {
    let caller = caller.0.as_ref();
    if !params.has("ids") {
        return Err(Refusal::Missing.at("ids").into());
    }
    let ids = path::users(&app, caller, &params.list("ids")).await?;
    let people: Vec<Person> = ids.into_iter().map(Person::named).collect();
    show::all(&app, caller, &params, &people).await
}
