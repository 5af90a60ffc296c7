//! The app streams of one client: the writes of its stored streams in their order, and what its open streams receive.
//!
//! One per client with a stream in use. Which events its app may see is in the index of all apps, beside the log
//! (`app_index.rs`): asked of one actor per app, each event would cost every app a mail.

pub mod streams;

use std::sync::Arc;

use actix::prelude::*;

use super::Shared;
use crate::model::ClientId;

/// Mails that may wait for a firehose.
pub const MAILBOX: usize = 256;

/// One per client with a stream in use.
pub struct FirehoseActor {
    client: ClientId,
    shared: Arc<Shared>,
}

impl FirehoseActor {
    /// Of one client.
    pub fn new(client: ClientId, shared: Arc<Shared>) -> Self {
        Self { client, shared }
    }

    fn passivate(&self, ctx: &mut Context<Self>) {
        self.shared
            .directory
            .remove_firehose(&self.client, &ctx.address());
        ctx.stop();
    }
}

impl Actor for FirehoseActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX);
        ctx.run_interval(self.shared.idle, |actor, ctx| {
            let in_use = actor.shared.app_permits.taken_by(&actor.client);
            if in_use == 0 {
                actor.passivate(ctx);
            }
        });
    }
}
