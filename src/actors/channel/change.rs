//! What becomes of a channel that is changed: rules and a plan, pure. `write.rs` reads the channel before and saves it
//! after, in one transaction.

use super::mail::ChannelChange;
use super::{acl, rules};
use crate::model::Failure;
use crate::model::{Access, Channel, UserId, UserPrincipal};
use crate::text::raw::{On, fill, merge};

/// Bounds and habits of this server.
#[derive(Clone, Copy, Debug)]
pub struct ChangeLimits {
    /// People in a channel, its owner among them.
    pub members: usize,
    /// Size of raw as JSON.
    pub raw_bytes: usize,
    /// An ACL that is sent subscribes the people listed in it, asked or not.
    pub subscribe_listed: bool,
}

/// A change that is allowed.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// The channel as it is to be saved.
    pub channel: Channel,
    /// Subscribe the owner and all members of the ACL; previous members only if they may still read.
    pub subscribe: Option<Vec<UserId>>,
}

/// Plans a change of ACL and raw.
///
/// # Errors
/// Scope and access; what [`acl::changed`] refuses; raw that is invalid or too long.
pub fn plan(
    channel: &Channel,
    principal: &UserPrincipal,
    change: &ChannelChange,
    limits: ChangeLimits,
) -> Result<Planned, Failure> {
    rules::may_edit(channel, principal)?;
    let mut planned = channel.clone();
    if let Some(acl) = &change.acl {
        planned.acl = acl::changed(channel, principal, acl, limits.members)?;
    }
    if let Some(raw) = &change.raw {
        planned.raw = merge(&channel.raw, raw, On::Channel, limits.raw_bytes)?;
        fill(&mut planned.raw, &change.attached, limits.raw_bytes)?;
    }
    crate::protocol::draft::check_kind(&planned.kind, &planned.raw)?;
    let subscribes = change.auto_subscribe || (limits.subscribe_listed && change.acl.is_some());
    let subscribe = subscribes.then(|| {
        let may_read = |user: &UserId| planned.access(Some(*user)) >= Access::Read;
        channel.acl.members().filter(may_read).collect()
    });
    Ok(Planned {
        channel: planned,
        subscribe,
    })
}

/// Plans that a channel goes to another owner; the one before keeps full access.
///
/// # Errors
/// Scope and access, or a deactivated channel.
pub fn hand_over(
    channel: &Channel,
    principal: &UserPrincipal,
    owner: UserId,
) -> Result<Channel, Failure> {
    rules::may_own(channel, principal)?;
    rules::demand_active(channel)?;
    let mut planned = channel.clone();
    planned.acl.full.extend(channel.owner);
    planned.owner = Some(owner);
    planned.acl.normalize(planned.owner);
    Ok(planned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actors::channel::tests::{channel, principal};
    use crate::model::{Acl, AclChange, GroupChange, Refusal};

    const LIMITS: ChangeLimits = ChangeLimits {
        members: 10,
        raw_bytes: 100,
        subscribe_listed: false,
    };

    fn ids(ids: &[i64]) -> Vec<UserId> {
        ids.iter().copied().map(UserId).collect()
    }

    /// Owned by 1; 2 has full access, 3 may write, 4 may read.
    fn room() -> Channel {
        channel(
            1,
            Acl {
                full: ids(&[2]),
                write: ids(&[3]),
                read: ids(&[4]),
                ..Acl::default()
            },
        )
    }

    fn writers(users: &[i64]) -> ChannelChange {
        let group = GroupChange {
            users: Some(ids(users)),
            ..GroupChange::default()
        };
        ChannelChange {
            acl: Some(AclChange {
                write: Some(group),
                ..AclChange::default()
            }),
            ..ChannelChange::default()
        }
    }

    #[test]
    fn a_change_that_subscribes_names_those_listed_before_who_still_may_read() {
        let mut change = writers(&[5]);
        let quiet = plan(&room(), &principal(2), &change, LIMITS).unwrap();
        assert_eq!(quiet.subscribe, None);
        assert_eq!(quiet.channel.acl.write, ids(&[5]));
        change.auto_subscribe = true;
        let asked = plan(&room(), &principal(2), &change, LIMITS).unwrap();
        assert_eq!(
            asked.subscribe,
            Some(ids(&[2, 4])),
            "3 may not read any more"
        );
        // A server may subscribe all members, but only if the request contains an ACL.
        let listing = ChangeLimits {
            subscribe_listed: true,
            ..LIMITS
        };
        let unasked = plan(&room(), &principal(2), &writers(&[3]), listing).unwrap();
        assert_eq!(unasked.subscribe, Some(ids(&[2, 3, 4])));
        let raw = ChannelChange {
            raw: Some(serde_json::json!({"com.example.a": [{"b": 1}]})),
            ..ChannelChange::default()
        };
        let planned = plan(&room(), &principal(2), &raw, listing).unwrap();
        assert_eq!(planned.subscribe, None);
        assert_eq!(planned.channel.acl, room().acl);
    }

    #[test]
    fn a_plan_is_refused_to_writers_and_in_private_or_deactivated_channels() {
        let refused = |channel: &Channel, user| {
            let planned = plan(channel, &principal(user), &writers(&[5]), LIMITS);
            planned.unwrap_err().refusal()
        };
        assert_eq!(refused(&room(), 3), Some(Refusal::NoAccess));
        let mut inactive = room();
        inactive.is_active = false;
        assert_eq!(refused(&inactive, 1), Some(Refusal::ChannelInactive));
        let mut private = room();
        private.kind = crate::model::PM.to_owned();
        assert_eq!(refused(&private, 1), Some(Refusal::ChannelImmutable));
    }

    #[test]
    fn handing_over_leaves_the_former_owner_with_full_access() {
        let planned = hand_over(&room(), &principal(1), UserId(3)).unwrap();
        assert_eq!(planned.owner, Some(UserId(3)));
        assert_eq!(planned.acl.full, ids(&[1, 2]));
        assert!(planned.acl.write.is_empty(), "an owner is in no group");
        let refused = hand_over(&room(), &principal(2), UserId(2)).unwrap_err();
        assert_eq!(refused.refusal(), Some(Refusal::NoAccess));
    }
}
