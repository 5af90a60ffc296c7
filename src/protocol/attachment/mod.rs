//! Files in raw: finds the items that name one, and fills in what the server knows of it.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::object::{FileObject, FileRights};
use super::render_options::RenderOptions;
use super::site::Site;
use crate::model::{DerivedFile, File, FileId, FileKind, ImageInfo, Refusal, Refused};
use crate::text::raw::files::FILE;

/// Deepest place of an item: in the value of an entry of a list.
const DEPTH: usize = 4;
/// What a client may say otherwise of a picture, a sound or a film.
const OWN_WORDS: [&str; 3] = ["provider_name", "provider_url", "embeddable_url"];
/// The small picture that stands for a larger one, and its longest side.
const THUMBNAIL: &str = "core_image_200s";
const THUMBNAIL_SIDE: u32 = 200;
/// What is said of it. Of a picture the sender has no say in them.
const OF_THUMBNAIL: [&str; 3] = ["thumbnail_url", "thumbnail_width", "thumbnail_height"];

/// An item that names a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Which.
    pub id: FileId,
    /// The token that was sent with it.
    pub token: Option<String>,
    /// The item was shown by this server, and is sent back.
    pub is_sent_back: bool,
}

/// Whether raw may name files at all.
pub fn mentions(sent: &Value) -> bool {
    fn within(value: &Value, depth: usize) -> bool {
        match value {
            Value::Object(fields) if fields.contains_key(FILE) || is_shown(fields) => true,
            Value::Object(fields) if depth > 0 => {
                fields.values().any(|value| within(value, depth - 1))
            }
            Value::Array(items) if depth > 0 => items.iter().any(|item| within(item, depth - 1)),
            Value::Object(_)
            | Value::Array(_)
            | Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_) => false,
        }
    }
    within(sent, DEPTH)
}

/// The files that raw, as it is sent, names.
///
/// # Errors
/// An item that names none where it should.
pub fn wanted(sent: &Value, site: &Site) -> Result<Vec<Wanted>, Refused> {
    let mut found = Vec::new();
    let mut wrong = None;
    each(&mut sent.clone(), DEPTH, &mut |item| {
        match read(item, site) {
            Some(Ok((wanted, _))) => found.push(wanted),
            Some(Err(refused)) => wrong = Some(refused),
            None => return false,
        }
        true
    });
    match wrong {
        Some(refused) => Err(refused),
        None => Ok(found),
    }
}

/// Fills the items in. `files` are those that the sender may show.
///
/// # Errors
/// A file that is not among them, or that does not fit what is asked for.
pub fn fill(sent: &mut Value, files: &HashMap<FileId, File>, site: &Site) -> Result<(), Refused> {
    let mut wrong = None;
    each(sent, DEPTH, &mut |item| {
        let (wanted, format) = match read(item, site) {
            Some(Ok(read)) => read,
            Some(Err(_)) => return true,
            None => return false,
        };
        let filled = match files.get(&wanted.id) {
            // Its file is gone: the item stays as it was shown last.
            None if wanted.is_sent_back => Ok(()),
            None => Err(Refusal::FileUnknown.at(FILE)),
            Some(file) => fill_item(item, file, &format, site),
        };
        wrong = wrong.take().or(filled.err());
        true
    });
    wrong.map_or(Ok(()), Err)
}

/// Calls for each object that may be such an item, which says whether it is one. One that only looks so may hold items.
fn each(value: &mut Value, depth: usize, call: &mut impl FnMut(&mut Map<String, Value>) -> bool) {
    if depth == 0 {
        return;
    }
    match value {
        Value::Object(fields) => {
            if (fields.contains_key(FILE) || is_shown(fields)) && call(fields) {
                return;
            }
            for value in fields.values_mut() {
                each(value, depth - 1, call);
            }
        }
        Value::Array(items) => {
            for item in items {
                each(item, depth - 1, call);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn is_shown(item: &Map<String, Value>) -> bool {
    ["file_id", "file_token_read", "url_expires_at"]
        .iter()
        .all(|name| item.get(*name).is_some_and(Value::is_string))
}

/// What an item names, and in which form it wants it.
fn read(item: &Map<String, Value>, site: &Site) -> Option<Result<(Wanted, String), Refused>> {
    let Some(place) = item.get(FILE) else {
        return read_shown(item, site).map(Ok);
    };
    let wrong = || Refusal::RawInvalid.at(format!("raw.{FILE}"));
    let id = match place.get("file_id") {
        Some(Value::String(text)) => text.parse().ok(),
        Some(Value::Number(number)) => number.as_i64().map(FileId),
        Some(Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) | None => None,
    };
    let format = place.get("format").and_then(Value::as_str);
    let token = place.get("file_token").and_then(Value::as_str);
    Some(match (id, format) {
        (Some(id), Some(format @ ("oembed" | "url" | "metadata"))) => Ok((
            Wanted {
                id,
                token: token.map(str::to_owned),
                is_sent_back: false,
            },
            format.to_owned(),
        )),
        (Some(_) | None, _) => Err(wrong()),
    })
}

/// An item as this server showed it: clients send back whole objects.
fn read_shown(item: &Map<String, Value>, site: &Site) -> Option<(Wanted, String)> {
    let id: FileId = item.get("file_id")?.as_str()?.parse().ok()?;
    let token = item.get("file_token_read")?.as_str()?;
    let format = match (item.contains_key("version"), item.contains_key("mime_type")) {
        (true, _) => "oembed",
        (false, true) => "metadata",
        (false, false) => "url",
    };
    let wanted = Wanted {
        id,
        token: None,
        is_sent_back: true,
    };
    site.files
        .is_read_token(id, token)
        .then(|| (wanted, format.to_owned()))
}

fn fill_item(
    item: &mut Map<String, Value>,
    file: &File,
    format: &str,
    site: &Site,
) -> Result<(), Refused> {
    if file.contents.is_none() {
        return Err(Refusal::FileIncomplete.at(FILE));
    }
    let filled = match format {
        "oembed" => oembed(file, item, site)?,
        "metadata" => metadata(file, site),
        _ => Map::new(),
    };
    if format == "oembed" && file.kind == FileKind::Image {
        item.retain(|name, _| !OF_THUMBNAIL.contains(&name.as_str()));
    }
    for (name, value) in filled {
        if !(OWN_WORDS.contains(&name.as_str()) && item.contains_key(&name)) {
            item.insert(name, value);
        }
    }
    let thumbnail = thumbnail(file).map(|small| small.key.as_str());
    let place = json!({"format": format, "name": file.name, "thumbnail": thumbnail});
    let (url, until) = site.contents_url(file.id, None, &file.name);
    if !item.contains_key("sources") {
        item.insert(String::from("url"), Value::from(url));
    }
    let rest = [
        ("url_expires_at", Value::from(until.iso())),
        ("file_id", Value::from(file.id.to_string())),
        ("file_token_read", site.files.read_token(file.id).into()),
        (FILE, place),
    ];
    for (name, value) in rest {
        item.insert(name.to_owned(), value);
    }
    Ok(())
}

fn metadata(file: &File, site: &Site) -> Map<String, Value> {
    let options = RenderOptions::default();
    let object = FileObject::new(file, None, FileRights::Read, options, site);
    match serde_json::to_value(object) {
        Ok(Value::Object(fields)) => fields,
        Ok(_) | Err(_) => Map::new(),
    }
}

/// The small picture that stands for it.
fn thumbnail(file: &File) -> Option<&DerivedFile> {
    file.derived.iter().find(|derived| derived.key == THUMBNAIL)
}

/// The size of what stands for it: the small picture, or the file itself if it is no larger. Nothing does for a large
/// picture of which no small one could be made, whatever size it claims.
fn thumbnail_size(file: &File, own: ImageInfo) -> Option<ImageInfo> {
    match thumbnail(file) {
        Some(small) => small.contents.image,
        None => Some(own).filter(|own| own.width.max(own.height) <= THUMBNAIL_SIDE),
    }
}

fn oembed(
    file: &File,
    item: &Map<String, Value>,
    site: &Site,
) -> Result<Map<String, Value>, Refused> {
    let url = site.contents_url(file.id, None, &file.name).0;
    // What the contents of a sound or a film do not say is left to the sender.
    let said = |name: &str| item.get(name).and_then(Value::as_u64).unwrap_or(0);
    let own = file.contents.as_ref();
    let media = own.and_then(|own| own.media);
    let mut filled = match file.kind {
        FileKind::Image => {
            let info = own.and_then(|own| own.image);
            let info = info.ok_or_else(|| Refusal::RawInvalid.at(FILE))?;
            let (width, height) = (info.width, info.height);
            match thumbnail_size(file, info) {
                Some(small) => json!({
                    "type": "photo", "width": width, "height": height, "thumbnail_url": url,
                    "thumbnail_width": small.width, "thumbnail_height": small.height,
                }),
                None => json!({"type": "photo", "width": width, "height": height}),
            }
        }
        FileKind::Audio => {
            let known = media.map(|media| Value::from(media.seconds()));
            let said = item.get("duration").filter(|value| value.is_number());
            let duration = known.or_else(|| said.cloned());
            json!({"type": "audio", "duration": duration.unwrap_or_else(|| Value::from(0))})
        }
        FileKind::Video => {
            let mime_type = own.map_or("", |own| own.mime_type.as_str());
            let known = media.and_then(|media| media.size);
            let known = known.map(|(width, height)| (width.into(), height.into()));
            let (width, height) = known.unwrap_or_else(|| (said("width"), said("height")));
            json!({
                "type": "html5video", "width": width, "height": height,
                "sources": [{"type": mime_type, "url": url}],
            })
        }
        FileKind::Other => return Err(Refusal::RawInvalid.at(FILE)),
    };
    let Some(fields) = filled.as_object_mut() else {
        return Ok(Map::new());
    };
    let mut insert = |name: &str, value: &str| fields.insert(name.to_owned(), Value::from(value));
    insert("version", "1.0");
    insert("embeddable_url", &site.file_short_url(file.id));
    insert("provider_name", "Groundnut");
    insert("provider_url", &site.public_url);
    if !item.contains_key("title") {
        insert("title", &file.name);
    }
    Ok(std::mem::take(fields))
}

#[cfg(test)]
mod tests;
