//! Writes of channels: made, changed, handed over, deactivated, subscribed to.

use std::collections::HashSet;
use std::sync::Arc;

use super::super::change::{self as plans, ChangeLimits};
use super::super::mail::{ChannelChange, SubscriptionChange};
use super::super::rules;
use super::{announce_subscriptions, announce_with, auto_subscribe, news, read, subscribe_all};
use crate::event::Payload;
use crate::model::{Access, Channel, ChannelId, Failure, Refusal, UserId, UserPrincipal};
use crate::store::Tx;

/// Changes ACL and raw.
///
/// # Errors
/// What [`plans::plan`] refuses.
pub fn change(
    tx: &mut Tx<'_>,
    known: &Arc<Channel>,
    principal: &UserPrincipal,
    change: &ChannelChange,
    limits: ChangeLimits,
) -> Result<Arc<Channel>, Failure> {
    let planned = plans::plan(&*tx.current(known)?, principal, change, limits)?;
    save(
        tx,
        &planned.channel,
        principal.user,
        planned.subscribe.is_some(),
    )?;
    if let Some(listed) = planned.subscribe {
        subscribe_all(tx, known.id, &listed)?;
    }
    read(tx, known.id)
}

/// Hands a channel over.
///
/// # Errors
/// What [`plans::hand_over`] refuses, or an unknown user.
pub fn hand_over(
    tx: &mut Tx<'_>,
    known: &Arc<Channel>,
    principal: &UserPrincipal,
    owner: UserId,
) -> Result<Arc<Channel>, Failure> {
    let planned = plans::hand_over(&*tx.current(known)?, principal, owner)?;
    tx.user(owner)?
        .ok_or_else(|| Refusal::UnknownUser.at("owner_id"))?;
    save(tx, &planned, principal.user, false)?;
    read(tx, known.id)
}

/// Saves ACL, raw or owner. Users that lose read access are unsubscribed first, then the change is announced, then
/// the new channel subscriptions.
///
/// # Errors
/// The database is in trouble.
fn save(tx: &mut Tx<'_>, channel: &Channel, actor: UserId, auto: bool) -> Result<(), Failure> {
    let mut losing = tx.subscribers(channel.id)?;
    losing.retain(|user| channel.access(Some(*user)) < Access::Read);
    if losing.is_empty() {
        tx.save_channel(channel)?;
    } else {
        // They see the channel as it was when they still could.
        let before = Arc::new(news(tx, channel.id)?);
        tx.save_channel(channel)?;
        tx.unsubscribe_all(channel.id, &losing)?;
        announce_with(tx, &before, &losing, false)?;
    }
    let news = news(tx, channel.id)?;
    tx.announce(Payload::ChannelChanged {
        news: Box::new(news),
    });
    if auto {
        auto_subscribe(tx, channel, actor)?;
    }
    Ok(())
}

/// Deactivates: the change is announced while its subscribers are still subscribed, then they are unsubscribed. Repeating it changes nothing.
///
/// # Errors
/// Access.
pub fn deactivate(
    tx: &mut Tx<'_>,
    known: &Arc<Channel>,
    principal: &UserPrincipal,
) -> Result<Arc<Channel>, Failure> {
    let channel = tx.current(known)?;
    rules::may_own(&channel, principal)?;
    if !channel.is_active {
        return Ok(channel);
    }
    tx.save_channel(&Channel {
        is_active: false,
        ..Channel::clone(&channel)
    })?;
    let news = news(tx, channel.id)?;
    tx.announce(Payload::ChannelChanged {
        news: Box::new(news),
    });
    let left = tx.subscribers(channel.id)?;
    tx.unsubscribe_all(channel.id, &left)?;
    announce_subscriptions(tx, channel.id, &left, false)?;
    read(tx, channel.id)
}

/// Subscribes, mutes, or takes either back.
///
/// # Errors
/// Access, or a deactivated channel.
pub fn change_subscription(
    tx: &mut Tx<'_>,
    known: &Arc<Channel>,
    principal: &UserPrincipal,
    how: SubscriptionChange,
) -> Result<Arc<Channel>, Failure> {
    rules::may_attend(&*tx.current(known)?, principal, how)?;
    let (channel, user) = (known.id, principal.user);
    let changed = match how {
        SubscriptionChange::Subscribe => {
            tx.unmute_channel(channel, user)?;
            let changed = tx.subscribe(channel, user)?;
            if changed {
                announce_subscriptions(tx, channel, &[user], true)?;
            }
            changed
        }
        SubscriptionChange::Unsubscribe | SubscriptionChange::Mute => {
            let changed = tx.unsubscribe(channel, user)?;
            if changed {
                announce_subscriptions(tx, channel, &[user], false)?;
            }
            if how == SubscriptionChange::Mute {
                tx.mute_channel(channel, user)?;
            }
            changed
        }
        SubscriptionChange::Unmute => tx.unmute_channel(channel, user)?,
    };
    let after = tx.channel(channel)?.ok_or(Refusal::ChannelNotFound)?;
    // Callers that were not members learn nothing about a channel they cannot read.
    if !changed && after.access(Some(user)) < Access::Read {
        return Err(Refusal::NoAccess.into());
    }
    Ok(Arc::new(after))
}

/// Finds the private channel of exactly these users, or creates it, which the flag says.
///
/// # Errors
/// The database is in trouble.
pub fn open_pm(tx: &mut Tx<'_>, people: &HashSet<UserId>) -> Result<(ChannelId, bool), Failure> {
    let mut write: Vec<UserId> = people.iter().copied().collect();
    write.sort_unstable();
    if let Some(id) = tx.existing_pm(&write)? {
        return Ok((id, false));
    }
    let acl = crate::model::Acl {
        full_immutable: true,
        write_immutable: true,
        read_immutable: true,
        write: write.clone(),
        ..Default::default()
    };
    let new = crate::model::NewChannel {
        kind: crate::model::PM.to_owned(),
        owner: None,
        acl,
        raw: Default::default(),
    };
    let id = tx.create_channel(new)?.id;
    let news = news(tx, id)?;
    tx.announce(Payload::ChannelCreated {
        news: Box::new(news),
    });
    subscribe_all(tx, id, &write)?;
    Ok((id, true))
}

/// Creates a channel.
///
/// # Errors
/// The database is in trouble.
pub fn create(
    tx: &mut Tx<'_>,
    new: crate::model::NewChannel,
    actor: UserId,
    auto: bool,
) -> Result<Arc<Channel>, Failure> {
    let id = tx.create_channel(new)?.id;
    let news = news(tx, id)?;
    let channel = news.channel.clone();
    tx.announce(Payload::ChannelCreated {
        news: Box::new(news),
    });
    if auto {
        auto_subscribe(tx, &channel, actor)?;
    }
    read(tx, id)
}
