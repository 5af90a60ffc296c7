use std::rc::Rc;
use std::sync::Arc;

use super::*;
use crate::actors::delivery::HiddenFrom;
use crate::actors::shard::socket::Socket;
use crate::actors::shard::state::{Home, Identity, testing};
use crate::event::Pos;
use crate::event::samples::{ADA, BOB, ROOM, client, message, one_of_each};
use crate::model::{PostId, Token};
use crate::protocol::query::Query;

/// Every topic, as a member of the room subscribes to it.
fn topics(user: UserId) -> [Topic; 15] {
    [
        Topic::ChannelMessages(ROOM),
        Topic::ChannelSubscribers(ROOM),
        Topic::ChannelPresence(ROOM),
        Topic::Presence,
        Topic::Inbox(user),
        Topic::Token(user),
        Topic::Following(user),
        Topic::Followers(user),
        Topic::Files(user),
        Topic::Home(user),
        Topic::Unified(user),
        Topic::OwnPosts(user),
        Topic::Mentions(user),
        Topic::Thread(PostId(70)),
        Topic::Markers(user),
    ]
}

fn token(user: UserId, scopes: &str) -> Arc<Token> {
    let token = crate::event::samples::token(1, Some(user), scopes);
    Arc::new(token)
}

/// A connection of a user whose inbox holds the room.
fn connection(socket: &Rc<Socket>, user: UserId) -> ConnectionHandle {
    let identity = Identity::User(user, token(user, "messages"));
    let mut handle = testing::connection(1, socket, identity);
    handle.inbox.get_or_insert_default().channels.insert(ROOM);
    handle
}

#[actix::test]
async fn each_event_goes_to_the_topics_of_the_table() {
    let sockets = testing::sockets(1).await;
    // Columns as in `topics`: messages, subscribers, presence in the room, presence, inbox, token,
    // following, followers, files; me, unified, own posts, mentions, thread; markers.
    let table = "\
        MessageCreated    x . . . x . . . . . . . . . .
        MessageDeleted    x . . . x . . . . . . . . . .
        ChannelCreated    . . . . x . . . . . . . . . .
        ChannelChanged    . . . . x . . . . . . . . . .
        Subscribed        . x . . x . . . . . . . . . .
        Unsubscribed      . x . . x . . . . . . . . . .
        Related           . . . . . . x . . . . . . . .
        UserChanged       . . . . . x . . . . . . . . .
        TokenGranted      . . . . . x . . . . . . . . .
        TokenRevoked      . . . . . x . . . . . . . . .
        UserPresence      . . . x . . . . . . . . . . .
        ChannelPresence   . . x . . . . . . . . . . . .
        AppStreamDeleted  . . . . . . . . . . . . . . .
        ClientChanged     . . . . . . . . . . . . . . .
        MarkerMoved       . . . . . . . . . . . . . . x
        PasswordChanged   . . . . . . . . . . . . . . .
        UserDisabled      . . . . . . . . . . . . . . .
        PostCreated       . . . . . . . . . x x x . x .
        PostRevised       . . . . . . . . . x x x . x .
        PostDeleted       . . . . . . . . . x x x . x .
        Bookmarked        . . . . . . . . . . . . . . .
        PollCreated       . . . . . . . . . . . . . . .
        PollAnswered      . . . . . . . . . . . . . . .
        PollClosed        . . . . . . . . . . . . . . .
        PollDeleted       . . . . . . . . . . . . . . .
        FileCreated       . . . . . . . . x . . . . . .
        FileChanged       . . . . . . . . x . . . . . .
        FileDeleted       . . . . . . . . x . . . . . .";
    let handle = connection(&sockets[0], ADA);
    let mut found = Vec::new();
    for payload in one_of_each() {
        let shown = format!("{payload:?}");
        let name = shown.split([' ', '{']).next().unwrap().to_owned();
        let delivery = testing::delivery(payload, HiddenFrom::default());
        let heard = topics(ADA).map(|topic| {
            let subscription =
                testing::subscription("id", topic, "", &token(ADA, "messages,files"));
            match hears(&handle, None, &subscription, &delivery) {
                true => "x",
                false => ".",
            }
        });
        found.push(format!("{name:18}{}", heard.join(" ")));
    }
    let rows: Vec<&str> = table.lines().map(str::trim).collect();
    assert_eq!(found, rows);
}

/// What a subscription leaves out beyond its topic.
struct Row {
    what: &'static str,
    event: Payload,
    topic: Topic,
    filters: &'static str,
    scopes: &'static str,
    viewer: UserId,
    change: fn(&mut ConnectionHandle, &mut HiddenFrom),
    follows: &'static [UserId],
    hears: bool,
}

/// A message of Ada in the room, for a subscription of Bob to it.
fn row(what: &'static str, hears: bool) -> Row {
    Row {
        what,
        event: message(ROOM, ADA),
        topic: Topic::ChannelMessages(ROOM),
        filters: "",
        scopes: "messages",
        viewer: BOB,
        change: |_, _| {},
        follows: &[],
        hears,
    }
}

fn sample(is_such: impl Fn(&Payload) -> bool) -> Payload {
    one_of_each().into_iter().find(is_such).unwrap()
}

fn read_by_author() -> Payload {
    let mut event = message(ROOM, ADA);
    if let Payload::MessageCreated { read_by_author, .. } = &mut event {
        *read_by_author = true;
    }
    event
}

fn token_of_another_app() -> Payload {
    let mut event = sample(|event| matches!(event, Payload::TokenGranted { .. }));
    if let Payload::TokenGranted { token, .. } = &mut event {
        token.client.id = "another".into();
    }
    event
}

#[rustfmt::skip]
fn rows() -> Vec<Row> {
    let muted: fn(&mut ConnectionHandle, &mut HiddenFrom) = |_, hidden| { hidden.muted_by.insert(BOB); };
    let blocked: fn(&mut ConnectionHandle, &mut HiddenFrom) = |_, hidden| { hidden.blocked.insert(BOB); };
    let hidden_from_author: fn(&mut ConnectionHandle, &mut HiddenFrom) = |_, hidden| {
        hidden.muted_by.insert(ADA);
        hidden.blocked.insert(ADA);
    };
    let left: fn(&mut ConnectionHandle, &mut HiddenFrom) = |handle, _| handle.inbox = None;
    let (own, inbox, presence) = (ADA, Topic::Inbox(BOB), Topic::Presence);
    let deleted = || sample(|event| matches!(event, Payload::MessageDeleted { .. }));
    let here = || sample(|event| matches!(event, Payload::UserPresence { .. }));
    let joined = || sample(|event| matches!(event, Payload::Subscribed { .. }));
    let follow = || sample(|event| matches!(event, Payload::Related { .. }));
    let file = || sample(|event| matches!(event, Payload::FileCreated { .. }));
    let marker = || sample(|event| matches!(event, Payload::MarkerMoved { .. }));
    let files = Topic::Files(own);
    vec![
        row("a message", true),
        Row { topic: Topic::ChannelMessages(ChannelId(43)), ..row("of another room", false) },
        Row { change: muted, ..row("of a muted user", false) },
        Row { change: muted, filters: "include_muted=1", ..row("of a muted user that is wanted", true) },
        Row { change: blocked, ..row("across a block", false) },
        Row { change: blocked, filters: "include_muted=1", ..row("across a block, muted or not", false) },
        Row { change: hidden_from_author, viewer: own, ..row("of the viewer, whatever is hidden", true) },
        Row { scopes: "basic", ..row("beyond the scopes of the token", false) },
        Row { event: deleted(), ..row("a deletion", true) },
        Row { event: deleted(), filters: "include_deleted=0", ..row("an unwanted deletion", false) },
        Row { event: deleted(), filters: "include_deleted=0", topic: inbox, ..row("an unwanted deletion in an inbox", false) },
        Row { topic: inbox, ..row("in an inbox", true) },
        Row { topic: inbox, change: left, ..row("in an inbox that does not hold the room", false) },
        Row { topic: inbox, change: muted, ..row("of a muted user in an inbox", false) },
        Row { topic: inbox, filters: "channel_types=com.example.room", ..row("of a listed type", true) },
        Row { topic: inbox, filters: "channel_types=com.example.other", ..row("of a type that is not listed", false) },
        Row { topic: Topic::Inbox(own), viewer: own, event: read_by_author(), ..row("an own message, read", true) },
        Row { topic: Topic::Inbox(own), viewer: own, event: read_by_author(), filters: "include_read=0", ..row("an own message, read, unread wanted", false) },
        Row { topic: inbox, event: read_by_author(), filters: "include_read=0", ..row("read by its author only", true) },
        Row { topic: Topic::Inbox(own), viewer: own, event: joined(), change: left, ..row("the own joining, before the inbox holds the room", true) },
        Row { topic: inbox, event: joined(), ..row("somebody else's joining", false) },
        Row { topic: presence, event: here(), ..row("presence of a stranger", false) },
        Row { topic: presence, event: here(), follows: &[ADA], ..row("presence of a followed user", true) },
        Row { topic: presence, event: here(), filters: "include_not_followed=1", ..row("presence of all", true) },
        Row { topic: presence, event: here(), viewer: own, ..row("the own presence", true) },
        Row { topic: Topic::Following(own), viewer: own, event: follow(), ..row("the own follow", true) },
        Row { topic: Topic::Following(own), viewer: own, event: follow(), change: blocked, ..row("the own follow, across a block", false) },
        Row { topic: Topic::Followers(BOB), event: follow(), ..row("a new follower", true) },
        Row { topic: Topic::Followers(BOB), event: follow(), change: muted, ..row("a muted follower", false) },
        Row { topic: Topic::Followers(BOB), event: follow(), change: blocked, ..row("a follower across a block", false) },
        Row { topic: files, viewer: own, scopes: "files", event: file(), ..row("an own file", true) },
        Row { topic: files, viewer: own, scopes: "files:com.example.file", event: file(), ..row("of a type that the token opens", true) },
        Row { topic: files, viewer: own, scopes: "files:com.example.other", event: file(), ..row("of another type", false) },
        Row { topic: files, viewer: own, scopes: "messages", event: file(), ..row("a file without its scope", false) },
        Row { topic: files, viewer: own, scopes: "files", event: file(), filters: "include_private=0", ..row("a private file, unwanted", false) },
        Row { topic: files, viewer: own, scopes: "files", event: file(), filters: "include_incomplete=0", ..row("a file without contents, unwanted", false) },
        Row { topic: files, viewer: own, scopes: "files", event: file(), filters: "file_types=com.example.other", ..row("a file of a type that is not listed", false) },
        Row { topic: Topic::Markers(own), viewer: own, event: marker(), ..row("an own marker", true) },
        Row { topic: Topic::Markers(own), viewer: own, event: marker(), scopes: "basic", ..row("of a channel that the token does not open", false) },
        Row { topic: Topic::Markers(BOB), event: marker(), ..row("another's marker", false) },
        Row { topic: Topic::Token(own), viewer: own, event: token_of_another_app(), ..row("a token of another app", false) },
    ]
}

#[actix::test]
async fn a_subscription_leaves_out_what_the_table_says() {
    let sockets = testing::sockets(1).await;
    for row in rows() {
        let mut handle = connection(&sockets[0], row.viewer);
        let mut hidden = HiddenFrom::default();
        (row.change)(&mut handle, &mut hidden);
        let token = token(row.viewer, row.scopes);
        let subscription = testing::subscription("id", row.topic, row.filters, &token);
        let delivery = testing::delivery(row.event, hidden);
        let home = Home::following(row.viewer, row.follows);
        let heard = hears(&handle, Some(&home), &subscription, &delivery);
        assert_eq!(heard, row.hears, "{}", row.what);
    }
}

#[actix::test]
async fn what_was_committed_before_the_subscription_is_on_its_page_and_does_not_follow() {
    let sockets = testing::sockets(1).await;
    let handle = connection(&sockets[0], ADA);
    let token = token(ADA, "messages");
    let subscription = Subscription {
        since: Pos(7),
        ..testing::subscription("id", Topic::ChannelMessages(ROOM), "", &token)
    };
    let heard = [Some(6), Some(7), Some(8), None].map(|pos| {
        let delivery =
            testing::delivery_at(pos.map(Pos), message(ROOM, BOB), HiddenFrom::default());
        hears(&handle, None, &subscription, &delivery)
    });
    assert_eq!(heard, [false, false, true, true]);
}

#[test]
fn an_app_stream_hears_the_types_that_it_lists() {
    use ObjectType::{Channel, File, Message};
    let filter = |filters| AppFilter::from_query(&Query::parse(filters)).unwrap();
    let deleted = || sample(|event| matches!(event, Payload::MessageDeleted { .. }));
    let file = || sample(|event| matches!(event, Payload::FileCreated { .. }));
    let gone = Payload::AppStreamDeleted {
        client: client().id,
        key: "rooms".into(),
    };
    #[rustfmt::skip]
    let rows = [
        ("listed", message(ROOM, ADA), Message, "", true),
        ("not listed", message(ROOM, ADA), Channel, "", false),
        ("deletion", deleted(), Message, "", true),
        ("unwanted deletion", deleted(), Message, "include_deleted=0", false),
        ("other type", message(ROOM, ADA), Message, "channel_types=a.b", false),
        ("no object", gone, Message, "", false),
        ("file", file(), File, "", true),
        ("private file", file(), File, "include_private=0", false),
        ("file without contents", file(), File, "include_incomplete=0", false),
        ("file of another type", file(), File, "file_types=a.b", false),
        // What belongs to a viewer has no meaning for an app.
        ("viewer's filters", message(ROOM, ADA), Message, "include_read=0&include_muted=0&include_not_followed=0", true),
    ];
    for (what, event, types, filters, heard) in rows {
        assert_eq!(
            app_hears(&[types], &filter(filters), &event),
            heard,
            "{what}"
        );
    }
}
