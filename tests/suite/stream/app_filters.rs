//! App streams with filters: which events come, and what becomes of filters that change.

use serde_json::{Value, json};

use crate::support::{Fence, Person, Stream, TestServer, build, text};

fn clause(object_type: &str, field: &str, operator: &str, value: &Value) -> Value {
    json!({"object_type": object_type, "field": field, "operator": operator, "value": value})
}

/// A filter; its id.
fn filter(owner: &Person, policy: &str, clauses: &[Value]) -> String {
    let body = json!({"name": "sample", "match_policy": policy, "clauses": clauses});
    text(&owner.post("/filters", &body).is(200).data()["id"])
}

/// A stream of these types with a filter.
fn filtered(app: &Person, key: &str, types: &[&str], filter: &str) -> Stream {
    let body = json!({"type": "long_poll", "key": key, "object_types": types, "filter_id": filter});
    let stream = app.post("/streams", &body).is(200).data();
    assert_eq!(stream["filter_id"], filter, "{stream}");
    app.firehose(key)
}

#[test]
pub(super) fn a_stream_with_a_filter_receives_what_the_filter_includes() {
    let server = TestServer::start();
    let (ada, bob, app) = (server.ada(), server.bob(), server.app());
    let (room, other) = (build::room(&ada, "One"), build::room(&ada, "Two"));
    build::join(&room, &[&ada]);
    build::join(&other, &[&ada]);
    let in_room = clause("message", "/data/channel_id", "equals", &json!(room));
    let tagged = clause(
        "post",
        "/data/content/entities/tags/*/text",
        "matches",
        &json!("^roll"),
    );
    let wanted = filter(&app, "include_any", &[in_room, tagged]);
    let types = ["message", "post", "user_presence"];
    let mut stream = filtered(&app, "hose", &types, &wanted);
    build::says(&bob, &other, "elsewhere");
    build::posts(&bob, "nothing of it");
    ada.does("/users/me/presence").is(200);
    build::posts(&bob, "many #rolls");
    assert_eq!(
        stream.hears("post")["data"][0]["content"]["text"],
        "many #rolls"
    );
    build::says(&bob, &room, "here");
    stream.hears_text("here");
}

#[test]
fn a_filter_that_excludes_lets_the_rest_pass() {
    let server = TestServer::start();
    let (ada, bob, app) = (server.ada(), server.bob(), server.app());
    let by_bob = clause(
        "post",
        "/data/user/username",
        "one_of",
        &json!(["bob", "eve"]),
    );
    let few = clause("post", "/data/user/counts/followers", "lt", &json!(100));
    let unwanted = filter(&app, "exclude_all", &[by_bob, few]);
    let mut stream = filtered(&app, "hose", &["post", "user_presence"], &unwanted);
    build::posts(&bob, "left out");
    build::posts(&ada, "of ada");
    assert_eq!(stream.hears("post")["data"][0]["content"]["text"], "of ada");
    // A type that no clause names.
    bob.does("/users/me/presence").is(200);
    stream.hears("user_presence");
}

#[test]
fn raw_is_filtered_whether_or_not_the_connection_shows_it() {
    let server = TestServer::start();
    let (ada, app) = (server.ada(), server.app());
    let noted = clause(
        "message",
        "/data/raw/org.example.note/*/about",
        "matches",
        &json!("fire"),
    );
    let wanted = filter(&app, "include_any", &[noted]);
    let room = build::room(&ada, "One");
    build::join(&room, &[&ada]);
    let mut stream = filtered(&app, "hose", &["message"], &wanted);
    let path = format!("/channels/{room}/messages");
    for about in ["water", "fire and smoke"] {
        let raw = json!({"org.example.note": [{"about": about}]});
        ada.post(&path, &json!({"text": about, "raw": raw})).is(201);
    }
    let event = stream.hears_text("fire and smoke");
    assert!(event["data"][0].get("raw").is_none(), "{event}");
}

#[test]
fn the_users_that_authorized_the_app_are_a_variable() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let (client, other) = server.other_app("Other");
    let users = json!("$authorized_userids");
    let wanted = filter(
        &other,
        "include_all",
        &[clause("post", "/data/user/id", "one_of", &users)],
    );
    let mut stream = filtered(&other, "hose", &["post"], &wanted);
    build::posts(&ada, "before");
    let first = server.through(&client, &ada, "basic");
    build::posts(&ada, "authorized");
    assert_eq!(
        stream.hears("post")["data"][0]["content"]["text"],
        "authorized"
    );
    build::posts(&bob, "never authorized");
    first.delete("/token").is(200);
    build::posts(&ada, "no longer");
    let _again = server.through(&client, &ada, "basic");
    build::posts(&ada, "again");
    assert_eq!(stream.hears("post")["data"][0]["content"]["text"], "again");
}

#[test]
fn a_changed_filter_holds_for_new_connections_and_one_in_use_is_not_deleted() {
    let server = TestServer::start();
    let (ada, app) = (server.ada(), server.app());
    let says = |word: &str| clause("post", "/data/content/text", "matches", &json!(word));
    let wanted = filter(&app, "include_any", &[says("one")]);
    let mut old = filtered(&app, "hose", &["post"], &wanted);
    let path = format!("/filters/{wanted}");
    let body = json!({"name": "other", "match_policy": "include_any", "clauses": [says("two")]});
    let changed = app.put(&path, &body).is(200).data();
    assert_eq!(
        (&changed["name"], &changed["id"]),
        (&json!("other"), &json!(wanted))
    );
    let mut new = app.firehose("hose");
    build::posts(&ada, "one");
    build::posts(&ada, "two");
    assert_eq!(old.hears("post")["data"][0]["content"]["text"], "one");
    assert_eq!(new.hears("post")["data"][0]["content"]["text"], "two");
    app.delete(&path).refused_as(409, "filter-in-use");
    app.delete("/filters").refused_as(409, "filter-in-use");
    assert_eq!(app.get("/filters").data(), json!([changed]));
    let without = json!({"filter_id": null});
    let stream = app.put("/streams/hose", &without).is(200).data();
    assert!(stream.get("filter_id").is_none(), "{stream}");
    assert_eq!(stream["object_types"], json!(["post"]), "as before");
    assert_eq!(app.delete(&path).is(200).data()["is_deleted"], true);
    app.get(&path).refused_as(404, "filter-not-found");
    // What is open keeps what it had.
    build::posts(&ada, "two again");
    assert_eq!(new.hears("post")["data"][0]["content"]["text"], "two again");
}

#[test]
fn the_address_names_another_filter_or_lists_of_ids() {
    let server = TestServer::start();
    let (ada, bob, app) = (server.ada(), server.bob(), server.app());
    let (room, other) = (build::room(&ada, "One"), build::room(&ada, "Two"));
    build::join(&room, &[&ada]);
    build::join(&other, &[&ada]);
    let wanted = filter(
        &app,
        "include_any",
        &[clause(
            "message",
            "/data/content/text",
            "equals",
            &json!("b"),
        )],
    );
    build::app_stream(&app, "hose", &["message"]);
    let mut by_filter = app.firehose_with("hose", &format!("&filter_id={wanted}"));
    let ids = format!("&channel_ids={room},9999&user_ids=2");
    let mut by_ids = app.firehose_with("hose", &ids);
    for (who, channel, said) in [(&bob, &other, "a"), (&ada, &room, "b"), (&bob, &room, "c")] {
        build::says(who, channel, said);
    }
    by_filter.hears_text("b");
    by_ids.hears_text("c");
    for (query, code, slug) in [
        ("filter_id=x", 400, "wrong-type"),
        ("filter_id=9999", 404, "filter-not-found"),
        ("channel_ids=x", 400, "invalid-value"),
        ("user_ids=@ada", 400, "invalid-value"),
    ] {
        app.asks_upgrade(&format!("/app?key=hose&{query}"))
            .refused_as(code, slug);
    }
}

#[test]
fn filters_belong_to_their_app_and_to_the_user_whose_token_made_them() {
    let server = TestServer::start();
    let (ada, bob, app) = (server.ada(), server.bob(), server.app());
    let (_, other) = server.other_app("Other");
    let any = || [clause("post", "/data/id", "gt", &json!(0))];
    let (of_app, of_ada) = (
        filter(&app, "include_any", &any()),
        filter(&ada, "include_any", &any()),
    );
    for (owner, own, foreign) in [(&app, &of_app, &of_ada), (&ada, &of_ada, &of_app)] {
        let listed = owner.get("/filters").data();
        assert_eq!(listed.as_array().map(Vec::len), Some(1), "{listed}");
        assert_eq!(listed[0]["id"], own.as_str());
        let path = format!("/filters/{foreign}");
        owner.get(&path).refused_as(404, "filter-not-found");
        owner.delete(&path).refused_as(404, "filter-not-found");
    }
    assert_eq!(bob.get("/filters").data(), json!([]));
    // The streams of the app may use what a user made with it, those of another app not.
    filtered(&app, "hose", &["post"], &of_ada);
    let foreign =
        json!({"type": "long_poll", "key": "x", "object_types": ["post"], "filter_id": of_app});
    other
        .post("/streams", &foreign)
        .refused_as(404, "filter-not-found");
    ada.delete("/filters").refused_as(409, "filter-in-use");
    assert_eq!(
        app.delete("/filters").is(200).data()[0]["id"],
        of_app.as_str()
    );
    server
        .anonymous()
        .get("/filters")
        .refused_as(401, "token-required");
}

#[test]
fn a_filter_is_refused_by_what_is_wrong_with_it() {
    let server = TestServer::start();
    let app = server.app();
    let body =
        |clause: &Value| json!({"name": "x", "match_policy": "include_any", "clauses": [clause]});
    let deep = format!("/data{}", "/a".repeat(10));
    let list: Vec<usize> = (0..1001).collect();
    for (wrong, slug, field) in [
        (
            clause("post", &deep, "equals", &json!(1)),
            "too-deep",
            "clauses.0.field",
        ),
        (
            clause("post", "/data/id", "one_of", &json!(list)),
            "too-long",
            "clauses.0.value",
        ),
        (
            clause("post", "/head/id", "equals", &json!(1)),
            "unknown-filter-field",
            "clauses.0.field",
        ),
        (
            clause("post", "/meta/subscribed_user_ids", "equals", &json!(1)),
            "unknown-filter-field",
            "clauses.0.field",
        ),
        (
            clause("post", "/data/id", "matches", &json!("(")),
            "invalid-pattern",
            "clauses.0.value",
        ),
        (
            clause("post", "/data/id", "matches", &json!(r"(?:\pL{99}){99}")),
            "invalid-pattern",
            "clauses.0.value",
        ),
        (
            clause("weather", "/data/id", "equals", &json!(1)),
            "unknown-object-type",
            "clauses.0.object_type",
        ),
    ] {
        let refused = app.post("/filters", &body(&wrong));
        refused.refused_as(400, slug);
        refused.refused_at(400, field);
    }
}

#[test]
fn an_owner_has_twenty_filters_of_thirty_two_known_clauses() {
    let server = TestServer::start();
    let app = server.app();
    let body =
        |clause: &Value| json!({"name": "x", "match_policy": "include_any", "clauses": [clause]});
    let good = clause("post", "/data/id", "gt", &json!(0));
    let mut odd = good.clone();
    odd["colour"] = json!("red");
    app.post("/filters", &body(&odd))
        .refused_as(400, "unknown-filter-field");
    let many =
        json!({"name": "x", "match_policy": "include_any", "clauses": vec![good.clone(); 33]});
    app.post("/filters", &many).refused_as(400, "too-long");
    for _ in 0..20 {
        filter(&app, "include_any", std::slice::from_ref(&good));
    }
    app.post("/filters", &body(&good))
        .refused_as(400, "filter-limit");
    assert_eq!(
        app.delete("/filters")
            .is(200)
            .data()
            .as_array()
            .map(Vec::len),
        Some(20)
    );
    filter(&app, "include_any", &[good]);
}

#[test]
fn filters_survive_a_restart() {
    let mut server = TestServer::start();
    let app = server.app();
    let wanted = filter(
        &app,
        "include_any",
        &[clause(
            "message",
            "/data/content/text",
            "equals",
            &json!("b"),
        )],
    );
    drop(filtered(&app, "hose", &["message"], &wanted));
    server.kill();
    server.start_again();
    let (ada, app) = (server.ada(), server.app());
    let fence = Fence::of_app(&ada);
    let room = build::room(&ada, "One");
    build::join(&room, &[&ada]);
    assert_eq!(
        app.get("/streams/hose").data()["filter_id"],
        wanted.as_str()
    );
    build::app_stream(&app, "all", &["message"]);
    let (mut stream, mut all) = (app.firehose("hose"), app.firehose("all"));
    build::says(&ada, &room, "a");
    all.hears_text("a");
    all.hears_nothing_more(&fence);
    build::says(&ada, &room, "b");
    stream.hears_text("b");
}
