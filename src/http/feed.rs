//! RSS of channels: the same pages as the JSON calls, for feed readers.

use actix_web::HttpResponse;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{Data, Path};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use super::channels::{reading, search};
use super::extract::{AnyCaller, Params, path};
use super::principal::{principal, readable};
use super::{ApiResult, App};
use crate::model::channel::CHAT_SETTINGS;
use crate::model::{Channel, ChannelId, Message, Raw, Stamp, User};

/// One entry of a feed.
struct Item {
    title: String,
    link: String,
    /// Html.
    description: String,
    at: Stamp,
    categories: Vec<String>,
}

/// `GET /feed/rss/channels/{channel_id}/messages`
pub async fn messages(
    caller: AnyCaller,
    params: Params,
    channel: Path<String>,
    app: Data<App>,
) -> ApiResult<HttpResponse> {
    let id = path::id::<ChannelId>(&channel)?;
    let engine = &app.engine;
    let reader = principal(&app, caller.0.as_ref()).await?;
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
    let template = params.get("uri_template").map_or_else(
        || format!("{base}/v1/channels/{{channel_id}}/messages/{{message_id}}"),
        str::to_owned,
    );
    let items: Vec<Item> = shown()
        .map(|message| {
            let author = authors.get(&message.user_id).map(AsRef::as_ref);
            message_item(message, author, &template)
        })
        .collect();
    let own = format!("{base}/v1/feed/rss/channels/{id}/messages");
    let link = format!("{base}/v1/channels/{id}");
    let (title, description) = about(&channel);
    Ok(respond(&rss(&title, &link, &description, &own, &items)))
}

/// `GET /feed/rss/channels/search`
pub async fn channels(
    caller: AnyCaller,
    params: Params,
    app: Data<App>,
) -> ApiResult<HttpResponse> {
    let reader = principal(&app, caller.0.as_ref()).await?;
    let wanted = search::wanted(&app, &params).await?;
    let page = search::read(&app, &reader, wanted, params.page()).await?;
    let base = &app.engine.site().public_url;
    let template = params.get("uri_template").map_or_else(
        || format!("{base}/v1/channels/{{channel_id}}"),
        str::to_owned,
    );
    let items: Vec<Item> = page
        .items
        .iter()
        .map(|(_, channel)| {
            let (title, description) = about(channel);
            Item {
                title,
                link: template.replace("{channel_id}", &channel.id.to_string()),
                description: escaped(&description),
                at: channel.created_at,
                categories: categories(channel),
            }
        })
        .collect();
    let own = format!("{base}/v1/feed/rss/channels/search");
    let link = format!("{base}/v1/channels/search");
    Ok(respond(&rss(
        "Channels",
        &link,
        "Channels found",
        &own,
        &items,
    )))
}

fn message_item(message: &Message, author: Option<&User>, template: &str) -> Item {
    let username = author.map_or("", |author| author.username.as_str());
    let tags = &message.content.entities.tags;
    Item {
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

/// Pictures and sounds that a message carries.
fn media(raw: &Raw) -> String {
    let items = raw.0.get("io.pnut.core.oembed").and_then(|v| v.as_array());
    let mut html = String::new();
    for item in items.into_iter().flatten() {
        let text = |name| item.get(name).and_then(|value| value.as_str());
        match (text("type"), text("url")) {
            (Some("photo"), Some(url)) => {
                html.push_str(&format!("<p><img src=\"{}\"></p>", escaped(url)));
            }
            (Some("audio"), Some(url)) => {
                html.push_str(&format!(
                    "<p><audio controls src=\"{}\"></audio></p>",
                    escaped(url)
                ));
            }
            _ => {}
        }
    }
    html
}

/// Name and description of a channel, as far as it has any.
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

fn rss(title: &str, link: &str, description: &str, own: &str, items: &[Item]) -> String {
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <rss version=\"2.0\" xmlns:atom=\"http://www.w3.org/2005/Atom\">\n<channel>\n",
    );
    element(&mut out, "title", title);
    element(&mut out, "link", link);
    element(&mut out, "description", description);
    out.push_str("<atom:link href=\"");
    out.push_str(&escaped(own));
    out.push_str("\" rel=\"self\" type=\"application/rss+xml\"/>\n");
    for item in items {
        out.push_str("<item>\n");
        element(&mut out, "title", &item.title);
        element(&mut out, "link", &item.link);
        element(&mut out, "guid", &item.link);
        element(&mut out, "description", &item.description);
        element(&mut out, "pubDate", &rfc_822(item.at));
        for category in &item.categories {
            element(&mut out, "category", category);
        }
        out.push_str("</item>\n");
    }
    out.push_str("</channel>\n</rss>\n");
    out
}

fn element(out: &mut String, name: &str, text: &str) {
    out.push('<');
    out.push_str(name);
    out.push('>');
    out.push_str(&escaped(text));
    out.push_str("</");
    out.push_str(name);
    out.push_str(">\n");
}

/// Text for XML and for html attributes. Characters that XML 1.0 cannot hold at all are dropped.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => {}
            c if c.is_control() && !matches!(c, '\t' | '\n' | '\r') => {}
            c => out.push(c),
        }
    }
    out
}

fn rfc_822(at: Stamp) -> String {
    OffsetDateTime::from_unix_timestamp(at.seconds())
        .ok()
        .and_then(|moment| moment.format(&Rfc2822).ok())
        .unwrap_or_default()
}

fn respond(xml: &str) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/rss+xml; charset=utf-8"))
        .body(xml.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_cannot_break_out() {
        let items = [Item {
            title: String::from("ada: <b>&\u{7}</b>"),
            link: String::from("https://x.example/?a=1&b=2"),
            description: String::from("<span>hi</span>"),
            at: Stamp::from_seconds(0),
            categories: vec![String::from("fun")],
        }];
        let xml = rss(
            "T",
            "https://x.example",
            "D",
            "https://x.example/feed",
            &items,
        );
        assert!(xml.contains("<title>ada: &lt;b&gt;&amp;&lt;/b&gt;</title>"));
        assert!(xml.contains("<link>https://x.example/?a=1&amp;b=2</link>"));
        assert!(xml.contains("<description>&lt;span&gt;hi&lt;/span&gt;</description>"));
        assert!(xml.contains("<pubDate>Thu, 01 Jan 1970 00:00:00 +0000</pubDate>"));
        assert!(xml.contains("<category>fun</category>"));
    }

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
