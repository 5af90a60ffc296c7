//! Which bytes of a connection are heads of responses, and which names in them are respelled.
//!
//! A body is skipped by the length that its head names, a chunked one chunk by chunk; neither is searched. An answer to
//! `HEAD` names the length of a body that does not follow, so the answers are counted like the requests. (Of requests that
//! come one behind the other without waiting for an answer, actix takes the method of the last one for all, and sends or
//! leaves out bodies by it. So where something stands right behind such an answer, nothing more is known.) Where the length
//! is not known, or the bytes are not what a server writes, the rest of the connection is left as it is.

use smallvec::SmallVec;

/// Names as they shall be spelled.
const NAMES: [&[u8]; 4] = [
    b"X-RateLimit-Limit",
    b"X-RateLimit-Remaining",
    b"X-RateLimit-Reset",
    b"X-OAuth-Scopes",
];

/// Bytes of a line that are kept to recognize it: enough for the longest that matters, a `content-length`.
const KEPT: usize = 40;

/// A name, or a part of one, in the bytes that are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Respelled {
    at: usize,
    spelled: &'static [u8],
}

impl Respelled {
    /// Where it ends.
    pub(super) fn end(self) -> usize {
        self.at + self.spelled.len()
    }

    /// Writes it over its other spelling.
    pub(super) fn write_to(self, bytes: &mut [u8]) {
        if let Some(place) = bytes.get_mut(self.at..self.end()) {
            place.copy_from_slice(self.spelled);
        }
    }
}

/// Where the bytes written so far end.
#[derive(Clone, Debug, Default)]
pub(super) struct Heads {
    state: State,
    /// Beginning of the line that is under way; in heads and between chunks.
    line: SmallVec<[u8; KEPT]>,
    /// Its length so far.
    line_length: usize,
    /// Answers whose head has ended; `100` and its like are none.
    answered: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// In a head, before the end of the status line.
    #[default]
    Status,
    /// In the lines below it.
    Fields { status: u16, body: Framing },
    /// So many bytes of a body are still to come.
    Body(u64),
    /// In the line with the size of a chunk.
    ChunkSize,
    /// So many bytes of a chunk and its line end are still to come.
    Chunk(u64),
    /// Behind the last chunk.
    Trailers,
    /// Nothing more is respelled on this connection.
    Untouched,
}

/// How the end of a body is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    /// Not by its head.
    Unknown,
    Length(u64),
    Chunked,
}

impl Heads {
    /// Answers whose head has ended.
    pub(super) fn answered(&self) -> u64 {
        self.answered
    }

    /// These bytes are written next; `of_head` numbers the answers to `HEAD`, which have no body. Returns what is respelled.
    pub(super) fn advance(&mut self, bytes: &[u8], of_head: &[u64]) -> SmallVec<[Respelled; 4]> {
        let mut names = SmallVec::new();
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            at += match self.state {
                State::Untouched => break,
                State::Body(left) => {
                    let (taken, left) = skip(left, rest.len());
                    self.state = match left {
                        0 => State::Status,
                        left => State::Body(left),
                    };
                    taken
                }
                State::Chunk(left) => {
                    let (taken, left) = skip(left, rest.len());
                    self.state = match left {
                        0 => State::ChunkSize,
                        left => State::Chunk(left),
                    };
                    taken
                }
                State::Status | State::Fields { .. } | State::ChunkSize | State::Trailers => {
                    let end = rest.iter().position(|byte| *byte == b'\n');
                    let length = end.map_or(rest.len(), |end| end + 1);
                    let part = rest.get(..length).unwrap_or(rest);
                    self.keep(part);
                    if matches!(self.state, State::Fields { .. }) {
                        names.extend(self.respelled(at, part.len(), end.is_some()));
                    }
                    if end.is_some() {
                        let answered = self.answered;
                        self.state = self.after_line();
                        self.line.clear();
                        self.line_length = 0;
                        if self.answered > answered && of_head.contains(&answered) {
                            self.state = match rest.len() > length {
                                true => State::Untouched,
                                false => State::Status,
                            };
                        }
                    }
                    length
                }
            };
        }
        names
    }

    fn keep(&mut self, part: &[u8]) {
        let room = KEPT - self.line.len();
        self.line
            .extend_from_slice(part.get(..room).unwrap_or(part));
        self.line_length += part.len();
    }

    /// The name in the last `length` bytes of the line, which begin at `at`, or its part in them.
    fn respelled(&self, at: usize, length: usize, is_whole: bool) -> Option<Respelled> {
        let begin = self.line_length - length;
        let name = NAMES
            .into_iter()
            .find(|name| match self.line.get(name.len()) {
                Some(behind) => *behind == b':' && starts_with(&self.line, name),
                // A line that is cut in a name: whichever of ours it will be, the beginning is spelled the same. One
                // that is not ours loses the lower case of its first letters and nothing else.
                None => {
                    !is_whole
                        && name
                            .get(..self.line.len())
                            .is_some_and(|name| starts_with(&self.line, name))
                }
            })?;
        let end = name.len().min(self.line_length);
        let spelled = name.get(begin..end).filter(|part| !part.is_empty())?;
        Some(Respelled { at, spelled })
    }

    fn after_line(&mut self) -> State {
        let line = self.line.strip_suffix(b"\n").unwrap_or(&self.line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match self.state {
            State::Status => match status_in(line) {
                Some(status) => State::Fields {
                    status,
                    body: Framing::Unknown,
                },
                None => State::Untouched,
            },
            State::Fields { status, body } if line.is_empty() => {
                self.answered += u64::from(status >= 200);
                body_after(status, body)
            }
            State::Fields { status, body } => State::Fields {
                status,
                body: framing_in(line).unwrap_or(body),
            },
            State::ChunkSize => match std::str::from_utf8(line)
                .ok()
                .and_then(|line| u64::from_str_radix(line, 16).ok())
            {
                Some(0) => State::Trailers,
                Some(size) => State::Chunk(size.saturating_add(2)),
                None => State::Untouched,
            },
            State::Trailers if line.is_empty() => State::Status,
            State::Trailers => State::Trailers,
            State::Body(_) | State::Chunk(_) | State::Untouched => self.state,
        }
    }
}

/// How many of `available` bytes belong to what is left, and what is left then.
fn skip(left: u64, available: usize) -> (usize, u64) {
    let taken = usize::try_from(left).map_or(available, |left| left.min(available));
    (taken, left - taken as u64)
}

fn starts_with(line: &[u8], name: &[u8]) -> bool {
    line.get(..name.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(name))
}

fn status_in(line: &[u8]) -> Option<u16> {
    let digits = line.strip_prefix(b"HTTP/1.")?.get(2..5)?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn framing_in(line: &[u8]) -> Option<Framing> {
    if starts_with(line, b"transfer-encoding:") {
        return Some(match line.ends_with(b"chunked") {
            true => Framing::Chunked,
            false => Framing::Unknown,
        });
    }
    let value = starts_with(line, b"content-length:").then(|| line.get(15..))??;
    let length = std::str::from_utf8(value).ok()?.trim().parse().ok()?;
    Some(Framing::Length(length))
}

fn body_after(status: u16, body: Framing) -> State {
    match (status, body) {
        // From here on the connection speaks something else.
        (101, _) => State::Untouched,
        (100..=199 | 204 | 304, _) | (_, Framing::Length(0)) => State::Status,
        (_, Framing::Length(length)) => State::Body(length),
        (_, Framing::Chunked) => State::ChunkSize,
        (_, Framing::Unknown) => State::Untouched,
    }
}
