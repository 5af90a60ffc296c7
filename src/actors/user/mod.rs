//! One user in use: this actor orders the changes of relations, tokens, profile, markers and presence.

pub mod codes;
pub mod files;
pub mod mail;
pub mod polls;
pub mod posts;
pub mod write;

use std::sync::Arc;

use actix::prelude::*;
use tokio::time::Instant;

use self::mail::{
    ActOnPost, AnswerPoll, ChangeProfile, CreatePoll, CreatePost, DeletePoll, FileWritten,
    GrantToken, MarkRead, MoveMarkers, PostAct, Relate, RevisePost, RevokeToken, SetUserPresence,
    ShowPicture, WriteFile,
};
use super::Shared;
use crate::event::{Event, Payload, Timestamps};
use crate::model::{
    Failure, Marker, MarkerName, Poll, Post, Presence, Refusal, Token, User, UserId,
};
use crate::store::{Pending, Tx, UnusedPicture};

/// Mails that may wait for a user.
pub const MAILBOX: usize = 256;

/// One per user in use.
pub struct UserActor {
    id: UserId,
    shared: Arc<Shared>,
    used: Instant,
}

impl UserActor {
    /// A user's actor holds no state, so there is nothing to load.
    pub fn new(id: UserId, shared: Arc<Shared>) -> Self {
        Self {
            id,
            shared,
            used: Instant::now(),
        }
    }
}

impl Actor for UserActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX);
        let idle = self.shared.idle;
        ctx.run_interval(idle / 4, move |actor, ctx| {
            if actor.used.elapsed() >= idle {
                actor.shared.directory.remove_user(actor.id, &ctx.address());
                ctx.stop();
            }
        });
    }
}

impl Handler<Relate> for UserActor {
    type Result = Result<Pending<()>, Failure>;

    fn handle(&mut self, mail: Relate, _: &mut Self::Context) -> Self::Result {
        self.used = Instant::now();
        let id = self.id;
        if mail.other == id {
            return Err(Refusal::NoAccess.into());
        }
        self.shared
            .store
            .begin_call(move |tx| write::relate(tx, id, mail.other, mail.relation, mail.on))
    }
}

impl Handler<GrantToken> for UserActor {
    type Result = Result<Pending<Token>, Failure>;

    fn handle(&mut self, mail: GrantToken, _: &mut Self::Context) -> Self::Result {
        self.used = Instant::now();
        let id = self.id;
        self.shared
            .store
            .submit(move |tx| write::grant(tx, &mail.client, Some(id), &mail.scopes, &mail.secret))
    }
}

impl Handler<RevokeToken> for UserActor {
    type Result = Result<Pending<()>, Failure>;

    fn handle(&mut self, mail: RevokeToken, _: &mut Self::Context) -> Self::Result {
        self.used = Instant::now();
        self.shared
            .store
            .submit(move |tx| write::revoke(tx, mail.0.id))
    }
}

impl Handler<ChangeProfile> for UserActor {
    type Result = Result<Pending<Arc<User>>, Failure>;

    fn handle(&mut self, mail: ChangeProfile, _: &mut Self::Context) -> Self::Result {
        self.used = Instant::now();
        let (id, limit) = (self.id, self.shared.limits.get().raw_bytes);
        self.shared
            .store
            .begin_call(move |tx| write::change_profile(tx, id, mail.0, limit))
    }
}

impl Handler<ShowPicture> for UserActor {
    type Result = Result<Pending<Option<UnusedPicture>>, Failure>;

    fn handle(&mut self, mail: ShowPicture, _: &mut Self::Context) -> Self::Result {
        self.used = Instant::now();
        let id = self.id;
        self.shared
            .store
            .begin_repeatable(move |tx| write::show_picture(tx, id, &mail))
    }
}

impl Handler<MoveMarkers> for UserActor {
    type Result = Result<Pending<Vec<(MarkerName, Marker)>>, Failure>;

    fn handle(&mut self, mail: MoveMarkers, _: &mut Self::Context) -> Self::Result {
        self.used = Instant::now();
        self.shared.store.begin_call(move |tx| {
            write::move_markers(tx, &mail.principal, mail.markers, mail.reset)
        })
    }
}

impl Handler<MarkRead> for UserActor {
    type Result = Result<Pending<()>, Failure>;

    fn handle(&mut self, mail: MarkRead, _: &mut Self::Context) -> Self::Result {
        self.used = Instant::now();
        let user = self.id;
        self.shared
            .store
            .begin_repeatable(move |tx| write::mark_read(tx, user, &mail.0))
    }
}

impl Handler<CreatePost> for UserActor {
    type Result = Result<Pending<Post>, Failure>;

    fn handle(&mut self, mail: CreatePost, _: &mut Self::Context) -> Self::Result {
        self.used = Instant::now();
        let windows = self.shared.post_windows;
        self.shared
            .store
            .begin_call(move |tx| posts::create(tx, mail, windows))
    }
}

impl Handler<RevisePost> for UserActor {
    type Result = Result<Pending<Post>, Failure>;

    fn handle(&mut self, mail: RevisePost, _: &mut Self::Context) -> Self::Result {
        self.used = Instant::now();
        let windows = self.shared.post_windows;
        self.shared
            .store
            .begin_call(move |tx| posts::revise(tx, mail, windows))
    }
}

impl Handler<ActOnPost> for UserActor {
    type Result = Result<Pending<Post>, Failure>;

    fn handle(&mut self, mail: ActOnPost, _: &mut Self::Context) -> Self::Result {
        self.used = Instant::now();
        let (user, id) = (self.id, mail.id);
        self.shared.store.begin_call(move |tx| match mail.act {
            PostAct::Delete => posts::delete(tx, user, id),
            PostAct::Repost { client, is_nsfw } => posts::repost(tx, user, client, id, is_nsfw),
            PostAct::RemoveRepost => posts::remove_own_repost(tx, user, id),
            PostAct::Bookmark(note) => posts::bookmark(tx, user, id, note.as_deref()),
            PostAct::RemoveBookmark => posts::remove_bookmark(tx, user, id),
        })
    }
}

impl Handler<CreatePoll> for UserActor {
    type Result = Result<Pending<Poll>, Failure>;

    fn handle(&mut self, mail: CreatePoll, _: &mut Self::Context) -> Self::Result {
        self.used = Instant::now();
        let now = self.shared.store.now();
        self.shared
            .store
            .begin_call(move |tx| polls::create(tx, mail, now))
    }
}

impl Handler<AnswerPoll> for UserActor {
    type Result = Result<Pending<Poll>, Failure>;

    fn handle(&mut self, mail: AnswerPoll, _: &mut Self::Context) -> Self::Result {
        self.used = Instant::now();
        let now = self.shared.store.now();
        self.shared
            .store
            .begin_call(move |tx| polls::answer(tx, &mail, now))
    }
}

impl Handler<DeletePoll> for UserActor {
    type Result = Result<Pending<Poll>, Failure>;

    fn handle(&mut self, mail: DeletePoll, _: &mut Self::Context) -> Self::Result {
        self.used = Instant::now();
        self.shared
            .store
            .begin_call(move |tx| polls::delete(tx, &mail))
    }
}

impl Handler<WriteFile> for UserActor {
    type Result = Result<Pending<FileWritten>, Failure>;

    fn handle(&mut self, mail: WriteFile, _: &mut Self::Context) -> Self::Result {
        self.used = Instant::now();
        let (id, quota) = (self.id, self.shared.file_quota);
        let raw_bytes = self.shared.limits.get().raw_bytes;
        let (store, is_repeatable) = (&self.shared.store, mail.write.is_repeatable());
        let job = move |tx: &mut Tx<'_>| files::write(tx, id, mail, quota, raw_bytes);
        match is_repeatable {
            true => store.begin_repeatable(job),
            false => store.begin_call(job),
        }
    }
}

impl Handler<SetUserPresence> for UserActor {
    type Result = Result<Presence, Failure>;

    fn handle(&mut self, mail: SetUserPresence, _: &mut Self::Context) -> Self::Result {
        self.used = Instant::now();
        let presence = self.shared.presence.set(self.id, mail.set);
        if presence.text.is_some() {
            let payload = Payload::UserPresence {
                user: mail.user,
                presence: presence.clone(),
            };
            self.shared.publish(Event {
                pos: None,
                at: self.shared.store.now(),
                payload,
                timestamps: Timestamps::default(),
                row_bytes: 0,
            });
        }
        Ok(presence)
    }
}
