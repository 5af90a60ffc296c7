//! Why the task of a hook ends.

use super::registry::{HookKey, Order};
use crate::actors::Shared;
use crate::model::{Failure, HookOff, TokenId};
use crate::telemetry::Counter;

/// Why a task ends.
#[derive(Debug)]
pub(super) enum End {
    /// It was told to, or the process stops.
    Told,
    /// The stream is gone.
    Gone,
    /// Another node goes on with it.
    Moved,
    /// The log went back, and it begins again.
    Left,
    /// The hook is switched off.
    Off(HookOff),
}

impl From<Failure> for End {
    fn from(_: Failure) -> Self {
        Self::Told
    }
}

impl End {
    /// What an order ends, if it ends anything at once.
    pub(super) fn by(order: Order) -> Option<Self> {
        match order {
            Order::Run | Order::Drain => None,
            Order::Stop => Some(Self::Told),
            Order::Leave => Some(Self::Left),
        }
    }
}

/// Writes down why a hook is off, if its task is still this node's, and the hook has still this token: another node may have
/// gone on with it, and may know it as it is now.
pub(super) async fn switch_off(
    shared: &Shared,
    (client, key): HookKey,
    (token, why): (TokenId, HookOff),
) {
    let (hook, node) = ((client.clone(), key.clone()), shared.node());
    let written = shared.store.write(move |tx| {
        let hook = (&hook.0, &hook.1);
        match tx.holds_hook(hook, node.as_ref())? {
            true => tx.switch_hook_off(hook, token, why),
            false => Ok(false),
        }
    });
    match written.await {
        Ok(true) => {
            shared.metrics.add(Counter::WebhooksSwitchedOff, 1);
            tracing::warn!(client = %client, key = %key, why = why.name(), "a webhook is switched off");
        }
        // It moved, or was changed, or is off already.
        Ok(false) => {}
        // It is tried again with the next sweep.
        Err(failure) => {
            tracing::warn!(%failure, "that a webhook is off was not written down");
        }
    }
}
