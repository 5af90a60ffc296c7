//! `/channels/{id}/messages` and what belongs to it.

mod create;
mod delete;
mod entities;
mod lookup;
mod search;
mod sticky;
