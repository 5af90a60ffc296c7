use super::*;
use crate::event::samples::{ADA, BOB, ROOM, client, message, one_of_each, related, token};

const NARROW: &str = "messages:com.example.other";

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
    let visibility = AppVisibility::new(client().id, tokens, HashSet::new());
    let room = subscribers(&[ADA, BOB]);
    let sees = |payload: &Payload| visibility.sees(payload, &room);
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
    let always = ["related", "token_granted", "token_revoked", "user_presence"];
    let of_ada = ["user_changed"];
    let in_room = ["channel_presence"];
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

#[test]
fn mutes_and_blocks_are_seen_with_an_authorization_only() {
    for relation in [Relation::Mute, Relation::Block] {
        let event = related(relation, ADA, BOB, false);
        let none = subscribers(&[]);
        for (tokens, sees) in [
            (vec![], false),
            (vec![token(1, Some(BOB), "basic")], false),
            (vec![token(1, Some(ADA), "basic")], true),
        ] {
            let visibility = AppVisibility::new(client().id, &tokens, HashSet::new());
            assert_eq!(visibility.sees(&event, &none), sees, "{relation:?}");
        }
    }
}

#[test]
fn judging_an_event_again_grants_nothing_that_was_revoked() {
    let mut visibility = AppVisibility::new(client().id, &[], HashSet::new());
    let (room, said) = (subscribers(&[ADA]), message(ROOM, ADA));
    let grant = granted(1, Some(ADA), "messages");
    assert!(visibility.sees(&grant, &room));
    assert!(!visibility.sees(&said, &room), "seeing is not granting");
    visibility.apply(&grant);
    assert!(visibility.sees(&said, &room));
    visibility.apply(&revoked(1, ADA));
    assert!(!visibility.sees(&said, &room));
    assert!(visibility.sees(&grant, &room), "a replay of the grant");
    assert!(!visibility.sees(&said, &room));
}

#[test]
fn an_authorization_ends_with_the_last_token() {
    let tokens = [
        token(1, Some(ADA), "messages"),
        token(2, Some(ADA), "messages"),
    ];
    let mut visibility = AppVisibility::new(client().id, &tokens, HashSet::new());
    let (room, said) = (subscribers(&[ADA]), message(ROOM, ADA));
    visibility.apply(&revoked(1, ADA));
    assert!(visibility.sees(&said, &room));
    visibility.apply(&revoked(2, ADA));
    assert!(!visibility.sees(&said, &room));
}

#[test]
fn tokens_of_other_apps_and_of_the_app_itself_authorize_nothing() {
    let mut visibility = AppVisibility::new(ClientId::from("another"), &[], HashSet::new());
    let room = subscribers(&[ADA]);
    visibility.apply(&granted(1, Some(ADA), "messages"));
    assert!(!visibility.sees(&message(ROOM, ADA), &room));
    assert!(!visibility.sees(&granted(1, Some(ADA), "messages"), &room));
    let own = AppVisibility::new(client().id, &[], HashSet::new());
    assert!(!own.sees(&granted(2, None, "messages"), &room));
}

#[test]
fn an_answer_holds_for_its_subscribers_only() {
    let visibility = AppVisibility::new(
        client().id,
        &[token(1, Some(ADA), "messages")],
        HashSet::new(),
    );
    let said = message(ROOM, BOB);
    let (with, without) = (subscribers(&[ADA, BOB]), subscribers(&[BOB]));
    assert!(visibility.sees(&said, &with));
    assert!(!visibility.sees(&said, &without), "Ada left");
    assert!(visibility.sees(&said, &with), "and came back");
}

#[test]
fn a_full_memory_of_answers_stays_bounded() {
    let visibility = AppVisibility::new(
        client().id,
        &[token(1, Some(ADA), "messages")],
        HashSet::new(),
    );
    let room = subscribers(&[ADA]);
    for id in 0..i64::try_from(REMEMBERED).unwrap() * 2 {
        assert!(visibility.sees(&message(ChannelId(id), ADA), &room));
    }
    assert!(visibility.remembered.len() <= REMEMBERED);
}

#[test]
fn a_disabled_account_authorizes_nothing_until_it_is_enabled_and_keeps_its_tokens() {
    let disabled = |undone| Payload::UserDisabled { user: ADA, undone };
    let tokens = [token(1, Some(ADA), "messages")];
    let room = subscribers(&[ADA]);
    let mut visibility = AppVisibility::new(client().id, &tokens, HashSet::new());
    assert!(visibility.sees(&message(ROOM, BOB), &room));
    visibility.apply(&disabled(false));
    assert!(!visibility.sees(&message(ROOM, BOB), &room));
    visibility.apply(&disabled(true));
    assert!(visibility.sees(&message(ROOM, BOB), &room));
    // The same if it was disabled before the streams opened.
    let loaded = AppVisibility::new(client().id, &tokens, HashSet::from([ADA]));
    assert!(!loaded.sees(&message(ROOM, BOB), &room));
}
