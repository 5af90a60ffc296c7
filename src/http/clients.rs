//! Apps, as users see them.

use actix_web::web::{Data, Path};

use crate::http::extract::{Params, UserCaller, path};
use crate::http::user_includes::user_includes;
use crate::http::{ApiResult, App, Reply};
use crate::model::{ClientId, Refusal};
use crate::protocol::object::{ClientDetail, ClientObject};
use crate::protocol::render_options::RenderOptions;

/// `GET /clients/{client_id}`
pub async fn show(
    caller: UserCaller,
    client: Path<String>,
    params: Params,
    app: Data<App>,
) -> ApiResult {
    let id = ClientId::from(client.into_inner());
    let store = app.engine.store();
    let client = store.read(move |db| db.client(&id)).await?;
    let client = client.ok_or(Refusal::NotFound)?;
    let owner = client.owner.into_iter().collect();
    let user_includes = user_includes(
        &app,
        Some(&caller),
        RenderOptions::from_query(&params),
        owner,
    )
    .await?;
    let owner = client.owner.and_then(|id| user_includes.object(id));
    Reply::one(&ClientDetail::new(&client, owner))
}

/// `GET /users/{user_id}/clients`: apps with a live token of the user.
pub async fn of_user(caller: UserCaller, user: Path<String>, app: Data<App>) -> ApiResult {
    let id = path::user(&app, Some(&caller), &user).await?;
    let user_includes =
        user_includes(&app, Some(&caller), RenderOptions::default(), vec![id]).await?;
    user_includes.object(id).ok_or(Refusal::UserNotFound)?;
    let store = app.engine.store();
    let clients = store.read(move |db| db.clients_of_user(id)).await?;
    let shown: Vec<_> = clients.iter().map(ClientObject::new).collect();
    Reply::one(&shown)
}
