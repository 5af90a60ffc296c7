//! What was done, said on the page that follows. The address of that page names the sentence, and a signature says that
//! this server led there: a link from elsewhere shows nothing.

use actix_web::HttpResponse;

use crate::http::extract::Params;
use crate::http::pages::see_other;
use crate::http::session::SignedIn;

macro_rules! notices {
    ($($notice:ident $key:literal $text:literal;)*) => {
        /// What was done.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(in crate::http::pages) enum Notice {
            $(#[doc = $text] $notice,)*
        }

        impl Notice {
            const ALL: &'static [Self] = &[$(Self::$notice,)*];

            fn key(self) -> &'static str {
                match self { $(Self::$notice => $key,)* }
            }

            /// The sentence.
            pub(in crate::http::pages) fn text(self) -> &'static str {
                match self { $(Self::$notice => $text,)* }
            }
        }
    };
}

notices! {
    ProfileSaved    "profile"        "Your profile is saved.";
    PictureShown    "picture"        "Your picture is shown from now on.";
    PictureRemoved  "no-picture"     "Your picture is removed.";
    EmailSaved      "email"          "Your e-mail address is saved.";
    EmailRemoved    "no-email"       "Your e-mail address is removed.";
    PasswordChanged "password"       "Your password is changed. All other browsers are signed out.";
    PasswordAlone   "password-apps"  "Your password is changed. All other browsers are signed out, and no app acts for you any more.";
    TokenRevoked    "token"          "That device of the app is signed out.";
    AppRevoked      "app"            "The app does not act for you any more.";
    AppsRevoked     "apps"           "No app acts for you any more.";
    BrowserEnded    "browser"        "That browser is signed out.";
    BrowsersEnded   "browsers"       "All other browsers are signed out.";
    ClientCreated   "client"         "The app is registered. Its client id is below. A server needs a secret too: make one under “Secret”.";
    ClientSaved     "client-saved"   "The app is saved.";
    ClientDeleted   "client-deleted" "The app is deleted, with its tokens and streams.";
    AppTokenRevoked "app-token"      "The token of the app is revoked.";
    StreamCreated   "new-stream"     "The stream is made. Connect to it with a token of the app.";
    StreamDeleted   "stream"         "The stream is deleted.";
    StreamsDeleted  "streams"        "All streams of the app are deleted.";
}

impl Notice {
    /// Leads the browser to a page, which then shows the sentence.
    pub(in crate::http::pages) fn at(self, path: &str, signed: &SignedIn) -> HttpResponse {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("done", self.key());
        query.append_pair("by", &signed.signature(self.key()));
        see_other(&format!("{path}?{}", query.finish()))
    }

    /// What the address of a page says was done.
    pub(super) fn of(params: &Params, signed: &SignedIn) -> Option<Self> {
        let (done, by) = (params.sent("done")?, params.sent("by")?);
        let notice = Self::ALL.iter().find(|notice| notice.key() == done)?;
        signed.has_signed(done, by).then_some(*notice)
    }
}
