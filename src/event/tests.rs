//! The tables of events: names, topics, and what passes whom.

use super::samples::{ADA, BOB, ROOM, client, one_of_each, posted, related, token};
use super::{Owner, Payload, Route, RoutingKey, Topic};
use crate::model::{Content, ObjectType, PostId, Relation};

/// All topics about one room and one user. A new topic is asked for here by the compiler.
fn topics() -> Vec<Topic> {
    let next = |topic: &Topic| match *topic {
        Topic::ChannelMessages(channel) => Some(Topic::ChannelSubscribers(channel)),
        Topic::ChannelSubscribers(channel) => Some(Topic::ChannelPresence(channel)),
        Topic::ChannelPresence(_) => Some(Topic::Inbox(ADA)),
        Topic::Inbox(user) => Some(Topic::Token(user)),
        Topic::Token(user) => Some(Topic::Files(user)),
        Topic::Files(user) => Some(Topic::Following(user)),
        Topic::Following(_) => Some(Topic::Followers(BOB)),
        Topic::Followers(_) => Some(Topic::Presence),
        Topic::Presence => Some(Topic::Home(ADA)),
        Topic::Home(user) => Some(Topic::Unified(user)),
        Topic::Unified(user) => Some(Topic::OwnPosts(user)),
        Topic::OwnPosts(_) => Some(Topic::Thread(PostId(70))),
        Topic::Thread(_) => Some(Topic::Mentions(BOB)),
        Topic::Mentions(_) => Some(Topic::Markers(ADA)),
        Topic::Markers(_) => None,
    };
    std::iter::successors(Some(Topic::ChannelMessages(ROOM)), next).collect()
}

/// The event of one kind.
fn of_kind(kind: &str) -> Payload {
    let mut all = one_of_each().into_iter();
    all.find(|payload| payload.facts().kind == kind).unwrap()
}

#[test]
fn there_is_a_sample_of_each_kind() {
    let kinds: Vec<&str> = one_of_each()
        .iter()
        .map(|payload| payload.facts().kind)
        .collect();
    assert_eq!(kinds, Payload::KINDS);
}

#[test]
fn the_name_in_the_table_is_the_name_in_the_log() {
    for payload in one_of_each() {
        let kept = serde_json::to_value(&payload).unwrap();
        assert_eq!(kept["kind"], payload.facts().kind);
        let again: Payload = serde_json::from_value(kept).unwrap();
        assert_eq!(again, payload);
    }
}

#[test]
fn a_marker_in_the_log_of_an_older_program_is_read_and_shown_on_no_stream() {
    let mut kept = serde_json::to_value(of_kind("marker_moved")).unwrap();
    assert!(kept.as_object_mut().unwrap().remove("moved").is_some());
    let old: Payload = serde_json::from_value(kept).unwrap();
    assert_eq!(old.facts().object_type, None);
    assert!(old.routing_keys().is_empty());
}

#[test]
fn every_topic_hears_some_event() {
    for topic in topics() {
        let leads_there = |route: &Route| match route {
            Route::To(to) => *to == topic,
            Route::InboxesHolding(_) => matches!(topic, Topic::Inbox(_)),
            Route::HomesFollowing(_) => matches!(topic, Topic::Home(_) | Topic::Unified(_)),
        };
        let is_heard = |payload: &Payload| payload.routing().heard_by.iter().any(leads_there);
        assert!(one_of_each().iter().any(is_heard), "{topic:?}");
    }
}

#[test]
fn each_event_is_published_where_its_topics_are_registered() {
    for payload in one_of_each() {
        let keys = payload.routing_keys();
        for route in payload.routing().heard_by {
            assert!(keys.contains(&route.key()), "{payload:?} by {route:?}");
        }
    }
}

#[test]
fn a_change_of_a_channel_passes_all_who_listen_to_the_channel() {
    let keys = of_kind("channel_changed").routing_keys();
    for topic in topics() {
        if topic.channel().is_some() {
            assert!(keys.contains(&topic.routing_key()), "{topic:?}");
        }
    }
    assert!(keys.contains(&RoutingKey::ChannelNews(ROOM)), "the inboxes");
}

#[test]
fn events_that_change_connections_pass_them() {
    let app = RoutingKey::App(client().id);
    let of_app_token = Payload::TokenRevoked {
        token: token(2, None, "messages"),
        user: None,
        was_last: true,
    };
    for (payload, key) in [
        (of_kind("subscribed"), RoutingKey::User(ADA)),
        (of_kind("unsubscribed"), RoutingKey::User(ADA)),
        (of_kind("related"), RoutingKey::User(ADA)),
        (of_kind("token_revoked"), RoutingKey::User(ADA)),
        (of_app_token, app.clone()),
        (of_kind("app_stream_deleted"), app),
    ] {
        assert!(payload.routing_keys().contains(&key), "{payload:?}");
    }
}

#[test]
fn what_has_no_object_type_is_heard_by_no_topic() {
    for payload in one_of_each() {
        let facts = payload.facts();
        assert!(
            facts.object_type.is_some() || payload.routing().heard_by.is_empty(),
            "{}",
            facts.kind
        );
    }
}

#[test]
fn events_of_a_channel_belong_to_its_actor() {
    for payload in one_of_each() {
        let facts = payload.facts();
        // A marker of a channel is its reader's.
        let is_marker = facts.object_type == Some(ObjectType::StreamMarker);
        if let Some(channel) = facts.channel.filter(|_| !is_marker) {
            assert_eq!(facts.owner, Owner::Channel(channel.id), "{}", facts.kind);
        }
    }
}

#[test]
fn a_follow_concerns_both_users_and_a_mute_or_a_block_neither() {
    for undone in [false, true] {
        let keys = related(Relation::Follow, ADA, BOB, undone).routing_keys();
        assert!(keys.contains(&RoutingKey::User(ADA)) && keys.contains(&RoutingKey::User(BOB)));
        for relation in [Relation::Mute, Relation::Block] {
            assert!(
                related(relation, ADA, BOB, undone)
                    .routing_keys()
                    .is_empty()
            );
        }
    }
}

#[test]
fn a_post_is_published_once_per_key_and_a_repost_to_no_mentioned_user() {
    let of_bob = of_kind("post_created");
    let mut repost = posted(ADA);
    if let Payload::PostCreated { posted } = of_bob.clone() {
        repost.original = Some(posted);
    }
    repost.post.content = Content::default();
    let keys = |payload: &Payload| payload.routing_keys().into_vec();
    let of_author = [
        RoutingKey::PostsBy(ADA),
        RoutingKey::User(ADA),
        RoutingKey::Thread(PostId(70)),
    ];
    assert_eq!(
        keys(&of_bob),
        [&of_author[..], &[RoutingKey::User(BOB)]].concat()
    );
    assert_eq!(keys(&Payload::PostCreated { posted: repost }), of_author);
}
