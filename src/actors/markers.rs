//! Where a reader's marker is now, told to streams: whatever moved it.

use std::sync::Arc;

use crate::event::{Moved, Payload};
use crate::model::{ChannelBrief, Marker, MarkerName, User};
use crate::store::Tx;

/// Announces the position of a marker, with its channel if it is one of a channel.
pub(super) fn announce_marker(
    tx: &mut Tx<'_>,
    reader: &Arc<User>,
    channel: Option<ChannelBrief>,
    name: MarkerName,
    marker: Marker,
) {
    tx.announce(Payload::MarkerMoved {
        user: reader.id,
        name,
        marker,
        moved: Some(Box::new(Moved {
            reader: reader.clone(),
            channel,
        })),
    });
}
