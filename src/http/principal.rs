//! The principal of a request, and the channels that it may read.

use std::sync::Arc;

use super::extract::Caller;
use super::{ApiResult, App};
use crate::model::{AppPrincipal, Channel, ChannelId, Failure, Principal, Refusal, UserPrincipal};
use crate::store::Db;

/// The principal that a request acts for. For an app token this loads the authorizations of its users.
pub(super) async fn principal_of(app: &App, caller: Option<&Caller>) -> ApiResult<Principal> {
    let Some(caller) = caller else {
        return Ok(Principal::Anonymous);
    };
    if let Some(user) = caller.user() {
        let token = Arc::clone(&caller.token);
        return Ok(Principal::User(UserPrincipal { user, token }));
    }
    let client = caller.token.client.id.clone();
    let store = app.engine.store();
    let granted = store.read(move |db| db.authorizations(&client)).await?;
    Ok(Principal::App(AppPrincipal::new(granted)))
}

/// The channel, if it exists and the principal may read it.
pub(super) fn readable(
    db: &mut Db<'_>,
    principal: &Principal,
    id: ChannelId,
) -> Result<Channel, Failure> {
    let channel = db.channel(id)?.ok_or(Refusal::ChannelNotFound)?;
    principal.reads(&channel).demand()?;
    Ok(channel)
}
