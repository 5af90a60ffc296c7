//! `/docs`: all routes on one page, written by the server, so that it can be read without script.

use std::collections::BTreeMap;

use askama::Template;

use super::answers::Gives;
use super::bodies::{BodyForm, Written};
use super::described::Described;
use super::document::name_of;
use super::params::{EVERYWHERE, Kind, Param};
use super::routes::GROUPS;
use super::stream_params::DISPLAY;
use super::stream_paths::{self, ADDRESSES, Address};
use super::{queries, refusals, security};
use crate::http::oauth;
use crate::http::pages::Frame;
use crate::http::routes::row::{RateClass, Route, TokenKind, Verb};
use crate::model::{Refusal, Scope};

/// The page.
#[derive(Template)]
#[template(path = "docs.html")]
pub(super) struct Page {
    frame: Frame,
    groups: Vec<Section>,
    scopes: Vec<(&'static str, String)>,
    everywhere: Vec<Line>,
    count: usize,
}

/// A group of routes.
struct Section {
    anchor: String,
    tag: &'static str,
    text: Said,
    routes: Vec<Entry>,
}

/// A route.
struct Entry {
    anchor: String,
    verb: &'static str,
    path: &'static str,
    summary: &'static str,
    text: Said,
    is_older: bool,
    is_subscribable: bool,
    token: &'static str,
    scopes: Vec<&'static str>,
    rate: &'static str,
    in_path: Vec<Line>,
    query: Vec<Line>,
    shows: Vec<Line>,
    body: Option<BodyView>,
    answers: Vec<(u16, Said, &'static str)>,
    refusals: Vec<Refused>,
}

/// A parameter or a field.
struct Line {
    name: &'static str,
    kind: String,
    is_required: bool,
    text: Said,
}

/// A text in pieces; every second one is code.
struct Said(Vec<&'static str>);

impl From<&'static str> for Said {
    fn from(text: &'static str) -> Self {
        Self(text.split('`').collect())
    }
}

/// What a body holds.
struct BodyView {
    text: &'static str,
    written: &'static str,
    fields: Vec<Line>,
}

/// A refusal.
struct Refused {
    code: u16,
    slug: &'static str,
    text: &'static str,
}

impl Page {
    /// Of these routes.
    pub(super) fn of(rows: &[Route]) -> Self {
        let groups = GROUPS.iter().map(|group| {
            let described = group.routes.iter().filter_map(|described| {
                let row = rows.iter().find(|row| described.is_of(row))?;
                Some(Entry::new(row, described))
            });
            let streams = ADDRESSES.iter().map(Entry::of_stream);
            let streams = streams.filter(|_| group.tag == stream_paths::TAG);
            Section {
                anchor: group.tag.to_lowercase().replace(' ', "-"),
                tag: group.tag,
                text: group.text.into(),
                routes: streams.chain(described).collect(),
            }
        });
        let groups: Vec<Section> = groups.collect();
        let scopes = Scope::ALL
            .iter()
            .map(|scope| (scope.name(), oauth::scope_in_words(scope.name())));
        Self {
            frame: Frame::nobody("API").bare(false),
            count: groups.iter().map(|group| group.routes.len()).sum(),
            groups,
            scopes: scopes.collect(),
            everywhere: EVERYWHERE.iter().map(Line::of_param).collect(),
        }
    }
}

impl Entry {
    fn new(row: &Route, described: &Described) -> Self {
        let is_shown = |param: &&&Param| described.shows.iter().any(|set| set.contains(param));
        let of_all =
            |param: &&&Param| EVERYWHERE.contains(param) && !described.takes.contains(&EVERYWHERE);
        let query = queries::of(row, described);
        let query: Vec<&Param> = query
            .iter()
            .filter(|param| !of_all(param))
            .copied()
            .collect();
        let (shows, own): (Vec<&Param>, Vec<&Param>) =
            query.iter().partition(|param| is_shown(param));
        let in_path = refusals::names_in(row.path).map(|name| Line {
            // Paths of rows are constants, and so are the names in them.
            name: row
                .path
                .split(['{', '}'])
                .find(|part| *part == name)
                .unwrap_or_default(),
            kind: String::new(),
            is_required: true,
            text: queries::in_path(row, name).0.into(),
        });
        Self {
            anchor: name_of(row),
            verb: row.verb.name(),
            path: row.path,
            summary: described.summary,
            text: described.text.into(),
            is_older: described.is_older,
            is_subscribable: row.topic.is_some(),
            token: token_in_words(row.token),
            scopes: security::needed(row)
                .iter()
                .map(|scope| scope.name())
                .collect(),
            rate: rate_in_words(row.rate),
            in_path: in_path.collect(),
            query: own.into_iter().map(Line::of_param).collect(),
            shows: shows.into_iter().map(Line::of_param).collect(),
            body: described.body.map(BodyView::new),
            answers: described
                .gives
                .iter()
                .map(|answer| (answer.code, answer.text.into(), holds(answer.gives)))
                .collect(),
            refusals: refused(refusals::of(row, described)),
        }
    }

    /// Where a stream begins. It is no route, since it may become a websocket.
    fn of_stream(address: &Address) -> Self {
        let query = address.query.iter().copied().flatten();
        Self {
            anchor: address.name.to_owned(),
            verb: Verb::Get.name(),
            path: address.path,
            summary: address.summary,
            text: address.text.into(),
            is_older: false,
            is_subscribable: false,
            token: address.token,
            scopes: Vec::new(),
            rate: rate_in_words(RateClass::Read),
            in_path: Vec::new(),
            query: query.map(Line::of_param).collect(),
            shows: DISPLAY.iter().map(Line::of_param).collect(),
            body: None,
            answers: vec![
                (101, "A websocket.".into(), "events, each a message"),
                (
                    200,
                    "The stream, as server-sent events or lines of JSON; or the answer of a long poll.".into(),
                    "events",
                ),
            ],
            refusals: refused(address.refuses().collect()),
        }
    }
}

impl Line {
    fn of_param(param: &Param) -> Self {
        Self {
            name: param.name,
            kind: kind_in_words(param.kind),
            is_required: param.is_required,
            text: param.text.into(),
        }
    }
}

impl BodyView {
    fn new(body: &BodyForm) -> Self {
        let fields = body.fields.iter().map(|field| Line {
            name: field.name,
            kind: field.kind.in_words(),
            is_required: field.is_required,
            text: field.text.into(),
        });
        Self {
            text: body.text,
            written: match body.written {
                Written::AnyWay => "JSON or a form",
                Written::JsonOnly => "JSON only",
                Written::Parts => "a form with parts",
                Written::PartsOrJson => "a form with parts, or JSON",
                Written::PartsOrBytes => "a form with parts, or the bytes alone",
            },
            fields: fields.collect(),
        }
    }
}

fn refused(all: Vec<Refusal>) -> Vec<Refused> {
    let unique: BTreeMap<_, Refusal> = all
        .into_iter()
        .map(|refusal| ((refusal.code(), refusal.slug()), refusal))
        .collect();
    let refused = unique.into_iter().map(|((code, slug), refusal)| Refused {
        code,
        slug,
        text: refusal.text(),
    });
    refused.collect()
}

fn kind_in_words(kind: Kind) -> String {
    let words = match kind {
        Kind::Flag(true) => "1 or 0; 1 without it",
        Kind::Flag(false) => "1 or 0; 0 without it",
        Kind::Choice => "1 or 0",
        Kind::Text => "text",
        Kind::Number => "number",
        Kind::Count => "number; 20 without it",
        Kind::Id => "id",
        Kind::Position => "id or marker word",
        Kind::User => "user",
        Kind::Texts => "texts, separated by commas",
        Kind::Ids => "ids, separated by commas",
        Kind::Users => "users, separated by commas",
        Kind::Moment => "date",
        Kind::OneOf(words) => return words.join(", "),
        Kind::SomeOf(words) => return format!("some of {}", words.join(", ")),
    };
    words.to_owned()
}

fn token_in_words(token: TokenKind) -> &'static str {
    match token {
        TokenKind::Ignored => "none; one that is sent is not looked at",
        TokenKind::Optional => "none needed; one that is sent is used",
        TokenKind::Any => "of a user or an app",
        TokenKind::User | TokenKind::Uploader => "of a user",
        TokenKind::App => "of an app",
        TokenKind::Local => "none; only for requests from the machine itself",
    }
}

fn rate_in_words(rate: RateClass) -> &'static str {
    match rate {
        RateClass::Read => "a read",
        RateClass::Write => "a write",
        RateClass::Marker => "a marker",
        RateClass::SignIn => "an attempt to sign in",
        RateClass::GiveBack => "nothing",
        RateClass::System => "a read; nothing for requests from the machine itself",
    }
}

fn holds(gives: Gives) -> &'static str {
    match gives {
        Gives::Nothing | Gives::Elsewhere => "no body",
        Gives::Meta => "the envelope without data",
        Gives::One(_) => "the envelope with one value",
        Gives::List(_) => "the envelope with a list",
        Gives::Page(_) => "the envelope with a page of a list",
        Gives::Bare(_) => "JSON without the envelope",
        Gives::Rss => "RSS",
        Gives::Octets => "bytes",
    }
}
