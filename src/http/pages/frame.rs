//! What every page shows around its content.

use actix_web::web::Data;

use crate::config::SignUp;
use crate::http::App;
use crate::http::session::Visitor;

/// The head and the bar of a page.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    /// In the head of the document.
    pub title: String,
    /// The name of the user, if the browser is signed in.
    pub username: Option<String>,
    /// Of the form that signs out.
    pub sign_out_token: String,
    /// Whether an account can be made.
    pub may_sign_up: bool,
    /// Without links that lead away: the page is part of another program's window.
    pub is_bare: bool,
}

impl Frame {
    /// For this browser.
    pub fn new(title: &str, visitor: &Visitor, app: &Data<App>) -> Self {
        let session = visitor.session();
        Self {
            title: title.to_owned(),
            username: session.map(|session| session.username.clone()),
            sign_out_token: visitor.form_token("/sign-out"),
            may_sign_up: app.settings.sign_up != SignUp::Closed,
            is_bare: false,
        }
    }

    /// Without a browser that is known: no bar, since it has forms.
    pub fn nobody(title: &str) -> Self {
        Self {
            title: title.to_owned(),
            is_bare: true,
            ..Self::default()
        }
    }

    /// Without links that lead away.
    #[must_use]
    pub fn bare(self, is_bare: bool) -> Self {
        Self { is_bare, ..self }
    }
}
