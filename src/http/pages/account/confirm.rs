//! A page that asks once more before something is taken back.

use actix_web::web::Data;
use askama::Template;

use super::{Shell, Tab};
use crate::http::App;
use crate::http::pages::{Frame, Page, PageResult};
use crate::http::session::SignedIn;

/// What is asked.
#[derive(Debug)]
pub(in crate::http::pages) struct Confirm {
    /// Of the page.
    pub(in crate::http::pages) title: &'static str,
    /// What it means.
    pub(in crate::http::pages) text: String,
    /// Where the form goes.
    pub(in crate::http::pages) action: String,
    /// What it holds.
    pub(in crate::http::pages) fields: Vec<(&'static str, String)>,
    /// What the button says.
    pub(in crate::http::pages) button: &'static str,
    /// Where the link back leads.
    pub(in crate::http::pages) back: String,
}

/// The page.
#[derive(Template)]
#[template(path = "account/confirm.html")]
pub(in crate::http::pages) struct ConfirmPage {
    frame: Frame,
    shell: Shell,
    form_token: String,
    ask: Confirm,
}

impl ConfirmPage {
    /// Asks.
    pub(in crate::http::pages) fn of(
        ask: Confirm,
        tab: Tab,
        signed: &SignedIn,
        app: &Data<App>,
    ) -> PageResult {
        Page::of(&Self {
            frame: Frame::new(ask.title, signed.visitor(), app),
            shell: Shell::bare(tab),
            form_token: signed.visitor().form_token(&ask.action),
            ask,
        })
    }
}
