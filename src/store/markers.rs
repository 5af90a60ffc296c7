//! How far readers have read.

use diesel::prelude::*;

use super::schema::{channel_markers, stream_markers};
use super::statements::{SetChannelMarker, SetStreamMarker, execute};
use super::{Db, Failure, Tx};
use crate::model::marker::MarkerName;
use crate::model::{Marker, Stamp, UserId};

type Row = (i64, i64, i32, i64);

fn into_model((id, last_read_id, percentage, updated_at): Row) -> Marker {
    Marker {
        id,
        last_read_id,
        percentage,
        updated_at: Stamp(updated_at),
    }
}

impl Db<'_> {
    /// A marker, if it was ever set.
    pub fn marker(&mut self, user: UserId, name: MarkerName) -> Result<Option<Marker>, Failure> {
        let row = match name {
            MarkerName::Channel(channel) => channel_markers::table
                .find((user.0, channel.0))
                .select((
                    channel_markers::position,
                    channel_markers::last_read_id,
                    channel_markers::percentage,
                    channel_markers::updated_at,
                ))
                .get_result::<Row>(self.sql),
            MarkerName::Global | MarkerName::Personal | MarkerName::Mentions => {
                stream_markers::table
                    .find((user.0, name.to_string()))
                    .select((
                        stream_markers::position,
                        stream_markers::last_read_id,
                        stream_markers::percentage,
                        stream_markers::updated_at,
                    ))
                    .get_result::<Row>(self.sql)
            }
        };
        Ok(row.optional()?.map(into_model))
    }
}

impl Tx<'_> {
    /// Moves a marker. The position goes where it is told; the greatest id ever read only grows, unless `reset`.
    pub fn set_marker(
        &mut self,
        user: UserId,
        name: MarkerName,
        id: i64,
        percentage: i32,
        reset: bool,
    ) -> Result<Marker, Failure> {
        let before = if reset {
            None
        } else {
            self.marker(user, name)?
        };
        let marker = Marker {
            id,
            last_read_id: before.map_or(id, |before| before.last_read_id.max(id)),
            percentage,
            updated_at: self.now(),
        };
        let (position, last_read) = (marker.id.into(), marker.last_read_id.into());
        let (percentage, at) = (
            i64::from(marker.percentage).into(),
            marker.updated_at.0.into(),
        );
        match name {
            MarkerName::Channel(channel) => {
                let row = [
                    user.0.into(),
                    channel.0.into(),
                    position,
                    last_read,
                    percentage,
                    at,
                ];
                execute::<SetChannelMarker>(self.sql, &row)?;
            }
            MarkerName::Global | MarkerName::Personal | MarkerName::Mentions => {
                let name = name.to_string();
                let name = (&*name).into();
                let row = [user.0.into(), name, position, last_read, percentage, at];
                execute::<SetStreamMarker>(self.sql, &row)?;
            }
        }
        Ok(marker)
    }
}
