//! Answers that several handlers of this folder give.

use super::backdrop::Backdrop;
use crate::http::extract::{Caller, Params};
use crate::http::{ApiResult, App, Reply};
use crate::model::{Channel, Message, Page};
use crate::protocol::render_options::RenderOptions;

/// One channel as its caller sees it.
pub(super) async fn channel(
    app: &App,
    caller: Option<&Caller>,
    params: &Params,
    channel: &Channel,
) -> ApiResult {
    let options = RenderOptions::from_query(params);
    let behind = Backdrop::of_channels(app, caller, options, [channel]).await?;
    Reply::one(&behind.channel(channel))
}

/// Channels without pages.
pub(super) async fn all_channels(
    app: &App,
    caller: Option<&Caller>,
    params: &Params,
    channels: &[Channel],
) -> ApiResult {
    let options = RenderOptions::from_query(params);
    let behind = Backdrop::of_channels(app, caller, options, channels).await?;
    let items: Vec<_> = channels
        .iter()
        .map(|channel| behind.channel(channel))
        .collect();
    Reply::one(&items)
}

/// A page of channels.
pub(super) async fn channels(
    app: &App,
    caller: Option<&Caller>,
    params: &Params,
    page: &Page<Channel>,
) -> ApiResult {
    let options = RenderOptions::from_query(params);
    let channels = page.items.iter().map(|(_, channel)| channel);
    let behind = Backdrop::of_channels(app, caller, options, channels).await?;
    let items: Vec<_> = page
        .items
        .iter()
        .map(|(id, channel)| behind.channel(channel).paginated(*id))
        .collect();
    Reply::listing(page, &items)
}

/// One message as its caller sees it.
pub(super) async fn message(
    app: &App,
    caller: Option<&Caller>,
    params: &Params,
    message: &Message,
) -> ApiResult {
    let options = RenderOptions::from_query(params);
    let behind = Backdrop::of_messages(app, caller, options, [message]).await?;
    Reply::one(&behind.message(message))
}

/// Messages without pages.
pub(super) async fn all_messages(
    app: &App,
    caller: Option<&Caller>,
    params: &Params,
    messages: &[Message],
) -> ApiResult {
    let options = RenderOptions::from_query(params);
    let behind = Backdrop::of_messages(app, caller, options, messages).await?;
    let items: Vec<_> = messages
        .iter()
        .map(|message| behind.message(message))
        .collect();
    Reply::one(&items)
}

/// A page of messages.
pub(super) async fn messages(
    app: &App,
    caller: Option<&Caller>,
    params: &Params,
    page: &Page<Message>,
) -> ApiResult {
    let options = RenderOptions::from_query(params);
    let messages = page.items.iter().map(|(_, message)| message);
    let behind = Backdrop::of_messages(app, caller, options, messages).await?;
    let items: Vec<_> = page
        .items
        .iter()
        .map(|(id, message)| behind.message(message).paginated(*id))
        .collect();
    Reply::listing(page, &items)
}

/// The same answer, for something that was made by this call.
pub(super) fn created(reply: ApiResult) -> ApiResult {
    let mut reply = reply?;
    reply.meta.code = 201;
    Ok(reply)
}
