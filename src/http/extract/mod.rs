//! Extractors: the arguments of handlers.

pub mod body;
pub mod caller;
pub mod live;
pub mod params;
pub mod path;

pub use body::{ActionBody, Body};
pub use caller::{AnyCaller, AppCaller, Caller, TokenCaller, UserCaller};
pub use live::Live;
pub use params::Params;
