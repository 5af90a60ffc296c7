//! The scene: ada, who owns a public and a private room and speaks in both, and viewers who stand to her and to the
//! private room in all the ways that matter.

use serde_json::json;

use crate::support::{Person, TestServer, build, cli, template, text};

/// The viewers. The first have a column of the tables each, the rest sees what another one sees ([`LIKE`]).
pub(super) const VIEWERS: [&str; 12] = [
    "member", "stranger", "blocked", "blocking", "muting", "ex", "narrow", "app", "nobody",
    "manager", "keeper", "slimapp",
];

/// Viewers without a column, and the one whose cell is theirs unless the line says otherwise.
pub(super) const LIKE: [(&str, &str); 3] = [
    ("manager", "blocked"),
    ("keeper", "blocking"),
    ("slimapp", "app"),
];

/// People beside those of the template.
const MORE: [&str; 6] = ["fay", "gus", "hal", "ivy", "joe", "kim"];

/// The members that are not removed.
const STAY: [&str; 4] = ["member", "blocked", "blocking", "muting"];

/// They have full rights in both rooms: ada blocks the first, and the second blocks ada.
const FULL: [&str; 2] = ["manager", "keeper"];

pub(super) struct Scene {
    pub(super) server: TestServer,
    pub(super) ada: Person,
    /// A friend with full rights in both rooms.
    pub(super) dan: Person,
    /// In the order of [`VIEWERS`].
    pub(super) viewers: Vec<Person>,
    pub(super) public: String,
    pub(super) private: String,
    /// Ada's messages in the two.
    pub(super) said: String,
    pub(super) inner: String,
    /// Ada's post, which mentions bob and herself. It was revised, and dan reposted it.
    pub(super) post: String,
    /// Her polls: a public one that names those that answer, and a private one.
    pub(super) poll: String,
    pub(super) ballot: String,
    /// Ada's files: a private one, and one for everybody.
    pub(super) file: String,
    pub(super) shared: String,
    /// Dan's post, which mentions ada. She reposted it, and bookmarked it with a note.
    pub(super) told: String,
}

/// A room for everybody and one for the listed users, who are in both.
fn rooms(ada: &Person, full: &[&Person], inside: &[&Person]) -> (String, String) {
    let public = public_room(ada, full);
    let private = private_room(ada, full, inside);
    for person in [&ada].into_iter().chain(full).chain(inside) {
        build::join(&public, &[person]);
        build::join(&private, &[person]);
    }
    (public, private)
}

/// A private file of ada's and a public one.
fn files(ada: &Person) -> (String, String) {
    let file = build::file(ada, "told-inside-by-ada", b"inside");
    let shared = build::file(ada, "words-of-ada", b"words");
    let public = json!({"is_public": true});
    ada.patch(&format!("/files/{shared}"), &public).is(200);
    (file, shared)
}

impl Scene {
    /// Everybody is in the private room but the stranger.
    pub(super) fn before_the_removal() -> Self {
        // A viewer listens to everything at once, which is more than the usual number of subscriptions.
        let server = TestServer::with(&[("STREAMS_SUBSCRIPTIONS", "64")]);
        let (ada, dan) = (server.ada(), server.dan());
        let more = MORE.map(|name| newcomer(&server, name));
        let [blocked, blocking, muting, ex, manager, keeper] = more;
        let member = server.bob();
        let narrow = "basic,public_messages,follow,presence,update_profile";
        let narrow = server.with_scopes(&member, narrow);
        let profile = json!({"content": {"text": "profile-of-ada"}});
        ada.patch("/users/me", &profile).is(200);
        let full = [&dan, &manager, &keeper];
        let inside = [&member, &blocked, &blocking, &muting, &ex];
        let (public, private) = rooms(&ada, &full, &inside);
        build::join(&public, &[&server.eve()]);
        let viewers = vec![
            member,
            server.eve(),
            blocked,
            blocking,
            muting,
            ex,
            narrow,
            server.app(),
            server.anonymous(),
            manager,
            keeper,
            slim_app(&server),
        ];
        let (said, inner) = (String::new(), String::new());
        let (post, told) = posts(&ada, &dan);
        let (file, shared) = files(&ada);
        let poll = asks(&ada, "words-of-ada?", true);
        let ballot = asks(&ada, "told-inside-by-ada?", false);
        let mut scene = Self {
            server,
            ada,
            dan,
            viewers,
            public,
            private,
            said,
            inner,
            post,
            poll,
            ballot,
            file,
            shared,
            told,
        };
        build::says(&scene.dan, &scene.private, "secret words");
        scene.renews();
        let (ada, dan) = (&scene.ada, &scene.dan);
        for person in scene.people().chain([ada]) {
            let path = format!("/users/{}/follow", dan.id);
            person.does(&path).is(200);
        }
        dan.does(&format!("/users/{}/follow", ada.id)).is(200);
        scene.relate();
        scene.is_present();
        scene
    }

    /// The whole scene: there is a room that all of its members mute, and one member is removed from both.
    pub(super) fn new() -> Self {
        let scene = Self::before_the_removal();
        let members = STAY.into_iter().chain(FULL).chain(["ex"]);
        let members: Vec<&Person> = members.map(|name| scene.viewer(name)).collect();
        // It is dan's, and ada is a member: what is shown of her is shown of one in an ACL.
        let with_ada = [&[&scene.ada], &members[..]].concat();
        let quiet = build::circle(&scene.dan, &with_ada);
        let path = format!("/channels/{quiet}");
        let note = json!({"raw": {"org.example.note": [{"about": "secret too"}]}});
        scene.dan.put(&path, &note).is(200);
        build::says(&scene.ada, &quiet, "told-inside-by-ada");
        for member in &members {
            member.does(&format!("{path}/mute")).is(200);
        }
        let ex = scene.viewer("ex");
        ex.does(&format!("/channels/{}/mute", scene.private))
            .is(200);
        let stay = [&["ada"], &STAY[..], &FULL].concat();
        let acl = json!({"acl": {"write": {"user_ids": scene.ids(&stay)}}});
        scene.dan.put(&path, &acl).is(200);
        scene.removes_ex();
        scene
    }

    fn ids(&self, names: &[&str]) -> Vec<&str> {
        let person = |name: &&str| match *name {
            "ada" => self.ada.id.as_str(),
            viewer => self.viewer(viewer).id.as_str(),
        };
        names.iter().map(person).collect()
    }

    pub(super) fn viewer(&self, name: &str) -> &Person {
        let at = VIEWERS.iter().position(|known| *known == name);
        &self.viewers[at.expect("a viewer")]
    }

    /// Those with an account, without the second token of one of them.
    pub(super) fn people(&self) -> impl Iterator<Item = &Person> {
        let people = STAY.into_iter().chain(FULL).chain(["stranger", "ex"]);
        people.map(|name| self.viewer(name))
    }

    pub(super) fn removes_ex(&self) {
        let full = [&[self.dan.id.as_str()], &self.ids(&FULL)[..]].concat();
        let write = self.ids(&STAY);
        let acl = json!({"acl": {"full": {"user_ids": full}, "write": {"user_ids": write}}});
        let path = format!("/channels/{}", self.private);
        self.ada.put(&path, &acl).is(200);
    }

    /// Ada's words are the newest in both rooms; the member has an unread private message of hers.
    fn speaks(&self) -> (String, String) {
        build::whispers(&self.ada, &[self.viewer("member")], "psst");
        let said = build::says(&self.ada, &self.public, "words-of-ada");
        let inner = build::says(&self.ada, &self.private, "told-inside-by-ada");
        (said, inner)
    }

    /// Ada says again what the calls look at: others may have deleted it, or have made it less visible.
    pub(super) fn renews(&mut self) {
        (self.said, self.inner) = self.speaks();
        for (room, id) in [(&self.public, &self.said), (&self.private, &self.inner)] {
            let path = format!("/channels/{room}/messages/{id}/sticky");
            self.ada.does(&path).is(200);
        }
    }

    /// Blocks and mutes.
    pub(super) fn relate(&self) {
        let of_ada = |what: &str| format!("/users/{}/{what}", self.ada.id);
        for name in ["blocked", "manager"] {
            let path = format!("/users/{}/block", self.viewer(name).id);
            self.ada.does(&path).is(200);
        }
        for name in ["blocking", "keeper"] {
            self.viewer(name).does(&of_ada("block")).is(200);
        }
        self.viewer("muting").does(&of_ada("mute")).is(200);
    }

    /// Ada and those who are in a block with her follow each other, from before the block.
    pub(super) fn follow_across_blocks(&self) {
        for name in ["blocked", "manager", "blocking", "keeper"] {
            let person = self.viewer(name);
            for (one, other) in [(&self.ada, person), (person, &self.ada)] {
                one.delete(&format!("/users/{}/block", other.id)).is(200);
            }
            for (one, other) in [(&self.ada, person), (person, &self.ada)] {
                one.does(&format!("/users/{}/follow", other.id)).is(200);
            }
        }
        self.relate();
    }

    fn is_present(&self) {
        let here = json!({"presence": "presence-of-ada"});
        self.ada.put("/users/me/presence", &here).is(200);
        for room in [&self.public, &self.private] {
            let path = format!("/users/me/presence/channels/{room}");
            self.ada.put(&path, &here).is(200);
        }
    }

    /// After a call that may have changed something: everything is as it was.
    pub(super) fn restore(&self) {
        for person in self.people() {
            for relation in ["follow", "mute", "block"] {
                let path = format!("/users/{}/{relation}", self.ada.id);
                person.delete(&path);
            }
            build::join(&self.public, &[person]);
        }
        for name in STAY.into_iter().chain(FULL) {
            build::join(&self.private, &[self.viewer(name)]);
        }
        self.relate();
        self.is_present();
        self.speaks();
    }

    /// A path of a table, with what is there in place of its names.
    pub(super) fn fill(&self, text: &str) -> String {
        let client = &template::template().client_id;
        let post_url = format!("{}/p/{}", build::public_url(&self.ada), self.post);
        let all = [
            ("{public}", &self.public),
            ("{private}", &self.private),
            ("{said}", &self.said),
            ("{inner}", &self.inner),
            ("{ada}", &self.ada.id),
            ("{dan}", &self.dan.id),
            ("{post}", &self.post),
            ("{poll}", &self.poll),
            ("{ballot}", &self.ballot),
            ("{file}", &self.file),
            ("{shared}", &self.shared),
            ("{told}", &self.told),
            ("{client}", client),
            ("{post_url}", &post_url),
        ];
        let filled = all.iter().fold(text.to_owned(), |text, (name, value)| {
            text.replace(name, value)
        });
        filled
            .replace("{badge}", "1")
            .replace("{slug}", "conversations")
            .replace("{newcomers}", "newcomers")
            .replace("{missed}", "missed_conversations")
            .replace("{username}", "ada")
            .replace("{key}", "core_image_200s")
            .replace("{operation_id}", "none")
            .replace("{tag}", "scene")
            .replace("{position}", "1")
            .replace("{stream_key}", "none")
            .replace("{filter_id}", "9999")
            .replace("{connection_id}", "none")
            .replace("{subscription_id}", "none")
    }
}

fn newcomer(server: &TestServer, name: &str) -> Person {
    let url = server.database_url();
    let arguments = [
        "user",
        "create",
        name,
        "--password-stdin",
        "--database-url",
        &url,
        "--json",
    ];
    let made = cli::run_with_input(&arguments, &format!("{}\n", template::PASSWORD));
    let made = cli::object(&made);
    let client = &template::template().client_id;
    let token = template::token(&url, client, Some(name), Some(template::SCOPES));
    Person {
        id: text(&made["id"]),
        ..server.holder(name, &token)
    }
}

/// A poll that is not anonymous.
pub(super) fn asks(ada: &Person, prompt: &str, is_public: bool) -> String {
    let mut body = build::ballot(prompt, &["Yes", "No"]);
    body["is_public"] = json!(is_public);
    body["is_anonymous"] = json!(false);
    build::poll(ada, &body).0
}

/// An app to which its users opened public channels only, and ada none at all.
fn slim_app(server: &TestServer) -> Person {
    let (client, app) = server.other_app("Slim");
    for (person, scopes) in [
        (server.ada(), "basic"),
        (server.bob(), "basic,public_messages"),
        (server.dan(), "basic,public_messages"),
    ] {
        server.through(&client, &person, scopes);
    }
    app
}

/// Ada's post, and dan's. Another one of ada's is missed by everybody.
fn posts(ada: &Person, dan: &Person) -> (String, String) {
    drop(build::posts(ada, "words-of-ada that nobody answers"));
    let post = build::posts(ada, "words-of-ada for @bob and @ada #scene");
    let revised = json!({"text": "words-of-ada for @bob and for @ada #scene"});
    ada.put(&format!("/posts/{post}"), &revised).is(201);
    let told = build::posts(dan, "who is @ada?");
    for (person, of_the_other) in [(ada, &told), (dan, &post)] {
        let path = format!("/posts/{of_the_other}/repost");
        person.does(&path).is(201);
    }
    let note = json!({"note": "note-of-ada"});
    ada.put(&format!("/posts/{told}/bookmark"), &note).is(200);
    (post, told)
}

fn public_room(ada: &Person, full: &[&Person]) -> String {
    build::channel(
        ada,
        &json!({
            "type": "io.pnut.core.chat",
            "acl": {"full": {"user_ids": ids(full)}, "write": {"any_user": true}, "read": {"public": true}},
            "raw": build::settings("Lounge"),
        }),
    )
}

fn ids<'p>(people: &[&'p Person]) -> Vec<&'p str> {
    people.iter().map(|person| person.id.as_str()).collect()
}

fn private_room(ada: &Person, full: &[&Person], members: &[&Person]) -> String {
    build::channel(
        ada,
        &json!({
            "type": "org.example.circle",
            "acl": {"full": {"user_ids": ids(full)}, "write": {"user_ids": ids(members)}},
            "raw": {"org.example.note": [{"about": "secret raw"}]},
        }),
    )
}
