//! Getting a token. The pages on which a browser asks its user are not part of this server.

mod error;
pub mod grant;

pub use error::OAuthError;
