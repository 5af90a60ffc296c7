//! Why a page cannot be shown, with words for people. `pages::around` makes a page of it.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};

use super::next::Next;
use crate::http::ApiError;
use crate::model::Failure;
use crate::protocol::envelope::Meta;

/// Why a page cannot be shown.
#[derive(Debug)]
pub enum PageError {
    /// The page belongs to an account; signing in leads back to it.
    SignInFirst(Next),
    /// Another site sent the form.
    FormForeign,
    /// The form was shown to another session, or to a browser that keeps no cookies.
    FormStale,
    /// Pages are shown, and take forms.
    NotAllowed,
    /// A refusal with a title and a sentence of its own.
    Refused {
        /// The status.
        status: StatusCode,
        /// What happened, in a few words.
        title: &'static str,
        /// What it means for the person.
        text: String,
    },
    /// A failure that the API knows too.
    Other(ApiError),
}

impl PageError {
    /// 400 with a title and a sentence.
    pub fn refused(title: &'static str, text: impl Into<String>) -> Self {
        Self::Refused {
            status: StatusCode::BAD_REQUEST,
            title,
            text: text.into(),
        }
    }

    /// What the API would say of it.
    pub fn meta(&self) -> Option<Meta> {
        match self {
            Self::Other(error) => Some(error.meta()),
            Self::SignInFirst(_)
            | Self::FormForeign
            | Self::FormStale
            | Self::NotAllowed
            | Self::Refused { .. } => None,
        }
    }

    /// What happened, in a few words.
    pub fn title(&self) -> &'static str {
        match self {
            Self::SignInFirst(_) => "Sign in first",
            Self::FormForeign => "This form came from elsewhere",
            Self::FormStale => "This form is no longer valid",
            Self::NotAllowed => "This page does not take that",
            Self::Refused { title, .. } => title,
            Self::Other(error) => match error.code() {
                429 => "Too many attempts",
                500.. => "That did not work",
                _ => "That is not possible",
            },
        }
    }

    /// What it means for the person.
    pub fn text(&self) -> String {
        match self {
            Self::SignInFirst(_) => String::from("This page belongs to an account."),
            Self::FormForeign => String::from(
                "Your browser says that another site sent it. Nothing was changed. Open the page here and fill the form in again.",
            ),
            Self::FormStale => String::from(
                "You signed in or out since it was shown, or your browser keeps no cookies of this site. Nothing was changed. Go back, load the page again, and repeat what you did.",
            ),
            Self::NotAllowed => String::from("Open the page again and use its form."),
            Self::Refused { text, .. } => text.clone(),
            Self::Other(error) => {
                let meta = error.meta();
                match meta.retry_in {
                    Some(seconds) => format!("Try again in {seconds} s."),
                    None => meta.error_message.unwrap_or_default(),
                }
            }
        }
    }
}

impl fmt::Display for PageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title())
    }
}

impl From<ApiError> for PageError {
    fn from(error: ApiError) -> Self {
        Self::Other(error)
    }
}

impl From<Failure> for PageError {
    fn from(failure: Failure) -> Self {
        Self::Other(failure.into())
    }
}

impl ResponseError for PageError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::SignInFirst(_) => StatusCode::SEE_OTHER,
            Self::FormForeign | Self::FormStale => StatusCode::FORBIDDEN,
            Self::NotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Refused { status, .. } => *status,
            Self::Other(error) => error.status(),
        }
    }

    /// Without a body: the pipeline of the pages writes it.
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}
