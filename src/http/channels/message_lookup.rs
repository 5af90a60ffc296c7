//! Messages by their ids.

use actix_web::web::{Data, Path};

use super::messages::message_path;
use crate::http::extract::{AnyCaller, Params};
use crate::http::principal::principal_of;
use crate::http::{ApiResult, App, show};
use crate::model::{ChannelId, Failure, Message, MessageId, Principal, Refusal};
use crate::store::Db;

/// `GET /channels/{channel_id}/messages/{message_id}`. Its author may read it without access to the channel.
pub(in crate::http) async fn show(
    app: Data<App>,
    caller: AnyCaller,
    params: Params,
    ids: Path<(String, String)>,
) -> ApiResult {
    let (channel, id) = message_path(&ids)?;
    let reader = principal_of(&app, caller.0.as_ref()).await?;
    let read = app
        .engine
        .store()
        .read(move |db| message_in(db, &reader, channel, id));
    let message = read.await?;
    show::one(&app, caller.0.as_ref(), &params, &message).await
}

/// `GET /channels/messages?ids=`
pub(in crate::http) async fn by_ids(
    app: Data<App>,
    caller: AnyCaller,
    params: Params,
) -> ApiResult {
    if !params.has("ids") {
        return Err(Refusal::Missing.at("ids").into());
    }
    let ids: Vec<MessageId> = params.ids("ids");
    let reader = principal_of(&app, caller.0.as_ref()).await?;
    let include_deleted = params.flag("include_deleted", true);
    let read = app.engine.store().read(move |db| {
        let mut found = db.messages(&ids)?;
        found.retain(|_, message| include_deleted || message.deletion.is_none());
        let rooms: Vec<ChannelId> = found.values().map(|message| message.channel_id).collect();
        let rooms = db.channels(&rooms)?;
        let may = |message: &Message| {
            let room = rooms.get(&message.channel_id);
            room.is_some_and(|room| reader.reads_message(room, message.user_id).is_granted())
        };
        Ok(ids
            .iter()
            .filter_map(|id| found.remove(id))
            .filter(may)
            .collect::<Vec<Message>>())
    });
    let messages = read.await?;
    show::all(&app, caller.0.as_ref(), &params, &messages).await
}

/// The message, if it is in that channel and may be read.
pub(super) fn message_in(
    db: &mut Db<'_>,
    reader: &Principal,
    channel: ChannelId,
    id: MessageId,
) -> Result<Message, Failure> {
    let room = db.channel(channel)?.ok_or(Refusal::ChannelNotFound)?;
    let message = db
        .message(id)?
        .filter(|message| message.channel_id == channel);
    // Only principals that could read a message learn whether it exists.
    let permission = match &message {
        Some(message) => reader.reads_message(&room, message.user_id),
        None => reader.reads(&room),
    };
    permission.demand()?;
    message.ok_or_else(|| Refusal::MessageNotFound.into())
}
