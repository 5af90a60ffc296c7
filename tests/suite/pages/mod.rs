//! Pages with forms: as a browser without script sees them.

mod account;
mod apps;
mod asking;
mod authorize;
mod codes;
mod developer;
mod pictures;
mod refusals;
mod room;
mod session;
mod sign_up;
