//! `/channels` and the lists of channels.

mod acl;
mod change;
mod create;
mod explore;
mod inbox;
mod lists;
mod lookup;
mod mute;
mod owner;
mod scopes;
mod search;
mod subscribe;
mod unread;
