//! Pages with forms: as a browser without script sees them.

mod asking;
mod authorize;
mod codes;
mod session;
mod sign_up;
