//! First contents of a database: the client of our own page, and on request a demo.

pub mod demo;
pub mod page;
