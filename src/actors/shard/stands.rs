//! Where connections stand in the audiences of channels, and how those places are kept while a walk over
//! them is under way.

use super::audience::{Audience, Receiver, Slot, Stand};
use super::link::Subscription;
use super::state::State;
use crate::actors::registry::RoutingKey;
use crate::model::{ChannelId, Scope};
use crate::protocol::frame::ID_LENGTH;

impl State {
    /// Puts a connection where it now belongs in the audience of a channel: among the plain receivers if
    /// exactly one subscription without filters matches, among the others if more does, else nowhere.
    pub(super) fn replace(&mut self, slot: Slot, channel: ChannelId) {
        if self.walking == Some(channel) && self.plain_place_holds(slot, channel) {
            // The walk has noted whom to look at one by one: who moved there now would be passed over.
            self.postponed.push(slot);
            return;
        }
        self.take_out(slot, channel);
        let Some(link) = self.links.get(slot as usize) else {
            return;
        };
        let mut matching = link.on_messages_of(channel);
        let (Some(first), second) = (matching.next(), matching.next()) else {
            return;
        };
        let plain: Option<[u8; ID_LENGTH]> = match second {
            None if is_plain(first) => first.id.as_str().as_bytes().try_into().ok(),
            Some(_) | None => None,
        };
        let (display, fd) = (link.display.for_messages(), link.socket.fd());
        drop(matching);
        let audience = self.audiences.entry(channel).or_default();
        let first_here = audience.is_empty();
        let stand = plain
            .and_then(|id| audience.add_plain(display, Receiver { fd, slot, id }))
            .unwrap_or_else(|| audience.add_other(slot));
        if first_here {
            self.registry
                .add(&RoutingKey::Messages(channel), self.shard);
        }
        if let Some(link) = self.link_mut(slot) {
            link.stands.push((channel, stand));
        }
    }

    /// Whether a connection stands among the plain receivers for a subscription that it still has.
    fn plain_place_holds(&self, slot: Slot, channel: ChannelId) -> bool {
        let receiver = self.link(slot).and_then(|link| {
            let (_, stand) = link.stands.iter().find(|(known, _)| *known == channel)?;
            let Stand::Plain(class, at) = *stand else {
                return None;
            };
            let audience = self.audiences.get(&channel)?;
            let receivers = &audience.classes.get(usize::from(class))?.receivers;
            Some((link, receivers.get(at as usize)?.id))
        });
        receiver.is_some_and(|(link, id)| {
            link.on_messages_of(channel)
                .any(|known| known.id.as_str().as_bytes() == id && is_plain(known))
        })
    }

    pub(super) fn take_out(&mut self, slot: Slot, channel: ChannelId) {
        let Some(link) = self.link_mut(slot) else {
            return;
        };
        let Some(at) = link.stands.iter().position(|(known, _)| *known == channel) else {
            return;
        };
        let (_, stand) = link.stands.swap_remove(at);
        let Some(audience) = self.audiences.get_mut(&channel) else {
            return;
        };
        if self.walking == Some(channel) && matches!(stand, Stand::Plain(..)) {
            audience.blank(stand);
            self.blanked = true;
            return;
        }
        let moved = audience.remove(stand);
        let empty = audience.is_empty();
        if let Some(moved) = moved {
            self.note_stand(moved, channel, stand);
        }
        if empty && self.walking != Some(channel) {
            self.audiences.remove(&channel);
            self.registry
                .remove(&RoutingKey::Messages(channel), self.shard);
        }
    }

    fn note_stand(&mut self, slot: Slot, channel: ChannelId, stand: Stand) {
        let Some(link) = self.link_mut(slot) else {
            return;
        };
        if let Some(known) = link.stands.iter_mut().find(|(known, _)| *known == channel) {
            known.1 = stand;
        }
    }

    /// A walk over this audience begins: until `walked`, its places keep their index.
    pub fn walk_begins(&mut self, channel: ChannelId) {
        self.walking = Some(channel);
    }

    /// The walk is over: places of those who left meanwhile are closed up.
    pub fn walked(&mut self) {
        let Some(channel) = self.walking.take() else {
            return;
        };
        if std::mem::take(&mut self.blanked) {
            let mut moves: Vec<(Slot, Stand)> = Vec::new();
            if let Some(audience) = self.audiences.get_mut(&channel) {
                for (class, index) in audience.classes.iter_mut().zip(0u8..) {
                    class.receivers.retain(|receiver| receiver.fd >= 0);
                    let stands = class.receivers.iter().zip(0u32..);
                    moves.extend(
                        stands.map(|(receiver, at)| (receiver.slot, Stand::Plain(index, at))),
                    );
                }
            }
            for (slot, stand) in moves {
                self.note_stand(slot, channel, stand);
            }
        }
        for slot in std::mem::take(&mut self.postponed) {
            self.replace(slot, channel);
        }
        if self.audiences.get(&channel).is_some_and(Audience::is_empty) {
            self.audiences.remove(&channel);
            self.registry
                .remove(&RoutingKey::Messages(channel), self.shard);
        }
    }
}

fn is_plain(subscription: &Subscription) -> bool {
    // A narrowed scope has to be held against each event, since a channel may stop being public.
    subscription.filter.is_plain() && subscription.token.scopes.has(Scope::Messages)
}
