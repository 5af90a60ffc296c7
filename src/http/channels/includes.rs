//! What stands behind a list of channels or messages: the people in it, and what the caller did with each
//! channel. It is fetched once for a whole answer; the objects then borrow from it.

use std::collections::HashMap;

use crate::http::extract::Caller;
use crate::http::user_includes::{UserIncludes, user_includes};
use crate::http::{ApiResult, App};
use crate::model::{Channel, ChannelId, Message, MessageId, User, UserId};
use crate::protocol::object::{
    ChannelObject, ChannelViewer, LimitedUser, MessageObject, UserObject,
};
use crate::protocol::render_options::RenderOptions;
use crate::store::ChannelSubscription;

/// People, attendances and newest messages around the things to be shown.
pub(in crate::http) struct Includes<'a> {
    app: &'a App,
    options: RenderOptions,
    caller: Option<UserId>,
    user_includes: UserIncludes,
    context: ChannelContext,
}

/// What the store says about channels.
#[derive(Default)]
struct ChannelContext {
    channel_subscriptions: HashMap<ChannelId, ChannelSubscription>,
    recents: HashMap<MessageId, Message>,
}

impl<'a> Includes<'a> {
    /// For users and what they wrote. To show a message to its own author costs no query.
    pub(in crate::http) async fn of_users(
        app: &'a App,
        caller: Option<&Caller>,
        options: RenderOptions,
        users: impl IntoIterator<Item = UserId>,
    ) -> ApiResult<Self> {
        let ids = users.into_iter().filter(|_| options.user).collect();
        Ok(Self {
            app,
            options,
            caller: caller.and_then(Caller::user),
            user_includes: user_includes(app, caller, options, ids).await?,
            context: ChannelContext::default(),
        })
    }

    /// For messages.
    pub(in crate::http) async fn of_messages(
        app: &'a App,
        caller: Option<&Caller>,
        options: RenderOptions,
        messages: impl IntoIterator<Item = &Message>,
    ) -> ApiResult<Self> {
        let authors = messages.into_iter().map(|message| message.user_id);
        Self::of_users(app, caller, options, authors).await
    }

    /// For channels, with their owners, members and newest messages as far as the look asks for them.
    pub(in crate::http) async fn of_channels(
        app: &'a App,
        caller: Option<&Caller>,
        options: RenderOptions,
        channels: impl IntoIterator<Item = &Channel>,
    ) -> ApiResult<Self> {
        let user = caller.and_then(Caller::user);
        let (mut ids, mut rooms, mut recents) = (Vec::new(), Vec::new(), Vec::new());
        for channel in channels {
            rooms.push(channel.id);
            ids.extend(channel.owner.filter(|_| options.user));
            if options.limited_users {
                ids.extend(channel.acl.members());
            }
            if options.recent_message {
                recents.extend(channel.recent_message_id);
                recents.extend(channel.recent_deleted_message_id);
            }
        }
        let context = context(app, user, rooms, recents).await?;
        // Wanted or not: whether the author may be heard decides about the message itself.
        ids.extend(context.recents.values().map(|message| message.user_id));
        Ok(Self {
            app,
            options,
            caller: user,
            user_includes: user_includes(app, caller, options, ids).await?,
            context,
        })
    }

    /// A user as the caller sees them; nobody if they are unknown or one of the two blocks the other.
    pub(in crate::http) fn user(&self, id: UserId) -> Option<UserObject<'_>> {
        self.user_includes.object(id)
    }

    /// The user as they are, unless one of the two blocks the other.
    pub(in crate::http) fn visible_user(&self, id: UserId) -> Option<&User> {
        let relationship = self.user_includes.relationship(id);
        let is_hidden = relationship.you_blocked || relationship.blocks_you;
        let user = self.user_includes.user(id).filter(|_| !is_hidden)?;
        Some(user.as_ref())
    }

    /// A message as the caller sees it.
    pub(in crate::http) fn message<'s>(&'s self, message: &'s Message) -> MessageObject<'s> {
        let object = MessageObject::new(message, None, self.options, self.app.engine.site());
        match self.user(message.user_id).filter(|_| self.options.user) {
            Some(author) => object.author_object(author),
            None => object,
        }
    }

    /// A channel as the caller sees it.
    pub(in crate::http) fn channel<'s>(&'s self, channel: &'s Channel) -> ChannelObject<'s> {
        let engine = &self.app.engine;
        let mut object = ChannelObject::new(channel, None, self.options, engine.site());
        if let Some(owner) = channel.owner.and_then(|owner| self.user(owner)) {
            object = object.owner_object(owner);
        }
        if let Some(caller) = self.caller {
            let subscription = self.context.channel_subscriptions.get(&channel.id);
            let (subscribed, muted) =
                subscription.map_or((false, false), |a| (a.subscribed, a.muted));
            let marker = subscription.and_then(|subscription| subscription.marker.clone());
            let seen = ChannelViewer::new(channel, caller, subscribed, muted, marker);
            object = object.seen_by(&seen);
        }
        if let Some(recent) = self.recent(channel.recent_message_id) {
            object = object.recent(recent);
        }
        if let Some(deleted) = self.recent(channel.recent_deleted_message_id) {
            object = object.recent_deleted(deleted);
        }
        object.limited_users(|id| {
            let presence = engine.presence().of(id);
            let user = self.user_includes.user(id)?;
            Some(LimitedUser::new(
                user,
                presence.text.as_deref(),
                engine.site(),
            ))
        })
    }

    /// A newest message, unless one of the two blocks the other: lists hide it too.
    fn recent(&self, id: Option<MessageId>) -> Option<MessageObject<'_>> {
        let message = self.context.recents.get(&id?)?;
        let relationship = self.user_includes.relationship(message.user_id);
        let is_hidden = relationship.you_blocked || relationship.blocks_you;
        (!is_hidden).then(|| self.message(message))
    }
}

async fn context(
    app: &App,
    caller: Option<UserId>,
    rooms: Vec<ChannelId>,
    recents: Vec<MessageId>,
) -> ApiResult<ChannelContext> {
    if recents.is_empty() && (caller.is_none() || rooms.is_empty()) {
        return Ok(ChannelContext::default());
    }
    let read = app.engine.store().read(move |db| {
        Ok(ChannelContext {
            channel_subscriptions: match caller {
                Some(caller) => db.channel_subscriptions_of(caller, &rooms)?,
                None => HashMap::new(),
            },
            recents: db.messages(&recents)?,
        })
    });
    Ok(read.await?)
}
