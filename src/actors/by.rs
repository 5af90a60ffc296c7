//! Who asks for a write: see [`crate::model::access`].

pub use crate::model::UserPrincipal;
