//! What can be asked of channels.

use std::collections::HashSet;
use std::sync::Arc;

use super::Engine;
use crate::actors::channel::mail::{
    ChangeChannel, ChangeOwner, ChangeSubscription, ChannelChange, Deactivate, DeleteMessage,
    PostMessage, SetChannelPresence, SetSticky, SubscriptionChange,
};
use crate::actors::channel::write;
use crate::actors::presence::SetPresence;
use crate::model::Failure;
use crate::model::{
    Channel, ChannelId, Message, MessageId, NewChannel, NewMessage, Presence, Refusal, Scope,
    UserId, UserPrincipal,
};

impl Engine {
    /// Writes a message.
    ///
    /// # Errors
    /// Scope, ACL, a deactivated channel, `reply_to` elsewhere, a block; or [`Failure::Busy`].
    pub async fn post_message(
        &self,
        principal: &UserPrincipal,
        channel: ChannelId,
        new: NewMessage,
    ) -> Result<Message, Failure> {
        let author = self.person(principal.user).await?;
        let mail = |ticket| PostMessage {
            ticket,
            principal: principal.clone(),
            author: author.clone(),
            new: new.clone(),
        };
        self.write_in(channel, mail).await
    }

    /// Deletes a message.
    ///
    /// # Errors
    /// No such message, or not theirs to delete.
    pub async fn delete_message(
        &self,
        principal: &UserPrincipal,
        channel: ChannelId,
        id: MessageId,
    ) -> Result<Message, Failure> {
        let mail = |ticket| DeleteMessage {
            ticket,
            principal: principal.clone(),
            id,
        };
        self.write_in(channel, mail).await
    }

    /// Makes a message sticky, or no longer so.
    ///
    /// # Errors
    /// Access, no such message, a deleted message.
    pub async fn set_sticky(
        &self,
        principal: &UserPrincipal,
        channel: ChannelId,
        id: MessageId,
        sticky: bool,
    ) -> Result<Message, Failure> {
        let mail = |ticket| SetSticky {
            ticket,
            principal: principal.clone(),
            id,
            sticky,
        };
        self.write_in(channel, mail).await
    }

    /// Creates a channel. `new` is checked and normalized.
    ///
    /// # Errors
    /// The database is in trouble, or busy.
    pub async fn create_channel(
        &self,
        principal: &UserPrincipal,
        new: NewChannel,
        auto_subscribe: bool,
    ) -> Result<Arc<Channel>, Failure> {
        if !principal
            .token
            .scopes
            .open_channel(&new.kind, new.acl.is_public())
        {
            return Err(Refusal::ScopeMissing.at(Scope::Messages.name()).into());
        }
        let (user, auto) = (
            principal.user,
            auto_subscribe || self.shared.subscribe_listed,
        );
        self.store()
            .carry_out(move |tx| write::create(tx, new, user, auto))
            .await
    }

    /// Finds the private channel of exactly these people and the caller, or makes it, which the flag says.
    ///
    /// # Errors
    /// Only the caller, too many users, or a block between the caller and one of them.
    pub async fn open_pm(
        &self,
        principal: &UserPrincipal,
        others: Vec<UserId>,
    ) -> Result<(ChannelId, bool), Failure> {
        let mut people: HashSet<UserId> = others.into_iter().collect();
        people.remove(&principal.user);
        if people.is_empty() {
            return Err(Refusal::OnlyYourself.at("destinations").into());
        }
        people.insert(principal.user);
        if people.len() > self.limits().channel_members {
            return Err(Refusal::TooManyMembers.at("destinations").into());
        }
        let user = principal.user;
        self.store()
            .carry_out(move |tx| {
                let blocked = tx.mutes_and_blocks(user)?.blocked;
                if blocked.iter().any(|blocked| people.contains(blocked)) {
                    return Err(Refusal::Blocked.at("destinations").into());
                }
                write::open_pm(tx, &people)
            })
            .await
    }

    /// Changes ACL and raw of a channel.
    ///
    /// # Errors
    /// Access, a frozen group, invalid raw.
    pub async fn change_channel(
        &self,
        principal: &UserPrincipal,
        channel: ChannelId,
        change: ChannelChange,
    ) -> Result<Arc<Channel>, Failure> {
        let mail = || ChangeChannel {
            principal: principal.clone(),
            change: change.clone(),
        };
        self.ask_channel(channel, mail).await?
    }

    /// Hands a channel over.
    ///
    /// # Errors
    /// Not the owner, or an unknown user.
    pub async fn change_owner(
        &self,
        principal: &UserPrincipal,
        channel: ChannelId,
        owner: UserId,
    ) -> Result<Arc<Channel>, Failure> {
        self.ask_channel(channel, || ChangeOwner {
            principal: principal.clone(),
            owner,
        })
        .await?
    }

    /// Deactivates a channel for good.
    ///
    /// # Errors
    /// Not the owner.
    pub async fn deactivate(
        &self,
        principal: &UserPrincipal,
        channel: ChannelId,
    ) -> Result<Arc<Channel>, Failure> {
        self.ask_channel(channel, || Deactivate {
            principal: principal.clone(),
        })
        .await?
    }

    /// Subscribes, mutes, or takes either back.
    ///
    /// # Errors
    /// Access, or a deactivated channel.
    pub async fn change_channel_subscription(
        &self,
        principal: &UserPrincipal,
        channel: ChannelId,
        how: SubscriptionChange,
    ) -> Result<Arc<Channel>, Failure> {
        self.ask_channel(channel, || ChangeSubscription {
            principal: principal.clone(),
            how,
        })
        .await?
    }

    /// Sets the caller's presence in a channel.
    ///
    /// # Errors
    /// Scope and access.
    pub async fn set_channel_presence(
        &self,
        principal: &UserPrincipal,
        channel: ChannelId,
        set: SetPresence,
    ) -> Result<Presence, Failure> {
        let user = self.person(principal.user).await?;
        let mail = || SetChannelPresence {
            principal: principal.clone(),
            user: user.clone(),
            set: set.clone(),
        };
        self.ask_channel(channel, mail).await?
    }
}
