//! Stories over websockets: which events a connection hears, when, and how it ends.

mod acl;
mod app_events;
mod app_in_use;
mod app_visibility;
mod channel_messages;
mod claim;
mod doors;
mod doors_again;
mod doors_slow;
mod exits;
mod filters;
mod follows;
mod heartbeat;
mod hello;
mod hiding;
mod inbox;
mod no_hole;
mod post_rules;
mod posts;
mod presence;
mod slow_reader;
mod subscribers;
mod subscriptions;
mod timing;
mod toggling;
mod token;
