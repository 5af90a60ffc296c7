//! First contents of a database: the client of our own page, and on request a demo or a large seed.

pub mod demo;
pub mod page;
pub mod seed;
