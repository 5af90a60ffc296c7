//! Closes the streams of one app.

use actix::prelude::*;

use super::ShardActor;
use crate::event::RoutingKey;
use crate::model::ClientId;
use crate::protocol::goodbye::Goodbye;

/// Closes the streams of one app on this thread.
#[derive(Message, Debug)]
#[rtype(result = "()")]
pub struct CloseApp {
    /// The app.
    pub client: ClientId,
    /// Why.
    pub goodbye: Goodbye,
}

impl Handler<CloseApp> for ShardActor {
    type Result = ();

    fn handle(&mut self, mail: CloseApp, _: &mut Self::Context) {
        let key = RoutingKey::App(mail.client);
        let slots = self.shard.state.borrow().at(&key).to_vec();
        for slot in slots {
            self.shard.hang_up(slot, mail.goodbye);
        }
    }
}
