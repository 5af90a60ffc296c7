//! Every row of the table of routes, called for real: the tokens and scopes that it takes, its methods, and what it
//! subscribes to. A new row is tested by being there.

use groundnut::http::routes::{ROUTES, Route, ScopeNeed, TokenKind, Verb};

use crate::support::http::Answer;
use crate::support::{Person, TestServer, build};

/// A server with something at the usual addresses.
struct Place {
    server: TestServer,
    room: String,
    said: String,
    post: String,
    poll: String,
    file: String,
}

impl Place {
    fn new() -> Self {
        let server = TestServer::start();
        let ada = server.ada();
        let room = build::room(&ada, "Lounge");
        let said = build::says(&ada, &room, "hello");
        let post = build::posts(&ada, "hello");
        let (poll, _) = build::poll(&ada, &build::ballot("Hello?", &["Yes", "No"]));
        let file = build::file(&ada, "notes.txt", b"hello");
        Self {
            server,
            room,
            said,
            post,
            poll,
            file,
        }
    }

    /// The row's path, with what is there in place of its names.
    fn path(&self, route: &Route) -> String {
        let path = route
            .path
            .replace("{channel_id}", &self.room)
            .replace("{message_id}", &self.said)
            .replace("{user_id}", &self.server.bob().id)
            .replace("{slug}", "trending")
            .replace("{username}", "bob")
            .replace("{tag}", "none")
            .replace("{post_id}", &self.post)
            .replace("{poll_id}", &self.poll)
            .replace("{position}", "1")
            .replace("{file_id}", &self.file)
            .replace("{key}", "core_image_200s")
            .replace("{operation_id}", "none")
            .replace("{stream_key}", "none")
            .replace("{filter_id}", "9999")
            .replace("{dead_letter_id}", "9999")
            .replace("{badge_id}", "1")
            .replace("{client_id}", "none")
            .replace("{connection_id}", "none")
            .replace("{subscription_id}", "none");
        assert!(!path.contains('{'), "nothing to put into {path}");
        path
    }

    fn calls(&self, person: &Person, route: &Route, query: &str) -> Answer {
        let path = self.path(route);
        let body: &[u8] = if route.verb == Verb::Get { b"" } else { b"{}" };
        let json = [("Content-Type", "application/json")];
        person.call(route.verb.name(), &format!("{path}{query}"), &json, body)
    }
}

fn slug(answer: &Answer) -> String {
    if answer.body.is_empty() || answer.header("content-type") != Some("application/json") {
        return String::new();
    }
    let slug = &answer.meta()["error_slug"];
    slug.as_str().unwrap_or_default().to_owned()
}

#[test]
fn without_a_token_exactly_the_open_routes_answer() {
    let place = Place::new();
    let nobody = place.server.anonymous();
    for route in ROUTES {
        // Without `ids`, /channels is the inbox, and that belongs to a user.
        let answer = place.calls(&nobody, route, "?ids=1");
        match route.token {
            TokenKind::Any | TokenKind::User | TokenKind::Uploader | TokenKind::App => {
                answer.refused_as(401, "token-required");
            }
            TokenKind::Ignored | TokenKind::Optional | TokenKind::Local => {
                assert_ne!(slug(&answer), "token-required", "{route:?}");
            }
        }
    }
}

#[test]
fn each_route_takes_its_kinds_of_tokens_and_no_others() {
    let place = Place::new();
    for route in ROUTES {
        // A token of its own each time: one of the routes ends it.
        let (_, app) = place.server.other_app("Other");
        let user = place.server.with_scopes(
            &place.server.ada(),
            "follow,messages,presence,update_profile",
        );
        let by_app = slug(&place.calls(&app, route, "?ids=1")) == "wrong-token-kind";
        let by_user = slug(&place.calls(&user, route, "?ids=1")) == "wrong-token-kind";
        let (app_may, user_may) = match route.token {
            TokenKind::Ignored | TokenKind::Optional | TokenKind::Any | TokenKind::Local => {
                (true, true)
            }
            TokenKind::User | TokenKind::Uploader => (false, true),
            TokenKind::App => (true, false),
        };
        assert_eq!((!by_app, !by_user), (app_may, user_may), "{route:?}");
    }
}

#[test]
fn a_user_token_without_the_scope_is_refused_before_anything_else_is_looked_at() {
    let place = Place::new();
    for route in ROUTES {
        let narrow = place.server.with_scopes(&place.server.ada(), "basic");
        let answer = place.calls(&narrow, route, "?ids=1");
        match (route.token, route.scope) {
            (
                TokenKind::Optional | TokenKind::Any | TokenKind::User | TokenKind::Uploader,
                ScopeNeed::Scope(_)
                | ScopeNeed::AnyOf(_)
                | ScopeNeed::Channel
                | ScopeNeed::Files
                | ScopeNeed::Upload,
            ) => {
                answer.refused_as(403, "not-authorized");
            }
            (
                TokenKind::Ignored
                | TokenKind::Optional
                | TokenKind::Local
                | TokenKind::Any
                | TokenKind::User
                | TokenKind::Uploader
                | TokenKind::App,
                _,
            ) => {
                // Which scope opens a file says the file.
                let is_of_file = route.path.starts_with("/files/{file_id}");
                assert!(is_of_file || slug(&answer) != "not-authorized", "{route:?}");
            }
        }
    }
}

#[test]
fn a_method_without_a_row_is_told_which_ones_there_are() {
    let place = Place::new();
    let ada = place.server.ada();
    for rows in ROUTES.chunk_by(|one, next| one.path == next.path) {
        let mut known: Vec<&str> = rows.iter().map(|row| row.verb.name()).collect();
        let path = place.path(&rows[0]);
        let other = ["GET", "POST", "PUT", "PATCH", "DELETE"]
            .into_iter()
            .find(|verb| !known.contains(verb));
        let Some(other) = other else { continue };
        let answer = ada.call(other, &path, &[], b"");
        answer.refused_as(405, "method-not-allowed");
        if known.contains(&"GET") {
            known.push("HEAD");
        }
        assert_eq!(answer.header("allow"), Some(known.join(", ").as_str()));
    }
}

#[test]
fn head_answers_wherever_get_does_with_its_status_and_without_its_body() {
    let place = Place::new();
    let eve = place.server.eve();
    for route in ROUTES.iter().filter(|route| route.verb == Verb::Get) {
        let got = place.calls(&eve, route, "?ids=1");
        let head = eve.call("HEAD", &format!("{}?ids=1", place.path(route)), &[], b"");
        assert_eq!(head.status, got.status, "{route:?}");
        assert_eq!(
            head.header("content-type"),
            got.header("content-type"),
            "{route:?}"
        );
        assert!(head.body.is_empty(), "{route:?}");
    }
}

#[test]
fn exactly_the_subscribable_routes_subscribe() {
    let place = Place::new();
    let ada = place.server.ada();
    let stream = ada.stream();
    for route in ROUTES.iter().filter(|route| route.verb == Verb::Get) {
        // Of the lists of a person only one's own can be subscribed to.
        let path = place
            .path(route)
            .replace("/users/2/follow", "/users/me/follow")
            .replace("/users/2/posts", "/users/me/posts")
            .replace("/users/2/mentions", "/users/me/mentions");
        let answer = stream.calls(&ada, &path);
        let subscribed = answer.header("content-type") == Some("application/json")
            && answer.meta().get("subscription_id").is_some();
        assert_eq!(subscribed, route.topic.is_some(), "{route:?}: {answer}");
    }
}

#[test]
fn me_may_be_written_as_the_own_id_or_name_and_as_nobody_elses() {
    let place = Place::new();
    let (ada, bob) = (place.server.ada(), place.server.bob());
    let (app, anonymous) = (place.server.app(), place.server.anonymous());
    let own = |path: &str| path.strip_prefix("/users/me/").map(str::to_owned);
    let rows = ROUTES.iter().filter(|route| own(route.path).is_some());
    for route in rows {
        let call = |person: &Person, name: &str| {
            let rest = own(&place.path(route)).unwrap_or_default();
            let body: &[u8] = if route.verb == Verb::Get { b"" } else { b"{}" };
            let json = [("Content-Type", "application/json")];
            let path = format!("/users/{name}/{rest}");
            person.call(route.verb.name(), &path, &json, body)
        };
        let as_me = call(&ada, "me");
        assert_ne!(slug(&as_me), "not-authorized", "{route:?}");
        for name in ["1", "@ada", "@Ada", "%40ada"] {
            let answer = call(&ada, name);
            assert_eq!(answer.status, as_me.status, "{route:?} {name}: {answer}");
            assert_eq!(slug(&answer), slug(&as_me), "{route:?} {name}");
        }
        // Of what others may read there is a row for all users.
        let named = route.path.replacen("/me/", "/{user_id}/", 1);
        if ROUTES
            .iter()
            .any(|row| row.verb == route.verb && row.path == named)
        {
            continue;
        }
        for (person, name) in [
            (&ada, "2"),
            (&bob, "@ada"),
            (&ada, "@nobody"),
            (&app, "1"),
            (&anonymous, "1"),
        ] {
            let answer = call(person, name);
            assert_eq!(
                (answer.status, &*slug(&answer)),
                (404, "not-found"),
                "{route:?} {name}"
            );
        }
    }
    // Only where there is such a row, by its method.
    ada.put("/users/1/files", &serde_json::json!({})).is(404);
    ada.get("/users/1/nothing").is(404);
}
