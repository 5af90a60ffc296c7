//! Streams of posts: which authors each user with such a stream follows, and where posts of an author go.
//!
//! Subscriptions to presence ask the same lists. There is one entry for each pair of viewer and author, whatever sockets the viewer has: a [`Home`] holds the list of
//! followed users, and the connections that share it. So a post costs the listeners that it has here, and a viewer's
//! second socket costs nothing of this.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use slab::Slab;
use smallvec::SmallVec;

use super::ConnectionIndex;
use super::audience::Audience;
use super::registration::Registration;
use super::room::Receiver;
use super::rooms::Placement;
use crate::actors::delivery::HiddenFrom;
use crate::actors::registry::RoutingKey;
use crate::model::UserId;
use crate::protocol::frame::ID_LENGTH;
use crate::protocol::render_class::RenderClass;

/// Place of a viewer among the homes of a shard, reused after its last connection left.
type Slot = u32;

/// One viewer's stream of posts, shared by all connections of that user.
#[derive(Debug)]
pub struct Home {
    viewer: UserId,
    /// Rising.
    followed: Vec<UserId>,
    /// What events said before the list was read: they win over it, since it may be older. `None` once it is there:
    /// from then on events alone change it.
    changes: Option<HashMap<UserId, bool>>,
    /// Connections with exactly one subscription that posts of followed users can match, which takes all of them.
    fast: SmallVec<[(RenderClass, Receiver); 1]>,
    /// All others that posts can match.
    slow: SmallVec<[ConnectionIndex; 1]>,
    /// Connections that ask whom the viewer follows, for presence. They need no posts.
    asking: SmallVec<[ConnectionIndex; 1]>,
    /// Whether the viewer is among the viewers of each followed user: not while only presence is asked for.
    is_listed: bool,
}

/// The homes of a shard.
#[derive(Debug)]
pub struct Homes {
    registration: Registration,
    homes: Slab<Home>,
    by_viewer: HashMap<UserId, Slot>,
    /// Viewers that follow an author, rising.
    by_author: HashMap<UserId, SmallVec<[Slot; 4]>>,
    /// There while a fan-out is under way.
    fan_out: Option<FanOut>,
}

/// A fan-out in progress. Its receivers are a copy, and a descriptor may belong to another connection by now.
#[derive(Debug, Default)]
struct FanOut {
    /// Connections whose subscription on the fast path ended since it began.
    left: HashSet<ConnectionIndex>,
    /// Connections that changed to the slow path since, and have that subscription still.
    moved: HashMap<ConnectionIndex, SubscriptionText>,
}

/// A subscription id, as a frame of the fast path has it.
type SubscriptionText = [u8; ID_LENGTH];

impl Home {
    fn new(viewer: UserId) -> Self {
        Self {
            viewer,
            followed: Vec::new(),
            changes: Some(HashMap::new()),
            fast: SmallVec::new(),
            slow: SmallVec::new(),
            asking: SmallVec::new(),
            is_listed: false,
        }
    }

    /// Of a viewer that follows these users.
    #[cfg(test)]
    pub(crate) fn following(viewer: UserId, followed: &[UserId]) -> Self {
        Self {
            followed: followed.to_vec(),
            ..Self::new(viewer)
        }
    }

    /// Whether the viewer follows this user.
    pub fn follows(&self, user: UserId) -> bool {
        self.followed.binary_search(&user).is_ok()
    }

    /// Whether the viewer's stream had the post of a repost already, from one of these users that was not hidden.
    pub fn has_heard_from(
        &self,
        earlier: &[(UserId, Arc<HiddenFrom>)],
        include_muted: bool,
    ) -> bool {
        earlier.iter().any(|(user, hidden)| {
            (*user == self.viewer || self.follows(*user))
                && !hidden.is_hidden_from(self.viewer, include_muted)
        })
    }

    fn is_empty(&self) -> bool {
        !self.hears_posts() && self.asking.is_empty()
    }

    fn hears_posts(&self) -> bool {
        !self.fast.is_empty() || !self.slow.is_empty()
    }

    fn connections(&self) -> impl Iterator<Item = ConnectionIndex> {
        let fast = self.fast.iter().map(|(_, receiver)| receiver.index);
        fast.chain(self.slow.iter().copied())
    }
}

impl Homes {
    pub(super) fn new(registration: Registration) -> Self {
        Self {
            registration,
            homes: Slab::new(),
            by_viewer: HashMap::new(),
            by_author: HashMap::new(),
            fan_out: None,
        }
    }

    /// The home of a user, if a connection of the user has one here.
    pub fn of(&self, viewer: UserId) -> Option<&Home> {
        self.homes.get(*self.by_viewer.get(&viewer)? as usize)
    }

    fn of_mut(&mut self, viewer: UserId) -> Option<(Slot, &mut Home)> {
        let slot = *self.by_viewer.get(&viewer)?;
        Some((slot, self.homes.get_mut(slot as usize)?))
    }

    /// The subscription by which the fast path serves a connection.
    pub(super) fn fast_id(
        &self,
        index: ConnectionIndex,
        viewer: UserId,
    ) -> Option<SubscriptionText> {
        let mut fast = self.of(viewer)?.fast.iter();
        let known = fast.find(|(_, receiver)| receiver.index == index);
        let moved = || Some(*self.fan_out.as_ref()?.moved.get(&index)?);
        known.map(|(_, receiver)| receiver.id).or_else(moved)
    }

    /// Puts a connection where it belongs in the home of its user. The first one makes the home, the last one that
    /// leaves ends it.
    pub(super) fn place(&mut self, index: ConnectionIndex, viewer: UserId, placement: Placement) {
        if placement != Placement::Nowhere {
            self.open(viewer);
        }
        let fast_id = self.fast_id(index, viewer);
        if let (Some(fan_out), Some(id)) = (&mut self.fan_out, fast_id) {
            fan_out.note(index, id, placement);
        }
        let Some((slot, home)) = self.of_mut(viewer) else {
            return;
        };
        home.fast.retain(|(_, known)| known.index != index);
        home.slow.retain(|known| *known != index);
        match placement {
            Placement::Nowhere => {}
            Placement::Fast(render_class, receiver) => home.fast.push((render_class, receiver)),
            Placement::Slow { .. } => home.slow.push(index),
        }
        if home.is_listed != home.hears_posts() {
            self.turn_list(slot);
        }
        self.drop_if_empty(viewer);
    }

    /// A connection asks whom its user follows, or no longer does. It shares the home with those that hear posts.
    pub(super) fn ask(&mut self, index: ConnectionIndex, viewer: UserId, asks: bool) {
        if asks {
            self.open(viewer);
        }
        let Some((_, home)) = self.of_mut(viewer) else {
            return;
        };
        home.asking.retain(|known| *known != index);
        if asks {
            home.asking.push(index);
        }
        self.drop_if_empty(viewer);
    }

    fn open(&mut self, viewer: UserId) {
        if !self.by_viewer.contains_key(&viewer) {
            // More viewers than this counts have more sockets than a process has descriptors.
            let slot = Slot::try_from(self.homes.insert(Home::new(viewer))).unwrap_or(Slot::MAX);
            self.by_viewer.insert(viewer, slot);
        }
    }

    /// Posts are heard from now on, or no longer.
    fn turn_list(&mut self, slot: Slot) {
        let Some(home) = self.homes.get_mut(slot as usize) else {
            return;
        };
        home.is_listed = !home.is_listed;
        let (is_listed, followed) = (home.is_listed, home.followed.clone());
        for author in followed {
            match is_listed {
                true => self.list(author, slot),
                false => self.unlist(author, slot),
            }
        }
    }

    fn drop_if_empty(&mut self, viewer: UserId) {
        let Some(slot) = self.by_viewer.get(&viewer).copied() else {
            return;
        };
        if !self.homes.get(slot as usize).is_some_and(Home::is_empty) {
            return;
        }
        self.by_viewer.remove(&viewer);
        let home = self.homes.try_remove(slot as usize);
        for author in home.into_iter().flat_map(|home| home.followed) {
            self.unlist(author, slot);
        }
    }

    /// A part of the list of followed users was read; what events said meanwhile wins over it. A home whose list is
    /// there already keeps it: events have kept it up to date.
    pub fn fill(&mut self, viewer: UserId, followed: &[UserId], is_last: bool) {
        let Some((slot, home)) = self.of_mut(viewer) else {
            return;
        };
        let Some(changes) = &home.changes else {
            return;
        };
        let listed = followed.iter().copied();
        let listed = listed.filter(|user| changes.get(user) != Some(&false));
        for author in listed.collect::<Vec<_>>() {
            self.enlist(author, slot);
        }
        if is_last && let Some((_, home)) = self.of_mut(viewer) {
            home.changes = None;
            home.followed.shrink_to_fit();
        }
    }

    /// A user follows another one, or no longer does.
    pub fn follow_changed(&mut self, viewer: UserId, author: UserId, follows: bool) {
        let Some((slot, home)) = self.of_mut(viewer) else {
            return;
        };
        if let Some(changes) = &mut home.changes {
            changes.insert(author, follows);
        }
        if follows {
            self.enlist(author, slot);
        } else if let Ok(at) = home.followed.binary_search(&author) {
            home.followed.remove(at);
            self.unlist(author, slot);
        }
    }

    fn enlist(&mut self, author: UserId, slot: Slot) {
        let Some(home) = self.homes.get_mut(slot as usize) else {
            return;
        };
        // Lists are read in rising order, so this is mostly the end.
        let Err(at) = home.followed.binary_search(&author) else {
            return;
        };
        home.followed.insert(at, author);
        if home.is_listed {
            self.list(author, slot);
        }
    }

    fn list(&mut self, author: UserId, slot: Slot) {
        let viewers = self.by_author.entry(author).or_default();
        if viewers.is_empty() {
            self.registration.enter(&RoutingKey::PostsBy(author));
        }
        if let Err(at) = viewers.binary_search(&slot) {
            viewers.insert(at, slot);
        }
    }

    fn unlist(&mut self, author: UserId, slot: Slot) {
        let Some(viewers) = self.by_author.get_mut(&author) else {
            return;
        };
        if let Ok(at) = viewers.binary_search(&slot) {
            viewers.remove(at);
        }
        if viewers.is_empty() {
            self.by_author.remove(&author);
            self.registration.leave(&RoutingKey::PostsBy(author));
        }
    }

    fn following(&self, author: UserId) -> &[Slot] {
        self.by_author.get(&author).map_or(&[], SmallVec::as_slice)
    }

    /// Connections whose users follow an author.
    pub fn listeners_to(&self, author: UserId) -> impl Iterator<Item = ConnectionIndex> {
        let slots = self.following(author).iter();
        let homes = slots.filter_map(|slot| self.homes.get(*slot as usize));
        homes.flat_map(Home::connections)
    }

    /// A fan-out of a post begins: its receivers, without those on the fast path whose streams had it from `earlier`.
    /// Until [`Self::end_fan_out`] it is noted who leaves.
    pub fn begin_fan_out(
        &mut self,
        author: UserId,
        earlier: &[(UserId, Arc<HiddenFrom>)],
    ) -> Audience {
        self.fan_out = Some(FanOut::default());
        let heard = self.heard_from(earlier);
        let mut audience = Audience::default();
        for slot in self.following(author) {
            let Some(home) = self.homes.get(*slot as usize) else {
                continue;
            };
            audience.slow.extend_from_slice(&home.slow);
            if heard.get(*slot as usize) == Some(&true) {
                continue;
            }
            for (render_class, receiver) in &home.fast {
                audience.add(*render_class, *receiver);
            }
        }
        audience
    }

    /// By slot, whether the viewer's stream had a post from one of these users. Their lists are walked, and not those
    /// of each viewer: a post that many have reposted has more viewers than reposts.
    fn heard_from(&self, earlier: &[(UserId, Arc<HiddenFrom>)]) -> Vec<bool> {
        let mut heard = Vec::new();
        if earlier.is_empty() {
            return heard;
        }
        heard.resize(self.homes.capacity(), false);
        for (user, hidden) in earlier {
            let own = self.by_viewer.get(user);
            for slot in self.following(*user).iter().chain(own) {
                let viewer = self.homes.get(*slot as usize).map(|home| home.viewer);
                let is_hidden = !hidden.is_empty()
                    && viewer.is_some_and(|viewer| hidden.is_hidden_from(viewer, false));
                if let Some(flag) = heard.get_mut(*slot as usize) {
                    *flag |= !is_hidden;
                }
            }
        }
        heard
    }

    /// Whether a receiver of the fan-out that is under way has left since.
    pub fn has_left(&self, index: ConnectionIndex) -> bool {
        let fan_out = self.fan_out.as_ref();
        fan_out.is_some_and(|fan_out| !fan_out.left.is_empty() && fan_out.left.contains(&index))
    }

    /// The fan-out is over.
    pub fn end_fan_out(&mut self) {
        self.fan_out = None;
    }
}

impl FanOut {
    /// A connection that the fast path served for this subscription is placed again.
    fn note(&mut self, index: ConnectionIndex, id: SubscriptionText, placement: Placement) {
        let goes_on = match placement {
            Placement::Nowhere => false,
            Placement::Fast(_, receiver) => receiver.id == id,
            Placement::Slow { fast_holds } => fast_holds,
        };
        match goes_on {
            true => drop(self.moved.insert(index, id)),
            false => drop(self.left.insert(index)),
        }
    }
}

#[cfg(test)]
#[path = "homes_tests.rs"]
mod tests;
