//! Who may do what in one channel (reference 03 §4). Without state and addresses: the actor asks with the channel that it
//! knows, a job in the write lane with the channel that it reads there.

use super::mail::SubscriptionChange;
use crate::model::{Access, Channel, Refusal, Refused, UserId, UserPrincipal};

/// Whether a message may be written.
pub fn may_write(channel: &Channel, principal: &UserPrincipal) -> Result<(), Refused> {
    principal.may(channel, Access::Write).demand()?;
    demand_active(channel)
}

/// Whether the channel may be read, or listened to.
pub fn may_read(channel: &Channel, principal: &UserPrincipal) -> Result<(), Refused> {
    principal.may(channel, Access::Read).demand()
}

/// Whether a user may set a presence in the channel.
pub fn may_be_present(channel: &Channel, principal: &UserPrincipal) -> Result<(), Refused> {
    may_read(channel, principal)?;
    demand_active(channel)
}

/// Whether messages may be made sticky: in private channels by every participant.
pub fn may_stick(channel: &Channel, principal: &UserPrincipal) -> Result<(), Refused> {
    let least = if channel.is_pm() {
        Access::Write
    } else {
        Access::Full
    };
    principal.may(channel, least).demand()
}

/// Whether others' messages may be deleted: never in private channels.
pub fn may_moderate(channel: &Channel, user: UserId) -> bool {
    !channel.is_pm() && channel.access(Some(user)) >= Access::Full
}

/// Whether the owner's rights may be used.
pub fn may_own(channel: &Channel, principal: &UserPrincipal) -> Result<(), Refused> {
    principal.opens(channel).demand()?;
    if channel.is_pm() {
        return Err(Refusal::ChannelImmutable.into());
    }
    principal.holds(channel, Access::Owner).demand()
}

/// Whether the channel may be edited.
pub fn may_edit(channel: &Channel, principal: &UserPrincipal) -> Result<(), Refused> {
    principal.opens(channel).demand()?;
    if channel.is_pm() {
        return Err(Refusal::ChannelImmutable.into());
    }
    principal.holds(channel, Access::Full).demand()?;
    demand_active(channel)
}

/// Deactivated channels take nothing new.
pub fn demand_active(channel: &Channel) -> Result<(), Refused> {
    if channel.is_active {
        Ok(())
    } else {
        Err(Refusal::ChannelInactive.into())
    }
}

/// Whether a user may subscribe, mute, or take either back.
pub fn may_attend(
    channel: &Channel,
    principal: &UserPrincipal,
    how: SubscriptionChange,
) -> Result<(), Refused> {
    match how {
        SubscriptionChange::Subscribe => {
            may_read(channel, principal)?;
            demand_active(channel)
        }
        // Muting needs a channel that one can see.
        SubscriptionChange::Mute => may_read(channel, principal),
        // Unsubscribing is allowed to subscribed users; the write finds out whether they are.
        SubscriptionChange::Unsubscribe | SubscriptionChange::Unmute => {
            principal.opens(channel).demand()
        }
    }
}
