//! What a subscription to posts leaves out beyond its topic.

use std::sync::Arc;

use super::hears;
use crate::actors::delivery::{Earlier, HiddenFrom};
use crate::actors::shard::state::{Home, Identity, testing};
use crate::event::samples::{ADA, BOB, mentioning, posted, token};
use crate::event::{Payload, Posted, Topic};
use crate::model::{Content, PostId, UserId};

/// The viewer. She follows Ada.
const EVE: UserId = UserId(3);
const DAN: UserId = UserId(4);

/// A post, or what is said of it.
#[derive(Clone, Copy)]
enum Of {
    /// Ada's, which begins with a mention of Bob.
    Ada,
    /// Ada's, which mentions Eve.
    ToEve,
    /// Ada's, which copies a mention of Eve.
    Copy,
    /// Ada's, which mentions no user.
    Plain,
    /// Dan's, whom Eve does not follow.
    Dan,
    /// Eve's own, to Bob.
    Own,
    /// Ada's repost of Dan's.
    Repost,
    /// Eve's repost of Dan's.
    OwnRepost,
}

struct Row {
    what: &'static str,
    of: Of,
    topic: Topic,
    filters: &'static str,
    change: fn(&mut HiddenFrom, &mut Earlier),
    deleted: bool,
    hears: bool,
}

fn row(what: &'static str, of: Of, topic: Topic, hears: bool) -> Row {
    Row {
        what,
        of,
        topic,
        filters: "",
        change: |_, _| {},
        deleted: false,
        hears,
    }
}

fn reposted(by: UserId) -> Box<Posted> {
    let mut repost = posted(by);
    repost.original = Some(posted(DAN));
    repost.post.content = Content::default();
    repost.post.thread_id = PostId(71);
    repost
}

fn event(of: Of, deleted: bool) -> Payload {
    let with = |content: Content, author| {
        let mut posted = posted(author);
        posted.post.content = content;
        posted
    };
    let mut copied = mentioning(&[EVE]);
    copied.entities.mentions[0].is_copy = true;
    copied.entities.mentions[0].is_leading = false;
    let posted = match of {
        Of::Ada => posted(ADA),
        Of::ToEve => with(mentioning(&[EVE]), ADA),
        Of::Copy => with(copied, ADA),
        Of::Plain => with(Content::default(), ADA),
        Of::Dan => posted(DAN),
        Of::Own => posted(EVE),
        Of::Repost => reposted(ADA),
        Of::OwnRepost => reposted(EVE),
    };
    match deleted {
        false => Payload::PostCreated { posted },
        true => Payload::PostDeleted { posted },
    }
}

#[rustfmt::skip]
fn rows() -> Vec<Row> {
    use Of::{Ada, Copy, Dan, Own, OwnRepost, Plain, Repost, ToEve};
    let (me, unified, own, mentions) = (Topic::Home(EVE), Topic::Unified(EVE), Topic::OwnPosts(EVE), Topic::Mentions(EVE));
    let (thread, other) = (Topic::Thread(PostId(70)), Topic::Thread(PostId(72)));
    let muted: fn(&mut HiddenFrom, &mut Earlier) = |hidden, _| { hidden.muted_by.insert(EVE); };
    let blocked: fn(&mut HiddenFrom, &mut Earlier) = |hidden, _| { hidden.blocked.insert(EVE); };
    let from_ada: fn(&mut HiddenFrom, &mut Earlier) = |_, earlier| earlier.push((ADA, Arc::default()));
    let from_dan: fn(&mut HiddenFrom, &mut Earlier) = |_, earlier| earlier.push((DAN, Arc::default()));
    let from_own: fn(&mut HiddenFrom, &mut Earlier) = |_, earlier| earlier.push((EVE, Arc::default()));
    let from_muted: fn(&mut HiddenFrom, &mut Earlier) = |_, earlier| {
        let mut hidden = HiddenFrom::default();
        hidden.muted_by.insert(EVE);
        earlier.push((ADA, Arc::new(hidden)));
    };
    vec![
        row("a followed user's post", Ada, me, true),
        row("a followed user's post", Ada, unified, true),
        row("a followed user's post is not a mention", Ada, mentions, false),
        row("a followed user's post is not an own one", Ada, own, false),
        row("a stranger's post", Dan, me, false),
        row("a stranger's post", Dan, unified, false),
        row("a post of the thread", Dan, thread, true),
        row("a post of another thread", Dan, other, false),
        row("an own post", Own, me, true),
        row("an own post", Own, unified, true),
        row("an own post", Own, own, true),
        row("a mention in unified", ToEve, unified, true),
        row("a mention", ToEve, mentions, true),
        row("a copied mention", Copy, mentions, true),
        Row { filters: "include_copy_mentions=0", ..row("a copied mention, unwanted", Copy, mentions, false) },
        Row { filters: "include_copy_mentions=0", ..row("a mention, copies unwanted", ToEve, mentions, true) },
        Row { change: muted, ..row("of a muted user", Ada, me, false) },
        Row { change: muted, ..row("of a muted user in a thread", Ada, thread, false) },
        Row { change: muted, ..row("a mention by a muted user", ToEve, mentions, false) },
        Row { change: muted, filters: "include_muted=1", ..row("of a muted user that is wanted", Ada, me, true) },
        Row { change: blocked, filters: "include_muted=1", ..row("across a block", Ada, me, false) },
        Row { change: blocked, ..row("a mention across a block", ToEve, unified, false) },
        Row { change: muted, ..row("an own repost of a muted user's post", OwnRepost, own, true) },
        Row { filters: "include_directed_posts=0", ..row("to a user whom the viewer does not follow", Ada, me, false) },
        Row { filters: "include_directed_posts=0", ..row("to the viewer", ToEve, me, true) },
        Row { filters: "include_directed_posts=0", ..row("to no user", Plain, me, true) },
        Row { filters: "include_directed_posts=0", ..row("an own post to another", Own, me, true) },
        Row { filters: "include_directed_posts=0", ..row("a copied mention begins no post", Copy, mentions, true) },
        Row { filters: "include_directed_posts=0", ..row("in a thread", Dan, thread, false) },
        Row { filters: "include_directed_posts=0", ..row("a repost of a post to another", Repost, me, false) },
        Row { filters: "include_mention_posts=0", ..row("with a mention", Ada, me, false) },
        Row { filters: "include_mention_posts=0", ..row("without a mention", Plain, me, true) },
        Row { deleted: true, ..row("a deletion", Ada, me, true) },
        Row { deleted: true, ..row("a deletion of a mention", ToEve, mentions, true) },
        Row { deleted: true, filters: "include_deleted=0", ..row("an unwanted deletion", Ada, me, false) },
        Row { deleted: true, filters: "include_deleted=0", ..row("an unwanted deletion in a thread", Ada, thread, false) },
        row("a repost", Repost, me, true),
        row("a repost is in no thread but its own", Repost, thread, false),
        Row { change: from_dan, ..row("a repost of a post that was on other streams", Repost, me, true) },
        Row { change: from_ada, ..row("a repost of what a followed user had posted", Repost, me, false) },
        Row { change: from_own, ..row("a repost of an own post", Repost, unified, false) },
        Row { change: from_muted, ..row("what only a muted user had posted", Repost, me, true) },
        Row { change: from_muted, filters: "include_muted=1", ..row("what a muted user had posted, muted ones too", Repost, me, false) },
        Row { change: from_ada, ..row("an own repost of what was there", OwnRepost, me, true) },
    ]
}

#[actix::test]
async fn a_subscription_to_posts_leaves_out_what_the_table_says() {
    let sockets = testing::sockets(1).await;
    let token = Arc::new(token(1, Some(EVE), "stream"));
    let identity = Identity::User(EVE, token.clone());
    let handle = testing::connection(1, &sockets[0], identity);
    let home = Home::following(EVE, &[ADA]);
    for row in rows() {
        let (mut hidden, mut earlier) = (HiddenFrom::default(), Earlier::new());
        (row.change)(&mut hidden, &mut earlier);
        let subscription = testing::subscription("id", row.topic, row.filters, &token);
        let delivery = testing::delivery_after(earlier, event(row.of, row.deleted), hidden);
        let heard = hears(&handle, Some(&home), &subscription, &delivery);
        assert_eq!(heard, row.hears, "{} on {:?}", row.what, row.topic);
    }
}

#[actix::test]
async fn replies_are_left_out_where_they_are_unwanted() {
    let sockets = testing::sockets(1).await;
    let token = Arc::new(token(1, Some(EVE), "stream"));
    let handle = testing::connection(1, &sockets[0], Identity::User(EVE, token.clone()));
    let home = Home::following(EVE, &[ADA, BOB]);
    let heard = |is_reply: bool, filters: &str| {
        let mut posted = posted(ADA);
        posted.post.reply_to = is_reply.then_some(PostId(69));
        let subscription = testing::subscription("id", Topic::Home(EVE), filters, &token);
        let event = Payload::PostCreated { posted };
        let delivery = testing::delivery(event, HiddenFrom::default());
        hears(&handle, Some(&home), &subscription, &delivery)
    };
    assert!(heard(true, "") && heard(false, "include_replies=0"));
    assert!(!heard(true, "include_replies=0"));
    assert!(heard(true, "include_directed_posts=0"), "bob is followed");
}
