//! The app streams of one client: the events that its app may see, by the authorizations of its users.
//!
//! One per client with a stream in use. It holds an index of the users' authorizations, loaded when the
//! first stream opens and updated by the token events that pass; no event costs a query.

pub mod mail;
pub mod streams;
pub mod visibility;

use std::sync::Arc;

use actix::fut::wrap_future;
use actix::prelude::*;

use self::mail::{Admit, JudgeEvents};
use self::visibility::AppVisibility;
use super::Shared;
use crate::model::ClientId;
use crate::model::Failure;

/// Mails that may wait for a firehose; `LogTail` alone sends many, one at a time.
pub const MAILBOX: usize = 256;

/// One per client with a stream in use.
pub struct FirehoseActor {
    client: ClientId,
    shared: Arc<Shared>,
    visibility: Option<AppVisibility>,
}

impl FirehoseActor {
    /// Not loaded yet.
    pub fn new(client: ClientId, shared: Arc<Shared>) -> Self {
        Self {
            client,
            shared,
            visibility: None,
        }
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
        let (store, client) = (self.shared.store.clone(), self.client.clone());
        let read = async move {
            let id = client.clone();
            let read = store.read(move |db| {
                let tokens = db.all_user_tokens_of_client(&id)?;
                Ok((tokens, db.disabled_users_of_client(&id)?))
            });
            let (tokens, disabled) = read.await?;
            Ok::<_, Failure>(AppVisibility::new(client, &tokens, disabled))
        };
        ctx.wait(
            wrap_future(read).map(
                |loaded, actor: &mut Self, ctx: &mut Context<Self>| match loaded {
                    Ok(visibility) => actor.visibility = Some(visibility),
                    Err(_) => actor.passivate(ctx),
                },
            ),
        );
        ctx.run_interval(self.shared.idle, |actor, ctx| {
            let in_use = actor.shared.app_permits.taken_by(&actor.client);
            if in_use == 0 {
                actor.passivate(ctx);
            }
        });
    }
}

impl Handler<Admit> for FirehoseActor {
    type Result = Result<(), Failure>;

    fn handle(&mut self, _: Admit, _: &mut Self::Context) -> Self::Result {
        // The actor answers once the index is loaded: from here on no event is missed.
        if self.visibility.is_some() {
            Ok(())
        } else {
            Err(Failure::Busy)
        }
    }
}

impl Handler<JudgeEvents> for FirehoseActor {
    type Result = MessageResult<JudgeEvents>;

    fn handle(&mut self, mail: JudgeEvents, _: &mut Self::Context) -> Self::Result {
        let verdicts = mail.0.iter().map(|seen| {
            self.visibility.as_mut().is_some_and(|visibility| {
                let sees = visibility.sees(&seen.event.payload, &seen.subscribers);
                visibility.apply(&seen.event.payload);
                sees
            })
        });
        MessageResult(verdicts.collect())
    }
}
