//! A client that comes back: its stream over all the connections that it had.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;

use super::door::{Began, DOORS, Frame, Heard, Open, Opening, now};
use super::rights::Subscription;
use crate::support::door::Door;
use crate::support::random::Random;
use crate::support::{DEADLINE, Person, TestServer, eventually, text};

/// Whose stream it is.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// A user stream with a session.
    User(Person),
    /// An app stream for messages and posts.
    App {
        app: Person,
        client: String,
        key: &'static str,
        /// `partition`, `partitions`.
        part: Option<(u8, u8)>,
    },
}

/// What came over one connection.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) door: Door,
    /// Behind this cursor.
    pub(super) from: i64,
    /// How the last request of it began.
    pub(super) began: Began,
    pub(super) frames: Vec<Frame>,
    /// Its last frame counted at this time; microseconds.
    pub(super) ended_at: i64,
}

pub(super) struct Listener {
    pub(super) name: String,
    pub(super) kind: Kind,
    /// Of its session.
    id: Option<String>,
    epoch: String,
    /// The last cursor.
    pub(super) cursor: i64,
    pub(super) subscriptions: Vec<Subscription>,
    pub(super) segments: Vec<Segment>,
    open: Option<(Open, Segment)>,
    /// Connections that were left, and have to end when their servers know.
    left: Vec<Open>,
    /// Subscriptions of which it is not known whether they were made, or deleted: they are not judged.
    pub(super) doubtful: BTreeSet<String>,
}

/// Where a stream is asked for.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) address: SocketAddr,
    /// The log of the server, as far as the server knows it now.
    pub(super) head: i64,
    /// For long polls.
    pub(super) database: String,
    /// How long an answer may take.
    pub(super) within: Duration,
}

impl Place {
    /// The one server of a run.
    pub(super) fn of(server: &TestServer) -> Self {
        Self {
            address: server.address,
            head: server.count("SELECT pos FROM log_head"),
            database: server.database_url(),
            within: DEADLINE,
        }
    }
}

/// What is behind the point of a cursor.
pub(super) fn position(cursor: &str) -> i64 {
    let (_, pos) = cursor
        .split_once('.')
        .unwrap_or_else(|| panic!("no cursor: {cursor}"));
    pos.parse().expect("a position")
}

impl Listener {
    /// Without a connection yet.
    pub(super) fn new(name: &str, kind: Kind) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            id: None,
            epoch: String::new(),
            cursor: 0,
            subscriptions: Vec::new(),
            segments: Vec::new(),
            open: None,
            left: Vec::new(),
            doubtful: BTreeSet::new(),
        }
    }

    /// Whether it has a connection that is not over.
    pub(super) fn is_live(&self) -> bool {
        self.open.as_ref().is_some_and(|(open, _)| !open.is_over())
    }

    /// Its connection, for subscribing calls.
    pub(super) fn id(&self) -> &str {
        self.id.as_deref().unwrap_or_default()
    }

    /// The number of its present connection.
    pub(super) fn segment(&self) -> usize {
        self.segments.len()
    }

    /// Any door that it may use.
    pub(super) fn door(&self, random: &mut Random) -> Door {
        match self.kind {
            Kind::User(_) => *random.pick(&DOORS[..DOORS.len() - 1]),
            Kind::App { .. } => *random.pick(&DOORS),
        }
    }

    fn opening(&self, place: &Place, door: Door, random: &mut Random) -> Opening {
        let mut path = match &self.kind {
            Kind::User(who) => format!("/v1/user?access_token={}&auto_delete=0", who.token()),
            Kind::App { app, key, part, .. } => {
                let part = part.map_or_else(String::new, |(index, count)| {
                    format!("&partition={index}&partitions={count}")
                });
                format!("/v1/app?access_token={}&key={key}{part}", app.token())
            }
        };
        path.push_str("&include_cursor=1");
        let (mut last_event_id, mut polled_behind) = (None, None);
        let mut began = Began::Now;
        if !self.epoch.is_empty() {
            began = Began::Behind(place.head);
            let cursor = format!("{}.{}", self.epoch, self.cursor);
            match (door, random.below(2), &self.id) {
                (Door::LongPoll, _, _) => polled_behind = Some(cursor),
                (Door::EventStream, 0, None) => last_event_id = Some(cursor),
                (Door::EventStream, 0, Some(id)) => last_event_id = Some(format!("{id}:{cursor}")),
                (_, _, None) => path.push_str(&format!("&cursor={cursor}")),
                (_, _, Some(id)) => path.push_str(&format!("&connection_id={id}&cursor={cursor}")),
            }
        }
        let stalls = random.below(3) == 0;
        let short = Duration::from_millis(20 + random.below(200));
        let stalls_behind = stalls.then(|| usize::try_from(random.below(6)).unwrap_or(0));
        Opening {
            door,
            path,
            began,
            cursor: polled_behind,
            database: place.database.clone(),
            seed: random.next(),
            last_event_id,
            stalls_behind,
            stalls_for: (random.below(3) > 0).then_some(short),
        }
    }

    /// Opens it, or goes on where it was. A connection that it has is taken over.
    pub(super) fn opens(
        &mut self,
        server: &TestServer,
        door: Door,
        (random, is_last): (&mut Random, bool),
    ) -> Result<(), String> {
        let place = Place::of(server);
        let asked = self.asks(&place, door, (random, is_last));
        let asked = asked.map_err(|why| format!("{}: {why}", self.name))?;
        self.goes_on_with(asked, door, true)
    }

    /// Asks for a connection that goes on where this one is, which stays as it is.
    pub(super) fn asks(
        &mut self,
        place: &Place,
        door: Door,
        (random, is_last): (&mut Random, bool),
    ) -> Result<(Open, Began), String> {
        if let Some((open, _)) = &self.open {
            self.cursor = last_cursor(&open.heard.lock().expect("a feed"), self.cursor);
        }
        let mut opening = self.opening(place, door, random);
        if is_last {
            opening.stalls_behind = None;
        }
        let open = opening.open(place.address, place.within)?;
        Ok((open, opening.began))
    }

    /// It has another connection. `is_known`: the server of the one that it has knows of it soon.
    pub(super) fn goes_on_with(
        &mut self,
        (opened, began): (Open, Began),
        door: Door,
        is_known: bool,
    ) -> Result<(), String> {
        self.greets(&opened.hello)?;
        match (self.open.take(), is_known) {
            (Some((open, segment)), true) => self.was_taken_over(open, segment)?,
            (Some((open, segment)), false) => self.leaves(open, segment),
            (None, _) => {}
        }
        let segment = Segment {
            door,
            from: self.cursor,
            began,
            frames: Vec::new(),
            ended_at: 0,
        };
        self.open = Some((opened, segment));
        Ok(())
    }

    /// What the first frame has to say.
    fn greets(&mut self, hello: &Value) -> Result<(), String> {
        let cursor = text(&hello["meta"]["cursor"]);
        let is_new = self.epoch.is_empty();
        if is_new {
            self.epoch = cursor.split('.').next().unwrap_or_default().to_owned();
            self.cursor = position(&cursor);
        } else if position(&cursor) != self.cursor {
            return Err(format!(
                "{}: {} was sent, and came back as {hello}",
                self.name, self.cursor
            ));
        }
        if matches!(self.kind, Kind::User(_)) {
            let id = text(&hello["meta"]["connection_id"]);
            let is_resumed = hello["meta"]["stream"]["resumed"] == true;
            if !is_new && (!is_resumed || self.id.as_deref() != Some(&*id)) {
                return Err(format!(
                    "{}: the session was not continued: {hello}",
                    self.name
                ));
            }
            self.id = Some(id);
        }
        Ok(())
    }

    /// A connection of a session ends when another one goes on with it. (That of an app stream is cut before.)
    fn was_taken_over(&mut self, open: Open, segment: Segment) -> Result<(), String> {
        // A reader that stalls would find out later.
        if !open.stalls && matches!(self.kind, Kind::User(_)) {
            let begun = std::time::Instant::now();
            while !open.is_over() {
                if begun.elapsed() > super::patience() {
                    return Err(format!(
                        "{}: a connection that was taken over goes on",
                        self.name
                    ));
                }
                std::thread::park_timeout(Duration::from_millis(2));
            }
        }
        let until = self.cursor;
        self.ends(open, segment, false)?;
        self.goes_back_to(until);
        Ok(())
    }

    /// Its server may stand still, or be cut off: the connection has to end, but not now.
    fn leaves(&mut self, open: Open, mut segment: Segment) {
        {
            let heard = open.heard.lock().expect("a feed");
            segment.began = heard.began.unwrap_or(segment.began);
            segment.frames = heard.frames.clone();
        }
        segment.ended_at = now();
        self.segments.push(segment);
        self.left.push(open);
        self.goes_back_to(self.cursor);
    }

    /// Connections that were left and are open all the same.
    pub(super) fn lingers(&self) -> usize {
        let open = |open: &&Open| !open.stalls && !open.is_over();
        self.left.iter().filter(open).count()
    }

    /// None is needed any more.
    pub(super) fn leaves_all(&mut self) -> Result<(), String> {
        for open in std::mem::take(&mut self.left) {
            open.cut(false)
                .map_err(|why| format!("{}: {why}", self.name))?;
        }
        self.is_cut(false)
    }

    fn goes_back_to(&mut self, until: i64) {
        // What came behind the cursor that was sent comes again.
        self.cursor = until;
        let frames = self.segments.last_mut().map(|segment| &mut segment.frames);
        if let Some(frames) = frames {
            frames.retain(|frame| {
                frame
                    .cursor
                    .as_deref()
                    .is_none_or(|known| position(known) <= until)
            });
        }
    }

    /// Cuts its connection, if it has one.
    pub(super) fn is_cut(&mut self, resets: bool) -> Result<(), String> {
        match self.open.take() {
            Some((open, segment)) => self.ends(open, segment, resets),
            None => Ok(()),
        }
    }

    /// The server is gone: it reads what came, to the end.
    pub(super) fn reads_to_the_end(&mut self) -> Result<(), String> {
        if let Some((open, _)) = &self.open
            && !open.stalls
        {
            eventually("the end of a stream", || open.is_over());
        }
        self.is_cut(false)
    }

    fn ends(&mut self, open: Open, mut segment: Segment, resets: bool) -> Result<(), String> {
        let heard = open
            .cut(resets)
            .map_err(|why| format!("{}: {why}", self.name))?;
        self.cursor = last_cursor(&heard, self.cursor);
        segment.began = heard.began.unwrap_or(segment.began);
        segment.frames = heard.frames;
        segment.ended_at = now();
        self.segments.push(segment);
        Ok(())
    }

    /// What it has received by now, its present connection included.
    pub(super) fn with_present<T>(&mut self, look: impl FnOnce(&Self) -> T) -> T {
        let present = self.open.take();
        let count = self.segments.len();
        if let Some((open, segment)) = &present {
            let heard = open.heard.lock().expect("a feed");
            self.segments.push(Segment {
                began: heard.began.unwrap_or(segment.began),
                frames: heard.frames.clone(),
                ended_at: now(),
                ..*segment
            });
        }
        let looked = look(self);
        self.segments.truncate(count);
        self.open = present;
        looked
    }

    /// Whether its reader stops reading somewhere.
    pub(super) fn is_stalled(&self) -> bool {
        self.open.as_ref().is_some_and(|(open, _)| open.stalls)
    }
}

fn last_cursor(heard: &Heard, before: i64) -> i64 {
    let mut cursors = heard
        .frames
        .iter()
        .rev()
        .filter_map(|frame| frame.cursor.as_deref());
    cursors.next().map_or(before, position)
}
