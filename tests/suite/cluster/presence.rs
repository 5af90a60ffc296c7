//! Presence is one board on all servers.

use serde_json::json;

use crate::support::cluster::{Cluster, Node};
use crate::support::{build, eventually, ids};

fn sets(node: &Node, presence: &str) {
    let body = json!({"presence": presence});
    node.bob().put("/users/me/presence", &body).is(200);
}

fn shows(node: &Node, presence: &str) {
    eventually(&format!("bob is {presence}"), || {
        node.ada().get("/users/@bob/presence").data()["presence"] == presence
    });
}

#[test]
fn presence_and_typing_on_one_server_are_heard_and_shown_on_the_other() {
    let cluster = Cluster::start(2);
    cluster.wait_for_bus(true);
    let [a, b] = &cluster.nodes[..] else {
        panic!("two")
    };
    let ada = b.ada();
    let room = build::room(&ada, "Lounge");
    let mut stream = ada.stream();
    stream.subscribes(&ada, "/presence?include_not_followed=1");
    stream.subscribes(
        &ada,
        &format!("/channels/{room}/presence?include_not_followed=1"),
    );
    sets(a, "reading");
    let heard = stream.hears("user_presence");
    assert_eq!(heard["data"][0]["presence"], "reading");
    // What is heard is also found.
    assert_eq!(
        ada.get("/users/@bob/presence").data()["presence"],
        "reading"
    );
    assert_eq!(ids(&ada.get("/presence").data()), [a.bob().id]);
    let here = format!("/users/me/presence/channels/{room}");
    a.bob().put(&here, &json!({"presence": "typing"})).is(200);
    let heard = stream.hears("user_channel_presence");
    assert_eq!(heard["data"][0]["presence"], "typing");
    let there = format!("/channels/{room}/presence");
    assert_eq!(ids(&ada.get(&there).data()), [a.bob().id]);
    // The later one holds, wherever it was set.
    a.bob().put(&here, &json!({"presence": "offline"})).is(200);
    eventually("bob left", || ids(&ada.get(&there).data()).is_empty());
    sets(b, "writing");
    shows(a, "writing");
    sets(a, "offline");
    shows(b, "offline");
}

#[test]
fn a_server_that_begins_knows_who_is_there() {
    let mut cluster = Cluster::start(1);
    cluster.wait_for_bus(true);
    sets(&cluster.nodes[0], "early");
    let room = build::room(&cluster.nodes[0].ada(), "Lounge");
    let here = format!("/users/me/presence/channels/{room}");
    let bob = cluster.nodes[0].bob();
    bob.put(&here, &json!({"presence": "typing"})).is(200);
    let new = cluster.adds();
    shows(new, "early");
    let there = format!("/channels/{room}/presence");
    eventually("he is in the room", || {
        ids(&new.ada().get(&there).data()) == [bob.id.clone()]
    });
}

#[test]
fn what_was_set_while_redis_was_away_is_agreed_on_when_it_is_back() {
    let mut cluster = Cluster::start(2);
    cluster.wait_for_bus(true);
    sets(&cluster.nodes[0], "before");
    shows(&cluster.nodes[1], "before");
    cluster.redis().ends();
    cluster.wait_for_bus(false);
    // Without Redis a server knows what was set on itself.
    sets(&cluster.nodes[1], "meanwhile");
    sets(&cluster.nodes[0], "offline");
    shows(&cluster.nodes[1], "meanwhile");
    cluster.redis().begins();
    shows(&cluster.nodes[1], "offline");
}
