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
    // `xhttp` and `git+http` are other schemes; a letter of another script is just text before it.
    let before = text.get(..start)?.bytes().next_back();
    if before.is_some_and(|b| chars::is_name(b) || b == b'+') {
        return None;
    }
    let authority = Authority::read(text, run.end + 3, true)?;
    let end = tail_end(text, authority.end)?;
    Some(Inline {
        at: start..end,
        url: text.get(start..end)?.to_owned(),
    })
}

fn bare(text: &str, run: Range<usize>) -> Option<Inline> {
    let word = text.get(run.clone())?;
    let trimmed = word.trim_start_matches(['.', '-', '_']);
    let start = run.end - trimmed.len();
    let host = trimmed.trim_end_matches(['.', '-', '_']);
    if !host.contains('.') {
        return None;
    }
    // After these the run is the rest of something else: a mail address, a path, another scheme.
    let before = text.get(..run.start)?.chars().next_back();
    if before.is_some_and(|c| chars::is_word(c) || "@/\\:#+%&=~$".contains(c)) {
        return None;
    }
    if !address::is_host_name(host) || begins_mail_address(text.get(run.end..)?) {
        return None;
    }
    let authority = Authority::read(text, start, false)?;
    let end = tail_end(text, authority.end)?;
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

/// Where the address ends whose path, query or fragment may begin here.
fn tail_end(text: &str, at: usize) -> Option<usize> {
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
    Some(at + tail.trim_end_matches(chars::closes_sentence).len())
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
