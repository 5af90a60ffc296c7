//! Pages of messages: of a channel, of a thread, by author; the sticky ones.

use actix_web::http::Method;
use actix_web::web::{Data, Path};

use super::filters;
use super::message_lookup::message_in;
use super::messages::message_path;
use crate::http::extract::{AnyCaller, Caller, Live, Params, UserCaller, path};
use crate::http::principal::{principal_of, readable};
use crate::http::{ApiResult, App, show};
use crate::model::marker::MarkerName;
use crate::model::visibility::ListedFor;
use crate::model::{ChannelId, Marker, Message, MessageId, Page, Principal};
use crate::protocol::draft::MarkerDraft;
use crate::protocol::object::MarkerObject;
use crate::protocol::topic::Topic;
use crate::store::MessageFilter;

/// `GET /channels/{channel_id}/messages`
pub(in crate::http) async fn list(
    app: Data<App>,
    caller: AnyCaller,
    params: Params,
    live: Live,
    method: Method,
    channel: Path<String>,
) -> ApiResult {
    let id = path::id::<ChannelId>(&channel)?;
    let caller = caller.0;
    // A HEAD changes nothing.
    let moves_marker = method != Method::HEAD && params.flag("update_marker", false);
    let page = channel_page(&app, caller.as_ref(), &params, id, moves_marker);
    match &caller {
        Some(caller) => {
            let topic = Topic::ChannelMessages(id);
            live.around(&app, caller, topic, page).await
        }
        None => page.await,
    }
}

/// A page of a channel, with what is said about it in `meta`.
pub(in crate::http) struct ChannelPage {
    pub(in crate::http) page: Page<Message>,
    /// `Some(None)`: the caller has not set one.
    pub(in crate::http) marker: Option<Option<Marker>>,
    pub(in crate::http) deleted: Vec<MessageId>,
}

/// Reads one page if the channel may be read.
pub(in crate::http) async fn read_page(
    app: &App,
    reader: &Principal,
    params: &Params,
    channel: ChannelId,
) -> ApiResult<ChannelPage> {
    let (mut request, marks, wanted) = (params.page(), params.marks(), filters::messages(params));
    let (reader, seen) = (reader.clone(), params.seen());
    let read = app.engine.store().read(move |db| {
        seen.note(db)?;
        readable(db, &reader, channel)?;
        let marker = match reader.user() {
            Some(user) => Some(db.marker(user, MarkerName::Channel(channel))?),
            None => None,
        };
        marks.resolve(marker.iter().flatten().next(), &mut request);
        let filter = wanted.filter(reader.user());
        let page = db.messages_in(channel, &filter, &request)?;
        let deleted = match request.since {
            Some(since) => db.deleted_since(channel, MessageId(since.id))?,
            None => Vec::new(),
        };
        Ok(ChannelPage {
            page,
            marker,
            deleted,
        })
    });
    Ok(read.await?)
}

async fn channel_page(
    app: &App,
    caller: Option<&Caller>,
    params: &Params,
    channel: ChannelId,
    moves_marker: bool,
) -> ApiResult {
    let reader = principal_of(app, caller).await?;
    let mut read = read_page(app, &reader, params, channel).await?;
    if moves_marker {
        move_marker(app, &reader, channel, &mut read).await?;
    }
    let mut reply = show::page(app, caller, params, &read.page).await?;
    if let Some(marker) = read.marker {
        let object = MarkerObject::new(&MarkerName::Channel(channel), marker.as_ref());
        reply.meta.marker = serde_json::to_value(object).ok();
    }
    reply.meta.deleted_ids = read.deleted.iter().map(ToString::to_string).collect();
    Ok(reply)
}

/// Some clients read and mark as read in one call. The marker only moves forward by this.
async fn move_marker(
    app: &App,
    reader: &Principal,
    channel: ChannelId,
    read: &mut ChannelPage,
) -> ApiResult<()> {
    let newest = read.page.items.iter().map(|(id, _)| *id).max();
    let (Principal::User(user), Some(newest)) = (reader, newest) else {
        return Ok(());
    };
    if read
        .marker
        .iter()
        .flatten()
        .any(|marker| marker.id >= newest)
    {
        return Ok(());
    }
    let forward = MarkerDraft {
        name: MarkerName::Channel(channel),
        id: newest,
        percentage: 0,
    };
    let moved = app.engine.move_markers(user, vec![forward], false).await?;
    read.marker = moved.into_iter().next().map(|(_, marker)| Some(marker));
    Ok(())
}

/// `GET …/messages/{message_id}/thread`: any message of the thread may be named.
pub(in crate::http) async fn thread(
    app: Data<App>,
    caller: AnyCaller,
    params: Params,
    ids: Path<(String, String)>,
) -> ApiResult {
    let (channel, id) = message_path(&ids)?;
    let reader = principal_of(&app, caller.0.as_ref()).await?;
    let user = reader.user();
    let (request, wanted) = (params.page(), filters::messages(&params));
    let read = app.engine.store().read(move |db| {
        readable(db, &reader, channel)?;
        let message = message_in(db, &reader, channel, id)?;
        let filter = wanted.filter(user);
        db.thread_page(message.thread_id, &filter, &request)
    });
    let page = read.await?;
    show::page(&app, caller.0.as_ref(), &params, &page).await
}

/// `GET /users/me/messages`
pub(in crate::http) async fn mine(app: Data<App>, caller: UserCaller, params: Params) -> ApiResult {
    let user = caller.id();
    let (scopes, request) = (caller.token.scopes.clone(), params.page());
    let filter = MessageFilter {
        include_deleted: params.flag("include_deleted", true),
        listed_for: ListedFor::default(),
    };
    let read = app
        .engine
        .store()
        .read(move |db| db.written_by(user, Some(&scopes), &filter, &request));
    let page = read.await?;
    show::page(&app, Some(&caller), &params, &page).await
}

/// `GET /channels/{channel_id}/sticky_messages`
pub(in crate::http) async fn sticky(
    app: Data<App>,
    caller: AnyCaller,
    params: Params,
    channel: Path<String>,
) -> ApiResult {
    let id = path::id::<ChannelId>(&channel)?;
    let reader = principal_of(&app, caller.0.as_ref()).await?;
    let user = reader.user();
    let (request, wanted) = (params.page(), filters::messages(&params));
    let read = app.engine.store().read(move |db| {
        readable(db, &reader, id)?;
        let filter = wanted.filter(user);
        db.sticky_page(id, &filter, &request)
    });
    let page = read.await?;
    show::page(&app, caller.0.as_ref(), &params, &page).await
}
