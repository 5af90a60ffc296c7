//! An RSS document. The crate `rss` writes it; here is what it leaves to its callers.

use std::collections::BTreeMap;

use actix_web::HttpResponse;
use actix_web::http::header::CONTENT_TYPE;
use rss::extension::Extension;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use crate::http::extract::Params;
use crate::http::{ApiError, ApiResult};
use crate::model::Stamp;

/// A feed before it is written.
pub(super) struct Feed {
    pub(super) title: String,
    pub(super) description: String,
    /// What the feed is about.
    pub(super) link: String,
    /// Address of the feed itself.
    pub(super) own: String,
    pub(super) items: Vec<Item>,
}

/// One entry of a feed.
pub(super) struct Item {
    /// Names the entry for good, whatever it links to: the address of the object itself.
    pub(super) guid: String,
    pub(super) title: String,
    pub(super) link: String,
    /// Html.
    pub(super) description: String,
    pub(super) at: Stamp,
    pub(super) categories: Vec<String>,
}

/// The response with the document.
pub(super) fn answer(feed: &Feed) -> ApiResult<HttpResponse> {
    let written = channel(feed).write_to(Vec::new());
    let bytes = written.map_err(|error| ApiError::trouble(&error))?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/rss+xml; charset=utf-8"))
        .body(bytes))
}

fn channel(feed: &Feed) -> rss::Channel {
    let mut items: Vec<&Item> = feed.items.iter().collect();
    // Readers of feeds expect the latest first, whatever the order of the page.
    items.sort_by_key(|item| std::cmp::Reverse(item.at));
    let own = Extension {
        name: String::from("atom:link"),
        attrs: BTreeMap::from([
            (String::from("href"), printable(&feed.own)),
            (String::from("rel"), String::from("self")),
            (String::from("type"), String::from("application/rss+xml")),
        ]),
        ..Extension::default()
    };
    let extensions = BTreeMap::from([(String::from("link"), vec![own])]);
    rss::Channel {
        title: printable(&feed.title),
        link: printable(&feed.link),
        description: printable(&feed.description),
        items: items.into_iter().map(item).collect(),
        namespaces: BTreeMap::from([(
            String::from("atom"),
            String::from("http://www.w3.org/2005/Atom"),
        )]),
        extensions: BTreeMap::from([(String::from("atom"), extensions)]),
        ..rss::Channel::default()
    }
}

fn item(item: &Item) -> rss::Item {
    let link = printable(&item.link);
    let category = |name: &String| rss::Category {
        name: printable(name),
        domain: None,
    };
    rss::Item {
        title: Some(printable(&item.title)),
        guid: Some(rss::Guid {
            permalink: item.guid == item.link,
            value: printable(&item.guid),
        }),
        link: Some(link),
        description: Some(printable(&item.description)),
        pub_date: rfc_822(item.at),
        categories: item.categories.iter().map(category).collect(),
        ..rss::Item::default()
    }
}

/// The query of a request as a part of the feed's own address; tokens do not belong into a document.
pub(super) fn query_of(params: &Params) -> String {
    let kept = params.pairs().filter(|(name, _)| *name != "access_token");
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(kept)
        .finish();
    match query.is_empty() {
        true => query,
        false => format!("?{query}"),
    }
}

/// Without the characters that XML 1.0 cannot hold, escaped or not.
fn printable(text: &str) -> String {
    let fits = |c: &char| match c {
        '\t' | '\n' | '\r' => true,
        '\u{fffe}' | '\u{ffff}' => false,
        c => !c.is_control(),
    };
    text.chars().filter(fits).collect()
}

fn rfc_822(at: Stamp) -> Option<String> {
    let moment = OffsetDateTime::from_unix_timestamp(at.seconds()).ok()?;
    moment.format(&Rfc2822).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_clients_cannot_break_out() {
        let feed = Feed {
            title: String::from("T\u{fffe}"),
            link: String::from("https://x.example"),
            description: String::from("D & <d>"),
            own: String::from("https://x.example/feed?a=\"1\"&b"),
            items: vec![Item {
                guid: String::from("https://x.example/?a=1&b=2"),
                title: String::from("ada: <b>&\u{7}</b>"),
                link: String::from("https://x.example/?a=1&b=2"),
                description: String::from("<span>hi ]]></channel></span>"),
                at: Stamp::from_seconds(0),
                categories: vec![String::from("fun & <games>")],
            }],
        };
        let xml = String::from_utf8(channel(&feed).write_to(Vec::new()).unwrap()).unwrap();
        for expected in [
            "<title>T</title>",
            "<description>D &amp; &lt;d&gt;</description>",
            "<title>ada: &lt;b&gt;&amp;&lt;/b&gt;</title>",
            "<link>https://x.example/?a=1&amp;b=2</link>",
            "<guid>https://x.example/?a=1&amp;b=2</guid>",
            "<pubDate>Thu, 01 Jan 1970 00:00:00 +0000</pubDate>",
            "<category>fun &amp; &lt;games&gt;</category>",
            "<atom:link href=\"https://x.example/feed?a=&quot;1&quot;&amp;b\" rel=\"self\"",
            "xmlns:atom=\"http://www.w3.org/2005/Atom\"",
        ] {
            assert!(xml.contains(expected), "{expected} is missing:\n{xml}");
        }
        // The html is CDATA, and its end in the html is split.
        let read = rss::Channel::read_from(xml.as_bytes()).unwrap();
        let found = read.items.first().unwrap();
        assert_eq!(
            found.description.as_deref(),
            Some("<span>hi ]]></channel></span>")
        );
    }
}
