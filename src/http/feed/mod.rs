//! RSS: the same pages as the JSON calls, for feed readers. Channels are here, posts in `posts.rs`.

mod document;
pub(super) mod posts;

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

use super::channels::{reading, search};
use super::extract::{AnyCaller, Params, path};
use super::principal::{principal_of, readable};
use super::{ApiResult, App};
use crate::model::channel::CHAT_SETTINGS;
use crate::model::{Channel, ChannelId, Message, Raw, Refusal, Refused, User};
use crate::store::{ChannelOrder, ChannelSearch};
use crate::text::{to_attribute, to_html};
use document::{Feed, Item, query_of};

/// `GET /feed/rss/channels/{channel_id}/messages`
pub async fn messages(
    caller: AnyCaller,
    params: Params,
    channel: Path<String>,
    app: Data<App>,
) -> ApiResult<HttpResponse> {
    let id = path::id::<ChannelId>(&channel)?;
    let engine = &app.engine;
    let reader = principal_of(&app, caller.0.as_ref()).await?;
    let page = reading::read_page(&app, &reader, &params, id).await?.page;
    let channel = {
        let reader = reader.clone();
        let read = engine.store().read(move |db| readable(db, &reader, id));
        read.await?
    };
    let shown = || {
        let all = page.items.iter().map(|(_, message)| message);
        all.filter(|message| message.deletion.is_none())
    };
    let authors = shown().map(|message| message.user_id).collect();
    let authors = engine.store().users(authors).await?;
    let base = &engine.site().public_url;
    let template = template(&params)?
        .unwrap_or_else(|| format!("{base}/v1/channels/{{channel_id}}/messages/{{message_id}}"));
    let items: Vec<Item> = shown()
        .map(|message| {
            let author = authors.get(&message.user_id).map(AsRef::as_ref);
            message_item(message, author, &template, base)
        })
        .collect();
    let (title, description) = about(&channel);
    document::answer(&Feed {
        title,
        description,
        link: format!("{base}/v1/channels/{id}"),
        own: format!(
            "{base}/v1/feed/rss/channels/{id}/messages{}",
            query_of(&params)
        ),
        items,
    })
}

/// `GET /feed/rss/channels/search`
pub async fn channels(
    caller: AnyCaller,
    params: Params,
    app: Data<App>,
) -> ApiResult<HttpResponse> {
    let reader = principal_of(&app, caller.0.as_ref()).await?;
    // A feed is newest first: the newest channels, whichever order is asked for.
    let wanted = ChannelSearch {
        order: ChannelOrder::Id,
        ..search::wanted(&app, caller.0.as_ref(), &params).await?
    };
    let page = search::read(&app, &reader, wanted, params.page()).await?;
    let base = &app.engine.site().public_url;
    let template =
        template(&params)?.unwrap_or_else(|| format!("{base}/v1/channels/{{channel_id}}"));
    let items: Vec<Item> = page
        .items
        .iter()
        .map(|(_, channel)| {
            let (title, description) = about(channel);
            Item {
                guid: format!("{base}/v1/channels/{}", channel.id),
                title,
                link: template.replace("{channel_id}", &channel.id.to_string()),
                description: to_html(&description),
                at: channel.created_at,
                categories: categories(channel),
            }
        })
        .collect();
    document::answer(&Feed {
        title: String::from("Channels"),
        description: String::from("Channels found"),
        link: format!("{base}/v1/channels/search"),
        own: format!("{base}/v1/feed/rss/channels/search{}", query_of(&params)),
        items,
    })
}

/// Most characters of a `uri_template`: it is written once per item, and escaped.
const TEMPLATE_MAX: usize = 512;

/// Links for the items, if the reader wants others than ours.
fn template(params: &Params) -> Result<Option<String>, Refused> {
    let Some(template) = params.get("uri_template") else {
        return Ok(None);
    };
    if template.chars().nth(TEMPLATE_MAX).is_some() {
        return Err(Refusal::TooLong.at("uri_template"));
    }
    let scheme = template.split_once("://").map(|(scheme, _)| scheme);
    let is_web =
        scheme.is_some_and(|s| s.eq_ignore_ascii_case("http") || s.eq_ignore_ascii_case("https"));
    if !is_web {
        return Err(Refusal::Invalid.at("uri_template"));
    }
    Ok(Some(template.to_owned()))
}

fn message_item(message: &Message, author: Option<&User>, template: &str, base: &str) -> Item {
    let username = author.map_or("", |author| author.username.as_str());
    let tags = &message.content.entities.tags;
    let (channel, id) = (message.channel_id, message.id);
    Item {
        guid: format!("{base}/v1/channels/{channel}/messages/{id}"),
        title: format!("{username}: {}", message.content.text),
        link: template
            .replace("{channel_id}", &message.channel_id.to_string())
            .replace("{message_id}", &message.id.to_string())
            .replace("{user_id}", &message.user_id.to_string())
            .replace("{username}", username),
        description: format!("{}{}", message.content.html, media(&message.raw)),
        at: message.created_at,
        categories: tags.iter().map(|tag| tag.text.clone()).collect(),
    }
}

/// Html of the pictures and sounds in a message's raw.
fn media(raw: &Raw) -> String {
    let items = raw.0.get("io.pnut.core.oembed").and_then(|v| v.as_array());
    let mut html = String::new();
    for item in items.into_iter().flatten() {
        let text = |name| item.get(name).and_then(|value| value.as_str());
        match (text("type"), text("url")) {
            (Some("photo"), Some(url)) => {
                html.push_str(&format!("<p><img src=\"{}\"></p>", to_attribute(url)));
            }
            (Some("audio"), Some(url)) => {
                html.push_str(&format!(
                    "<p><audio controls src=\"{}\"></audio></p>",
                    to_attribute(url)
                ));
            }
            _ => {}
        }
    }
    html
}

/// Name and description of a channel. Without a name the title is its type and id.
fn about(channel: &Channel) -> (String, String) {
    let settings = channel.raw.first(CHAT_SETTINGS);
    let description = settings
        .and_then(|item| item.get("description")?.get("text")?.as_str())
        .unwrap_or_default();
    let title = channel
        .chat_name()
        .map_or_else(|| format!("{} {}", channel.kind, channel.id), str::to_owned);
    (title, description.to_owned())
}

fn categories(channel: &Channel) -> Vec<String> {
    let settings = channel.raw.first(CHAT_SETTINGS);
    let list = settings.and_then(|item| item.get("categories")?.as_array());
    let names = list.into_iter().flatten().filter_map(|name| name.as_str());
    names.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_and_sounds_follow_the_text() {
        let raw = serde_json::json!({"io.pnut.core.oembed": [
            {"type": "photo", "url": "https://x.example/a\"b.png"},
            {"type": "rich", "url": "https://x.example/c"},
        ]});
        let raw: Raw = serde_json::from_value(raw).unwrap();
        assert_eq!(
            media(&raw),
            "<p><img src=\"https://x.example/a&quot;b.png\"></p>"
        );
    }
}
