//! Items that show a file: the server fills in what it knows of it (`protocol/attachment`), and signs addresses anew
//! whenever they are shown (`protocol/object/replaced.rs`).

use serde_json::Value;

use super::rules::{Checked, Fault};
use super::{AVATAR, COVER, Item, OEMBED};
use crate::model::{FileId, Raw};

/// The key whose value names the file.
pub const FILE: &str = "+io.pnut.core.file";
/// Most files that one object shows: each adds what the server fills in.
pub const MOST: usize = 10;
/// Bytes that the server may fill in for one file; they do not count against the client.
pub const FILLED: usize = 4096;
/// The only sizes that the pictures of a channel may have.
const AVATAR_SIZE: (u64, u64) = (200, 200);
const COVER_SIZE: (u64, u64) = (680, 340);

/// Whether the item shows a file.
pub fn is_attached(item: &Value) -> bool {
    item.get(FILE).is_some()
}

/// The files that these items show, each once.
pub fn attached(raw: &Raw) -> Vec<FileId> {
    let items = raw.0.values().filter_map(Value::as_array).flatten();
    let items = items.filter(|item| is_attached(item));
    let mut ids: Vec<FileId> = items.filter_map(file_id).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn file_id(item: &Value) -> Option<FileId> {
    item.get("file_id")?.as_str()?.parse().ok()
}

/// An item that was filled in; one that was not is refused, and so is a form that does not fit the type.
pub(super) fn check(kind: &str, item: &Item) -> Checked {
    let Some(place) = item.get(FILE) else {
        return match kind {
            AVATAR | COVER => Err(FILE.into()),
            _ => Ok(()),
        };
    };
    let wrong = || Fault::from(FILE);
    let is_text = |name: &str| item.get(name).is_some_and(Value::is_string);
    let format = place.get("format").and_then(Value::as_str);
    let is_filled = is_text("file_id") && is_text("file_token_read") && is_text("url");
    match (kind, format) {
        _ if !is_filled && item.get("sources").is_none() => Err(wrong()),
        (AVATAR, Some("metadata")) => has_size(item, AVATAR_SIZE),
        (COVER, Some("metadata")) => has_size(item, COVER_SIZE),
        (AVATAR | COVER, _) | (_, None) => Err(wrong()),
        (OEMBED, Some(_)) => Ok(()),
        (_, Some("oembed")) => Err(wrong()),
        (_, Some(_)) => Ok(()),
    }
}

fn has_size(item: &Item, (width, height): (u64, u64)) -> Checked {
    let info = item.get("image_info");
    let side = |name: &str| info.and_then(|info| info.get(name)?.as_u64());
    if (side("width"), side("height")) == (Some(width), Some(height)) {
        return Ok(());
    }
    Err("image_info".into())
}

/// Whether there are no more than one object may show.
pub(super) fn are_few(raw: &Raw) -> bool {
    let items = raw.0.values().filter_map(Value::as_array).flatten();
    items.filter(|item| is_attached(item)).count() <= MOST
}

/// Bytes of the size that the server filled in.
pub(super) fn added_bytes(raw: &Raw) -> usize {
    let items = raw.0.values().filter_map(Value::as_array).flatten();
    let items = items.filter(|item| is_attached(item));
    items.map(|item| item.to_string().len().min(FILLED)).sum()
}
