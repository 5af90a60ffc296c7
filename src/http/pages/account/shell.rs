//! What all pages of an account have in common: the list of them, and what was done last.

use super::Notice;
use crate::http::extract::Params;
use crate::http::session::SignedIn;

/// A page of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http::pages) enum Tab {
    /// Name and text.
    Profile,
    /// E-mail address.
    Email,
    /// Password.
    Password,
    /// Apps and browsers that are signed in.
    Apps,
    /// One's own apps.
    Developer,
}

impl Tab {
    const ALL: [Self; 5] = [
        Self::Profile,
        Self::Email,
        Self::Password,
        Self::Apps,
        Self::Developer,
    ];

    /// What the link says.
    pub(in crate::http::pages) fn name(self) -> &'static str {
        match self {
            Self::Profile => "Profile",
            Self::Email => "E-mail",
            Self::Password => "Password",
            Self::Apps => "Apps and devices",
            Self::Developer => "Developer",
        }
    }

    /// Where it leads.
    pub(in crate::http::pages) fn path(self) -> &'static str {
        match self {
            Self::Profile => "/account",
            Self::Email => "/account/email",
            Self::Password => "/account/password",
            Self::Apps => "/account/apps",
            Self::Developer => "/account/developer",
        }
    }
}

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(in crate::http::pages) struct Shell {
    here: Tab,
    notice: Option<Notice>,
}

impl Shell {
    /// Of a page that the browser was led to.
    pub(in crate::http::pages) fn new(here: Tab, signed: &SignedIn, params: &Params) -> Self {
        let notice = Notice::of(params, signed);
        Self { here, notice }
    }

    /// Of the answer to a form.
    pub(in crate::http::pages) fn bare(here: Tab) -> Self {
        Self { here, notice: None }
    }

    /// The list, and whether this page is the one of each.
    pub(in crate::http::pages) fn tabs(self) -> impl Iterator<Item = (Tab, bool)> {
        Tab::ALL.into_iter().map(move |tab| (tab, tab == self.here))
    }

    /// What was done.
    pub(in crate::http::pages) fn notice(self) -> Option<&'static str> {
        self.notice.map(Notice::text)
    }
}
