//! Apps, as users see them.

use actix_web::web::{Data, Path};

use crate::http::extract::{Params, UserCaller, path};
use crate::http::{ApiResult, App, show};
use crate::model::visibility::Occasion;
use crate::model::{ClientId, Refusal};

/// `GET /clients/{client_id}`: a private app is there for its owner only.
pub async fn show(
    caller: UserCaller,
    client: Path<String>,
    params: Params,
    app: Data<App>,
) -> ApiResult {
    let id = ClientId::from(client.into_inner());
    let store = app.engine.store();
    let client = store.read(move |db| db.client(&id)).await?;
    let client = client.filter(|client| client.is_open_to(caller.id()));
    let client = client.ok_or(Refusal::NotFound)?;
    show::one(&app, Some(&caller), &params, &client).await
}

/// `GET /users/{user_id}/clients`: the apps that the user owns, without private ones. Which apps the user authorized is
/// for the user only, on `/account/apps`.
pub async fn of_user(
    caller: UserCaller,
    user: Path<String>,
    params: Params,
    app: Data<App>,
) -> ApiResult {
    let id = path::user(&app, Some(&caller), &user).await?;
    show::demand_person(&app, Some(&caller), id, Occasion::Listed).await?;
    let store = app.engine.store();
    let clients = store.read(move |db| db.public_clients_of(id)).await?;
    show::all(&app, Some(&caller), &params, &clients).await
}
