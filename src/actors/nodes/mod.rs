//! The other servers of the same database: who they are, and how long this one may count on what it holds.
//!
//! [`Cluster`] is what the process knows of all nodes. [`Calls`] asks them for something. [`Keeper`] is the thread that renews the lease. [`Places`] are what it holds of limits
//! over all nodes. On SQLite one server
//! has the database to itself, and nothing of this is there.

mod calls;
mod cluster;
mod keeper;
mod places;
mod ways;

pub use calls::{Answer, Begun, Calls, SECRET, Unanswered, hook_path, session_path, ticket_path};
pub use cluster::Cluster;
#[cfg(test)]
pub(crate) use cluster::tests::cluster as test_cluster;
pub use keeper::Keeper;
pub use places::{Place, Places};
