//! Stream markers: read positions.

use actix_web::web::Data;

use super::extract::{Body, Params, UserCaller};
use super::{ApiResult, App, Reply};
use crate::model::marker::MarkerName;
use crate::model::{Access, ChannelId, Marker, Refusal, UserPrincipal};
use crate::protocol::draft::MarkerDrafts;
use crate::protocol::object::MarkerObject;
use crate::store::{Db, Failure};

/// `POST /markers`: the response to a list is a list, to an object an object. All markers are set, or
/// none.
pub async fn create(caller: UserCaller, params: Params, body: Body, app: Data<App>) -> ApiResult {
    let MarkerDrafts { markers, single } = MarkerDrafts::read(&body.value)?;
    let principal = caller.principal().clone();
    let reset = params.flag("reset_read_id", false);
    let write = app.engine.store().write(move |tx| {
        let mut set: Vec<(MarkerName, Marker)> = Vec::with_capacity(markers.len());
        for draft in markers {
            if let MarkerName::Channel(channel) = draft.name {
                demand(tx, &principal, channel)?;
            }
            let marker = tx.set_marker(
                principal.user,
                draft.name,
                draft.id,
                draft.percentage,
                reset,
            )?;
            set.push((draft.name, marker));
        }
        Ok(set)
    });
    let set = write.await?;
    let objects: Vec<MarkerObject> = set
        .iter()
        .map(|(name, marker)| MarkerObject::new(name, Some(marker)))
        .collect();
    match objects.first() {
        Some(only) if single => Reply::one(only),
        Some(_) | None => Reply::one(&objects),
    }
}

/// Needs read access, and no particular scope.
fn demand(db: &mut Db<'_>, principal: &UserPrincipal, channel: ChannelId) -> Result<(), Failure> {
    let channel = db.channel(channel)?.ok_or(Refusal::ChannelNotFound)?;
    Ok(principal.holds(&channel, Access::Read).demand()?)
}
