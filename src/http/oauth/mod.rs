//! How apps get tokens: the pages on which users allow them, and the token endpoint.

pub mod asked;
pub mod authorize;
mod back;
mod error;
pub mod grant;
mod login;
mod malformed;
mod passwords;
pub(in crate::http) mod words;

pub use error::OAuthError;
pub use login::sign_in;
pub use passwords::PasswordChecks;
pub use words::scope_in_words;
