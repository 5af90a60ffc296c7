//! Follows on user streams: those that a user makes, and those that others make of the user.

use serde_json::Value;

use crate::support::{Stream, TestServer};

/// Acting user, other user, and whether the follow ended.
fn follow(event: &Value) -> (String, String, bool) {
    assert_eq!(
        event["meta"]["id"], event["data"]["followed_user"]["id"],
        "{event}"
    );
    let id = |user: &str| event["data"][user]["id"].as_str().map(str::to_owned);
    (
        id("user").expect("the acting user"),
        id("followed_user").expect("the other user"),
        event["meta"].get("is_deleted").is_some(),
    )
}

fn is(from: &str, to: &str, ended: bool) -> (String, String, bool) {
    (from.to_owned(), to.to_owned(), ended)
}

#[test]
pub(super) fn follows_made_and_ended_reach_both_users() {
    let server = TestServer::start();
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    let mut following = ada.stream();
    let id = following.subscribes(&ada, "/users/me/following");
    let mut followers = bob.stream();
    followers.subscribes(&bob, "/users/@bob/followers");
    // Neither of the two: what eve follows, and who follows ada.
    eve.does("/users/4/follow").is(200);
    eve.does("/users/1/follow").is(200);
    ada.does("/users/2/follow").is(200);
    ada.does("/users/2/follow").is(200);
    ada.delete("/users/2/follow").is(200);
    for ended in [false, true] {
        let event = following.hears("follow");
        assert_eq!(Stream::named(&event), [id.as_str()]);
        assert_eq!(follow(&event), is("1", "2", ended));
        assert!(event["data"]["user"].get("you_follow").is_none(), "{event}");
        assert_eq!(follow(&followers.hears("follow")), is("1", "2", ended));
    }
}

#[test]
fn lists_of_others_and_of_no_user_are_pages_only() {
    let server = TestServer::start();
    let (ada, app) = (server.ada(), server.app());
    let stream = ada.stream();
    for list in ["following", "followers"] {
        for (person, path) in [
            (&ada, format!("/users/2/{list}")),
            (&app, format!("/users/1/{list}")),
        ] {
            let answer = stream.calls(person, &path);
            answer.data();
            assert!(answer.meta().get("subscription_id").is_none(), "{answer}");
        }
    }
}

#[test]
fn mutes_and_blocks_hide_follows_as_they_hide_people() {
    let server = TestServer::start();
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    ada.does("/users/3/follow").is(200);
    bob.does("/users/1/follow").is(200);
    bob.does("/users/3/follow").is(200);
    let (mut of_ada, mut of_eve) = (ada.stream(), eve.stream());
    of_ada.subscribes(&ada, "/users/me/following");
    of_ada.subscribes(&ada, "/users/me/followers");
    of_eve.subscribes(&eve, "/users/me/followers");
    eve.does("/users/1/block").is(200);
    ada.does("/users/2/mute").is(200);
    // Across the block, in both roles; the event would show the profile of the other.
    ada.delete("/users/3/follow").is(200);
    // By a muted user.
    bob.delete("/users/1/follow").is(200);
    // What both hear next.
    bob.delete("/users/3/follow").is(200);
    ada.does("/users/4/follow").is(200);
    assert_eq!(follow(&of_eve.hears("follow")), is("2", "3", true));
    assert_eq!(follow(&of_ada.hears("follow")), is("1", "4", false));
}
