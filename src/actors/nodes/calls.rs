//! What nodes say to one another: requests to the internal address of a node, with the secret that all of them share.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder, Response};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::model::{ClientId, ConnectionId, Failure, StreamKey};
use crate::store::Node;

/// What the request of another node carries: the secret.
pub const SECRET: &str = "x-groundnut-node";

/// Where a node is told that another one continues a session.
pub fn session_path(session: &ConnectionId) -> String {
    let id = utf8_percent_encode(session.as_str(), NON_ALPHANUMERIC);
    format!("/node/sessions/{id}")
}

/// Where a node is told that the row of a webhook whose task it has was changed.
pub fn hook_path(client: &ClientId, key: &StreamKey) -> String {
    let client = utf8_percent_encode(client.as_str(), NON_ALPHANUMERIC);
    let key = utf8_percent_encode(key.as_str(), NON_ALPHANUMERIC);
    format!("/node/hooks/{client}/{key}")
}

/// Where a node is asked for the token of a ticket that it gave out.
pub fn ticket_path(ticket: &str) -> String {
    let ticket = utf8_percent_encode(ticket, NON_ALPHANUMERIC);
    format!("/node/tickets/{ticket}")
}

/// Requests to other nodes at one time: a socket each.
const AT_ONCE: usize = 512;
/// A machine that is there takes a connection within this time.
const CONNECT: Duration = Duration::from_secs(1);
/// How long another node may take until its answer begins, and then for each part of it.
const ANSWER: Duration = Duration::from_secs(10);
/// How long an idle connection is kept.
const IDLE: Duration = Duration::from_secs(30);

/// How a call ended that was not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unanswered {
    /// No process listens there: the node is gone, and nothing was done.
    Gone,
    /// It did not answer in time, or too many wait.
    Late,
}

impl Answer {
    /// All of it.
    ///
    /// # Errors
    /// The other node did not send it to its end.
    pub async fn bytes(self) -> reqwest::Result<Bytes> {
        let Self { response, _turn } = self;
        response.bytes().await
    }
}

/// Asks other nodes.
#[derive(Debug)]
pub struct Calls {
    client: Client,
    secret: HeaderValue,
    turns: Arc<Semaphore>,
}

/// What another node answers. It holds its turn until it is read to its end, or dropped.
#[derive(Debug)]
pub struct Answer {
    /// As it comes.
    pub response: Response,
    _turn: OwnedSemaphorePermit,
}

impl Calls {
    /// With the secret of the cluster.
    ///
    /// # Errors
    /// There is no client to be had on this machine.
    pub fn new(key: &[u8]) -> Result<Self, Failure> {
        // An error means that there is one already.
        drop(rustls::crypto::ring::default_provider().install_default());
        let client = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .http1_only()
            .referer(false)
            .connect_timeout(CONNECT)
            .read_timeout(ANSWER)
            .pool_idle_timeout(IDLE)
            .build()
            .map_err(|error| Failure::Trouble(error.to_string().into()))?;
        let text: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut secret = HeaderValue::try_from(text)
            .map_err(|error| Failure::Trouble(error.to_string().into()))?;
        secret.set_sensitive(true);
        let turns = Arc::new(Semaphore::new(AT_ONCE));
        Ok(Self {
            client,
            secret,
            turns,
        })
    }

    /// Whether a request carries the secret.
    pub fn is_secret(&self, sent: &[u8]) -> bool {
        use subtle::ConstantTimeEq as _;
        self.secret.as_bytes().ct_eq(sent).into()
    }

    /// Asks a node for this address; `write` puts into the request what it carries besides.
    ///
    /// # Errors
    /// It did not answer.
    pub async fn ask(
        &self,
        node: &Node,
        (method, path): (Method, &str),
        write: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Result<Answer, Unanswered> {
        let turn = self.turns.clone().try_acquire_owned();
        let _turn = turn.map_err(|_all| Unanswered::Late)?;
        let url = format!("http://{}{path}", node.internal_address);
        let request = write(self.client.request(method, url));
        let request = request.header(HeaderName::from_static(SECRET), self.secret.clone());
        let begun = tokio::time::timeout(ANSWER, request.send()).await;
        let begun = begun.map_err(|_elapsed| Unanswered::Late)?;
        let response = begun.map_err(|error| {
            let is_gone = error.is_connect() && !error.is_timeout();
            tracing::debug!(node = %node.name, error = %error.without_url(), "another node did not answer");
            if is_gone {
                Unanswered::Gone
            } else {
                Unanswered::Late
            }
        })?;
        Ok(Answer { response, _turn })
    }
}
