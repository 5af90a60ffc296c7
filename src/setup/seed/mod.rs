//! A large database for measurements: many people, posts, follows, rooms and messages, with skewed popularity.
//!
//! The rows are written by the same functions as those of clients, so counts, tags, mentions and the full-text index are
//! right. No event is announced: nothing listens, and the log would be the largest table.

mod pick;

use std::collections::HashMap;

use serde_json::json;

use self::pick::{Picker, username};
use super::page;
use crate::model::{
    Acl, CHAT, ChannelId, Chosen, ClientBrief, ClientId, Closing, Content, Failure, NewChannel,
    NewMessage, NewPoll, NewPost, PostId, Relation, Stamp, UserId,
};
use crate::store::{NewUser, Store, Tx};
use crate::text::raw::{On, check};
use crate::text::{Source, compose, names_in};

/// Rows per transaction: large enough for speed, small enough to show progress.
const STEP: u64 = 500;
/// The first accounts follow this many people each, as far as there are so many.
const MANY: u64 = 5_000;
/// So many accounts do.
const HEAVY: u64 = 10;
/// Replies, reposts and bookmarks refer to one of the newest posts.
const RECENT: u64 = 20_000;

/// Time until a poll of the seed closes: two weeks, the longest.
const POLL_MINUTES: i64 = 14 * 24 * 60;
/// Answers to each poll.
const ANSWERS: u64 = 5;

/// How much is written.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Accounts `person1`, `person2`, …
    pub users: u64,
    /// Follows besides those of the first accounts.
    pub follows: u64,
    /// Posts, reposts among them.
    pub posts: u64,
    /// Public rooms.
    pub channels: u64,
    /// Messages in all rooms.
    pub messages: u64,
    /// Public polls, most of them by the first accounts, each with a few answers.
    pub polls: u64,
    /// The same number writes the same database.
    pub random_seed: u64,
}

/// A part of the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum Part {
    /// Accounts.
    Users,
    /// Follows and blocks.
    Follows,
    /// Posts, reposts, bookmarks.
    Posts,
    /// Rooms and their subscribers.
    Channels,
    /// Messages.
    Messages,
    /// Polls and their answers.
    Polls,
}

/// Fills an empty database. `progress` is told the part, what is done of it, and how much that part is.
///
/// # Errors
/// The database has accounts, or fails.
pub async fn fill(
    store: &Store,
    plan: Plan,
    password_hash: Option<String>,
    mut progress: impl FnMut(Part, u64, u64),
) -> Result<(), Failure> {
    // The first account of a database has id 1, and accounts are never removed.
    if store.read(|db| Ok(db.user(UserId(1))?.is_some())).await? {
        return Err(Failure::Trouble(
            "seed fills an empty database only, and this one has accounts; name another with --database-url".into(),
        ));
    }
    page::register(store).await?;
    let client = ClientId::from(page::CLIENT);
    let client = store.read(move |db| db.client(&client)).await?;
    let Some(client) = client.map(|client| client.brief) else {
        return Err(Failure::trouble("the app of the seed was not registered"));
    };
    let heavy = HEAVY.min(plan.users);
    let each = MANY.min(plan.users.saturating_sub(1));
    let sizes = [
        (Part::Users, plan.users),
        // The last of the first accounts blocks as many as the others follow.
        (Part::Follows, plan.follows + (heavy + 1) * each),
        (Part::Posts, plan.posts),
        (Part::Channels, plan.channels),
        (Part::Messages, plan.messages),
        (Part::Polls, plan.polls),
    ];
    for (part, size) in sizes {
        if plan.users == 0 {
            break;
        }
        let mut done = 0;
        progress(part, done, size);
        while done < size {
            let until = size.min(done + STEP);
            let step = Step {
                plan,
                client: client.clone(),
                password_hash: password_hash.clone(),
                // A step's picks do not depend on the step before it.
                picker: Picker::new(plan.random_seed ^ ((part as u64) << 56) ^ done),
            };
            store
                .write(move |tx| step.write(tx, part, done..until))
                .await?;
            done = until;
            progress(part, done, size);
        }
    }
    Ok(())
}

/// One transaction of the seed.
struct Step {
    plan: Plan,
    client: ClientBrief,
    password_hash: Option<String>,
    picker: Picker,
}

impl Step {
    fn write(
        mut self,
        tx: &mut Tx<'_>,
        part: Part,
        range: std::ops::Range<u64>,
    ) -> Result<(), Failure> {
        for n in range {
            match part {
                Part::Users => self.user(tx, n)?,
                Part::Follows => self.follow(tx, n)?,
                Part::Posts => self.post(tx, n)?,
                Part::Channels => self.channel(tx, n)?,
                Part::Messages => self.message(tx, n)?,
                Part::Polls => self.poll(tx, n)?,
            }
        }
        Ok(())
    }

    fn user(&mut self, tx: &mut Tx<'_>, n: u64) -> Result<(), Failure> {
        let about = self.picker.text(1, n);
        let content = compose(&Source::plain(&about), &HashMap::new(), usize::MAX)?;
        tx.create_user(&NewUser {
            username: username(n),
            name: Some(format!("Person {}", n + 1)),
            password_hash: self.password_hash.clone().filter(|_| n < HEAVY),
            text: Some((content, about)),
            ..NewUser::default()
        })
        .map(drop)
    }

    fn follow(&mut self, tx: &mut Tx<'_>, n: u64) -> Result<(), Failure> {
        let people = self.plan.users;
        let each = MANY.min(people.saturating_sub(1));
        let by_heavy = HEAVY.min(people) * each;
        let (user, other, relation) = if n < by_heavy {
            (n / each, n % each, Relation::Follow)
        } else if n < by_heavy + each {
            // The next account blocks as many.
            (HEAVY, n - by_heavy, Relation::Block)
        } else {
            let other = self.picker.skewed(people);
            (self.picker.even(people), other, Relation::Follow)
        };
        // The most popular accounts are the last ones.
        let (user, other) = (id(user), id(people - 1 - other));
        if user != other && u64::try_from(user.0).is_ok_and(|id| id <= people) {
            tx.relate(user, other, relation)?;
        }
        Ok(())
    }

    fn post(&mut self, tx: &mut Tx<'_>, n: u64) -> Result<(), Failure> {
        let people = self.plan.users;
        let author = id(people - 1 - self.picker.skewed(people));
        let author = tx.user(author)?.ok_or_else(gone)?;
        let earlier = self.earlier(tx, n)?;
        if let Some(earlier) = &earlier {
            if self.picker.once_in(4) {
                tx.bookmark(author.id, earlier.id, None)?;
            }
            if self.picker.once_in(5) && tx.repost_by(author.id, earlier.id)?.is_none() {
                tx.insert_repost(&author, self.client.clone(), earlier, false)?;
                return Ok(());
            }
        }
        let new = NewPost {
            user_id: author.id,
            client: self.client.clone(),
            content: self.words(tx, n)?,
            raw: Default::default(),
            is_nsfw: self.picker.once_in(200),
            reply_to: earlier.as_ref().map(|earlier| earlier.id),
            update_marker: false,
        };
        tx.insert_post(&author, new, earlier.as_ref()).map(drop)
    }

    /// A post to answer, bookmark or repost, in a third of all cases.
    fn earlier(&mut self, tx: &mut Tx<'_>, n: u64) -> Result<Option<crate::model::Post>, Failure> {
        if n == 0 || !self.picker.once_in(3) {
            return Ok(None);
        }
        let back = self.picker.skewed(n.min(RECENT));
        let earlier = tx.post(PostId(signed(n - back)))?;
        Ok(earlier.filter(|post| post.repost_of.is_none()))
    }

    fn channel(&mut self, tx: &mut Tx<'_>, n: u64) -> Result<(), Failure> {
        let settings = json!({"io.pnut.core.chat-settings": [
            {"name": format!("Room {}", n + 1), "description": {"text": self.picker.text(1, n)}, "categories": ["general"]}
        ]});
        let channel = tx.create_channel(NewChannel {
            kind: CHAT.to_owned(),
            owner: Some(id(self.picker.even(self.plan.users))),
            acl: Acl {
                write_any_user: true,
                read_any_user: true,
                read_public: true,
                ..Acl::default()
            },
            raw: check(&settings, On::Channel, usize::MAX)?,
        })?;
        // The first rooms are the large ones.
        let subscribers = (self.plan.users / (n + 2)).clamp(1, 2_000);
        for _ in 0..subscribers {
            tx.subscribe(channel.id, id(self.picker.even(self.plan.users)))?;
        }
        Ok(())
    }

    fn message(&mut self, tx: &mut Tx<'_>, n: u64) -> Result<(), Failure> {
        let channel = self.picker.skewed(self.plan.channels);
        let content = self.words(tx, n)?;
        let new = NewMessage {
            user_id: id(self.picker.skewed(self.plan.users)),
            client: self.client.clone(),
            content,
            raw: Default::default(),
            is_nsfw: false,
            reply_to: None,
            update_marker: false,
        };
        tx.insert_message(ChannelId(signed(channel + 1)), new)
            .map(drop)
    }

    fn poll(&mut self, tx: &mut Tx<'_>, n: u64) -> Result<(), Failure> {
        let people = self.plan.users;
        let options = vec![self.picker.text(1, n), self.picker.text(1, n)];
        let new = NewPoll {
            user_id: id(self.picker.skewed(people)),
            client: self.client.clone(),
            kind: match self.picker.once_in(10) {
                true => String::from("org.example.lunch"),
                false => String::from("general.pnut.poll"),
            },
            prompt: self.picker.text(1, n),
            options,
            max_options: 1,
            is_anonymous: self.picker.once_in(4),
            is_public: true,
            raw: Default::default(),
            closing: Closing::After(POLL_MINUTES),
        };
        let closes_at = Stamp(tx.now().0.saturating_add(POLL_MINUTES * 60_000_000));
        let poll = tx.insert_poll(new, closes_at)?;
        for _ in 0..ANSWERS {
            let user = id(self.picker.even(people));
            let position = 1 + i64::from(self.picker.once_in(3));
            if let Some(chosen) = Chosen::of(&[position], 2) {
                tx.answer_poll(&poll, user, chosen)?;
            }
        }
        Ok(())
    }

    fn words(&mut self, tx: &mut Tx<'_>, n: u64) -> Result<Content, Failure> {
        let text = self.picker.text(self.plan.users, n);
        let source = Source::plain(&text);
        let people = tx.ids_by_name(&names_in(&source))?;
        Ok(compose(&source, &people, usize::MAX)?)
    }
}

/// The account with this index: ids of an empty database begin at 1.
fn id(index: u64) -> UserId {
    UserId(signed(index + 1))
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn gone() -> Failure {
    Failure::trouble("an account of the seed is gone")
}
