//! Stream markers: read positions.

use actix_web::web::Data;

use super::extract::{Body, Live, Params, UserCaller};
use super::{ApiResult, App, Reply};
use crate::model::{Failure, MarkerName, Refusal};
use crate::protocol::draft::MarkerDrafts;
use crate::protocol::object::MarkerObject;
use crate::protocol::topic::Topic;

/// Markers without a channel: what is read without `names`.
const OF_POSTS: [MarkerName; 3] = [
    MarkerName::Global,
    MarkerName::Personal,
    MarkerName::Mentions,
];

/// `GET /markers`: those that `names` lists, else those of the streams of posts. They are the caller's own, so that it makes
/// no difference whether the caller may still read the channel.
pub async fn list(caller: UserCaller, params: Params, live: Live, app: Data<App>) -> ApiResult {
    let me = caller.id();
    let page = async {
        let names = params.list("names");
        let names: Vec<MarkerName> = match names.is_empty() {
            true => OF_POSTS.to_vec(),
            false => names
                .iter()
                .map(|name| name.parse())
                .collect::<Result<_, ()>>()
                .map_err(|()| Refusal::UnknownMarker.at("names"))?,
        };
        let read = app.engine.store().read(move |db| {
            let markers = names.into_iter();
            let markers = markers.map(|name| Ok((name, db.marker(me, name)?)));
            markers.collect::<Result<Vec<_>, Failure>>()
        });
        let markers = read.await?;
        let objects = markers
            .iter()
            .map(|(name, marker)| MarkerObject::new(name, marker.as_ref()));
        Reply::one(&objects.collect::<Vec<_>>())
    };
    live.around(&app, &caller, Topic::Markers(me), page).await
}

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
