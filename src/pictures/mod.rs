//! Pictures that users send: found out by content, measured before they are decoded, scaled, and encoded again.
//!
//! Nothing that a user sent is stored as it came: what leaves here was encoded here, without metadata and without
//! whatever else the file held. It knows neither requests nor where pictures are kept.

mod animation;
mod gif;
mod jpeg;
mod png;
mod probe;
mod rework;
mod rows;
mod shape;
mod shelf;
mod source;
mod webp;
mod worker;

pub use probe::{Kind, Probe};
pub use rework::{Made, Order, Reworked, rework};
pub use shape::Shape;
pub use shelf::{Shelf, Size};
pub use worker::Pictures;

#[cfg(test)]
mod tests;
