//! Stream markers: read positions.

use actix_web::web::Data;

use super::extract::{Body, Params, UserCaller};
use super::{ApiResult, App, Reply};
use crate::protocol::draft::MarkerDrafts;
use crate::protocol::object::MarkerObject;

/// `POST /markers`: the response to a list is a list, to an object an object. All markers are set, or
/// none.
pub async fn create(caller: UserCaller, params: Params, body: Body, app: Data<App>) -> ApiResult {
    let MarkerDrafts { markers, single } = MarkerDrafts::read(&body.value)?;
    let reset = params.flag("reset_read_id", false);
    let set = app
        .engine
        .move_markers(caller.principal(), markers, reset)
        .await?;
    let objects: Vec<MarkerObject> = set
        .iter()
        .map(|(name, marker)| MarkerObject::new(name, Some(marker)))
        .collect();
    match objects.first() {
        Some(only) if single => Reply::one(only),
        Some(_) | None => Reply::one(&objects),
    }
}
