//! Addresses in running text: with a scheme, or bare if their top level domain is known.

use std::ops::Range;

use super::address::{self, Authority, SCHEMES};
use super::chars;

/// Position of an address in bytes, and the address.
pub(super) struct Inline {
    /// The address as typed.
    pub(super) at: Range<usize>,
    /// Absolute.
    pub(super) url: String,
}

/// Looks for an address that begins within a maximal run of host characters.
pub(super) fn find(text: &str, run: Range<usize>) -> Option<Inline> {
    if text.get(run.end..)?.starts_with("://") {
        with_scheme(text, run)
    } else {
        bare(text, run)
    }
}

fn with_scheme(text: &str, run: Range<usize>) -> Option<Inline> {
    let word = text.get(run.clone())?.as_bytes();
    let scheme = SCHEMES.iter().find(|scheme| {
        let from = word.len().checked_sub(scheme.len());
        let end = from.and_then(|from| word.get(from..));
        end.is_some_and(|end| end.eq_ignore_ascii_case(scheme.as_bytes()))
    })?;
    let start = run.end - scheme.len();
    // `xhttp` and `git+http` are other schemes; a letter of another script, or `_`, is just text before it.
    let before = text.get(..start)?.bytes().next_back();
    if before.is_some_and(|b| b.is_ascii_alphanumeric() || b == b'+') {
        return None;
    }
    let host = run.end + 3 + address::user_len(text.get(run.end + 3..)?);
    let text = text.get(..sentence_goes_on(text, host))?;
    let authority = Authority::read(text, run.end + 3, true)?;
    let end = tail_end(text, start, authority.end)?;
    Some(Inline {
        at: start..end,
        url: text.get(start..end)?.to_owned(),
    })
}

/// Where the host that begins here turns into a sentence of a script without blanks: `example.com` in
/// `example.com谢谢`. The end of the text if it does not.
fn sentence_goes_on(text: &str, host: usize) -> usize {
    let run = text.get(host..).unwrap_or_default();
    // A host name has that many bytes at most, which bounds the look-ups too.
    let ends = run.char_indices().map(|(at, c)| at + c.len_utf8());
    let near = ends.take_while(|end| *end <= address::LONGEST_HOST).last();
    let run = run.get(..near.unwrap_or(0)).unwrap_or_default();
    let run = run.get(..address::run_len(run)).unwrap_or_default();
    let is_whole = |at: usize| {
        let (host, rest) = run.split_at(at);
        // Labels of real hosts mix scripts too: `abc中文.com`.
        address::has_known_tld(host) || !rest.trim_end_matches('.').contains('.')
    };
    turns(run)
        .find(|turn| turn.leaves_latin && is_whole(turn.at))
        .map_or(text.len(), |turn| host + turn.at)
}

/// A place between two letters of which exactly one is of a script without blanks.
struct Turn {
    /// The byte of the second letter.
    at: usize,
    /// The second letter is the one of a script without blanks.
    leaves_latin: bool,
}

fn turns(run: &str) -> impl Iterator<Item = Turn> {
    let pairs = run.char_indices().zip(run.char_indices().skip(1));
    pairs.filter_map(|((_, before), (at, after))| {
        let leaves_latin = before.is_ascii_alphanumeric() && chars::is_unspaced(after);
        let enters_latin = chars::is_unspaced(before) && after.is_ascii_alphanumeric();
        (leaves_latin || enters_latin).then_some(Turn { at, leaves_latin })
    })
}

/// The first part of the run that is a host: the parts of a run are what a sentence without blanks has around it.
fn bare(text: &str, run: Range<usize>) -> Option<Inline> {
    let word = text.get(run.clone())?;
    if !word.contains('.') {
        return None;
    }
    let mut from = run.start;
    let ends = turns(word).map(|turn| run.start + turn.at).chain([run.end]);
    ends.into_iter().find_map(|end| {
        let part = std::mem::replace(&mut from, end)..end;
        // A part that ends within the run is followed by text, whatever that is.
        let seen = if end == run.end {
            text
        } else {
            text.get(..end)?
        };
        bare_part(seen, part)
    })
}

fn bare_part(text: &str, part: Range<usize>) -> Option<Inline> {
    let word = text.get(part.clone())?;
    let trimmed = word.trim_start_matches(['.', '-', '_']);
    let start = part.end - trimmed.len();
    let host = trimmed.trim_end_matches(['.', '-', '_']);
    if !host.contains('.') {
        return None;
    }
    // After these the run is the rest of something else: a mail address, a path, another scheme.
    let before = chars::last_base(text.get(..part.start)?);
    if before.is_some_and(|c| chars::is_spaced_word(c) || "@/\\:#+%&=~$".contains(c)) {
        return None;
    }
    if !address::is_host_name(host) || begins_mail_address(text.get(part.end..)?) {
        return None;
    }
    let authority = Authority::read(text, start, false)?;
    let end = tail_end(text, start, authority.end)?;
    // Four numbers are a host if something follows that only hosts have; else they are a version.
    let is_host = if address::is_ip(host) {
        end > authority.host.end
    } else {
        address::has_known_tld(host)
    };
    is_host
        .then(|| text.get(start..end).map(|typed| format!("http://{typed}")))
        .flatten()
        .map(|url| Inline {
            at: start..end,
            url,
        })
}

/// Whether an apparent host is the first part of an e-mail address.
fn begins_mail_address(rest: &str) -> bool {
    let local = |b: &u8| b.is_ascii_alphanumeric() || b"._%+-".contains(b);
    let len = rest.bytes().take(64).take_while(local).count();
    address::byte_at(rest, len) == Some(b'@')
}

/// Where the address ends that begins at `start` and whose path, query or fragment may begin at `at`.
fn tail_end(text: &str, start: usize, at: usize) -> Option<usize> {
    let rest = text.get(at..)?;
    if !rest.starts_with(['/', '?', '#']) {
        return Some(at);
    }
    let mut open = [0_u32; 3];
    let mut len = rest.len();
    for (i, c) in rest.char_indices() {
        if chars::ends_inline(c) || closes_unopened(&mut open, c) {
            len = i;
            break;
        }
    }
    let tail = rest.get(..len)?;
    // `_https://a.example/b_` is emphasis, while `https://a.example/b_` is an address.
    let emphasis = text.get(..start)?.chars().next_back();
    let emphasis = emphasis.filter(|c| matches!(c, '_' | '~'));
    let belongs_to_text = |c: char| chars::closes_sentence(c) || Some(c) == emphasis;
    Some(at + tail.trim_end_matches(belongs_to_text).len())
}

/// Counts brackets; true if this one closes a bracket from before the address.
fn closes_unopened(open: &mut [u32; 3], c: char) -> bool {
    let [round, square, curly] = open;
    let (count, opens) = match c {
        '(' => (round, true),
        ')' => (round, false),
        '[' => (square, true),
        ']' => (square, false),
        '{' => (curly, true),
        '}' => (curly, false),
        _ => return false,
    };
    if opens {
        *count += 1;
        return false;
    }
    match count.checked_sub(1) {
        Some(left) => {
            *count = left;
            false
        }
        None => true,
    }
}
