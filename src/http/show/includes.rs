//! What is included with the objects of one answer: people, the viewer's subscriptions and markers, newest messages.
//! It is fetched once for a whole answer; the objects then borrow from it.

use std::collections::HashMap;

use super::Shown;
use super::needs::Needs;
use super::poll_includes::PollIncludes;
use super::post_includes::PostIncludes;
use super::user_includes::UserIncludes;
use crate::http::extract::Caller;
use crate::http::{ApiResult, App};
use crate::model::visibility::{Occasion, shows_words};
use crate::model::{ChannelId, FileId, Message, MessageId, User, UserId};
use crate::protocol::object::{MessageObject, Storage, UserObject};
use crate::protocol::render_options::RenderOptions;
use crate::protocol::site::Site;
use crate::store::{ChannelSubscription, FileUses};

/// Everything around the objects of one answer, for one viewer.
pub(in crate::http) struct Includes<'a> {
    app: &'a App,
    options: RenderOptions,
    users: UserIncludes,
    channels: ChannelIncludes,
    posts: PostIncludes,
    polls: PollIncludes,
    file_uses: HashMap<FileId, FileUses>,
    emails: HashMap<UserId, String>,
    /// Bytes of their files.
    usage: HashMap<UserId, i64>,
}

/// What the store says about channels.
#[derive(Default)]
struct ChannelIncludes {
    subscriptions: HashMap<ChannelId, ChannelSubscription>,
    messages: HashMap<MessageId, Message>,
}

impl<'a> Includes<'a> {
    /// Looks up what these items need.
    pub(in crate::http) async fn around<'i, T: Shown + 'i>(
        app: &'a App,
        caller: Option<&Caller>,
        options: RenderOptions,
        items: impl IntoIterator<Item = &'i T>,
    ) -> ApiResult<Self> {
        let mut needs = Needs::default();
        for item in items {
            item.needs(options, &mut needs);
        }
        Self::load(app, caller, options, needs).await
    }

    /// Looks up users only. Cached users, and the viewer, cost no query.
    pub(in crate::http) async fn of_users(
        app: &'a App,
        caller: Option<&Caller>,
        options: RenderOptions,
        users: Vec<UserId>,
    ) -> ApiResult<Self> {
        let needs = Needs {
            users,
            ..Needs::default()
        };
        Self::load(app, caller, options, needs).await
    }

    async fn load(
        app: &'a App,
        caller: Option<&Caller>,
        options: RenderOptions,
        mut needs: Needs,
    ) -> ApiResult<Self> {
        // App tokens see no relations: minding them is the app's duty.
        let viewer = caller.and_then(Caller::user);
        let posts = PostIncludes::load(app, viewer, options, &mut needs).await?;
        let polls =
            PollIncludes::load(app, viewer, options, needs.polls, needs.respondents).await?;
        let channels = ChannelIncludes::load(app, viewer, needs.channels, needs.messages).await?;
        let files = needs.files;
        let file_uses = match files.is_empty() {
            true => HashMap::new(),
            false => {
                let store = app.engine.store();
                store.read(move |db| db.file_uses(&files)).await?
            }
        };
        let emails = match needs.emails {
            ids if ids.is_empty() => HashMap::new(),
            ids => app.engine.store().read(move |db| db.emails(&ids)).await?,
        };
        let usage = match needs.storage {
            ids if ids.is_empty() => HashMap::new(),
            ids => {
                app.engine
                    .store()
                    .read(move |db| db.file_usages(&ids))
                    .await?
            }
        };
        let mut users = needs.users;
        // Shown or not: what the viewer sees of the author decides about the message.
        users.extend(channels.messages.values().map(|message| message.user_id));
        Ok(Self {
            app,
            options,
            users: UserIncludes::load(app, viewer, options, users).await?,
            channels,
            posts,
            polls,
            file_uses,
            emails,
            usage,
        })
    }

    /// The display parameters of the call.
    pub(in crate::http) fn options(&self) -> RenderOptions {
        self.options
    }

    /// Public addresses.
    pub(in crate::http) fn site(&self) -> &Site {
        self.app.engine.site()
    }

    /// The viewer, if it is a user.
    pub(in crate::http) fn viewer(&self) -> Option<UserId> {
        self.users.viewer()
    }

    /// The room for files of a user that it was asked for.
    pub(super) fn storage(&self, id: UserId) -> Storage {
        let used = self.usage.get(&id).copied().unwrap_or(0);
        Storage::new(used, self.app.engine.file_quota())
    }

    /// The e-mail address of a user that it was asked for.
    pub(super) fn email(&self, id: UserId) -> Option<&str> {
        self.emails.get(&id).map(String::as_str)
    }

    /// The users that were looked up.
    pub(in crate::http) fn users(&self) -> &UserIncludes {
        &self.users
    }

    /// What was looked up around posts.
    pub(super) fn posts(&self) -> &PostIncludes {
        &self.posts
    }

    /// What was looked up around polls.
    pub(super) fn polls(&self) -> &PollIncludes {
        &self.polls
    }

    /// Some of the objects that show a file.
    pub(super) fn file_uses(&self, file: FileId) -> Option<&FileUses> {
        self.file_uses.get(&file)
    }

    /// A user as the viewer sees them.
    pub(in crate::http) fn user(&self, id: UserId, occasion: Occasion) -> Option<UserObject<'_>> {
        self.users.object(id, occasion)
    }

    /// The user with the presence, if the viewer may know whether they are there.
    pub(in crate::http) fn present(&self, id: UserId) -> Option<&User> {
        self.users.present(id)
    }

    /// What the viewer did with a channel.
    pub(super) fn subscription(&self, channel: ChannelId) -> Option<&ChannelSubscription> {
        self.channels.subscriptions.get(&channel)
    }

    /// The presence text of an embedded user, if there is one.
    pub(super) fn presence_of(&self, id: UserId) -> Option<String> {
        self.users.present(id)?;
        self.app.engine.presence().of(id).text
    }

    /// A message as the viewer sees it.
    pub(super) fn message<'s>(&'s self, message: &'s Message) -> MessageObject<'s> {
        let object = MessageObject::new(message, None, self.options, self.site());
        let author = self.user(message.user_id, Occasion::Embedded);
        match author.filter(|_| self.options.user) {
            Some(author) => object.author_object(author),
            None => object,
        }
    }

    /// An embedded message, if the viewer sees words of its author there.
    pub(super) fn embedded(&self, id: Option<MessageId>) -> Option<MessageObject<'_>> {
        let message = self.channels.messages.get(&id?)?;
        let author = self.users.relationship(message.user_id);
        shows_words(author, Occasion::Embedded, false).then(|| self.message(message))
    }
}

impl ChannelIncludes {
    async fn load(
        app: &App,
        viewer: Option<UserId>,
        channels: Vec<ChannelId>,
        messages: Vec<MessageId>,
    ) -> ApiResult<Self> {
        if messages.is_empty() && (viewer.is_none() || channels.is_empty()) {
            return Ok(Self::default());
        }
        let read = app.engine.store().read(move |db| {
            Ok(Self {
                subscriptions: match viewer {
                    Some(viewer) => db.channel_subscriptions_of(viewer, &channels)?,
                    None => HashMap::new(),
                },
                messages: db.messages(&messages)?,
            })
        });
        Ok(read.await?)
    }
}
