//! Answers that several handlers of this folder give.

use super::includes::Includes;
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
    let includes = Includes::of_channels(app, caller, options, [channel]).await?;
    Reply::one(&includes.channel(channel))
}

/// Channels without pages.
pub(super) async fn all_channels(
    app: &App,
    caller: Option<&Caller>,
    params: &Params,
    channels: &[Channel],
) -> ApiResult {
    let options = RenderOptions::from_query(params);
    let includes = Includes::of_channels(app, caller, options, channels).await?;
    let items: Vec<_> = channels
        .iter()
        .map(|channel| includes.channel(channel))
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
    let includes = Includes::of_channels(app, caller, options, channels).await?;
    let items: Vec<_> = page
        .items
        .iter()
        .map(|(id, channel)| includes.channel(channel).paginated(*id))
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
    let includes = Includes::of_messages(app, caller, options, [message]).await?;
    Reply::one(&includes.message(message))
}

/// Messages without pages.
pub(super) async fn all_messages(
    app: &App,
    caller: Option<&Caller>,
    params: &Params,
    messages: &[Message],
) -> ApiResult {
    let options = RenderOptions::from_query(params);
    let includes = Includes::of_messages(app, caller, options, messages).await?;
    let items: Vec<_> = messages
        .iter()
        .map(|message| includes.message(message))
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
    let includes = Includes::of_messages(app, caller, options, messages).await?;
    let items: Vec<_> = page
        .items
        .iter()
        .map(|(id, message)| includes.message(message).paginated(*id))
        .collect();
    Reply::listing(page, &items)
}

/// The same answer, for something that was made by this call.
pub(super) fn created(reply: ApiResult) -> ApiResult {
    let mut reply = reply?;
    reply.meta.code = 201;
    Ok(reply)
}
