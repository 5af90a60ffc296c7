//! Who am I, and whom does an app speak for.

use actix_web::web::Data;

use crate::http::extract::{AppViewer, Live, Params, TokenViewer, UserViewer, Viewer};
use crate::http::{ApiResult, App, Reply, show};
use crate::model::{Token, UserId};
use crate::protocol::topic::Topic;

/// `GET /token`
pub async fn show(viewer: TokenViewer, params: Params, live: Live, app: Data<App>) -> ApiResult {
    let page = show_token(&app, &viewer, &params);
    match viewer.user() {
        Some(me) => live.around(&app, &viewer, Topic::Token(me), page).await,
        None => page.await,
    }
}

/// `DELETE /token`: the calling token stops working at once; the answer shows it once more.
pub async fn delete(viewer: UserViewer, params: Params, app: Data<App>) -> ApiResult {
    let reply = show_token(&app, &viewer, &params).await?;
    app.engine.revoke_token(viewer.token.clone()).await?;
    Ok(reply)
}

async fn show_token(app: &App, viewer: &Viewer, params: &Params) -> ApiResult {
    show::one(app, Some(viewer), params, &*viewer.token).await
}

/// `GET /apps/me/users/ids`: users with a live token of the app.
pub async fn user_ids(viewer: AppViewer, app: Data<App>) -> ApiResult {
    let client = viewer.token.client.id.clone();
    let store = app.engine.store();
    let ids: Vec<UserId> = store.read(move |db| db.users_of_client(&client)).await?;
    Reply::one(&ids)
}

/// `GET /apps/me/users/tokens`: their tokens, never the secrets.
pub async fn user_tokens(viewer: AppViewer, params: Params, app: Data<App>) -> ApiResult {
    let client = viewer.token.client.id.clone();
    let store = app.engine.store();
    let tokens: Vec<Token> = store.read(move |db| db.tokens_of_client(&client)).await?;
    show::all(&app, Some(&viewer), &params, &tokens).await
}
