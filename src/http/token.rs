//! The caller's token, and the users of an app.

use actix_web::web::Data;
use serde::Serialize;

use crate::actors::tickets::LIFETIME;
use crate::http::extract::{AppCaller, Caller, Live, Params, TokenCaller};
use crate::http::{ApiResult, App, Reply, show};
use crate::model::{Token, UserId};
use crate::protocol::topic::Topic;

/// `GET /token`
pub async fn show(caller: TokenCaller, params: Params, live: Live, app: Data<App>) -> ApiResult {
    let page = show_token(&app, &caller, &params);
    match caller.user() {
        Some(me) => live.around(&app, &caller, Topic::Token(me), page).await,
        None => page.await,
    }
}

/// `DELETE /token`: the calling token stops working at once; the answer shows it once more.
pub async fn delete(caller: TokenCaller, params: Params, app: Data<App>) -> ApiResult {
    let reply = show_token(&app, &caller, &params).await?;
    app.engine.revoke_token(caller.token.clone()).await?;
    Ok(reply)
}

/// What a ticket looks like.
#[derive(Serialize)]
struct Ticket {
    ticket: String,
    /// Seconds.
    expires_in: u64,
}

/// `POST /token/ticket`: opens a stream once, in place of the calling token.
pub async fn ticket(caller: TokenCaller, app: Data<App>) -> ApiResult {
    Reply::one(&Ticket {
        ticket: app.engine.give_out_ticket(caller.token.clone())?,
        expires_in: LIFETIME.as_secs(),
    })
}

async fn show_token(app: &App, caller: &Caller, params: &Params) -> ApiResult {
    show::one(app, Some(caller), params, &*caller.token).await
}

/// `GET /apps/me/users/ids`: users with a live token of the app.
pub async fn user_ids(caller: AppCaller, app: Data<App>) -> ApiResult {
    let client = caller.token.client.id.clone();
    let store = app.engine.store();
    let ids: Vec<UserId> = store.read(move |db| db.users_of_client(&client)).await?;
    Reply::one(&ids)
}

/// `GET /apps/me/users/tokens`: their tokens, never the secrets.
pub async fn user_tokens(caller: AppCaller, params: Params, app: Data<App>) -> ApiResult {
    let client = caller.token.client.id.clone();
    let store = app.engine.store();
    let tokens: Vec<Token> = store.read(move |db| db.tokens_of_client(&client)).await?;
    show::all(&app, Some(&caller), &params, &tokens).await
}
