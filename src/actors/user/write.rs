//! What a user's actor puts into the write lane: rows and events, in one transaction.

use std::sync::Arc;

use super::mail::{ProfileChange, ShowPicture};
use crate::actors::markers::announce_marker;
use crate::event::Payload;
use crate::model::{
    Access, BadgeBrief, BadgeId, ChannelId, ClientId, Failure, Marker, MarkerName, MessageId,
    Refusal, Relation, Scopes, Token, TokenId, User, UserId, UserPrincipal,
};
use crate::protocol::draft::MarkerDraft;
use crate::store::{NewToken, Tx, UnusedPicture};
use crate::text::raw::{On, merge};

/// Follows, mutes or blocks, or undoes it. Repeating changes nothing and announces nothing.
///
/// # Errors
/// No such user; a follow with a block between the two.
pub fn relate(
    tx: &mut Tx<'_>,
    user: UserId,
    other: UserId,
    relation: Relation,
    on: bool,
) -> Result<(), Failure> {
    tx.user(other)?.ok_or(Refusal::UserNotFound)?;
    let kind = tx.user(user)?.ok_or(Refusal::UserNotFound)?.kind;
    tx.relationship(user, other)?.allows(relation, on, kind)?;
    let changed = if on {
        tx.relate(user, other, relation)?
    } else {
        tx.unrelate(user, other, relation)?
    };
    if changed {
        // Read again: following moves the counts of both.
        let user = Arc::new(tx.user(user)?.ok_or(Refusal::UserNotFound)?);
        let other = Arc::new(tx.user(other)?.ok_or(Refusal::UserNotFound)?);
        tx.announce(Payload::Related {
            relation,
            user,
            other,
            undone: !on,
        });
    }
    Ok(())
}

/// Grants a client a token, for a user or for the app.
///
/// # Errors
/// No such client.
pub fn grant(
    tx: &mut Tx<'_>,
    client: &ClientId,
    user: Option<UserId>,
    scopes: &Scopes,
    secret: &str,
) -> Result<Token, Failure> {
    let token = tx.create_token(&NewToken {
        secret,
        client: client.clone(),
        user,
        scopes: scopes.clone(),
    })?;
    let user = match token.user {
        Some(user) => tx.user(user)?.map(Arc::new),
        None => None,
    };
    tx.announce(Payload::TokenGranted {
        token: token.clone(),
        user,
    });
    Ok(token)
}

/// Revokes a token; a token that does not exist any more is no error.
///
/// # Errors
/// The database is in trouble.
pub fn revoke(tx: &mut Tx<'_>, id: TokenId) -> Result<(), Failure> {
    if let Some((token, was_last)) = tx.delete_token(id)? {
        let user = match token.user {
            Some(user) => tx.user(user)?.map(Arc::new),
            None => None,
        };
        tx.announce(Payload::TokenRevoked {
            token,
            user,
            was_last,
        });
    }
    Ok(())
}

/// Changes a profile.
///
/// # Errors
/// Raw that breaks a rule.
pub fn change_profile(
    tx: &mut Tx<'_>,
    id: UserId,
    change: ProfileChange,
    raw_bytes: usize,
) -> Result<Arc<User>, Failure> {
    let mut user = tx.user(id)?.ok_or(Refusal::UserNotFound)?;
    if let Some(name) = change.name {
        user.name = name;
    }
    if let Some(text) = change.text {
        (user.content, user.markdown_text) = text.unzip();
    }
    user.locale = change.locale.unwrap_or(user.locale);
    user.timezone = change.timezone.unwrap_or(user.timezone);
    if let Some(raw) = &change.raw {
        user.raw = merge(&user.raw, raw, On::User, raw_bytes)?;
    }
    tx.save_user(&user)?;
    if let Some(badge) = change.badge {
        show_badge(tx, &mut user, badge)?;
    }
    let user = Arc::new(user);
    tx.announce(Payload::UserChanged { user: user.clone() });
    Ok(user)
}

fn show_badge(tx: &mut Tx<'_>, user: &mut User, badge: Option<BadgeId>) -> Result<(), Failure> {
    let shown = match badge {
        Some(id) => {
            let own = tx.badges_of(user.id)?.into_iter().find(|own| own.id == id);
            let own = own.ok_or_else(|| Refusal::Invalid.at("badge_id"))?;
            Some(BadgeBrief {
                id: own.id,
                name: own.name,
            })
        }
        None => None,
    };
    tx.show_badge(user.id, shown.as_ref())?;
    user.badge = shown;
    Ok(())
}

/// Shows a picture, or the default one. Answers with the one that was shown before.
///
/// # Errors
/// The files of the picture are gone.
pub fn show_picture(
    tx: &mut Tx<'_>,
    id: UserId,
    mail: &ShowPicture,
) -> Result<Option<UnusedPicture>, Failure> {
    let unused = tx.show_picture(id, mail.of, mail.picture.as_ref())?;
    if unused.is_some() || mail.picture.is_some() {
        let user = Arc::new(tx.user(id)?.ok_or(Refusal::UserNotFound)?);
        tx.announce(Payload::UserChanged { user });
    }
    Ok(unused)
}

/// Moves stream markers: all of them, or none.
///
/// # Errors
/// No such channel, or one that the user may not read. Any scope will do.
pub fn move_markers(
    tx: &mut Tx<'_>,
    principal: &UserPrincipal,
    markers: Vec<MarkerDraft>,
    reset: bool,
) -> Result<Vec<(MarkerName, Marker)>, Failure> {
    let reader = Arc::new(tx.user(principal.user)?.ok_or(Refusal::UserNotFound)?);
    let mut moved = Vec::with_capacity(markers.len());
    for mut marker in markers {
        let mut of = None;
        if let MarkerName::Channel(channel) = marker.name {
            let channel = tx.channel(channel)?.ok_or(Refusal::ChannelNotFound)?;
            principal.holds(&channel, Access::Read).demand()?;
            // Beyond it, whatever is written later would count as read.
            marker.id = marker.id.min(channel.newest_message().map_or(0, |id| id.0));
            of = Some(channel.brief());
        }
        let before = tx.marker(reader.id, marker.name)?;
        let set = tx.set_marker(reader.id, marker.name, marker.id, marker.percentage, reset)?;
        // Devices that repeat what they are told would otherwise tell each other for ever.
        if !before.is_some_and(|before| before.is_at(&set)) {
            announce_marker(tx, &reader, of, marker.name, set.clone());
        }
        moved.push((marker.name, set));
    }
    Ok(moved)
}

/// Moves the markers of channels to the newest message of each that the user had when the call began. Never back.
///
/// # Errors
/// The database is in trouble.
pub fn mark_read(
    tx: &mut Tx<'_>,
    user: UserId,
    newest: &[(ChannelId, MessageId)],
) -> Result<(), Failure> {
    let reader = Arc::new(tx.user(user)?.ok_or(Refusal::UserNotFound)?);
    for (channel, newest) in newest {
        let name = MarkerName::Channel(*channel);
        let marker = tx.marker(user, name)?;
        if marker.is_some_and(|marker| marker.last_read_id >= newest.0) {
            continue;
        }
        // A channel that is gone meanwhile has nothing to read.
        let Some(channel) = tx.channel(*channel)? else {
            continue;
        };
        let marker = tx.set_marker(user, name, newest.0, 0, false)?;
        announce_marker(tx, &reader, Some(channel.brief()), name, marker);
    }
    Ok(())
}
