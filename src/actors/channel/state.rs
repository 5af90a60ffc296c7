//! The rules of one channel, synchronous and without addresses (reference 03 §4).

use std::sync::Arc;

use crate::actors::by::UserPrincipal;
use crate::event::{Event, Payload, Pos};
use crate::model::{Access, Acl, AclChange, Channel, GroupChange, Refusal, Refused, UserId};

/// What a channel's actor knows.
#[derive(Clone, Debug)]
pub struct ChannelState {
    /// As of the last change that was committed.
    pub channel: Arc<Channel>,
    /// Subscribed users, rising ids; shared with events on their way.
    subscribers: Arc<[UserId]>,
    /// Own changes whose events have not come back from the log yet. Until they have, the channel carried by
    /// an arriving event is older than what is known here.
    ahead: u32,
    /// Place in the log as of which this was loaded: events up to there are in it already.
    as_of: Pos,
}

impl ChannelState {
    /// As loaded at a place in the log.
    pub fn new(channel: Channel, mut subscribers: Vec<UserId>, as_of: Pos) -> Self {
        subscribers.sort_unstable();
        Self {
            channel: Arc::new(channel),
            subscribers: subscribers.into(),
            ahead: 0,
            as_of,
        }
    }

    /// Subscribed users, rising ids.
    pub fn subscribers(&self) -> &Arc<[UserId]> {
        &self.subscribers
    }

    /// Whether a user is subscribed.
    pub fn is_subscribed(&self, user: UserId) -> bool {
        self.subscribers.binary_search(&user).is_ok()
    }

    /// An own change is committed: it holds from now on, before its event comes back.
    pub fn changed(&mut self, channel: Arc<Channel>) {
        self.channel = channel;
        self.ahead += 1;
    }

    /// An event came down the log.
    pub fn apply(&mut self, event: &Event) {
        if event.pos.is_some_and(|pos| pos <= self.as_of) {
            return;
        }
        match &event.payload {
            Payload::Subscribed { user, .. } => self.note_subscriber(user.id, true),
            Payload::Unsubscribed { user, .. } => self.note_subscriber(user.id, false),
            Payload::ChannelChanged { news } | Payload::ChannelCreated { news } => {
                self.ahead = self.ahead.saturating_sub(1);
                if self.ahead == 0 {
                    self.channel = news.channel.clone();
                }
            }
            Payload::MessageCreated { .. }
            | Payload::MessageDeleted { .. }
            | Payload::Related { .. }
            | Payload::UserChanged { .. }
            | Payload::TokenGranted { .. }
            | Payload::TokenRevoked { .. }
            | Payload::UserPresence { .. }
            | Payload::ChannelPresence { .. }
            | Payload::AppStreamDeleted { .. }
            | Payload::ClientChanged { .. }
            | Payload::MarkerMoved { .. }
            | Payload::PasswordChanged { .. } => {}
        }
    }

    fn note_subscriber(&mut self, user: UserId, subscribed: bool) {
        let mut users = self.subscribers.to_vec();
        match (users.binary_search(&user), subscribed) {
            (Err(at), true) => users.insert(at, user),
            (Ok(at), false) => {
                users.remove(at);
            }
            (Ok(_), true) | (Err(_), false) => return,
        }
        self.subscribers = users.into();
    }

    /// Whether a message may be written.
    pub fn may_write(&self, principal: &UserPrincipal) -> Result<(), Refused> {
        principal.may(&self.channel, Access::Write).demand()?;
        self.demand_active()
    }

    /// Whether the channel may be read, or listened to.
    pub fn may_read(&self, principal: &UserPrincipal) -> Result<(), Refused> {
        principal.may(&self.channel, Access::Read).demand()
    }

    /// Whether messages may be made sticky: in private channels by every participant.
    pub fn may_stick(&self, principal: &UserPrincipal) -> Result<(), Refused> {
        let least = if self.channel.is_pm() {
            Access::Write
        } else {
            Access::Full
        };
        principal.may(&self.channel, least).demand()
    }

    /// Whether others' messages may be deleted: never in private channels.
    pub fn may_moderate(&self, user: UserId) -> bool {
        !self.channel.is_pm() && self.channel.access(Some(user)) >= Access::Full
    }

    /// Whether the owner's rights may be used.
    pub fn may_own(&self, principal: &UserPrincipal) -> Result<(), Refused> {
        principal.opens(&self.channel).demand()?;
        if self.channel.is_pm() {
            return Err(Refusal::ChannelImmutable.into());
        }
        principal.holds(&self.channel, Access::Owner).demand()
    }

    /// Whether the channel may be edited.
    pub fn may_edit(&self, principal: &UserPrincipal) -> Result<(), Refused> {
        principal.opens(&self.channel).demand()?;
        if self.channel.is_pm() {
            return Err(Refusal::ChannelImmutable.into());
        }
        principal.holds(&self.channel, Access::Full).demand()?;
        self.demand_active()
    }

    /// Deactivated channels take nothing new.
    pub fn demand_active(&self) -> Result<(), Refused> {
        if self.channel.is_active {
            Ok(())
        } else {
            Err(Refusal::ChannelInactive.into())
        }
    }

    /// The ACL after a change.
    ///
    /// # Errors
    /// A real change of a frozen group, of `full` by anybody but the owner, or too many members. What changes
    /// nothing is never refused: clients send back what they were given.
    pub fn changed_acl(
        &self,
        principal: &UserPrincipal,
        change: &AclChange,
        most: usize,
    ) -> Result<Acl, Refused> {
        let old = &self.channel.acl;
        let mut acl = old.clone();
        let listed = |group: &Option<GroupChange>| group.as_ref().and_then(|g| g.users.clone());
        let (full, write, read) = (
            listed(&change.full),
            listed(&change.write),
            listed(&change.read),
        );
        // Whoever is put into a group leaves the others, unless the same request lists them there too.
        for put in [&full, &write, &read].into_iter().flatten() {
            acl.full.retain(|user| !put.contains(user));
            acl.write.retain(|user| !put.contains(user));
            acl.read.retain(|user| !put.contains(user));
        }
        for (list, put) in [
            (&mut acl.full, full),
            (&mut acl.write, write),
            (&mut acl.read, read),
        ] {
            if let Some(put) = put {
                *list = put;
            }
        }
        let flag = |group: &Option<GroupChange>, pick: fn(&GroupChange) -> Option<bool>| {
            group.as_ref().and_then(pick)
        };
        acl.write_any_user = flag(&change.write, |g| g.any_user).unwrap_or(old.write_any_user);
        acl.read_any_user = flag(&change.read, |g| g.any_user).unwrap_or(old.read_any_user);
        acl.read_public = flag(&change.read, |g| g.public).unwrap_or(old.read_public);
        acl.full_immutable |= flag(&change.full, |g| g.immutable).unwrap_or(false);
        acl.write_immutable |= flag(&change.write, |g| g.immutable).unwrap_or(false);
        acl.read_immutable |= flag(&change.read, |g| g.immutable).unwrap_or(false);
        acl.normalize(self.channel.owner);
        self.check_change(principal, &acl)?;
        let people = acl.members().count() + usize::from(self.channel.owner.is_some());
        if people > most {
            return Err(Refusal::TooManyMembers.at("acl"));
        }
        Ok(acl)
    }

    fn check_change(&self, principal: &UserPrincipal, acl: &Acl) -> Result<(), Refused> {
        let old = &self.channel.acl;
        let full = acl.full != old.full;
        if (full || acl.full_immutable != old.full_immutable)
            && !principal.holds(&self.channel, Access::Owner).is_granted()
        {
            return Err(Refusal::NoAccess.at("acl.full"));
        }
        if old.full_immutable && full {
            return Err(Refusal::GroupImmutable.at("acl.full"));
        }
        let write = acl.write != old.write || acl.write_any_user != old.write_any_user;
        if old.write_immutable && write {
            return Err(Refusal::GroupImmutable.at("acl.write"));
        }
        // Opening the channel to all writers opens it to all readers, frozen or not: the one exception.
        let forced = acl.write_any_user && !old.write_any_user;
        let any_user = acl.read_any_user != old.read_any_user && !forced;
        if old.read_immutable
            && (acl.read != old.read || any_user || acl.read_public != old.read_public)
        {
            return Err(Refusal::GroupImmutable.at("acl.read"));
        }
        Ok(())
    }
}
