//! Filters of app streams: an app's own, and those that users made with it.

use actix_rt::task::spawn_blocking;
use actix_web::web::{Data, Path};

use crate::http::extract::{Body, Caller, Params, TokenCaller, path};
use crate::http::show::DeletedFilter;
use crate::http::{ApiResult, App, show};
use crate::model::{Failure, FilterId, FilterOwner, NewFilter, Refusal};
use crate::protocol::draft::event_filter;

fn owner(caller: &Caller) -> FilterOwner {
    FilterOwner {
        client: caller.token.client.id.clone(),
        user: caller.user(),
    }
}

/// `GET /filters`
pub async fn list(caller: TokenCaller, params: Params, app: Data<App>) -> ApiResult {
    let (owner, store) = (owner(&caller), app.engine.store());
    let filters = store.read(move |db| db.event_filters(&owner)).await?;
    show::all(&app, Some(&caller), &params, &filters).await
}

/// `GET /filters/{filter_id}`
pub async fn show(
    caller: TokenCaller,
    id: Path<String>,
    params: Params,
    app: Data<App>,
) -> ApiResult {
    let (owner, store) = (owner(&caller), app.engine.store());
    let id: FilterId = path::id(&id)?;
    let filter = store.read(move |db| db.event_filter(&owner, id)).await?;
    let filter = filter.ok_or(Refusal::FilterNotFound)?;
    show::one(&app, Some(&caller), &params, &filter).await
}

/// What a body says, on a thread that may take its time: expressions are compiled to see whether they can be.
async fn compiled(body: Body) -> Result<NewFilter, Failure> {
    let read = spawn_blocking(move || event_filter(&body.value)).await;
    Ok(read.map_err(|_cancelled| Failure::Stopping)??)
}

/// `POST /filters`
pub async fn create(caller: TokenCaller, params: Params, body: Body, app: Data<App>) -> ApiResult {
    let new = compiled(body).await?;
    let filter = app.engine.create_filter(owner(&caller), new).await?;
    // 200, as `POST /streams`.
    show::one(&app, Some(&caller), &params, &filter).await
}

/// `PUT /filters/{filter_id}`: open connections keep what they had.
pub async fn edit(
    caller: TokenCaller,
    id: Path<String>,
    params: Params,
    body: Body,
    app: Data<App>,
) -> ApiResult {
    let (id, new) = (path::id(&id)?, compiled(body).await?);
    let filter = app.engine.change_filter(owner(&caller), id, new).await?;
    show::one(&app, Some(&caller), &params, &filter).await
}

/// `DELETE /filters/{filter_id}`: refused while a stream uses it.
pub async fn delete(
    caller: TokenCaller,
    id: Path<String>,
    params: Params,
    app: Data<App>,
) -> ApiResult {
    let id = path::id(&id)?;
    let gone = app.engine.delete_filters(owner(&caller), Some(id)).await?;
    let gone = gone.into_iter().next().ok_or(Refusal::FilterNotFound)?;
    show::one(&app, Some(&caller), &params, &DeletedFilter(gone)).await
}

/// `DELETE /filters`: all of them, or none if a stream uses one. That there are none is no error.
pub async fn delete_all(caller: TokenCaller, params: Params, app: Data<App>) -> ApiResult {
    let gone = app.engine.delete_filters(owner(&caller), None).await?;
    let gone: Vec<DeletedFilter> = gone.into_iter().map(DeletedFilter).collect();
    show::all(&app, Some(&caller), &params, &gone).await
}
