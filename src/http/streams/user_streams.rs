//! Ending a user stream, or one of its subscriptions. No particular scope is needed: both belong to the caller.

use actix_web::web::{Data, Path};

use crate::http::extract::UserCaller;
use crate::http::{ApiResult, App, Reply};

/// `DELETE /users/me/streams/{connection_id}`
pub async fn close(caller: UserCaller, connection: Path<String>, app: Data<App>) -> ApiResult {
    app.engine
        .close_stream(caller.principal(), &connection)
        .await?;
    Ok(Reply::nothing())
}

/// `DELETE /users/me/streams/{connection_id}/{subscription_id}`
pub async fn unsubscribe(
    caller: UserCaller,
    ids: Path<(String, String)>,
    app: Data<App>,
) -> ApiResult {
    let (connection, subscription) = ids.into_inner();
    app.engine
        .unsubscribe(caller.principal(), &connection, &subscription)
        .await?;
    Ok(Reply::nothing())
}
