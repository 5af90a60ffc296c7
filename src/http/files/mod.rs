//! Files: uploaded, described, served, deleted. Their rows are the store's, their bytes are in `contents`.

pub mod attach;
pub(super) mod bulk;
pub(super) mod change;
mod classify;
pub mod cleaning;
mod content;
pub(super) mod create;
mod derive;
pub(super) mod fill;
mod form;
mod keep;
pub(super) mod lookup;
mod ownership;
mod place;
pub(super) mod provision;
mod range;
mod receive;
mod rights;

pub use content::configure;
pub(super) use form::parsed_so;
pub use place::FilePlace;
