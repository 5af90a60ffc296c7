//! The open streams of this server, for the counts over all servers.

use std::net::IpAddr;
use std::sync::Arc;

use super::Shared;
use super::permits::Permits;
use crate::bus::counting::{Counts, Held, Holder};
use crate::config::Streams;
use crate::model::UserId;

/// What is open here. It holds nothing of the rest of the process, which ends before the bus does.
pub struct OpenStreams {
    pub(super) users: Arc<Permits<UserId>>,
    pub(super) addresses: Arc<Permits<IpAddr>>,
}

impl OpenStreams {
    /// None yet. Those of a user, and those of an address, are bounded over all servers.
    pub(super) fn new(streams: &Streams, counts: &Counts) -> Self {
        let (per_address, in_all) = (streams.unclaimed_per_address, streams.unclaimed_total);
        Self {
            users: Permits::over_all(
                streams.user_connections,
                usize::MAX / 2,
                counts.clone(),
                |user| Holder::User(*user),
            ),
            addresses: Permits::over_all(per_address, in_all, counts.clone(), |address| {
                Holder::Address(*address)
            }),
        }
    }

    /// Those of this process.
    pub fn of(shared: &Shared) -> Self {
        Self {
            users: shared.user_permits.clone(),
            addresses: shared.unclaimed_permits.clone(),
        }
    }
}

impl Held for OpenStreams {
    fn count(&self, holder: Holder) -> usize {
        match holder {
            Holder::User(user) => self.users.taken_by(&user),
            Holder::Address(address) => self.addresses.taken_by(&address),
        }
    }

    fn all(&self) -> Vec<Holder> {
        let users = self.users.keys().into_iter().map(Holder::User);
        let addresses = self.addresses.keys().into_iter().map(Holder::Address);
        users.chain(addresses).collect()
    }
}
