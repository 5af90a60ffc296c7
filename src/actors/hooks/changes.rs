//! What happens to a hook itself, as the log says it: its end, and changes of what its app may see.

use crate::event::{Event, Payload, Pos};
use crate::log::{Interest, LogReader};
use crate::model::{ClientId, Failure, StreamKey, TokenId};
use crate::protocol::app_filter::Partition;

use super::lane::PARTS;

/// The kinds of events that are looked at.
const KINDS: &[&str] = &[
    "app_stream_deleted",
    "token_revoked",
    "unsubscribed",
    "user_disabled",
];

/// Something that concerns a hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The stream is deleted, alone or with its app.
    Deleted,
    /// The token that switched the hook on is gone.
    TokenRevoked,
    /// The app may see less than before: what waits in a lane, or in all of them, is to be judged again.
    Rights(Option<usize>),
}

/// Tells of them.
#[derive(Debug)]
pub struct Changes {
    client: ClientId,
    key: StreamKey,
    token: TokenId,
    /// Events up to here are known.
    reached: Pos,
}

impl Changes {
    /// Of this hook, behind what its rows were read with.
    pub fn new((client, key): (ClientId, StreamKey), token: TokenId, reached: Pos) -> Self {
        Self {
            client,
            key,
            token,
            reached,
        }
    }

    /// What happened up to `head`.
    ///
    /// # Errors
    /// The process stops.
    pub async fn until(&mut self, head: Pos, log: &LogReader) -> Result<Vec<Change>, Failure> {
        if head <= self.reached {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        let known = &*self;
        let note = |events: Vec<std::sync::Arc<Event>>, _: Pos| {
            found.extend(
                events
                    .iter()
                    .filter_map(|event| known.change(&event.payload)),
            );
        };
        log.of_kinds(KINDS, Interest::All, (self.reached, head), note)
            .await?;
        self.reached = head;
        Ok(found)
    }

    fn change(&self, payload: &Payload) -> Option<Change> {
        if let Payload::AppStreamDeleted { client, key } = payload {
            let is_own = *client == self.client && *key == self.key;
            return is_own.then_some(Change::Deleted);
        }
        if let Payload::TokenRevoked { token, .. } = payload {
            if token.id == self.token {
                return Some(Change::TokenRevoked);
            }
            let is_user = token.user.is_some() && token.client.id == self.client;
            return is_user.then_some(Change::Rights(None));
        }
        if let Payload::UserDisabled { undone: false, .. } = payload {
            return Some(Change::Rights(None));
        }
        if let Payload::Unsubscribed { .. } = payload {
            let lane = usize::from(Partition::index_of(payload, PARTS));
            return Some(Change::Rights(Some(lane)));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::samples::one_of_each;

    #[test]
    fn the_end_of_a_hook_and_the_loss_of_rights_are_found() {
        let found: Vec<_> = one_of_each()
            .into_iter()
            .filter_map(|payload| {
                let mut named = ("none".into(), "none".into());
                if let Payload::AppStreamDeleted { client, key } = &payload {
                    named = (client.clone(), key.clone());
                }
                let mut id = TokenId(-1);
                if let Payload::TokenRevoked { token, .. } = &payload {
                    id = token.id;
                }
                let kind = payload.facts().kind;
                let changes = Changes::new(named, id, Pos(0));
                let change = changes.change(&payload)?;
                assert!(KINDS.contains(&kind), "{kind}");
                Some((kind, change))
            })
            .collect();
        assert!(
            found.contains(&("app_stream_deleted", Change::Deleted)),
            "{found:?}"
        );
        assert!(
            found.contains(&("token_revoked", Change::TokenRevoked)),
            "{found:?}"
        );
        let unsubscribed = found.iter().any(|(kind, _)| *kind == "unsubscribed");
        assert!(unsubscribed && found.iter().any(|(kind, _)| *kind == "user_disabled"));
        let others = Changes::new(("x".into(), "y".into()), TokenId(-1), Pos(0));
        for payload in one_of_each() {
            let change = others.change(&payload);
            assert!(
                matches!(change, None | Some(Change::Rights(_))),
                "{change:?}"
            );
        }
    }
}
