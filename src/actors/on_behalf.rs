//! Mails of a call: the actor writes for the call that the mail was sent for (`store/call.rs`).

use std::sync::Arc;

use actix::{Handler, Message};

use super::channel::{ChannelActor, mail as channel};
use super::firehose::{FirehoseActor, streams};
use super::user::{UserActor, mail as user};
use crate::store::Call;

/// A mail with the call that is being answered where it is sent.
#[derive(Debug)]
pub struct OnBehalf<M> {
    call: Option<Arc<Call>>,
    mail: M,
}

impl<M> OnBehalf<M> {
    /// Of the call that is being answered, if one is.
    pub fn of(mail: M) -> Self {
        Self {
            call: Call::current(),
            mail,
        }
    }
}

impl<M: Message> Message for OnBehalf<M> {
    type Result = M::Result;
}

/// The mails of each actor that are sent for calls. (An implementation for all mails would be one for itself, too.)
macro_rules! act_on_behalf {
    ($($actor:ty: $($mail:ty),+;)+) => {$($(
        impl Handler<OnBehalf<$mail>> for $actor {
            type Result = <$actor as Handler<$mail>>::Result;

            fn handle(&mut self, sent: OnBehalf<$mail>, ctx: &mut Self::Context) -> Self::Result {
                let OnBehalf { call, mail } = sent;
                Call::within(call, || Handler::<$mail>::handle(self, mail, ctx))
            }
        }
    )+)+};
}

act_on_behalf! {
    ChannelActor: channel::PostMessage, channel::DeleteMessage, channel::SetSticky, channel::ChangeChannel,
        channel::ChangeOwner, channel::Deactivate, channel::ChangeSubscription, channel::SetChannelPresence,
        channel::MayListen;
    FirehoseActor: streams::CreateStream, streams::ChangeStream, streams::DeleteStreams;
    UserActor: user::Relate, user::GrantToken, user::RevokeToken, user::ChangeProfile, user::ShowPicture, user::CreatePost,
        user::RevisePost, user::ActOnPost, user::CreatePoll, user::AnswerPoll, user::DeletePoll, user::WriteFile,
        user::SetUserPresence, user::MoveMarkers, user::MarkRead;
}
