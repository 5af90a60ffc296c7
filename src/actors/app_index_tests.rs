use super::*;
use crate::event::samples::{ADA, BOB, ROOM, client, message, one_of_each, related, token};

const NARROW: &str = "messages:com.example.other";

/// An index with the one app that the samples' tokens belong to.
fn index_of(tokens: &[Token]) -> AppIndex {
    let mut index = AppIndex::default();
    index.load(client().id, Arc::default(), tokens, HashSet::new());
    index
}

fn sees(index: &mut AppIndex, payload: &Payload, subscribers: &Subscribers) -> bool {
    let apps = index.apps_for(payload, subscribers);
    apps.iter().any(|app| app.client == client().id)
}

fn subscribers(users: &[UserId]) -> Subscribers {
    users.iter().copied().collect()
}

fn granted(id: i64, user: Option<UserId>, scopes: &str) -> Payload {
    Payload::TokenGranted {
        token: token(id, user, scopes),
        user: None,
    }
}

fn revoked(id: i64, user: UserId) -> Payload {
    Payload::TokenRevoked {
        token: token(id, Some(user), "messages"),
        user: None,
        was_last: true,
    }
}

/// Kinds of events about [`ADA`] in [`ROOM`], to which Bob is subscribed too, that the app sees.
fn seen(tokens: &[Token]) -> Vec<&'static str> {
    let mut index = index_of(tokens);
    let room = subscribers(&[ADA, BOB]);
    let mut sees = |payload: &Payload| sees(&mut index, payload, &room);
    let events = one_of_each();
    let seen = events.iter().filter(|payload| sees(payload));
    seen.map(|payload| payload.facts().kind).collect()
}

/// A case, the tokens of an app, and the kinds of events that it may see.
type Row<'a> = (&'a str, Vec<Token>, Vec<&'a [&'a str]>);

#[test]
fn an_app_sees_what_its_users_authorized_it_for() {
    let room = [
        "message_created",
        "message_deleted",
        "channel_created",
        "channel_changed",
    ];
    let own = ["subscribed", "unsubscribed"];
    let always = [
        "post_created",
        "post_revised",
        "post_deleted",
        "bookmarked",
        "related",
        "token_granted",
        "token_revoked",
        "user_presence",
    ];
    let of_ada = ["user_changed"];
    let in_room = ["channel_presence", "marker_moved"];
    let table: [Row<'_>; 5] = [
        ("no authorization", vec![], vec![&always]),
        (
            "of a subscriber, for messages: the room, not what is Ada's",
            vec![token(1, Some(BOB), "messages")],
            vec![&room, &always],
        ),
        (
            "of Ada, for messages",
            vec![token(1, Some(ADA), "messages")],
            vec![&room, &own, &always, &of_ada, &in_room],
        ),
        (
            "of Ada, for messages of another type",
            vec![token(1, Some(ADA), NARROW)],
            vec![&always, &of_ada],
        ),
        (
            "of Ada, for public channels",
            vec![token(1, Some(ADA), "public_messages")],
            vec![&room, &own, &always, &of_ada, &in_room],
        ),
    ];
    for (name, tokens, expected) in table {
        let expected = expected.concat();
        let order = |kind: &&str| Payload::KINDS.iter().position(|known| known == kind);
        let mut sorted = expected.clone();
        sorted.sort_by_key(order);
        assert_eq!(seen(&tokens), sorted, "{name}");
    }
}

/// A marker of posts is opened by the scope for reading them, and of an older program's event nothing is known.
#[test]
fn a_marker_without_a_channel_is_seen_with_the_scope_for_streams_only() {
    let moved = |is_old: bool| {
        let mut moved = one_of_each()
            .into_iter()
            .find(|event| matches!(event, Payload::MarkerMoved { .. }))
            .unwrap();
        if let Payload::MarkerMoved { moved, .. } = &mut moved {
            moved.as_mut().unwrap().channel = None;
            moved.take_if(|_| is_old);
        }
        moved
    };
    let none = subscribers(&[]);
    for (scopes, is_old, expected) in [
        ("messages", false, false),
        ("stream", false, true),
        ("stream", true, false),
    ] {
        let mut index = index_of(&[token(1, Some(ADA), scopes)]);
        assert_eq!(
            sees(&mut index, &moved(is_old), &none),
            expected,
            "{scopes}"
        );
    }
}

#[test]
fn the_users_of_an_app_are_those_with_a_live_token_and_an_enabled_account() {
    let mut index = index_of(&[token(1, Some(ADA), "basic"), token(2, Some(ADA), "basic")]);
    let users = |index: &AppIndex| {
        let app = index.every_app.first().unwrap();
        [ADA, BOB].map(|user| app.users.contains(user))
    };
    assert_eq!(users(&index), [true, false]);
    let disabled = |undone| Payload::UserDisabled { user: ADA, undone };
    for (event, expected) in [
        (granted(3, Some(BOB), "basic"), [true, true]),
        (revoked(1, ADA), [true, true]),
        (disabled(false), [false, true]),
        (disabled(true), [true, true]),
        (revoked(2, ADA), [false, true]),
        (revoked(3, BOB), [false, false]),
    ] {
        index.apply(&event);
        assert_eq!(users(&index), expected, "{event:?}");
    }
}

#[test]
fn mutes_and_blocks_are_seen_with_an_authorization_only() {
    for relation in [Relation::Mute, Relation::Block] {
        let event = related(relation, ADA, BOB, false);
        let none = subscribers(&[]);
        for (tokens, expected) in [
            (vec![], false),
            (vec![token(1, Some(BOB), "basic")], false),
            (vec![token(1, Some(ADA), "basic")], true),
        ] {
            let mut index = index_of(&tokens);
            assert_eq!(sees(&mut index, &event, &none), expected, "{relation:?}");
        }
    }
}

#[test]
fn judging_an_event_again_grants_nothing_that_was_revoked() {
    let mut index = index_of(&[]);
    let (room, said) = (subscribers(&[ADA]), message(ROOM, ADA));
    let grant = granted(1, Some(ADA), "messages");
    assert!(sees(&mut index, &grant, &room));
    assert!(!sees(&mut index, &said, &room), "seeing is not granting");
    index.apply(&grant);
    assert!(sees(&mut index, &said, &room));
    index.apply(&revoked(1, ADA));
    assert!(!sees(&mut index, &said, &room));
    assert!(sees(&mut index, &grant, &room), "a replay of the grant");
    assert!(!sees(&mut index, &said, &room));
}

#[test]
fn an_authorization_ends_with_the_last_token() {
    let tokens = [
        token(1, Some(ADA), "messages"),
        token(2, Some(ADA), "messages"),
    ];
    let mut index = index_of(&tokens);
    let (room, said) = (subscribers(&[ADA]), message(ROOM, ADA));
    index.apply(&revoked(1, ADA));
    assert!(sees(&mut index, &said, &room));
    index.apply(&revoked(2, ADA));
    assert!(!sees(&mut index, &said, &room));
}

#[test]
fn tokens_of_other_apps_and_of_the_app_itself_authorize_nothing() {
    let mut index = AppIndex::default();
    index.load(
        ClientId::from("another"),
        Arc::default(),
        &[],
        HashSet::new(),
    );
    let room = subscribers(&[ADA]);
    index.apply(&granted(1, Some(ADA), "messages"));
    assert!(!sees(&mut index, &message(ROOM, ADA), &room));
    assert!(!sees(&mut index, &granted(1, Some(ADA), "messages"), &room));
    let mut own = index_of(&[]);
    assert!(!sees(&mut own, &granted(2, None, "messages"), &room));
}

#[test]
fn an_answer_holds_for_its_subscribers_only() {
    let mut index = index_of(&[token(1, Some(ADA), "messages")]);
    let said = message(ROOM, BOB);
    let (with, without) = (subscribers(&[ADA, BOB]), subscribers(&[BOB]));
    assert!(sees(&mut index, &said, &with));
    assert!(!sees(&mut index, &said, &without), "Ada left");
    assert!(sees(&mut index, &said, &with), "and came back");
}

#[test]
fn a_full_memory_of_answers_stays_bounded() {
    let mut index = index_of(&[token(1, Some(ADA), "messages")]);
    let room = subscribers(&[ADA]);
    for id in 0..i64::try_from(REMEMBERED).unwrap() * 2 {
        assert!(sees(&mut index, &message(ChannelId(id), ADA), &room));
    }
    assert!(index.remembered.len() <= REMEMBERED);
}

fn grant_to(client: &str, id: i64, user: UserId) -> Token {
    let mut token = token(id, Some(user), "messages");
    token.client.id = ClientId::from(client);
    token
}

#[test]
fn each_app_sees_its_own_users_only_and_all_see_what_is_public() {
    let mut index = index_of(&[token(1, Some(ADA), "messages")]);
    index.load(
        ClientId::from("of bob"),
        Arc::default(),
        &[grant_to("of bob", 2, BOB)],
        HashSet::new(),
    );
    let mut apps = |payload: &Payload, room: &[UserId]| -> Vec<String> {
        let apps = index.apps_for(payload, &subscribers(room));
        apps.iter().map(|app| app.client.to_string()).collect()
    };
    let said = message(ROOM, ADA);
    assert_eq!(apps(&said, &[ADA]), ["app"]);
    assert_eq!(apps(&said, &[BOB]), ["of bob"]);
    assert_eq!(apps(&said, &[ADA, BOB]), ["app", "of bob"]);
    assert_eq!(apps(&said, &[]), [""; 0]);
    let follow = related(Relation::Follow, ADA, BOB, false);
    assert_eq!(apps(&follow, &[]), ["app", "of bob"]);
    assert_eq!(apps(&granted(3, Some(ADA), "messages"), &[]), ["app"]);
}

#[test]
fn an_answer_is_kept_until_an_authorization_of_a_subscriber_changes() {
    let mut index = index_of(&[token(1, Some(ADA), "messages")]);
    let (room, said) = (subscribers(&[ADA]), message(ROOM, ADA));
    let first = index.apps_for(&said, &room);
    index.apply(&granted(2, Some(BOB), "messages"));
    assert!(Arc::ptr_eq(&first, &index.apps_for(&said, &room)), "of Bob");
    index.apply(&revoked(1, ADA));
    assert!(!sees(&mut index, &said, &room));
    for id in 0..=u32::try_from(CHANGES).unwrap() {
        index.apply(&granted(10 + i64::from(id), Some(BOB), "messages"));
    }
    index.apply(&granted(5, Some(ADA), "messages"));
    assert!(
        sees(&mut index, &said, &room),
        "after more changes than are kept"
    );
    assert_eq!(index.changed.len(), CHANGES);
}

#[test]
fn a_room_is_asked_from_its_smaller_side() {
    let many: Vec<UserId> = (1..=1000).map(UserId).collect();
    let room = subscribers(&many);
    let mut few = index_of(&[token(1, Some(UserId(500)), "messages")]);
    assert!(sees(&mut few, &message(ROOM, ADA), &room));
    assert!(!sees(&mut few, &message(ROOM, ADA), &subscribers(&[ADA])));
    let tokens: Vec<Token> = many
        .iter()
        .map(|user| token(user.0, Some(*user), "messages"))
        .collect();
    let mut all = index_of(&tokens);
    assert!(sees(&mut all, &message(ROOM, ADA), &subscribers(&[ADA])));
    assert!(!sees(
        &mut all,
        &message(ROOM, ADA),
        &subscribers(&[UserId(2000)])
    ));
}

#[test]
fn an_app_without_a_stream_leaves_after_a_while_and_is_loaded_again() {
    let (idle, begin) = (Duration::from_secs(600), Instant::now());
    let mut index = index_of(&[token(1, Some(ADA), "messages")]);
    let (room, said, app) = (subscribers(&[ADA]), message(ROOM, ADA), client().id);
    let none = HashSet::new();
    let after = |seconds| begin + Duration::from_secs(seconds);
    assert_eq!(index.note_open(&none, after(0), idle), []);
    let open = &HashSet::from([app.clone()]);
    assert_eq!(index.note_open(open, after(599), idle), [], "it reconnects");
    assert_eq!(index.note_open(&none, after(600), idle), []);
    assert_eq!(index.note_open(&none, after(1199), idle), []);
    assert!(sees(&mut index, &said, &room));
    assert_eq!(index.note_open(&none, after(1200), idle), []);
    assert!(!sees(&mut index, &said, &room));
    assert!(index.users.is_empty() && index.apps.is_empty());
    assert_eq!(index.note_open(open, after(1201), idle), [app]);
}

#[test]
fn a_disabled_account_authorizes_nothing_until_it_is_enabled_and_keeps_its_tokens() {
    let disabled = |undone| Payload::UserDisabled { user: ADA, undone };
    let tokens = [token(1, Some(ADA), "messages")];
    let (room, said) = (subscribers(&[ADA]), message(ROOM, BOB));
    let mut index = index_of(&tokens);
    assert!(sees(&mut index, &said, &room));
    index.apply(&disabled(false));
    assert!(!sees(&mut index, &said, &room));
    index.apply(&disabled(true));
    assert!(sees(&mut index, &said, &room));
    // The same if it was disabled before the streams opened.
    let mut loaded = AppIndex::default();
    loaded.load(client().id, Arc::default(), &tokens, HashSet::from([ADA]));
    assert!(!sees(&mut loaded, &said, &room));
    loaded.apply(&disabled(true));
    assert!(sees(&mut loaded, &said, &room));
}
