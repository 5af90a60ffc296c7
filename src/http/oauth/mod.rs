//! The token endpoint. The authorization pages for browsers are not part of this server.

mod error;
pub mod grant;
mod login;
mod passwords;

pub use error::OAuthError;
pub use login::sign_in;
pub use passwords::PasswordChecks;
