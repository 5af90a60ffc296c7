//! Pages with forms: as a browser without script sees them.

mod account;
mod apps;
mod developer;
mod session;
