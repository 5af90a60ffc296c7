//! What the stories of authorization share: an app with an address, and what it asks for.

use serde_json::Value;

use crate::support::browser::{Browser, location};
use crate::support::http::Answer;
use crate::support::{TestServer, cli, text};

/// A registered app with its secret.
pub(super) struct Asker {
    pub(super) id: String,
    pub(super) secret: String,
}

/// Where it wants browsers back.
pub(super) const BACK: &str = "https://app.example/cb";
/// The same, of an app on a phone.
pub(super) const GAMMA: &str = "gamma://authenticate";
pub(super) const OOB: &str = "urn:ietf:wg:oauth:2.0:oob";

impl Asker {
    pub(super) fn new(server: &TestServer) -> Self {
        Self::with(server, &[])
    }

    /// Registered with more arguments.
    pub(super) fn with(server: &TestServer, more: &[&str]) -> Self {
        let url = server.database_url();
        let create = [
            "client",
            "create",
            "--name",
            "Asker & <Sons>",
            "--json",
            "--database-url",
            &url,
        ];
        let addresses = [
            "--redirect-uri",
            BACK,
            "--redirect-uri",
            GAMMA,
            "--redirect-uri",
            OOB,
        ];
        let made = cli::object(&cli::run(&[&create[..], &addresses, more].concat()));
        Self {
            id: text(&made["client_id"]),
            secret: text(&made["client_secret"]),
        }
    }

    /// The address of a request; the values are encoded here.
    pub(super) fn asks(&self, page: &str, fields: &[(&str, &str)]) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("client_id", &self.id);
        query.extend_pairs(fields);
        format!("/oauth/{page}?{}", query.finish())
    }

    /// A request for a code that comes back to [`BACK`].
    pub(super) fn asks_code(&self, fields: &[(&str, &str)]) -> String {
        let all = [("redirect_uri", BACK), ("response_type", "code")];
        self.asks("authorize", &[&all[..], fields].concat())
    }

    /// The same, at one of the two pages.
    pub(super) fn asks_code_at(&self, page: &str, scope: &str) -> String {
        let fields = [("redirect_uri", BACK), ("response_type", "code")];
        self.asks(page, &[&fields[..], &[("scope", scope)]].concat())
    }

    /// Exchanges a code.
    pub(super) fn exchanges(
        &self,
        server: &TestServer,
        code: &str,
        more: &[(&str, &str)],
    ) -> Answer {
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("client_id", &self.id),
            ("client_secret", &self.secret),
            ("code", code),
            ("redirect_uri", BACK),
        ];
        fields.retain(|(name, _)| !more.iter().any(|(other, _)| name == other));
        fields.extend(more);
        let mut body = form_urlencoded::Serializer::new(String::new());
        let body = body.extend_pairs(fields).finish();
        server
            .anonymous()
            .form("POST", "/oauth/access_token", &body)
    }
}

/// Shows the page of a request and presses "allow".
pub(super) fn allows(browser: &mut Browser, asked: &str) -> Answer {
    let page = browser.get(asked);
    assert_eq!(page.status, 200, "{page}");
    let path = asked.split('?').next().unwrap();
    browser.sends(&page, path, &[("decision", "allow")])
}

/// A field in the query or the fragment of the address that an answer leads to.
pub(super) fn field(answer: &Answer, name: &str) -> Option<String> {
    let there = location(answer);
    let (_, fields) = there.split_once(['?', '#'])?;
    let fields = fields.trim_start_matches('#');
    let mut pairs = form_urlencoded::parse(fields.as_bytes());
    pairs
        .find(|(known, _)| known == name)
        .map(|(_, value)| value.into_owned())
}

/// The code that an answer leads back with.
pub(super) fn code_in(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{answer}");
    field(answer, "code").unwrap_or_else(|| panic!("no code in {}", location(answer)))
}

/// The shape of a refusal of the token endpoint.
pub(super) fn refused(answer: &Answer, status: u16, error: &str) {
    assert_eq!(answer.status, status, "{answer}");
    assert_eq!(answer.json()["error"], error, "{answer}");
}

/// The token of a success.
pub(super) fn token_in(answer: &Answer) -> (String, Value) {
    assert_eq!(answer.status, 200, "{answer}");
    let body = answer.json();
    (text(&body["access_token"]), body["token"]["scopes"].clone())
}
