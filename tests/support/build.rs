//! Channels, messages, posts and polls in one line.

use serde_json::{Value, json};

use super::http::Answer;
use super::template::template;
use super::{Person, Stream, TestServer, text};

/// The raw of a chat room.
pub(crate) fn settings(name: &str) -> Value {
    json!({"io.pnut.core.chat-settings": [{"name": name, "description": {"text": "where we meet"}}]})
}

/// A chat room that all users may write to; without subscribers.
pub(crate) fn room(owner: &Person, name: &str) -> String {
    channel(
        owner,
        &json!({
            "type": "io.pnut.core.chat",
            "acl": {"write": {"any_user": true}, "read": {"public": true}},
            "raw": settings(name),
        }),
    )
}

/// A private file of no known kind; gives its id.
pub(crate) fn file(owner: &Person, name: &str, content: &[u8]) -> String {
    let form = form(
        &[("type", "org.example.file"), ("name", name)],
        &[("content", name, "application/octet-stream", content)],
    );
    text(&owner.uploads("/files", &form).is(201).data()["id"])
}

/// A multipart form: fields, and parts with a file name, a type and bytes.
pub(crate) fn form(fields: &[(&str, &str)], parts: &[(&str, &str, &str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        let head =
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(value.as_bytes());
        body.extend_from_slice(b"\r\n");
    }
    for (name, file, kind, bytes) in parts {
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\n\
             Content-Type: {kind}\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}

/// Between the parts of a form.
pub(crate) const BOUNDARY: &str = "-----groundnut-0123456789";

/// The header that a form is sent with.
pub(crate) const MULTIPART: (&str, &str) = (
    "Content-Type",
    "multipart/form-data; boundary=-----groundnut-0123456789",
);

/// A private channel of a free type that these users may write to; without subscribers.
pub(crate) fn circle(owner: &Person, members: &[&Person]) -> String {
    let members: Vec<_> = members.iter().map(|person| person.id.as_str()).collect();
    channel(
        owner,
        &json!({"type": "org.example.circle", "acl": {"write": {"user_ids": members}}}),
    )
}

/// Any channel.
pub(crate) fn channel(owner: &Person, body: &Value) -> String {
    text(&owner.post("/channels", body).is(201).data()["id"])
}

/// All of these subscribe.
pub(crate) fn join(channel: &str, people: &[&Person]) {
    for person in people {
        person
            .does(&format!("/channels/{channel}/subscribe"))
            .data();
    }
}

/// Writes a message; gives its id.
pub(crate) fn says(person: &Person, channel: &str, said: &str) -> String {
    let answer = person.post(
        &format!("/channels/{channel}/messages"),
        &json!({"text": said}),
    );
    text(&answer.is(201).data()["id"])
}

/// A private message; gives the message.
pub(crate) fn whispers(person: &Person, to: &[&Person], said: &str) -> Value {
    let destinations: Vec<_> = to.iter().map(|person| person.id.as_str()).collect();
    let body = json!({"text": said, "destinations": destinations});
    person.post("/channels/pm/messages", &body).is(201).data()
}

/// A stored app stream.
pub(crate) fn app_stream(app: &Person, key: &str, object_types: &[&str]) {
    let body = json!({"type": "long_poll", "key": key, "object_types": object_types});
    app.post("/streams", &body).is(200).data();
}

/// Writes a post; its id.
pub(crate) fn posts(who: &Person, said: &str) -> String {
    let post = who.post("/posts", &json!({"text": said})).is(201);
    text(&post.data()["id"])
}

/// What a poll is made of: anonymous, not public, open for an hour.
pub(crate) fn ballot(prompt: &str, options: &[&str]) -> Value {
    let options: Vec<Value> = options.iter().map(|text| json!({"text": text})).collect();
    json!({"type": "org.example.lunch", "prompt": prompt, "options": options, "duration": 60})
}

/// Makes a poll; its id and its token.
pub(crate) fn poll(who: &Person, body: &Value) -> (String, String) {
    let poll = who.post("/polls", body).is(201).data();
    (text(&poll["id"]), text(&poll["poll_token"]))
}

/// The stream of an app for everything about polls.
pub(crate) fn polls_all(app: &Person) -> Stream {
    app_stream(app, "polls", &["poll"]);
    app.firehose_with("polls", "&include_raw=1")
}

/// The public address of the server, as its answers have it.
pub(crate) fn public_url(who: &Person) -> String {
    let url = text(&who.get("/posts/streams/explore").data()[0]["url"]);
    let (base, _) = url.split_once("/v1/").expect("an address of the API");
    base.to_owned()
}

/// Answers a post; the id of the answer.
pub(crate) fn answers(who: &Person, to: &str, said: &str) -> String {
    let body = json!({"text": said, "reply_to": to});
    text(&who.post("/posts", &body).is(201).data()["id"])
}

/// Asks for a token by a password, as the app of the tests.
pub(crate) fn sign_in(server: &TestServer, name: &str, password: &str) -> Answer {
    let app = template();
    let body = json!({
        "grant_type": "password",
        "client_id": app.client_id,
        "client_secret": app.client_secret,
        "username": name,
        "password": password,
    });
    server.anonymous().post("/oauth/access_token", &body)
}
