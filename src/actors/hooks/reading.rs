//! What a hook has to deliver: the log behind a position, as the app may see it now.

use bytes::{Bytes, BytesMut};

use std::sync::Arc;

use super::lane::{GAPS, Letter, PARTS};
use crate::actors::resume::AppView;
use crate::actors::resume::app_frames::{Receiving, missed_frame};
use crate::actors::resume::app_view::look_ahead;
use crate::actors::shard::hearing::app_hears;
use crate::clock::Clock;
use crate::event::{Event, Gap, GapCause, Pos};
use crate::log::reader::Entry;
use crate::log::{Interest, LogReader, RenderedEvent};
use crate::model::{AppStream, Failure};
use crate::protocol::app_filter::{AppFilter, Partition};
use crate::protocol::compression::Coding;
use crate::protocol::cursor::Cursor;
use crate::protocol::framing::payload_of;
use crate::protocol::gap::gap_frame;
use crate::protocol::render_class::RenderClass;
use crate::protocol::site::Site;
use crate::protocol::timing::fill_all;

/// Events looked at before the thread does something else.
const AT_ONCE: usize = 256;

/// Views that are kept: of the lanes that are at the end of the log, and of one that is behind.
const VIEWS: usize = 2;

/// Changes that a view remembers; with more of them the view is read from the database again.
const REMEMBERED: usize = 50_000;

/// Reads for one hook.
pub struct Reader {
    log: LogReader,
    site: Arc<Site>,
    clock: Clock,
    stream: Arc<AppStream>,
    filter: AppFilter,
    class: RenderClass,
    /// Each with the position behind which it judges; the one used last is the last.
    views: Vec<(Pos, AppView)>,
}

/// A part of the log.
pub struct Page {
    /// What it has for the lanes that asked.
    pub letters: Vec<(usize, Letter)>,
    /// Nothing is left out up to here.
    pub reached: Pos,
}

impl Reader {
    /// Of a stream, with what the parameters of its hook say.
    pub fn new(
        (log, site, clock): (LogReader, Arc<Site>, Clock),
        stream: Arc<AppStream>,
        filter: AppFilter,
        class: RenderClass,
    ) -> Self {
        Self {
            log,
            site,
            clock,
            stream,
            filter,
            class: class.with(RenderClass::CURSOR),
            views: Vec::new(),
        }
    }

    /// Forgets what was known of rights.
    pub fn forget(&mut self) {
        self.views.clear();
    }

    /// What is behind a position; `wants` says which lanes take an event.
    ///
    /// # Errors
    /// The database is in trouble, or the process stops.
    pub async fn page(
        &mut self,
        from: Pos,
        wants: impl Fn(usize, Pos) -> bool,
    ) -> Result<Page, Failure> {
        self.read(from, AT_ONCE, wants).await
    }

    /// The one letter that begins at `first`, as it is today. `None`: the app may not see it, or the stream no longer asks. A
    /// page of the table has more than was asked for, and another event is no answer.
    ///
    /// # Errors
    /// The database is in trouble, or the process stops.
    pub async fn one(&mut self, first: Pos) -> Result<Option<Letter>, Failure> {
        let wants = |lane, pos| pos == first || (lane == GAPS && pos > first);
        let page = self.read(Pos(first.0 - 1), 1, wants).await?;
        let mut letters = page.letters.into_iter().map(|(_, letter)| letter);
        Ok(letters.find(|letter| letter.first == first))
    }

    async fn read(
        &mut self,
        from: Pos,
        most: usize,
        wants: impl Fn(usize, Pos) -> bool,
    ) -> Result<Page, Failure> {
        let known = self.views.iter().position(|(at, _)| *at == from);
        let mut view = match known.map(|index| self.views.remove(index)) {
            Some((_, view)) if view.noted() < REMEMBERED => view,
            _ => AppView::read(self.stream.client.clone(), from, &self.log).await?,
        };
        look_ahead(&mut view, &self.log).await?;
        let read = self.log.read_on(from, Interest::All, most).await?;
        // Behind that it is not known what the app may see.
        let known = view.reached();
        let mut entries = read.entries;
        entries.retain(|entry| first_of(entry) <= known);
        self.prepare(&mut view, &entries, from).await?;
        let mut page = Page {
            letters: Vec::new(),
            reached: read.reached.min(known),
        };
        let mut has_lost_rights = false;
        for entry in &entries {
            match entry {
                Entry::Gap(gap) => {
                    has_lost_rights |= gap.cause == GapCause::UnreadableRights;
                    page.reached = page.reached.max(gap.last);
                    if wants(GAPS, gap.last) {
                        page.letters.push((GAPS, self.letter_of(gap)));
                    }
                }
                Entry::Event(event) => {
                    let letter = self.add(&mut view, event, &wants);
                    page.letters.extend(letter);
                }
            }
        }
        if !has_lost_rights {
            self.views.push((page.reached, view));
            if self.views.len() > VIEWS {
                self.views.remove(0);
            }
        }
        Ok(page)
    }

    async fn prepare(
        &self,
        view: &mut AppView,
        entries: &[Entry],
        from: Pos,
    ) -> Result<(), Failure> {
        let events = entries.iter().filter_map(|entry| match entry {
            Entry::Event(event) => Some(&*event.event),
            Entry::Gap(_) => None,
        });
        let (types, filter) = (&self.stream.object_types, &self.filter);
        let asked: Vec<&Event> = events
            .filter(|event| app_hears(types, filter, &event.payload))
            .collect();
        view.prepare(&asked, from, &self.log).await
    }

    fn add(
        &self,
        view: &mut AppView,
        event: &Arc<RenderedEvent>,
        wants: &impl Fn(usize, Pos) -> bool,
    ) -> Option<(usize, Letter)> {
        let pos = event.event.pos?;
        let lane = usize::from(Partition::index_of(&event.event.payload, PARTS));
        if !wants(lane, pos) {
            // The view goes on with it all the same.
            view.sees(&event.event, pos);
            return None;
        }
        let receiving = Receiving {
            stream: &self.stream,
            filter: &self.filter,
            class: self.class,
        };
        let frame = missed_frame(view, receiving, (event, pos), &self.site)?;
        let mut bytes = BytesMut::from(&*frame.bytes);
        if let Some(moment) = frame.moment {
            fill_all(&mut bytes, &[moment], self.clock.now());
        }
        let letter = Letter {
            first: pos,
            last: pos,
            id: self.cursor(pos),
            is_gap: false,
            body: Bytes::copy_from_slice(payload_of(&bytes)),
        };
        Some((lane, letter))
    }

    fn cursor(&self, pos: Pos) -> String {
        Cursor::at(self.log.ring().epoch(), pos).to_string()
    }

    /// Says that what was delivered up to `reached` is not in the log, which ends at `head`. The place of the letter is one
    /// that the log has: its lane goes on with the others.
    pub fn taken_back(&self, head: Pos, reached: Pos) -> Letter {
        let at = Pos(head.0.max(1));
        let letter = self.letter_of(&Gap {
            first: Pos(head.0.saturating_add(1)),
            last: reached,
            cause: GapCause::Unreadable,
        });
        Letter {
            first: at,
            last: at,
            ..letter
        }
    }

    fn letter_of(&self, gap: &Gap) -> Letter {
        let epoch = self.log.ring().epoch();
        let from = Cursor::at(epoch, Pos(gap.first.0 - 1));
        let to = Cursor::at(epoch, gap.last);
        let frame = gap_frame(&from, &to, gap.cause, std::iter::empty(), Coding::Text);
        Letter {
            first: gap.first,
            last: gap.last,
            id: format!("gap-{from}-{}", gap.last.0),
            is_gap: true,
            body: Bytes::copy_from_slice(payload_of(&frame)),
        }
    }
}

fn first_of(entry: &Entry) -> Pos {
    match entry {
        Entry::Event(event) => event.event.pos.unwrap_or_default(),
        Entry::Gap(gap) => gap.first,
    }
}
