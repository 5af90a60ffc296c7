//! The events of a commit as their rows hold them, for the other servers of a database.
//!
//! A row keeps its sum on the way, and an event that shares its channel with an earlier one of its commit finds it in
//! the same parcel. What cannot be read here is read in the table.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::{Buf, Bytes};

use super::row::{self, Row};
use super::written::Written;
use crate::event::{Event, Pos};

/// Rows of one parcel at most: more than a commit can hold.
const MOST: u32 = 1 << 20;

/// The events of one commit.
#[derive(Clone, Debug)]
pub struct Parcel {
    /// The first position.
    pub first: Pos,
    /// The last one.
    pub last: Pos,
    /// Their rows.
    pub rows: Bytes,
}

impl Parcel {
    /// `None`: nothing was written.
    pub(in crate::store) fn pack(events: &[Event], written: &[Written]) -> Option<Self> {
        let first = events.first()?.pos?;
        let last = events.last()?.pos?;
        let size: usize = written.iter().map(|row| row.body.len() + 48).sum();
        let mut rows = Vec::with_capacity(size + 4);
        rows.extend(u32::try_from(written.len()).ok()?.to_le_bytes());
        for (event, row) in events.iter().zip(written) {
            rows.extend(event.at.0.to_le_bytes());
            rows.extend(row.form.to_le_bytes());
            rows.extend(row.sum.to_le_bytes());
            for text in [event.payload.facts().kind, &row.body] {
                rows.extend(u32::try_from(text.len()).ok()?.to_le_bytes());
                rows.extend(text.as_bytes());
            }
        }
        let rows = rows.into();
        Some(Self { first, last, rows })
    }

    /// The events, all of them. `None`: they have to be read in the table.
    pub fn unpack(&self) -> Option<Vec<Arc<Event>>> {
        let mut rest = &*self.rows;
        let count = rest.try_get_u32_le().ok().filter(|count| *count <= MOST)?;
        if i64::from(count) != self.last.0.checked_sub(self.first.0)?.checked_add(1)? {
            return None;
        }
        let mut read: HashMap<Pos, Arc<Event>> = HashMap::new();
        let mut events = Vec::new();
        for pos in self.first.0..=self.last.0 {
            let at = rest.try_get_i64_le().ok()?;
            let form = rest.try_get_i32_le().ok()?;
            let sum = rest.try_get_i64_le().ok()?;
            let (kind, body) = (text(&mut rest)?, text(&mut rest)?);
            let row = Row::brought((pos, at), form, (kind, body), sum);
            let earlier = |pos| read.get(&pos).map(|event| event.payload.clone());
            let event = Arc::new(row::read(&row, earlier)?);
            if form == row::FORM && row::shareable(&event).is_some() {
                read.insert(Pos(pos), Arc::clone(&event));
            }
            events.push(event);
        }
        rest.is_empty().then_some(events)
    }
}

fn text(rest: &mut &[u8]) -> Option<String> {
    let length = usize::try_from(rest.try_get_u32_le().ok()?).ok()?;
    let (text, behind) = rest.split_at_checked(length)?;
    *rest = behind;
    String::from_utf8(text.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Timestamps;
    use crate::event::samples::{ADA, ROOM, message};
    use crate::model::Stamp;

    fn parcel(first: i64, count: usize) -> (Vec<Event>, Parcel) {
        let events: Vec<Event> = (first..)
            .take(count)
            .map(|pos| Event {
                pos: Some(Pos(pos)),
                at: Stamp(pos * 10),
                payload: message(ROOM, ADA),
                timestamps: Timestamps::default(),
                row_bytes: 0,
            })
            .collect();
        let written: Vec<Written> = events
            .iter()
            .map(|event| {
                let (form, body) = row::write(event, None).unwrap();
                let kind = event.payload.facts().kind;
                let sum = row::sum(event.pos.unwrap().0, event.at.0, form, (kind, &body));
                Written { form, sum, body }
            })
            .collect();
        let parcel = Parcel::pack(&events, &written).unwrap();
        (events, parcel)
    }

    #[test]
    fn a_parcel_brings_the_events_of_a_commit_as_they_were() {
        let (events, parcel) = parcel(7, 3);
        assert_eq!((parcel.first, parcel.last), (Pos(7), Pos(9)));
        let brought = parcel.unpack().unwrap();
        for (event, brought) in events.iter().zip(&brought) {
            assert_eq!((event.pos, event.at), (brought.pos, brought.at));
            assert_eq!(event.payload, brought.payload);
        }
    }

    #[test]
    fn a_parcel_with_one_wrong_bit_or_other_positions_is_not_read() {
        let (_, whole) = parcel(7, 2);
        for at in 0..whole.rows.len() {
            let mut bytes = whole.rows.to_vec();
            bytes[at] ^= 1;
            let rows = bytes.into();
            let damaged = Parcel { rows, ..whole };
            assert!(damaged.unpack().is_none(), "byte {at}");
        }
        for (first, last) in [(6, 7), (7, 9), (8, 9), (9, 8), (i64::MIN, i64::MAX)] {
            let (first, last) = (Pos(first), Pos(last));
            let rows = whole.rows.clone();
            assert!(Parcel { first, last, rows }.unpack().is_none());
        }
        for length in 0..whole.rows.len() {
            let rows = whole.rows.slice(..length);
            assert!(Parcel { rows, ..whole }.unpack().is_none());
        }
    }
}
