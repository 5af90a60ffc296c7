//! A form that one of our own pages sent, in the browser that the page was shown in.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use super::{found, origin};
use crate::http::extract::Body;
use crate::http::pages::PageError;

/// The fields of a form. It was checked before it was read on: no page of another origin can send one, and one that was
/// shown before a sign-in or sign-out does not hold behind it.
#[derive(Clone, Debug)]
pub struct Form(Body);

impl Form {
    /// A field; what is missing is empty. Blanks at its ends are kept: a password may have them.
    pub fn text(&self, name: &'static str) -> String {
        self.0.text(name).ok().flatten().unwrap_or_default()
    }

    /// A field without blanks at its ends.
    pub fn word(&self, name: &'static str) -> String {
        self.text(name).trim().to_owned()
    }

    /// Whether a box was ticked, or a button with this name was pressed.
    pub fn has(&self, name: &str) -> bool {
        self.0.get(name).is_some()
    }

    /// The values of fields that are named `name[]`: ticked boxes.
    pub fn list(&self, name: &str) -> Vec<String> {
        let items = self.0.get(name).and_then(|value| value.as_array());
        let items = items.into_iter().flatten();
        items
            .filter_map(|item| item.as_str().map(ToOwned::to_owned))
            .collect()
    }
}

/// Refuses a form that another site or another browser sent. `token`: its field `form`. For a form that is not read as a
/// whole.
///
/// # Errors
/// A page.
pub fn demand_own(request: &HttpRequest, token: Option<&str>) -> Result<(), PageError> {
    let visitor = found(request)?;
    if !origin::is_own(request, visitor.cookies.origin()) {
        return Err(PageError::FormForeign);
    }
    match visitor.owns(request.path(), token.unwrap_or_default()) {
        true => Ok(()),
        false => Err(PageError::FormStale),
    }
}

impl FromRequest for Form {
    type Error = PageError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, PageError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let mut payload = payload.take();
        Box::pin(async move {
            let visitor = found(&request)?;
            if !origin::is_own(&request, visitor.cookies.origin()) {
                return Err(PageError::FormForeign);
            }
            let body = Body::from_request(&request, &mut payload).await?;
            let form = Self(body);
            demand_own(&request, Some(&form.text("form")))?;
            Ok(form)
        })
    }
}
