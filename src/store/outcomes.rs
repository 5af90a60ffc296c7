//! How the outcomes of writes are named, so that a call with a key can be answered again (`call_keys.rs`).

use std::sync::Arc;

use super::call_keys::Outcome;
use super::{Announced, Db, Failure, Provision};
use crate::model::{
    AppStream, Channel, ChannelId, ClientId, DeadLetter, EventFilter, File, FileId, FilterId,
    FilterOwner, Marker, MarkerName, Message, MessageId, Poll, PollId, Post, PostId, Refusal,
    Stamp, StreamKey, User, UserId,
};

/// Nothing is shown of it.
impl Outcome for () {
    type Name = ();

    fn name(&self) {}

    fn named(_: &mut Db<'_>, (): ()) -> Result<(), Failure> {
        Ok(())
    }
}

/// Objects with a number.
macro_rules! numbered {
    ($($object:ty: $id:ident, $read:ident, $gone:ident;)+) => {$(
        impl Outcome for $object {
            type Name = i64;

            fn name(&self) -> i64 {
                self.id.0
            }

            fn named(db: &mut Db<'_>, id: i64) -> Result<Self, Failure> {
                Ok(db.$read($id(id))?.ok_or(Refusal::$gone)?.into())
            }
        }
    )+};
}

numbered! {
    Message: MessageId, message, MessageNotFound;
    Post: PostId, post, PostNotFound;
    Poll: PollId, poll, PollNotFound;
    File: FileId, file, FileNotFound;
    Arc<Channel>: ChannelId, channel, ChannelNotFound;
    Arc<User>: UserId, user, UserNotFound;
}

/// A private channel, and whether it was made for this call.
impl Outcome for (ChannelId, bool) {
    type Name = i64;

    fn name(&self) -> i64 {
        self.0.0
    }

    fn named(_: &mut Db<'_>, id: i64) -> Result<Self, Failure> {
        Ok((ChannelId(id), false))
    }
}

/// Positions, which say nothing: they are kept as they were answered.
impl Outcome for Vec<(MarkerName, Marker)> {
    type Name = Self;

    fn name(&self) -> Self {
        self.clone()
    }

    fn named(_: &mut Db<'_>, markers: Self) -> Result<Self, Failure> {
        Ok(markers)
    }
}

impl Outcome for Announced {
    type Name = (String, Stamp, Vec<(i64, String, i64)>);

    fn name(&self) -> Self::Name {
        let files = self.files.iter();
        let files = files.map(|file| (file.file_id.0, file.key.clone(), file.size));
        (self.operation.clone(), self.until, files.collect())
    }

    fn named(_: &mut Db<'_>, (operation, until, files): Self::Name) -> Result<Self, Failure> {
        let files = files.into_iter().map(|(id, key, size)| Provision {
            file_id: FileId(id),
            key,
            size,
        });
        Ok(Self {
            operation,
            until,
            files: files.collect(),
        })
    }
}

/// Those that were not delivered or deleted since.
impl Outcome for Vec<DeadLetter> {
    type Name = Vec<i64>;

    fn name(&self) -> Vec<i64> {
        self.iter().map(|letter| letter.id).collect()
    }

    fn named(db: &mut Db<'_>, ids: Vec<i64>) -> Result<Self, Failure> {
        db.dead_letters_of(&ids)
    }
}

impl Outcome for EventFilter {
    type Name = (String, Option<i64>, i64);

    fn name(&self) -> Self::Name {
        let user = self.owner.user.map(|user| user.0);
        (self.owner.client.as_str().to_owned(), user, self.id.0)
    }

    fn named(db: &mut Db<'_>, (client, user, id): Self::Name) -> Result<Self, Failure> {
        let owner = FilterOwner {
            client: client.into(),
            user: user.map(UserId),
        };
        let found = db.event_filter(&owner, FilterId(id))?;
        Ok(found.ok_or(Refusal::FilterNotFound)?)
    }
}

impl Outcome for AppStream {
    type Name = (String, String);

    fn name(&self) -> Self::Name {
        let (client, key) = (self.client.as_str(), self.key.as_str());
        (client.to_owned(), key.to_owned())
    }

    fn named(db: &mut Db<'_>, (client, key): Self::Name) -> Result<Self, Failure> {
        let found = db.app_stream(&ClientId::from(client), &StreamKey::from(key))?;
        Ok(found.ok_or(Refusal::StreamNotFound)?)
    }
}
