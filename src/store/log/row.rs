//! Between an event and its row. The columns `v` and `kind` say whether this program can read the body.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::event::{ChannelNews, Event, GapCause, Payload, Pos, Timestamps, Written};
use crate::model::Stamp;
use crate::model::User;
use crate::store::Failure;
use crate::store::db::to_json;
use crate::store::schema::log_events;

/// The form in which bodies are written: the event alone, as JSON.
pub(super) const FORM: i32 = 2;

/// The form of an event that shares its channel with an earlier event of the same commit: the user alone, and how many
/// positions back the channel is.
pub(super) const SHARING: i32 = 3;

/// Form 3.
#[derive(Serialize, Deserialize)]
struct Sharing {
    back: i64,
    user: Arc<User>,
}

/// The event that is read most, by its kind: where serde has to find the kind of a value first, it copies all of it.
#[derive(Deserialize)]
struct MessageCreated {
    written: Box<Written>,
    read_by_author: bool,
}

/// Form 1, from before migration 0008: the body in an envelope. Its rows expire with the retention time.
#[derive(Deserialize)]
struct Enveloped {
    body: Payload,
}

/// A row as it is read.
#[derive(Debug, diesel::Queryable, diesel::Selectable)]
#[diesel(table_name = log_events)]
pub(super) struct Row {
    pub(super) pos: i64,
    at: i64,
    v: i32,
    kind: String,
    body: String,
    sum: Option<i64>,
}

/// CRC-32 of what is read of a row.
pub(super) fn sum(pos: i64, at: i64, v: i32, (kind, body): (&str, &str)) -> i64 {
    let mut sum = crc32fast::Hasher::new();
    sum.update(&pos.to_le_bytes());
    sum.update(&at.to_le_bytes());
    sum.update(&v.to_le_bytes());
    sum.update(kind.as_bytes());
    sum.update(body.as_bytes());
    sum.finalize().into()
}

impl Row {
    /// One that did not come out of the table.
    pub(super) fn brought(
        (pos, at): (i64, i64),
        v: i32,
        (kind, body): (String, String),
        sum: i64,
    ) -> Self {
        let sum = Some(sum);
        Self {
            pos,
            at,
            v,
            kind,
            body,
            sum,
        }
    }

    /// Whether the program that wrote it noted its sum.
    pub(super) fn has_sum(&self) -> bool {
        self.sum.is_some()
    }

    /// Whether it is what was written, as far as that is known: older programs wrote no sum.
    pub(super) fn is_whole(&self) -> bool {
        let sum_now = || sum(self.pos, self.at, self.v, (&self.kind, &self.body));
        self.sum.is_none_or(|written| written == sum_now())
    }

    /// What a reader misses if the row is not readable. A damaged one may have been of any kind.
    pub(super) fn unreadable_cause(&self) -> GapCause {
        match !self.is_whole() || Payload::RIGHTS.contains(&self.kind.as_str()) {
            true => GapCause::UnreadableRights,
            false => GapCause::Unreadable,
        }
    }
}

/// Why a row is not readable.
#[derive(Debug)]
enum Unreadable {
    /// The disk changed it.
    Damaged,
    /// A newer program wrote it.
    Form,
    /// A newer program wrote it.
    Kind,
    /// The event whose channel it shares is gone.
    Alone,
    /// The body is damaged, or holds a value that this program does not know.
    Payload(serde_json::Error),
}

/// Form and body of a row. `shared`: the channel of an earlier event of the same commit, and how many positions back that
/// event is.
pub(super) fn write(
    event: &Event,
    shared: Option<(&Arc<ChannelNews>, i64)>,
) -> Result<(i32, String), Failure> {
    if let (Some((news, user)), Some((earlier, back))) = (subscription(&event.payload), shared)
        && Arc::ptr_eq(news, earlier)
    {
        let user = Arc::clone(user);
        return Ok((SHARING, to_json(&Sharing { back, user })?));
    }
    Ok((FORM, to_json(&event.payload)?))
}

/// The channel that the next event may share.
pub(super) fn shareable(event: &Event) -> Option<&Arc<ChannelNews>> {
    subscription(&event.payload).map(|(news, _)| news)
}

fn subscription(payload: &Payload) -> Option<(&Arc<ChannelNews>, &Arc<User>)> {
    match payload {
        Payload::Subscribed { news, user } | Payload::Unsubscribed { news, user } => {
            Some((news, user))
        }
        Payload::PostCreated { .. }
        | Payload::PostRevised { .. }
        | Payload::PostDeleted { .. }
        | Payload::Bookmarked { .. }
        | Payload::PollCreated { .. }
        | Payload::PollAnswered { .. }
        | Payload::PollClosed { .. }
        | Payload::PollDeleted { .. }
        | Payload::FileCreated { .. }
        | Payload::FileChanged { .. }
        | Payload::FileDeleted { .. }
        | Payload::MessageCreated { .. }
        | Payload::MessageDeleted { .. }
        | Payload::ChannelCreated { .. }
        | Payload::ChannelChanged { .. }
        | Payload::Related { .. }
        | Payload::UserChanged { .. }
        | Payload::TokenGranted { .. }
        | Payload::TokenRevoked { .. }
        | Payload::UserPresence { .. }
        | Payload::ChannelPresence { .. }
        | Payload::AppStreamDeleted { .. }
        | Payload::ClientChanged { .. }
        | Payload::MarkerMoved { .. }
        | Payload::PasswordChanged { .. }
        | Payload::UserDisabled { .. } => None,
    }
}

/// The event of a row. `None`: it cannot be read, by this program at least; that is logged here, without the body.
/// `earlier` finds the event at a position, if it is kept.
pub(super) fn read(row: &Row, earlier: impl FnOnce(Pos) -> Option<Payload>) -> Option<Event> {
    match parse(row, earlier) {
        Ok(body) => Some(Event {
            pos: Some(Pos(row.pos)),
            at: Stamp(row.at),
            payload: body,
            timestamps: Timestamps::default(),
            row_bytes: u32::try_from(row.body.len()).unwrap_or(u32::MAX),
        }),
        Err(why) => {
            let why = match why {
                Unreadable::Damaged => String::from("not what was written"),
                Unreadable::Form => String::from("unknown form"),
                Unreadable::Kind => String::from("unknown kind"),
                Unreadable::Alone => String::from("without the event whose channel it shares"),
                // Not its text: that may quote the body.
                Unreadable::Payload(error) => {
                    format!("{:?} at column {}", error.classify(), error.column())
                }
            };
            tracing::warn!(pos = row.pos, v = row.v, kind = %row.kind, %why, "an event is not readable");
            None
        }
    }
}

fn parse(row: &Row, earlier: impl FnOnce(Pos) -> Option<Payload>) -> Result<Payload, Unreadable> {
    if !row.is_whole() {
        return Err(Unreadable::Damaged);
    }
    if !Payload::KINDS.contains(&row.kind.as_str()) {
        return Err(Unreadable::Kind);
    }
    match row.v {
        FORM if row.kind == "message_created" => {
            let event: Result<MessageCreated, _> = serde_json::from_str(&row.body);
            event.map(|event| Payload::MessageCreated {
                written: event.written,
                read_by_author: event.read_by_author,
            })
        }
        FORM => serde_json::from_str(&row.body),
        1 => serde_json::from_str(&row.body).map(|Enveloped { body }| body),
        SHARING => return with_channel(row, earlier),
        _ => return Err(Unreadable::Form),
    }
    .map_err(Unreadable::Payload)
}

fn with_channel(
    row: &Row,
    earlier: impl FnOnce(Pos) -> Option<Payload>,
) -> Result<Payload, Unreadable> {
    let Sharing { back, user } = serde_json::from_str(&row.body).map_err(Unreadable::Payload)?;
    let earlier = earlier(Pos(row.pos.saturating_sub(back))).ok_or(Unreadable::Alone)?;
    let (news, _) = subscription(&earlier).ok_or(Unreadable::Alone)?;
    let news = Arc::clone(news);
    match row.kind.as_str() {
        "subscribed" => Ok(Payload::Subscribed { news, user }),
        "unsubscribed" => Ok(Payload::Unsubscribed { news, user }),
        _ => Err(Unreadable::Kind),
    }
}
