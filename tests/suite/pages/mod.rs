//! Pages with forms: as a browser without script sees them.

mod session;
