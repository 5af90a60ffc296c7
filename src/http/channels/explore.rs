//! Ready-made searches for rooms: what to show somebody who knows no room yet.

use actix_web::web::{Data, Path};
use serde::Serialize;

use super::search;
use crate::http::extract::{AnyCaller, Params};
use crate::http::principal::principal_of;
use crate::http::{ApiResult, App, Reply, show};
use crate::model::Refusal;
use crate::model::channel::CHAT;
use crate::store::{ChannelOrder, ChannelSearch};

/// A ready-made search.
struct Stream {
    slug: &'static str,
    title: &'static str,
    description: &'static str,
    order: ChannelOrder,
    /// Rooms that the caller is in already are left out.
    unknown_only: bool,
    /// Only rooms that say what they are about.
    with_category: bool,
}

const STREAMS: &[Stream] = &[
    Stream {
        slug: "conversations",
        title: "Conversations",
        description: "Public rooms where somebody wrote lately.",
        order: ChannelOrder::Activity,
        unknown_only: false,
        with_category: false,
    },
    Stream {
        slug: "new",
        title: "New rooms",
        description: "The youngest public rooms that you have not joined.",
        order: ChannelOrder::Id,
        unknown_only: true,
        with_category: false,
    },
    Stream {
        slug: "topical",
        title: "Topical",
        description: "Public rooms with a topic of their own.",
        order: ChannelOrder::Activity,
        unknown_only: false,
        with_category: true,
    },
    Stream {
        slug: "trending",
        title: "Trending",
        description: "The public rooms with the most messages.",
        order: ChannelOrder::Popularity,
        unknown_only: false,
        with_category: false,
    },
];

/// All categories that a room may have.
const CATEGORIES: [&str; 8] = [
    "fun",
    "lifestyle",
    "profession",
    "language",
    "community",
    "tech",
    "event",
    "general",
];

#[derive(Serialize)]
struct StreamObject {
    slug: &'static str,
    title: &'static str,
    description: &'static str,
    url: String,
}

/// `GET /channels/streams/explore`
pub(in crate::http) async fn list(app: Data<App>) -> ApiResult {
    let public_url = &app.engine.site().public_url;
    let streams: Vec<StreamObject> = STREAMS
        .iter()
        .map(|stream| StreamObject {
            slug: stream.slug,
            title: stream.title,
            description: stream.description,
            url: format!("{public_url}/v1/channels/streams/explore/{}", stream.slug),
        })
        .collect();
    Reply::one(&streams)
}

/// `GET /channels/streams/explore/{slug}`
pub(in crate::http) async fn show(
    app: Data<App>,
    caller: AnyCaller,
    params: Params,
    slug: Path<String>,
) -> ApiResult {
    let stream = STREAMS.iter().find(|stream| stream.slug == *slug);
    let stream = stream.ok_or(Refusal::NotFound)?;
    let reader = principal_of(&app, caller.0.as_ref()).await?;
    let mut wanted: ChannelSearch = search::general(&params);
    wanted.kinds = vec![CHAT.to_owned()];
    wanted.is_public = Some(true);
    wanted.order = stream.order;
    if stream.with_category {
        wanted.categories = CATEGORIES.map(String::from).into();
    }
    if stream.unknown_only {
        wanted.unsubscribed_by = reader.user();
    }
    let page = search::read(&app, &reader, wanted, params.page()).await?;
    show::page(&app, caller.0.as_ref(), &params, &page).await
}
