//! `entities` beside a text: how it is to be read.

use serde_json::{Map, Value};

use super::value;
use crate::model::{Refusal, Refused};
use crate::text::{GivenLink, Source, shapes};

/// Reads the switches and the links that a client made itself.
///
/// # Errors
/// `WrongType`, naming the field below `entities`.
pub(super) fn read(source: &mut Source, entities: &Map<String, Value>) -> Result<(), Refused> {
    let at = value::within("entities");
    if let Some(on) = value::flag(entities, "parse_links").map_err(&at)? {
        source.parse_links = on;
    }
    if let Some(on) = value::flag(entities, "parse_markdown_links").map_err(&at)? {
        source.parse_markdown_links = on;
    }
    if let Some(links) = value::given(entities, "links") {
        source.links = shapes::list(links)
            .and_then(|links| links.iter().map(link).collect())
            .ok_or_else(|| Refusal::WrongType.at("entities.links"))?;
    }
    Ok(())
}

fn link(value: &Value) -> Option<GivenLink> {
    let link = value.as_object()?;
    let count = |name| usize::try_from(value::number(link.get(name)?)?).ok();
    Some(GivenLink {
        pos: count("pos")?,
        len: count("len")?,
        url: link.get("url")?.as_str()?.to_owned(),
        title: value::given(link, "title").and_then(|title| title.as_str().map(str::to_owned)),
    })
}
