//! Tickets: given out by one node, and redeemed by any.

use std::sync::Arc;
use std::time::Instant;

use super::Engine;
use crate::actors::nodes::{Cluster, Unanswered, ticket_path};
use crate::fault::{Seeded, seeded};
use crate::model::{ConnectionId, Failure, Token, TokenId};

impl Engine {
    /// A ticket for this token. Among several nodes it says which one gave it out.
    ///
    /// # Errors
    /// Too many wait to be used.
    pub fn give_out_ticket(&self, token: Arc<Token>) -> Result<String, Failure> {
        let tickets = &self.shared.tickets;
        match &self.shared.cluster {
            Some(cluster) => {
                let secret = cluster.connection_id().to_string();
                tickets.give_out_as(secret, token, Instant::now())
            }
            None => tickets.give_out(token, Instant::now()),
        }
    }

    /// Uses a ticket up, on whichever node it was given out. `None`: it was used before, has ended, or never was.
    ///
    /// # Errors
    /// The node that gave it out does not answer; the database is in trouble.
    pub async fn redeem_ticket(&self, ticket: &str) -> Result<Option<Arc<Token>>, Failure> {
        if let Some(token) = self.redeem_own_ticket(ticket) {
            return Ok(Some(token));
        }
        let Some(cluster) = &self.shared.cluster else {
            return Ok(None);
        };
        if seeded(Seeded::TicketsOfOthersUnknown) {
            return Ok(None);
        }
        let epoch = Cluster::epoch_in(&ConnectionId::from(ticket));
        let Some(node) = self.live_node(cluster, epoch).await? else {
            return Ok(None);
        };
        let path = ticket_path(ticket);
        let asked = cluster
            .calls()
            .ask(&node, (reqwest::Method::POST, &path), |request| request);
        let answer = match asked.await {
            Ok(answer) if answer.response.status().is_success() => answer.bytes().await,
            Ok(_) | Err(Unanswered::Gone) => return Ok(None),
            Err(Unanswered::Unasked | Unanswered::Late) => return Err(Failure::Busy),
        };
        let said = answer.map_err(|_lost| Failure::Busy)?;
        let number = std::str::from_utf8(&said).ok();
        let Some(id) = number.and_then(|text| text.parse().ok()).map(TokenId) else {
            return Ok(None);
        };
        let read = self.store().read(move |db| db.live_token(id));
        Ok(read.await?.map(Arc::new))
    }

    /// One that this process gave out.
    pub fn redeem_own_ticket(&self, ticket: &str) -> Option<Arc<Token>> {
        self.shared.tickets.redeem(ticket, Instant::now())
    }
}
