//! Delivers: one signed POST, whose answer is bounded in bytes and time. Redirects are not followed, proxies of the
//! environment are not used.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, Url};
use ring::hmac;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::addresses::{PublicOnly, is_public, is_refusal, literal};
use super::lane::Letter;
use crate::config::Webhooks;
use crate::model::{Hook, HookFault, Stamp, StreamKey};

/// Posts at one time, of all hooks: a socket and a few buffers each.
const AT_ONCE: usize = 1024;

/// What is read of an answer, so that its connection can be used again, and how long that may take. The answer counts
/// from its head on.
const ANSWER_BYTES: usize = 16 * 1024;
const ANSWER_TIME: Duration = Duration::from_secs(1);

/// How long an idle connection is kept.
const IDLE: Duration = Duration::from_secs(30);

/// Delivers for all hooks.
#[derive(Debug)]
pub struct Poster {
    /// Not there if TLS cannot be had on this machine.
    client: Option<Client>,
    allow_private: bool,
    timeout: Duration,
    turns: Semaphore,
}

/// An attempt.
#[derive(Debug)]
pub struct Posting {
    /// Where to, and what signs it.
    pub hook: Arc<Hook>,
    /// The stream.
    pub key: StreamKey,
    /// What is delivered.
    pub letter: Letter,
    /// From 1.
    pub attempt: u32,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver has it.
    Delivered,
    /// It has not.
    Failed {
        /// Why.
        fault: HookFault,
        /// Of its answer, if there was one.
        status: Option<u16>,
        /// When it asks to be tried again.
        retry_after: Option<Duration>,
    },
}

impl Outcome {
    fn failed(fault: HookFault) -> Self {
        Self::Failed {
            fault,
            status: None,
            retry_after: None,
        }
    }
}

impl Poster {
    /// With these settings.
    pub fn new(settings: &Webhooks) -> Self {
        let client = client(settings.allow_private);
        if let Err(error) = &client {
            tracing::warn!(%error, "no webhook can be posted");
        }
        Self {
            client: client.ok(),
            allow_private: settings.allow_private,
            timeout: Duration::from_millis(settings.timeout_ms),
            turns: Semaphore::new(AT_ONCE),
        }
    }

    /// One attempt. `now` is asked when it has its turn.
    pub async fn post(&self, posting: &Posting, now: impl Fn() -> Stamp) -> Outcome {
        // The semaphore is never closed.
        let _turn = self.turns.acquire().await;
        let Ok(url) = Url::parse(&posting.hook.url) else {
            return Outcome::failed(HookFault::Unreachable);
        };
        // No resolver is asked about these. The settings may have changed since the hook was made.
        let is_refused = |address| !self.allow_private && !is_public(address);
        if literal(&url).is_some_and(is_refused) || (!self.allow_private && url.scheme() != "https")
        {
            return Outcome::failed(HookFault::AddressRefused);
        }
        self.send(url, posting, now()).await
    }

    async fn send(&self, url: Url, posting: &Posting, now: Stamp) -> Outcome {
        let Some(client) = &self.client else {
            return Outcome::failed(HookFault::Unreachable);
        };
        let letter = &posting.letter;
        let signature = signature(posting.hook.secret.reveal(), now.seconds(), &letter.body);
        let request = client
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header("X-Groundnut-Signature", signature)
            .header("X-Groundnut-Delivery", &letter.id)
            .header("X-Groundnut-Attempt", posting.attempt)
            .header("X-Groundnut-Stream", posting.key.as_str())
            .body(letter.body.clone());
        // Up to the head of the answer: a status that was heard counts, whatever becomes of the rest.
        let fault = match timeout(self.timeout, request.send()).await {
            Ok(Ok(answer)) => return heard(answer).await,
            Ok(Err(error)) if is_refusal(&error) => HookFault::AddressRefused,
            Ok(Err(_broken)) => HookFault::Unreachable,
            Err(_elapsed) => HookFault::Timeout,
        };
        Outcome::failed(fault)
    }
}

/// What the status of an answer means.
async fn heard(answer: Response) -> Outcome {
    let status = answer.status();
    let outcome = match status.is_success() {
        true => Outcome::Delivered,
        false => Outcome::Failed {
            fault: HookFault::Status,
            status: Some(status.as_u16()),
            retry_after: retry_after(answer.headers()),
        },
    };
    // Whatever it says: it may be without end, and the status has been heard.
    drop(timeout(ANSWER_TIME, read(answer)).await);
    outcome
}

fn client(allow_private: bool) -> Result<Client, reqwest::Error> {
    // An error means that there is one already.
    drop(rustls::crypto::ring::default_provider().install_default());
    let builder = Client::builder()
        .user_agent(concat!("groundnut/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .no_proxy()
        .http1_only()
        .referer(false)
        .pool_idle_timeout(IDLE);
    match allow_private {
        true => builder.build(),
        false => builder.https_only(true).dns_resolver(PublicOnly).build(),
    }
}

/// Reads on for a bounded number of bytes.
async fn read(mut answer: Response) {
    let mut bytes = 0;
    while bytes < ANSWER_BYTES
        && let Ok(Some(piece)) = answer.chunk().await
    {
        bytes += piece.len();
    }
}

/// In seconds; a date is not read.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse();
    seconds.ok().map(Duration::from_secs)
}

/// `t=UNIX_SECONDS,v1=HEX`: the HMAC-SHA256 of the time, a dot, and the body.
fn signature(secret: &str, seconds: i64, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let mut signed = hmac::Context::with_key(&key);
    signed.update(seconds.to_string().as_bytes());
    signed.update(b".");
    signed.update(body);
    let hex: String = signed
        .sign()
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("t={seconds},v1={hex}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_that_of_time_and_body() {
        // python3: hmac.new(b"it is a secret", b'1700000000.{"meta":{}}', "sha256").hexdigest()
        assert_eq!(
            signature("it is a secret", 1_700_000_000, br#"{"meta":{}}"#),
            "t=1700000000,v1=77d05836168659838bc1a5854b6336c2ec244a28ce819cd8c39cd1e48cf8aadc"
        );
    }

    #[test]
    fn a_receiver_asks_for_a_pause_in_seconds() {
        let asked = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, text.parse().unwrap());
            retry_after(&headers)
        };
        assert_eq!(asked("120"), Some(Duration::from_secs(120)));
        for unread in ["", "-1", "soon", "Wed, 21 Oct 2015 07:28:00 GMT"] {
            assert_eq!(asked(unread), None, "{unread}");
        }
    }
}
