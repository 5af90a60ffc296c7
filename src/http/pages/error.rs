//! Why a page cannot be shown: a page as well, with words for people.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, HeaderValue, RETRY_AFTER};
use actix_web::{HttpResponse, ResponseError};
use askama::Template;

use super::frame::Frame;
use super::next::Next;
use super::page::{Page, see_other};
use crate::http::ApiError;
use crate::model::Failure;

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

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    frame: Frame,
    text: &'a str,
    id: Option<&'a str>,
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

    fn title(&self) -> &'static str {
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

    fn text(&self) -> String {
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

    fn error_response(&self) -> HttpResponse {
        if let Self::SignInFirst(next) = self {
            return see_other(&next.after("/sign-in"));
        }
        let meta = match self {
            Self::Other(error) => Some(error.meta()),
            Self::SignInFirst(_)
            | Self::FormForeign
            | Self::FormStale
            | Self::NotAllowed
            | Self::Refused { .. } => None,
        };
        let page = Page::of(&ErrorPage {
            frame: Frame {
                title: self.title().to_owned(),
                is_bare: true,
                ..Frame::default()
            },
            text: &self.text(),
            id: meta.as_ref().and_then(|meta| meta.error_id.as_deref()),
        });
        let Ok(page) = page else {
            return HttpResponse::InternalServerError().finish();
        };
        let mut response = page.status(self.status_code()).into_response();
        let headers = response.headers_mut();
        if matches!(self, Self::NotAllowed) {
            headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD, POST"));
        }
        if let Some(seconds) = meta.and_then(|meta| meta.retry_in) {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}
