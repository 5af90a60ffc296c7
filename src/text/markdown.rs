//! Markdown links: `[anchor](url "title")`, the only markdown there is.

use super::address::Address;
use super::chars;

/// Longer titles are taken for ordinary text.
pub(super) const LONGEST_TITLE: usize = 256;

/// A markdown link as it was written.
pub(super) struct Marked<'t> {
    /// The part that stays in the text.
    pub(super) anchor: &'t str,
    /// Where it leads.
    pub(super) address: Address,
    /// Shown on hovering.
    pub(super) title: Option<&'t str>,
    /// The byte after the closing parenthesis.
    pub(super) end: usize,
}

/// Reads the link that begins with the `[` at a byte position.
pub(super) fn read(text: &str, start: usize) -> Option<Marked<'_>> {
    let inner = text.get(start + 1..)?;
    let anchor = inner.get(..anchor_len(inner)?)?;
    if anchor.trim().is_empty() {
        return None;
    }
    let target = inner.get(anchor.len() + 1..)?.strip_prefix('(')?;
    let url = target.get(..url_len(target)?)?;
    let address = Address::parse(url)?;
    let after = target.get(url.len()..)?;
    let (title, rest) = title_and_rest(after)?;
    Some(Marked {
        anchor,
        address,
        title,
        end: text.len() - rest.len(),
    })
}

/// Up to the `]` that closes the anchor; one pair of brackets may stand inside another.
fn anchor_len(inner: &str) -> Option<usize> {
    let mut depth = 0;
    for (i, b) in inner.bytes().enumerate() {
        match b {
            b'[' if depth == 1 => return None,
            b'[' => depth = 1,
            b']' if depth == 0 => return Some(i),
            b']' => depth = 0,
            b'\n' | b'\r' => return None,
            _ => {}
        }
    }
    None
}

/// Up to a blank or the `)` that closes the target. Stopping at the beginning of another target
/// keeps many unfinished links from being read over and over.
fn url_len(target: &str) -> Option<usize> {
    let mut open = 0_usize;
    let mut previous = ' ';
    for (i, c) in target.char_indices() {
        match c {
            '(' if previous == ']' => return None,
            '(' => open += 1,
            ')' if open == 0 => return Some(i),
            ')' => open -= 1,
            ' ' | '\t' => return Some(i),
            _ if chars::breaks_address(c) => return None,
            _ => {}
        }
        previous = c;
    }
    None
}

/// The part after the url: blanks and a quoted title, both optional, then `)`; returns the rest.
fn title_and_rest(after: &str) -> Option<(Option<&str>, &str)> {
    let trimmed = after.trim_start_matches([' ', '\t']);
    if let Some(rest) = trimmed.strip_prefix(')') {
        return Some((None, rest));
    }
    let quoted = trimmed.strip_prefix('"')?;
    let len = quoted
        .bytes()
        .position(|b| matches!(b, b'"' | b'\n' | b'\r'))?;
    let title = quoted.get(..len)?;
    let rest = quoted.get(len..)?.strip_prefix('"')?;
    let rest = rest.trim_start_matches([' ', '\t']).strip_prefix(')')?;
    if title.chars().count() > LONGEST_TITLE {
        return None;
    }
    Some(((!title.trim().is_empty()).then_some(title), rest))
}
