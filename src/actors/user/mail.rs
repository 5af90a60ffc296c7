//! Mails of a user's actor. Every mail has a reply.

use std::sync::Arc;

use crate::actors::presence::SetPresence;
use crate::model::{
    BadgeId, ChannelId, ClientBrief, ClientId, ContentHash, DerivedFile, Failure, File, FileChange,
    FileContents, FileId, FileKind, Marker, MarkerName, MessageId, NewFile, NewPoll, NewPost,
    Picture, PictureUse, Poll, PollId, Post, PostId, PostRevision, Presence, Relation, Scopes,
    Token, User, UserId, UserPrincipal,
};
use crate::protocol::draft::MarkerDraft;
use crate::store::{Db, Outcome, Pending, UnusedPicture};

/// Follows, mutes or blocks another user, or undoes it.
#[derive(actix::Message, Debug)]
#[rtype(result = "Result<Pending<()>, Failure>")]
pub struct Relate {
    /// The other user.
    pub other: UserId,
    /// The relation or change.
    pub relation: Relation,
    /// False undoes it.
    pub on: bool,
}

/// Grants a client a token of this user.
#[derive(actix::Message, Debug)]
#[rtype(result = "Result<Pending<Token>, Failure>")]
pub struct GrantToken {
    /// The client.
    pub client: ClientId,
    /// The granted scopes.
    pub scopes: Scopes,
    /// The secret that the client will send.
    pub secret: String,
}

/// Revokes a token.
#[derive(actix::Message, Debug)]
#[rtype(result = "Result<Pending<()>, Failure>")]
pub struct RevokeToken(pub Arc<Token>);

/// Changes the profile.
#[derive(actix::Message, Debug)]
#[rtype(result = "Result<Pending<Arc<User>>, Failure>")]
pub struct ChangeProfile(pub ProfileChange);

/// A checked change of a profile. Outer `None`: leave alone; inner `None`: clear.
#[derive(Clone, Debug, Default)]
pub struct ProfileChange {
    /// Display name.
    pub name: Option<Option<String>>,
    /// Profile text with its source.
    pub text: Option<Option<(crate::model::Content, String)>>,
    /// Language and country.
    pub locale: Option<String>,
    /// Time zone.
    pub timezone: Option<String>,
    /// Raw as the client sent it; merged by type.
    pub raw: Option<serde_json::Value>,
    /// The badge to show, of those that the user has.
    pub badge: Option<Option<BadgeId>>,
}

/// Shows a picture that was kept, or the default one. The answer is the one that was shown before.
#[derive(actix::Message, Clone, Debug)]
#[rtype(result = "Result<Pending<Option<UnusedPicture>>, Failure>")]
pub struct ShowPicture {
    /// Avatar or cover.
    pub of: PictureUse,
    /// `None`: the default one.
    pub picture: Option<Picture>,
}

/// Writes a post.
#[derive(actix::Message, Clone, Debug)]
#[rtype(result = "Result<Pending<Post>, Failure>")]
pub struct CreatePost(pub NewPost);

/// Gives a post other words.
#[derive(actix::Message, Clone, Debug)]
#[rtype(result = "Result<Pending<Post>, Failure>")]
pub struct RevisePost {
    /// The same user.
    pub user: UserId,
    /// Which post.
    pub id: PostId,
    /// The words.
    pub revision: PostRevision,
}

/// What a user does with a post that is there. The answer is the post, or the original of a repost.
#[derive(actix::Message, Clone, Debug)]
#[rtype(result = "Result<Pending<Post>, Failure>")]
pub struct ActOnPost {
    /// Which post.
    pub id: PostId,
    /// What.
    pub act: PostAct,
}

/// See [`ActOnPost`].
#[derive(Clone, Debug)]
pub enum PostAct {
    /// Deletes one's own post, or repost.
    Delete,
    /// Reposts it with an app; `is_nsfw` only adds.
    Repost {
        /// The app.
        client: ClientBrief,
        /// Not safe for work, whatever the original says.
        is_nsfw: bool,
    },
    /// Takes one's own repost away.
    RemoveRepost,
    /// Bookmarks it. The note: `None` leaves it as it is, an empty one removes it.
    Bookmark(Option<String>),
    /// Removes a bookmark.
    RemoveBookmark,
}

/// Makes a poll.
#[derive(actix::Message, Clone, Debug)]
#[rtype(result = "Result<Pending<Poll>, Failure>")]
pub struct CreatePoll(pub NewPoll);

/// Answers a poll, or changes the answer.
#[derive(actix::Message, Clone, Debug)]
#[rtype(result = "Result<Pending<Poll>, Failure>")]
pub struct AnswerPoll {
    /// The same user, with a token.
    pub principal: UserPrincipal,
    /// Which poll.
    pub id: PollId,
    /// The poll's token, if the call has it.
    pub token: Option<String>,
    /// What is chosen; nothing takes the answer back.
    pub positions: Vec<i64>,
}

/// Deletes a poll.
#[derive(actix::Message, Clone, Debug)]
#[rtype(result = "Result<Pending<Poll>, Failure>")]
pub struct DeletePoll {
    /// The same user, with a token.
    pub principal: UserPrincipal,
    /// Which poll.
    pub id: PollId,
}

/// Makes, fills, changes or deletes a file of this user.
#[derive(actix::Message, Clone, Debug)]
#[rtype(result = "Result<Pending<FileWritten>, Failure>")]
pub struct WriteFile {
    /// What.
    pub write: FileWrite,
    /// It holds more afterwards, so the quota is asked.
    pub is_upload: bool,
    /// The claim to its contents: over, they may be gone. `None`: no other server removes them.
    pub claim: Option<String>,
}

/// A file after a write.
#[derive(Clone, Debug)]
pub struct FileWritten {
    /// The file; a deleted one as it was.
    pub file: File,
    /// Contents that it holds no more.
    pub freed: Vec<ContentHash>,
}

impl Outcome for FileWritten {
    type Name = i64;

    fn name(&self) -> i64 {
        self.file.name()
    }

    fn named(db: &mut Db<'_>, id: i64) -> Result<Self, Failure> {
        Ok(Self {
            file: File::named(db, id)?,
            freed: Vec::new(),
        })
    }
}

/// See [`WriteFile`].
#[derive(Clone, Debug)]
pub enum FileWrite {
    /// Makes one, whole or to be filled.
    Create(Box<NewFile>),
    /// Gives one its contents.
    Fill {
        /// Which.
        id: FileId,
        /// What it holds.
        contents: FileContents,
        /// What that is.
        kind: FileKind,
        /// What the server made of it.
        derived: Vec<DerivedFile>,
    },
    /// Adds something that the client made of one that has no contents yet.
    Derive(FileId, DerivedFile),
    /// Changes details.
    Change(FileId, Box<FileChange>),
    /// Deletes one.
    Delete(FileId),
}

impl FileWrite {
    /// Whether the call's key has no part in it. Contents are refused where some are already; and the files that a call
    /// brings may be others when it is repeated: a step of the first attempt would be taken for that of another file.
    pub fn is_repeatable(&self) -> bool {
        match self {
            Self::Fill { .. } | Self::Derive(..) => true,
            Self::Create(_) | Self::Change(..) | Self::Delete(_) => false,
        }
    }
}

/// Sets the global presence.
#[derive(actix::Message, Debug)]
#[rtype(result = "Result<Presence, Failure>")]
pub struct SetUserPresence {
    /// The same user, for the event.
    pub user: Arc<User>,
    /// The relation or change.
    pub set: SetPresence,
}

/// Moves stream markers: all of them, or none.
#[derive(actix::Message, Debug)]
#[rtype(result = "Result<Pending<Vec<(MarkerName, Marker)>>, Failure>")]
pub struct MoveMarkers {
    /// The same user, with a token.
    pub principal: UserPrincipal,
    /// Where to.
    pub markers: Vec<MarkerDraft>,
    /// The greatest id ever read may go back too.
    pub reset: bool,
}

/// Moves the marker of each of these channels to a message, unless it is there already.
#[derive(actix::Message, Clone, Debug)]
#[rtype(result = "Result<Pending<()>, Failure>")]
pub struct MarkRead(pub Vec<(ChannelId, MessageId)>);
