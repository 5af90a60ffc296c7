//! Errors of the token endpoint, in one body that all known clients can read.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use serde_json::json;

use crate::http::ApiError;
use crate::model::Failure;

/// Why no token is granted.
#[derive(Debug)]
pub enum OAuthError {
    /// A field is missing or unreadable.
    InvalidRequest(&'static str),
    /// Unknown client, or not its secret.
    InvalidClient,
    /// Not this user's password.
    InvalidGrant,
    /// Not a code that this client may exchange now.
    InvalidCode,
    /// This client may not have this kind of token.
    UnauthorizedClient,
    /// This server does not have this grant type.
    UnsupportedGrantType,
    /// No such scope.
    InvalidScope(String),
    /// A failure that is not about OAuth.
    Other(ApiError),
}

impl OAuthError {
    /// RFC 6749 §5.2
    fn name(&self) -> &'static str {
        match self {
            Self::InvalidRequest(_) => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant | Self::InvalidCode => "invalid_grant",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InvalidScope(_) => "invalid_scope",
            Self::Other(_) => "server_error",
        }
    }

    /// The error underneath, if it is not about OAuth: it is rendered as on every other route.
    pub fn as_api(&self) -> Option<&ApiError> {
        if let Self::Other(error) = self {
            Some(error)
        } else {
            None
        }
    }

    fn message(&self) -> String {
        match self {
            Self::InvalidRequest(field) => format!("Missing or malformed: {field}."),
            Self::InvalidClient => String::from("Unknown client or wrong secret."),
            Self::InvalidGrant => String::from("Invalid username or password."),
            Self::InvalidCode => String::from(
                "The code is unknown, used or too old, or was made for another client, redirect_uri or code_challenge.",
            ),
            Self::UnauthorizedClient => String::from("This client may not use this grant type."),
            Self::UnsupportedGrantType => String::from(
                "grant_type must be authorization_code, password or client_credentials.",
            ),
            Self::InvalidScope(scope) => format!("No such scope: {scope}"),
            Self::Other(error) => error.to_string(),
        }
    }
}

impl fmt::Display for OAuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl From<ApiError> for OAuthError {
    fn from(error: ApiError) -> Self {
        Self::Other(error)
    }
}

impl From<Failure> for OAuthError {
    fn from(failure: Failure) -> Self {
        Self::Other(failure.into())
    }
}

impl ResponseError for OAuthError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::InvalidClient => StatusCode::UNAUTHORIZED,
            Self::Other(error) => error.status_code(),
            Self::InvalidRequest(_)
            | Self::InvalidGrant
            | Self::InvalidCode
            | Self::UnauthorizedClient
            | Self::UnsupportedGrantType
            | Self::InvalidScope(_) => StatusCode::BAD_REQUEST,
        }
    }

    fn error_response(&self) -> HttpResponse {
        if let Self::Other(error) = self {
            return error.error_response();
        }
        let status = self.status_code();
        let (name, message) = (self.name(), self.message());
        let mut response = HttpResponse::build(status);
        response.insert_header((CACHE_CONTROL, "no-store"));
        if status == StatusCode::UNAUTHORIZED {
            response.insert_header((WWW_AUTHENTICATE, "Basic realm=\"client\""));
        }
        response.json(json!({
            "error": name,
            "error_description": message,
            "error_message": message,
            "meta": {
                "code": status.as_u16(),
                "error": name,
                "error_slug": name,
                "error_message": message,
            },
        }))
    }
}
