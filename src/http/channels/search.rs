//! Search for channels and for messages.

use actix_web::web::Data;

use super::filters;
use super::names;
use crate::http::extract::path::{self, ME};
use crate::http::extract::{AnyCaller, Caller, Params, TokenCaller};
use crate::http::principal::principal_of;
use crate::http::{ApiResult, App, show};
use crate::model::channel::PM;
use crate::model::{
    Bound, Channel, ChannelId, Failure, MessageId, Page, PageRequest, Principal, Refusal, Stamp,
    UserId, UserKind,
};
use crate::protocol::draft::PersonRef;
use crate::store::{ChannelOrder, ChannelSearch, Db, InboxFilter, MessageSearch};

/// Most private channels that one search looks through, newest activity first.
const MOST_PRIVATE: usize = 400;

/// `GET /channels/search`
pub(in crate::http) async fn channels(
    app: Data<App>,
    caller: AnyCaller,
    params: Params,
) -> ApiResult {
    let reader = principal_of(&app, caller.0.as_ref()).await?;
    let mut wanted = wanted(&app, caller.0.as_ref(), &params).await?;
    if !params.flag("include_read", true) {
        wanted.unread_by = reader.user();
    }
    let page = read(&app, &reader, wanted, params.page()).await?;
    show::page(&app, caller.0.as_ref(), &params, &page).await
}

/// Finds channels that the reader may see.
pub(in crate::http) async fn read(
    app: &App,
    reader: &Principal,
    wanted: ChannelSearch,
    request: PageRequest,
) -> ApiResult<Page<Channel>> {
    let store = app.engine.store();
    Ok(store
        .search_channels(wanted, reader.clone(), request)
        .await?)
}

/// Longest question, in characters.
const MOST_CHARACTERS: usize = 512;

/// What is searched for.
pub(in crate::http) fn question(params: &Params) -> ApiResult<Option<String>> {
    let typed = params.get("q");
    if typed.is_some_and(|typed| typed.chars().nth(MOST_CHARACTERS).is_some()) {
        return Err(Refusal::TooLong.at("q").into());
    }
    Ok(typed.map(str::to_owned))
}

/// The parameters that every list of channels knows.
pub(super) fn general(params: &Params) -> ChannelSearch {
    ChannelSearch {
        kinds: params.channel_kinds("channel_types"),
        exclude_kinds: params.channel_kinds("exclude_channel_types"),
        include_inactive: params.flag("include_inactive", false),
        ..ChannelSearch::default()
    }
}

/// All parameters of the search.
pub(in crate::http) async fn wanted(
    app: &App,
    caller: Option<&Caller>,
    params: &Params,
) -> ApiResult<ChannelSearch> {
    let order = match params.get("order") {
        Some("id") => ChannelOrder::Id,
        Some("popularity") => ChannelOrder::Popularity,
        Some(_) | None => ChannelOrder::Activity,
    };
    // What App.net asked the other way round, and some clients still do.
    let is_private = params.tristate("is_private");
    let is_public = params
        .tristate("is_public")
        .or_else(|| is_private.map(|private| !private));
    Ok(ChannelSearch {
        q: question(params)?,
        order,
        categories: params.list("categories"),
        owner: person(app, caller, params, "owner_id").await?,
        is_public,
        raw_types: params.list("raw_types"),
        file_id: params.get("file_id").map(str::to_owned),
        created_after: moment(params, "created_after")?,
        created_before: moment(params, "created_before")?,
        ..general(params)
    })
}

/// `GET /channels/messages/search`
pub(in crate::http) async fn messages(
    app: Data<App>,
    caller: TokenCaller,
    params: Params,
) -> ApiResult {
    let sent = params.list("channel_ids");
    if sent.is_empty() {
        return Err(Refusal::Missing.at("channel_ids").into());
    }
    let private = sent.iter().any(|id| id == PRIVATE_WORD);
    let ids: Vec<ChannelId> = sent.iter().filter_map(|id| id.parse().ok()).collect();
    let search = message_search(&app, &caller, &params).await?;
    let reader = principal_of(&app, Some(&caller)).await?;
    let user = reader.user();
    let (request, hides) = (params.page(), filters::messages(&params));
    let read = app.engine.store().search(search, move |db, mut search| {
        search.channels = db
            .channels(&ids)?
            .into_values()
            .filter(|channel| reader.reads(channel).is_granted())
            .map(|channel| channel.id)
            .collect();
        if let Some(user) = user.filter(|_| private) {
            search.channels.extend(private_channels(db, user, &reader)?);
        }
        search.listed_for = hides.filter(user).listed_for;
        db.search_messages(&search, &request)
    });
    let page = read.await?;
    show::page(&app, Some(&caller), &params, &page).await
}

/// Stands in `channel_ids` for all private messages.
const PRIVATE_WORD: &str = "pm";

fn private_channels(
    db: &mut Db<'_>,
    user: UserId,
    reader: &Principal,
) -> Result<Vec<ChannelId>, Failure> {
    let filter = InboxFilter {
        kinds: vec![PM.to_owned()],
        include_inactive: true,
        reader: Some(reader.clone()),
        ..InboxFilter::default()
    };
    let mut request = PageRequest {
        count: 200,
        ..PageRequest::default()
    };
    let mut found = Vec::new();
    loop {
        let page = db.inbox_page(user, &filter, &request)?;
        found.extend(page.items.iter().map(|(_, channel)| channel.id));
        match page.items.last() {
            Some((id, _)) if page.more && found.len() < MOST_PRIVATE => {
                request.before = Some(Bound {
                    id: *id,
                    inclusive: false,
                });
            }
            Some(_) | None => return Ok(found),
        }
    }
}

/// Kinds of accounts, by name.
pub(in crate::http) fn user_kinds(params: &Params) -> ApiResult<Vec<UserKind>> {
    let names = params.list("user_types");
    let all = [UserKind::Human, UserKind::Feed, UserKind::Bot];
    let named = |kind: &UserKind| names.iter().any(|name| name == kind.name());
    let kinds: Vec<UserKind> = all.into_iter().filter(named).collect();
    if kinds.is_empty() && !names.is_empty() {
        return Err(Refusal::Invalid.at("user_types").into());
    }
    Ok(kinds)
}

async fn message_search(app: &App, caller: &Caller, params: &Params) -> ApiResult<MessageSearch> {
    Ok(MessageSearch {
        q: question(params)?,
        by_relevance: params.get("order").is_none_or(|order| order == "relevance"),
        client: params.get("client_id").map(Into::into),
        creator: person(app, Some(caller), params, "creator_id").await?,
        user_kinds: user_kinds(params)?,
        created_after: moment(params, "created_after")?,
        created_before: moment(params, "created_before")?,
        reply_to: number(params, "reply_to")?.map(MessageId),
        thread: number(params, "thread_id")?.map(MessageId),
        is_reply: params.tristate("is_reply"),
        is_nsfw: params.tristate("is_nsfw"),
        is_sticky: params.tristate("is_sticky"),
        tags: bare(params, "tags", '#'),
        mentions: bare(params, "mentions", '@'),
        leading_mentions: bare(params, "leading_mentions", '@'),
        urls: params.list("urls"),
        url_domains: params.list("url_domains"),
        raw_types: params.list("raw_types"),
        file_id: params.get("file_id").map(str::to_owned),
        file_kinds: params.list("file_kinds"),
        poll_id: params.get("poll_id").map(str::to_owned),
        ..MessageSearch::default()
    })
}

/// A list whose items may be written with their mark or without.
pub(in crate::http) fn bare(params: &Params, name: &str, mark: char) -> Vec<String> {
    let items = params.list(name).into_iter();
    items
        .map(|item| item.trim_start_matches(mark).to_owned())
        .collect()
}

pub(in crate::http) fn number(params: &Params, name: &'static str) -> ApiResult<Option<i64>> {
    match params.get(name) {
        None => Ok(None),
        Some(text) => match text.parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(Refusal::WrongType.at(name).into()),
        },
    }
}

pub(in crate::http) fn moment(params: &Params, name: &'static str) -> ApiResult<Option<Stamp>> {
    match params.get(name) {
        None => Ok(None),
        Some(text) => match Stamp::parse_iso(text) {
            Some(moment) => Ok(Some(moment)),
            None => Err(Refusal::WrongType.at(name).into()),
        },
    }
}

/// A user, by id or name, or the caller as `me`. An unknown one has written and made nothing.
pub(in crate::http) async fn person(
    app: &App,
    caller: Option<&Caller>,
    params: &Params,
    name: &'static str,
) -> ApiResult<Option<UserId>> {
    let Some(text) = params.get(name) else {
        return Ok(None);
    };
    if text == ME {
        return path::me(caller).map(Some);
    }
    let person = PersonRef::parse(text).ok_or_else(|| Refusal::WrongType.at(name))?;
    match person {
        PersonRef::Id(id) => Ok(Some(id)),
        PersonRef::Name(_) => {
            let directory = names::directory(&app.engine, vec![person.clone()]).await?;
            Ok(Some(directory.find(&person).unwrap_or(NOBODY)))
        }
    }
}

/// Ids begin at 1.
pub(in crate::http) const NOBODY: UserId = UserId(0);
