//! Listeners by routing key, for all events but the messages of channels.

use std::collections::HashMap;

use super::ConnectionIndex;
use super::positions::PositionsByConnection;
use super::registration::Registration;
use crate::actors::registry::RoutingKey;

/// Which connections of a shard listen at which routing key.
#[derive(Debug)]
pub struct Listeners {
    registration: Registration,
    by_key: HashMap<RoutingKey, Vec<ConnectionIndex>>,
    /// The way back, so that a connection leaves a long list without a search.
    positions: PositionsByConnection<RoutingKey, u32>,
}

impl Listeners {
    pub(super) fn new(registration: Registration) -> Self {
        Self {
            registration,
            by_key: HashMap::new(),
            positions: PositionsByConnection::default(),
        }
    }

    /// Listeners at a key, in no order.
    pub fn at(&self, key: &RoutingKey) -> &[ConnectionIndex] {
        self.by_key.get(key).map_or(&[], Vec::as_slice)
    }

    /// Adds a listener; once is enough.
    pub fn add(&mut self, index: ConnectionIndex, key: &RoutingKey) {
        if self.positions.get(index, key).is_some() {
            return;
        }
        let listeners = self.by_key.entry(key.clone()).or_default();
        let position = u32::try_from(listeners.len()).unwrap_or(u32::MAX);
        listeners.push(index);
        self.positions.set(index, key.clone(), position);
        if position == 0 {
            self.registration.enter(key);
        }
    }

    /// Takes a listener out.
    pub fn remove(&mut self, index: ConnectionIndex, key: &RoutingKey) {
        if let Some(position) = self.positions.remove(index, key) {
            self.close_up(key, position);
        }
    }

    /// Takes a connection out everywhere.
    pub fn remove_connection(&mut self, index: ConnectionIndex) {
        let positions = self.positions.take(index);
        for key in positions.keys() {
            if let Some(position) = positions.get(key) {
                self.close_up(key, position);
            }
        }
    }

    /// The last of a list gets the position that became free.
    fn close_up(&mut self, key: &RoutingKey, position: u32) {
        let Some(listeners) = self.by_key.get_mut(key) else {
            return;
        };
        let at = position as usize;
        if at < listeners.len() {
            listeners.swap_remove(at);
        }
        if let Some(moved) = listeners.get(at) {
            self.positions.set(*moved, key.clone(), position);
        }
        if listeners.is_empty() {
            self.by_key.remove(key);
            self.registration.leave(key);
        }
    }
}
