//! What handlers ask for by the types of their arguments.

pub mod body;
pub mod live;
pub mod params;
pub mod path;
pub mod caller;

pub use body::Body;
pub use live::Live;
pub use params::Params;
pub use caller::{AnyCaller, AppCaller, TokenCaller, UserCaller, Caller};
