//! What a user's actor puts into the write lane for posts: the rule on the rows read there, rows and events, in one
//! transaction.

use std::sync::Arc;
use std::time::Duration;

use super::mail::{CreatePost, RevisePost};
use crate::actors::markers::announce_marker;
use crate::event::{Payload, Posted};
use crate::model::visibility::{Occasion, shows_profile};
use crate::model::{
    ClientBrief, Content, Entities, Failure, MarkerName, Post, PostId, Raw, Refusal, User, UserId,
    UserKind,
};
use crate::store::{Db, Store, Tx};

/// Reposts that one transaction takes away with their post: each is a few rows and an event.
const REPOSTS_AT_ONCE: i64 = 50;

/// How often, and how late, posts may be written and revised.
#[derive(Clone, Copy, Debug)]
pub struct PostWindows {
    /// The same text of the same author is refused for so long.
    pub duplicate: Duration,
    /// A post can be revised for so long.
    pub revision: Duration,
}

/// Writes a post.
///
/// # Errors
/// A duplicate; a reply to nothing, or to an author in a block with this one.
pub fn create(tx: &mut Tx<'_>, mail: CreatePost, windows: PostWindows) -> Result<Post, Failure> {
    let author = author(tx, mail.0.user_id)?;
    let new = mail.0;
    let is_bot = author.kind == UserKind::Bot;
    if !is_bot && tx.has_posted(author.id, &new.content.text, windows.duplicate)? {
        return Err(Refusal::PostDuplicate.at("text").into());
    }
    let answered = match new.reply_to {
        Some(id) => {
            let there = original(tx, id)?.filter(|post| !post.is_deleted());
            let answered = there.ok_or_else(|| Refusal::ReplyUnknown.at("reply_to"))?;
            demand_no_block(tx, author.id, answered.user_id)?;
            Some(answered)
        }
        None => None,
    };
    let reads = new.update_marker;
    let post = tx.insert_post(&author, new, answered.as_ref())?;
    // Read again: the write moved the author's count.
    let author = self::author(tx, author.id)?;
    tx.announce(Payload::PostCreated {
        posted: Box::new(Posted {
            post: post.clone(),
            author: author.clone(),
            original: None,
            answered: answered.map(|post| post.user_id),
            heard_from: Vec::new(),
        }),
    });
    let personal = MarkerName::Personal;
    if reads && let Some(marker) = tx.marker(author.id, personal)? {
        announce_marker(tx, &author, None, personal, marker);
    }
    Ok(post)
}

/// Gives a post of one's own other words, once and soon after it was written.
///
/// # Errors
/// Another's post, a repost, a deleted one; too late, a second time, or with other mentions, tags or links.
pub fn revise(
    tx: &mut Tx<'_>,
    mut mail: RevisePost,
    windows: PostWindows,
) -> Result<Post, Failure> {
    let post = own(tx, mail.user, mail.id)?;
    if post.repost_of.is_some() {
        return Err(Refusal::PostNotFound.into());
    }
    if post.revision > 0 {
        return Err(Refusal::RevisionAgain.into());
    }
    if post.created_at < tx.now().minus(windows.revision) {
        return Err(Refusal::RevisionTooLate.into());
    }
    crate::text::with_object_id(&mut mail.revision.content, post.id.0);
    if named(&post.content.entities) != named(&mail.revision.content.entities) {
        return Err(Refusal::RevisionEntities.at("text").into());
    }
    let post = tx.revise_post(post, mail.revision)?;
    let posted = posted(tx, post.clone())?;
    tx.announce(Payload::PostRevised { posted });
    Ok(post)
}

/// Deletes a post of one's own, or a repost. The reposts of a deleted post follow, see [`sweep_reposts`].
///
/// # Errors
/// No such post, or another's.
pub fn delete(tx: &mut Tx<'_>, user: UserId, id: PostId) -> Result<Post, Failure> {
    let post = own(tx, user, id)?;
    if post.repost_of.is_some() {
        return remove_repost(tx, post);
    }
    let deleted = tx.delete_post(post)?;
    let posted = posted(tx, without_words(deleted.clone()))?;
    tx.announce(Payload::PostDeleted { posted });
    Ok(deleted)
}

/// Takes away the reposts of deleted posts, one small transaction after the other, so that other writes come between.
/// Readers see none of them from the deletion of the post on: what is left to do are the counts of the users that
/// reposted it, and the events. What a stop or a failure interrupts is found by the next call.
pub async fn sweep_reposts(store: &Store) {
    // Mostly there is nothing to do, which costs the writes nothing.
    let is_any = |db: &mut Db<'_>| Ok(db.deleted_with_reposts()?.is_some());
    if !store.read(is_any).await.unwrap_or(false) {
        return;
    }
    while let Ok(true) = store.write(delete_some_reposts).await {}
}

/// Removes what is left of interactions with deleted posts, a few at a time. Readers see none of it.
pub async fn sweep_interactions(store: &Store) {
    let is_any = |db: &mut Db<'_>| db.has_ended_interactions();
    if !store.read(is_any).await.unwrap_or(false) {
        return;
    }
    while let Ok(true) = store.write(remove_some_acts).await {}
}

fn remove_some_acts(tx: &mut Tx<'_>) -> Result<bool, Failure> {
    tx.remove_some_acts()
}

/// Whether there was something to do.
fn delete_some_reposts(tx: &mut Tx<'_>) -> Result<bool, Failure> {
    let Some(original) = tx.deleted_with_reposts()? else {
        return Ok(false);
    };
    let reposts = tx.reposts_of(original, REPOSTS_AT_ONCE)?;
    let are_last = i64::try_from(reposts.len()).is_ok_and(|count| count < REPOSTS_AT_ONCE);
    for repost in reposts {
        remove_repost(tx, repost)?;
    }
    if are_last {
        tx.end_reposts(original)?;
    }
    Ok(true)
}

/// Reposts a post, or the original of a repost.
///
/// # Errors
/// One's own post, one that was reposted already; a feed account, a block between the two.
pub fn repost(
    tx: &mut Tx<'_>,
    user: UserId,
    client: ClientBrief,
    id: PostId,
    is_nsfw: bool,
) -> Result<Post, Failure> {
    let original = there(tx, id)?;
    let reposter = author(tx, user)?;
    if original.user_id == user {
        return Err(Refusal::RepostOwn.into());
    }
    if reposter.kind == UserKind::Feed {
        return Err(Refusal::NoAccess.into());
    }
    demand_no_block(tx, user, original.user_id)?;
    let repost = tx.insert_repost(&reposter, client, &original, is_nsfw || original.is_nsfw)?;
    let posted = posted(tx, repost)?;
    tx.announce(Payload::PostCreated { posted });
    there(tx, original.id)
}

/// Takes one's own repost of a post away. The post may be deleted, and its author may block the user by now.
///
/// # Errors
/// There is no repost.
pub fn remove_own_repost(tx: &mut Tx<'_>, user: UserId, id: PostId) -> Result<Post, Failure> {
    let original = original(tx, id)?.ok_or(Refusal::PostNotFound)?;
    let repost = tx.repost_by(user, original.id)?;
    remove_repost(tx, repost.ok_or(Refusal::RepostNotFound)?)?;
    Ok(tx.post(original.id)?.unwrap_or(original))
}

/// Bookmarks a post, or changes the note of a bookmark.
///
/// # Errors
/// No such post, or a block between the two.
pub fn bookmark(
    tx: &mut Tx<'_>,
    user: UserId,
    id: PostId,
    note: Option<&str>,
) -> Result<Post, Failure> {
    let post = there(tx, id)?;
    demand_no_block(tx, user, post.user_id)?;
    if tx.bookmark(user, post.id, note)? {
        announce_bookmark(tx, user, post.id, false)?;
    }
    there(tx, post.id)
}

/// Removes a bookmark.
///
/// # Errors
/// No such post, or it is not bookmarked.
pub fn remove_bookmark(tx: &mut Tx<'_>, user: UserId, id: PostId) -> Result<Post, Failure> {
    let post = original(tx, id)?.ok_or(Refusal::PostNotFound)?;
    if !tx.remove_bookmark(user, post.id)? {
        return Err(Refusal::BookmarkNotFound.into());
    }
    announce_bookmark(tx, user, post.id, true)?;
    Ok(tx.post(post.id)?.unwrap_or(post))
}

fn announce_bookmark(
    tx: &mut Tx<'_>,
    user: UserId,
    id: PostId,
    undone: bool,
) -> Result<(), Failure> {
    let post = tx.post(id)?.ok_or(Refusal::PostNotFound)?;
    let (user, posted) = (author(tx, user)?, posted(tx, post)?);
    tx.announce(Payload::Bookmarked {
        user,
        posted,
        undone,
    });
    Ok(())
}

fn remove_repost(tx: &mut Tx<'_>, repost: Post) -> Result<Post, Failure> {
    let removed = tx.delete_repost(repost)?;
    let posted = posted(tx, removed.clone())?;
    tx.announce(Payload::PostDeleted { posted });
    Ok(removed)
}

/// What the log keeps of a deleted post. Who was mentioned stays: their streams showed it.
fn without_words(mut post: Post) -> Post {
    let mentions = std::mem::take(&mut post.content.entities.mentions);
    post.content = Content {
        entities: Entities {
            mentions,
            ..Entities::default()
        },
        ..Content::default()
    };
    post.raw = Raw::default();
    post
}

/// A post with everything that a frame shows of it.
fn posted(tx: &mut Tx<'_>, post: Post) -> Result<Box<Posted>, Failure> {
    let original = match post.repost_of {
        Some(id) => match tx.post(id)? {
            Some(original) => Some(posted(tx, original)?),
            None => None,
        },
        None => None,
    };
    let answered = match post.reply_to {
        Some(id) => tx.post(id)?.map(|post| post.user_id),
        None => None,
    };
    let heard_from = match original {
        Some(_) => tx.heard_from(&post)?,
        None => Vec::new(),
    };
    Ok(Box::new(Posted {
        author: author(tx, post.user_id)?,
        post,
        original,
        answered,
        heard_from,
    }))
}

fn author(tx: &mut Tx<'_>, id: UserId) -> Result<Arc<User>, Failure> {
    Ok(Arc::new(tx.user(id)?.ok_or(Refusal::UserNotFound)?))
}

/// The post, or what it reposts.
fn original(tx: &mut Tx<'_>, id: PostId) -> Result<Option<Post>, Failure> {
    let post = tx.post(id)?;
    match post.as_ref().and_then(|post| post.repost_of) {
        Some(original) => tx.post(original),
        None => Ok(post),
    }
}

/// The same, if it is not deleted.
fn there(tx: &mut Tx<'_>, id: PostId) -> Result<Post, Failure> {
    let post = original(tx, id)?.filter(|post| !post.is_deleted());
    Ok(post.ok_or(Refusal::PostNotFound)?)
}

fn own(tx: &mut Tx<'_>, user: UserId, id: PostId) -> Result<Post, Failure> {
    let post = tx.post(id)?.filter(|post| !post.is_deleted());
    let post = post.ok_or(Refusal::PostNotFound)?;
    match post.user_id == user {
        true => Ok(post),
        false => Err(Refusal::NoAccess.into()),
    }
}

/// Answering, reposting and bookmarking are for users that do not block each other.
fn demand_no_block(tx: &mut Tx<'_>, user: UserId, author: UserId) -> Result<(), Failure> {
    let between = tx.relationship(user, author)?;
    match shows_profile(between, Occasion::Embedded) {
        true => Ok(()),
        false => Err(Refusal::Blocked.into()),
    }
}

/// What a revision keeps: mentioned users, tags and addresses, in any order.
fn named(entities: &Entities) -> (Vec<UserId>, Vec<String>, Vec<&str>) {
    let mut users: Vec<UserId> = entities.mentions.iter().map(|one| one.id).collect();
    let mut tags: Vec<String> = entities
        .tags
        .iter()
        .map(|tag| crate::text::words::fold_tag(&tag.text))
        .collect();
    let mut links: Vec<&str> = entities
        .links
        .iter()
        .map(|link| link.url.as_str())
        .collect();
    users.sort_unstable();
    tags.sort_unstable();
    links.sort_unstable();
    users.dedup();
    tags.dedup();
    links.dedup();
    (users, tags, links)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::samples::{BOB, mentioning, posted};

    #[test]
    fn the_log_keeps_of_a_deleted_post_whom_it_mentioned_and_no_words() {
        let mut post = posted(BOB).post;
        let mentions = mentioning(&[BOB]).entities.mentions;
        post.content.text = String::from("words of bob");
        post.content.html = String::from("<p>words of bob</p>");
        post.raw = serde_json::from_str(r#"{"com.example.x": [{"a": "words of bob"}]}"#).unwrap();
        let kept = without_words(post);
        assert_eq!(kept.content.entities.mentions, mentions);
        let text = serde_json::to_string(&kept).unwrap();
        assert!(!text.contains("words of bob"), "{text}");
    }
}
