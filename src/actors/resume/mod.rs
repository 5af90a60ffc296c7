//! Streams that continue from a cursor: what they missed, judged by what their viewer was and is.

pub mod app_frames;
pub mod app_view;
pub mod changes;
pub mod hindsight;

pub use app_view::AppView;
pub use hindsight::Hindsight;
