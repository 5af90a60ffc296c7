//! With what a stream is opened: a token in the header or the address, a token in the subprotocols, or a ticket.
//!
//! A browser sets no header on a websocket, and what is in an address stays in histories and logs of proxies: for it there
//! are the last two.

use std::sync::Arc;

use actix_http::header::{HeaderMap, SEC_WEBSOCKET_PROTOCOL};

use crate::actors::{Engine, Shared};
use crate::http::extract::caller::token_in;
use crate::model::{Failure, Refusal, Token};
use crate::protocol::query::Query;

/// The subprotocol that an answer names.
pub(super) const PROTOCOL: &str = "groundnut";

/// What a subprotocol with a token begins with.
const BEARER: &str = "bearer.";

/// How it can be asked again whether the token is good.
#[derive(Debug)]
pub(super) enum Proof {
    /// By what the client sent.
    Secret(String),
    /// By its number: it came with a ticket.
    Ticket(Arc<Token>),
}

/// A token, and how to ask for it again.
#[derive(Debug)]
pub(super) struct Credentials {
    /// The token.
    pub token: Arc<Token>,
    /// How to ask for it again.
    pub proof: Proof,
}

impl Proof {
    /// Whether the token is good now.
    ///
    /// # Errors
    /// The database does not answer.
    pub(super) async fn is_live(&self, shared: &Shared) -> Result<bool, Failure> {
        match self {
            Self::Secret(secret) => Ok(shared.store.token(secret).await?.is_some()),
            Self::Ticket(token) => {
                let id = token.id;
                shared.store.read(move |db| db.is_live(id)).await
            }
        }
    }
}

impl Credentials {
    /// Those of a request, if it has any: the first of header, address, subprotocols and ticket.
    ///
    /// # Errors
    /// They are not good.
    pub(super) async fn find(
        headers: &HeaderMap,
        query: &str,
        shared: &Arc<Shared>,
    ) -> Result<Option<Self>, Failure> {
        if let Some(secret) = token_in(headers, query).or_else(|| token_offered(headers)) {
            let token = shared.store.token(&secret).await?;
            return Ok(Some(Self {
                token: token.ok_or(Refusal::TokenInvalid)?,
                proof: Proof::Secret(secret),
            }));
        }
        let query = Query::parse(query);
        let Some(ticket) = query.get("ticket") else {
            return Ok(None);
        };
        let token = Engine::new(shared.clone()).redeem_ticket(ticket).await?;
        let token = token.ok_or(Refusal::TicketInvalid)?;
        let proof = Proof::Ticket(token.clone());
        match proof.is_live(shared).await? {
            true => Ok(Some(Self { token, proof })),
            false => Err(Refusal::TokenInvalid.into()),
        }
    }
}

fn offered(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let lines = headers.get_all(SEC_WEBSOCKET_PROTOCOL);
    let lines = lines.filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim)
}

/// Whether the client offers our subprotocol: then the answer names it, and never the one with the token.
pub(super) fn offers_protocol(headers: &HeaderMap) -> bool {
    offered(headers).any(|protocol| protocol == PROTOCOL)
}

fn token_offered(headers: &HeaderMap) -> Option<String> {
    let tokens = offered(headers).filter_map(|protocol| protocol.strip_prefix(BEARER));
    let mut tokens = tokens.filter(|token| !token.is_empty());
    tokens.next().map(ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_http::header::HeaderValue;

    #[test]
    fn a_token_is_found_among_the_subprotocols() {
        for (lines, protocol, token) in [
            (vec!["groundnut, bearer.ab-c_1"], true, Some("ab-c_1")),
            (vec!["groundnut", "bearer.x"], true, Some("x")),
            (vec!["bearer.x"], false, Some("x")),
            (vec!["groundnut,bearer."], true, None),
            (vec!["groundnuts, Bearer.x"], false, None),
            (vec![], false, None),
        ] {
            let mut headers = HeaderMap::new();
            for line in lines.iter().copied() {
                headers.append(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(line));
            }
            assert_eq!(offers_protocol(&headers), protocol, "{lines:?}");
            assert_eq!(token_offered(&headers).as_deref(), token, "{lines:?}");
        }
    }
}
