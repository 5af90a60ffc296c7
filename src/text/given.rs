//! Links that a client made itself: checked, sorted, and turned into byte positions.

use std::ops::Range;

use super::address::Address;
use super::markdown::LONGEST_TITLE;
use super::{GivenLink, Source};
use crate::model::{Refusal, Refused};

/// A client-made link, ready to be placed.
#[derive(Debug)]
pub(super) struct Span<'s> {
    /// Bytes of the submitted text.
    pub(super) at: Range<usize>,
    /// Its address.
    pub(super) address: Address,
    /// The `title` attribute of the link.
    pub(super) title: Option<&'s str>,
}

/// All client-made links from left to right, none of them overlapping.
pub(super) fn spans(source: &Source) -> Result<Vec<Span<'_>>, Refused> {
    if source.links.is_empty() {
        return Ok(Vec::new());
    }
    place(source).ok_or_else(|| Refusal::Invalid.at("entities.links"))
}

fn place(source: &Source) -> Option<Vec<Span<'_>>> {
    let mut links: Vec<&GivenLink> = source.links.iter().collect();
    links.sort_by_key(|link| link.pos);
    let mut spans = Vec::with_capacity(links.len());
    let (mut byte, mut point) = (0, 0);
    for link in links {
        // Positions only grow: a link that begins before the last one ended overlaps it.
        let start = byte + bytes_of(source.text.get(byte..)?, link.pos.checked_sub(point)?)?;
        let end = start + bytes_of(source.text.get(start..)?, link.len)?;
        if source.text.get(start..end)?.trim().is_empty() {
            return None;
        }
        // Each half would be a line end of its own in the html.
        if cuts_line_end(&source.text, start) || cuts_line_end(&source.text, end) {
            return None;
        }
        (byte, point) = (end, link.pos.checked_add(link.len)?);
        let title = link
            .title
            .as_deref()
            .map(str::trim)
            .filter(|title| !title.is_empty());
        if title.is_some_and(|title| title.chars().count() > LONGEST_TITLE) {
            return None;
        }
        spans.push(Span {
            at: start..end,
            address: Address::parse(link.url.trim())?,
            title,
        });
    }
    Some(spans)
}

/// Whether this is a place between `\r` and `\n`.
fn cuts_line_end(text: &str, at: usize) -> bool {
    let (before, behind) = text.split_at_checked(at).unwrap_or_default();
    before.ends_with('\r') && behind.starts_with('\n')
}

/// How many bytes that many code points take, if the text has them.
fn bytes_of(text: &str, points: usize) -> Option<usize> {
    let mut starts = text.char_indices().map(|(i, _)| i).chain([text.len()]);
    starts.nth(points)
}
