//! Cuts a text into plain stretches and entities, from left to right, never going back.

use std::ops::Range;

use super::address::{Address, is_host_name, run_len};
use super::given::Span;
use super::{chars, inline, markdown};

/// Characters of a name on another network.
const LONGEST_HANDLE: usize = 64;

/// A part of the submitted text and its kind.
#[derive(Clone, Copy)]
pub(super) enum Piece<'t> {
    /// Nothing special.
    Plain(&'t str),
    /// `@name`, given here without the `@`; whether such a user exists is not known here.
    Mention(&'t str),
    /// `#tag`, given here without the `#`.
    Tag(&'t str),
    /// A link; `amend` is the host to append, empty if the anchor shows it already.
    Link {
        /// The part that stays in the text.
        anchor: &'t str,
        /// Absolute.
        url: &'t str,
        /// Shown on hovering.
        title: Option<&'t str>,
        /// `None` for URLs in the text itself.
        amend: Option<&'t str>,
    },
}

/// The text to read and the entities to recognise.
pub(super) struct Reading<'s> {
    pub(super) text: &'s str,
    pub(super) inline: bool,
    pub(super) markdown: bool,
}

/// An entity that was recognised, before it is handed on.
enum Found<'t> {
    Mention(&'t str),
    Tag(&'t str),
    Inline(String),
    Marked(markdown::Marked<'t>),
}

/// Whether a text needs to be cut at all; most chat lines do not.
pub(super) fn may_hold_entities(text: &str) -> bool {
    text.bytes()
        .any(|b| matches!(b, b'@' | b'#' | b'[' | b'.' | b':'))
}

impl<'s> Reading<'s> {
    /// Hands over all pieces in order; together they cover the whole text.
    pub(super) fn cut(&self, given: &[Span<'_>], mut take: impl FnMut(Piece<'_>)) {
        let mut from = 0;
        for span in given {
            // Seen up to the next client-made link only, nothing can reach into it.
            self.cut_until(span.at.start, from, &mut take);
            let anchor = self.text.get(span.at.clone()).unwrap_or_default();
            let after = self.text.get(span.at.end..).unwrap_or_default();
            take(Piece::Link {
                anchor,
                url: &span.address.url,
                title: span.title,
                amend: amend_given(anchor, after, span),
            });
            from = span.at.end;
        }
        self.cut_until(self.text.len(), from, &mut take);
    }

    fn cut_until(&self, end: usize, from: usize, take: &mut impl FnMut(Piece<'_>)) {
        let text = self.text.get(..end).unwrap_or_default();
        let (mut plain, mut at) = (from, from);
        while let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) {
            let Some((range, found)) = self.look(text, at, c) else {
                at += self.step(text, at, c);
                continue;
            };
            hand_over(text, plain..range.start, take);
            take(found.as_piece(text.get(range.clone()).unwrap_or_default()));
            (plain, at) = (range.end, range.end);
        }
        hand_over(text, plain..end, take);
    }

    /// The piece that begins here, or within the run of host characters that begins here.
    fn look<'t>(&self, text: &'t str, at: usize, c: char) -> Option<(Range<usize>, Found<'t>)> {
        match c {
            '@' => mention(text, at).map(|name| (at..at + 1 + name.len(), Found::Mention(name))),
            '#' => tag(text, at).map(|tag| (at..at + 1 + tag.len(), Found::Tag(tag))),
            '[' if self.markdown => {
                let marked = markdown::read(text, at)?;
                Some((at..marked.end, Found::Marked(marked)))
            }
            _ if self.inline && chars::is_host(c) => {
                let run = at..at + run_len(text.get(at..)?);
                let inline = inline::find(text, run)?;
                Some((inline.at, Found::Inline(inline.url)))
            }
            _ => None,
        }
    }

    /// How far to go when nothing begins here: a run of host characters is looked at once.
    fn step(&self, text: &str, at: usize, c: char) -> usize {
        let run = text.get(at..).map_or(0, run_len);
        run.max(c.len_utf8())
    }
}

impl Found<'_> {
    fn as_piece<'p>(&'p self, typed: &'p str) -> Piece<'p> {
        match self {
            Self::Mention(name) => Piece::Mention(name),
            Self::Tag(tag) => Piece::Tag(tag),
            Self::Inline(url) => Piece::Link {
                anchor: typed,
                url,
                title: None,
                amend: None,
            },
            Self::Marked(marked) => {
                let said = marked.address.is_said_by(marked.anchor);
                Piece::Link {
                    anchor: marked.anchor,
                    url: &marked.address.url,
                    title: marked.title,
                    amend: Some(if said { "" } else { &marked.address.host }),
                }
            }
        }
    }
}

/// A client may mark a URL in its text; any other link shows its target, as markdown links do, so that `bank.example`
/// cannot lead elsewhere unseen. A text that a client received and sends back shows it already.
fn amend_given<'p>(anchor: &str, after: &str, span: &'p Span<'_>) -> Option<&'p str> {
    let host = &span.address.host;
    let shown = after
        .strip_prefix(" [")
        .and_then(|after| after.strip_prefix(host.as_str()))
        .is_some_and(|after| after.starts_with(']'));
    let written = Address::parse(anchor.trim());
    let is_written = written.is_some_and(|written| written.host.eq_ignore_ascii_case(host));
    (!shown && !is_written).then_some(host)
}

fn hand_over(text: &str, range: Range<usize>, take: &mut impl FnMut(Piece<'_>)) {
    if let Some(plain) = text.get(range).filter(|plain| !plain.is_empty()) {
        take(Piece::Plain(plain));
    }
}

fn base_before(text: &str, at: usize) -> Option<char> {
    chars::last_base(text.get(..at)?)
}

/// The name after an `@`.
fn mention(text: &str, at: usize) -> Option<&str> {
    if base_before(text, at).is_some_and(chars::is_spaced_word) {
        return None;
    }
    let rest = text.get(at + 1..)?;
    let len = rest
        .bytes()
        .take_while(|b| chars::is_name(*b))
        .take(21)
        .count();
    let after = rest.get(len..)?;
    let goes_on = after.chars().next().is_some_and(chars::continues_name);
    if !(1..=20).contains(&len) || goes_on || is_foreign_handle(rest) {
        return None;
    }
    rest.get(..len)
}

/// Whether a name after an `@` belongs to another network: `name@host.tld`, or `name:host.tld` as Matrix has it.
fn is_foreign_handle(rest: &str) -> bool {
    let local = |b: &u8| chars::is_name(*b) || matches!(b, b'.' | b'-');
    // No network has longer names; also a bound for hostile texts.
    let len = rest.bytes().take(LONGEST_HANDLE).take_while(local).count();
    let Some(host) = rest
        .get(len..)
        .and_then(|rest| rest.strip_prefix(['@', ':']))
    else {
        return false;
    };
    // A host name has 253 characters at most.
    let run = host.bytes().take(254);
    let run = run.take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
    let host = host.get(..run.count()).unwrap_or_default();
    let host = host.trim_end_matches(['.', '-', '_']);
    host.contains('.') && is_host_name(host)
}

/// The tag after a `#`. After `&` it would be a pasted html entity.
fn tag(text: &str, at: usize) -> Option<&str> {
    if base_before(text, at).is_some_and(|c| chars::is_spaced_word(c) || c == '&') {
        return None;
    }
    let rest = text.get(at + 1..)?;
    let tag = rest.get(..rest.find(|c| !chars::is_tag(c)).unwrap_or(rest.len()))?;
    tag.chars().any(chars::gives_tag_meaning).then_some(tag)
}
