//! What nodes say to one another: requests to the internal address of a node, with the secret that all of them share.

use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder, Response};

use super::ways::{Errand, Turn, Ways};
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

/// A machine that is there takes a connection within this time.
const CONNECT: Duration = Duration::from_secs(1);
/// How long another node may take until its answer begins, and then for each part of it.
const ANSWER: Duration = Duration::from_secs(10);
/// The same of a word that the node may miss.
const WORD: Duration = Duration::from_secs(1);
/// How long an idle connection is kept.
const IDLE: Duration = Duration::from_secs(30);

/// How a call ended that was not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unanswered {
    /// No process listens there: the node is gone, and nothing was done.
    Gone,
    /// It was not asked: too many wait for it, or it did not answer in time a moment ago. Nothing was done.
    Unasked,
    /// It did not answer in time.
    Late,
}

/// An answer, as far as it was read.
#[derive(Debug)]
pub struct Begun {
    /// Its head, and the rest of its body.
    pub response: Response,
    /// Its body, or the first part.
    pub first: Bytes,
    /// Whether that is all of it.
    pub is_whole: bool,
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

    /// Reads it to its end, or until there are more bytes than `most`. It holds its turn so long, and no longer: the rest is
    /// read in the pace of the caller that it is for.
    ///
    /// # Errors
    /// The other node did not send it.
    pub async fn begin(self, most: usize) -> reqwest::Result<Begun> {
        let Self {
            mut response,
            _turn,
        } = self;
        let mut first = BytesMut::new();
        let is_whole = loop {
            match response.chunk().await? {
                None => break true,
                Some(piece) => first.extend_from_slice(&piece),
            }
            if first.len() > most {
                break false;
            }
        };
        Ok(Begun {
            response,
            first: first.freeze(),
            is_whole,
        })
    }
}

/// Asks other nodes.
#[derive(Debug)]
pub struct Calls {
    client: Client,
    secret: HeaderValue,
    ways: Ways,
}

/// What another node answers. It holds its turn until it is read to its end, or dropped.
#[derive(Debug)]
pub struct Answer {
    /// As it comes.
    pub response: Response,
    _turn: Turn,
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
        Ok(Self {
            client,
            secret,
            ways: Ways::default(),
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
        let turn = self.turn(node, Errand::Question)?;
        let url = format!("http://{}{path}", node.internal_address);
        let request = write(self.client.request(method, url));
        let asked = tokio::time::timeout(ANSWER, self.send(node, request)).await;
        match asked.unwrap_or(Err(Unanswered::Late)) {
            Ok(response) => {
                turn.was_answered(Instant::now());
                Ok(Answer {
                    response,
                    _turn: turn,
                })
            }
            Err(Unanswered::Late) => {
                turn.was_late(Instant::now());
                Err(Unanswered::Late)
            }
            Err(unanswered @ (Unanswered::Gone | Unanswered::Unasked)) => Err(unanswered),
        }
    }

    /// Tells a node something that it would find out by itself, if that is heard at once.
    ///
    /// # Errors
    /// It was not heard.
    pub async fn tell(
        &self,
        node: &Node,
        (method, path): (Method, &str),
    ) -> Result<(), Unanswered> {
        let _turn = self.turn(node, Errand::Word)?;
        let url = format!("http://{}{path}", node.internal_address);
        let request = self.client.request(method, url);
        let told = tokio::time::timeout(WORD, self.send(node, request)).await;
        told.unwrap_or(Err(Unanswered::Late)).map(drop)
    }

    fn turn(&self, node: &Node, errand: Errand) -> Result<Turn, Unanswered> {
        let turn = self.ways.turn(&node.epoch, errand, Instant::now());
        turn.ok_or(Unanswered::Unasked)
    }

    async fn send(&self, node: &Node, request: RequestBuilder) -> Result<Response, Unanswered> {
        let request = request.header(HeaderName::from_static(SECRET), self.secret.clone());
        request.send().await.map_err(|error| {
            let is_gone = error.is_connect() && !error.is_timeout();
            tracing::debug!(node = %node.name, error = %error.without_url(), "another node did not answer");
            match is_gone {
                true => Unanswered::Gone,
                false => Unanswered::Late,
            }
        })
    }
}
