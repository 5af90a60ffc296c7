//! The scene: ada, who owns a public and a private room and speaks in both, and viewers who stand to her and to the
//! private room in all the ways that matter.

use serde_json::json;

use crate::support::{Person, TestServer, build, cli, template, text};

/// The columns of the tables.
pub(super) const VIEWERS: [&str; 9] = [
    "member", "stranger", "blocked", "blocking", "muting", "ex", "narrow", "app", "nobody",
];

/// People beside those of the template.
const MORE: [&str; 4] = ["fay", "gus", "hal", "ivy"];

/// The members that are not removed.
const STAY: [&str; 4] = ["member", "blocked", "blocking", "muting"];

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
    /// Ada's post, which mentions bob.
    pub(super) post: String,
}

impl Scene {
    /// Everybody is in the private room but the stranger.
    pub(super) fn before_the_removal() -> Self {
        let server = TestServer::start();
        let (ada, dan) = (server.ada(), server.dan());
        let more = MORE.map(|name| newcomer(&server, name));
        let [blocked, blocking, muting, ex] = more;
        let member = server.bob();
        let narrow = "basic,public_messages,follow,presence,update_profile";
        let narrow = server.with_scopes(&member, narrow);
        let profile = json!({"content": {"text": "profile-of-ada"}});
        ada.patch("/users/me", &profile).is(200);
        let public = public_room(&ada, &dan);
        let inside = [&member, &blocked, &blocking, &muting, &ex];
        let private = private_room(&ada, &dan, &inside);
        for person in [&ada, &dan].into_iter().chain(inside) {
            build::join(&public, &[person]);
            build::join(&private, &[person]);
        }
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
        ];
        let (said, inner) = (String::new(), String::new());
        let post = build::posts(&ada, "words-of-ada for @bob #scene");
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
        };
        build::says(&scene.dan, &scene.private, "secret words");
        (scene.said, scene.inner) = scene.speaks();
        for (room, id) in [(&scene.public, &scene.said), (&scene.private, &scene.inner)] {
            let path = format!("/channels/{room}/messages/{id}/sticky");
            scene.ada.does(&path).is(200);
        }
        let (ada, dan) = (&scene.ada, &scene.dan);
        ada.does(&format!("/users/{}/follow", dan.id)).is(200);
        dan.does(&format!("/users/{}/follow", ada.id)).is(200);
        scene.relate();
        scene
    }

    /// The whole scene: there is a room that all of its members mute, and one member is removed from both.
    pub(super) fn new() -> Self {
        let scene = Self::before_the_removal();
        let members = ["member", "blocked", "blocking", "muting", "ex"];
        let members = members.map(|name| scene.viewer(name));
        // It is dan's, and ada is a member: what is shown of her is shown of one in an ACL.
        let with_ada = [&[&scene.ada], &members[..]].concat();
        let quiet = build::circle(&scene.dan, &with_ada);
        let path = format!("/channels/{quiet}");
        let note = json!({"raw": {"org.example.note": [{"about": "secret too"}]}});
        scene.dan.put(&path, &note).is(200);
        build::says(&scene.ada, &quiet, "told-inside-by-ada");
        for member in members {
            member.does(&format!("{path}/mute")).is(200);
        }
        let ex = scene.viewer("ex");
        ex.does(&format!("/channels/{}/mute", scene.private))
            .is(200);
        let stay = [&["ada"], &STAY[..]].concat();
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
    fn people(&self) -> [&Person; 6] {
        ["member", "stranger", "blocked", "blocking", "muting", "ex"].map(|name| self.viewer(name))
    }

    pub(super) fn removes_ex(&self) {
        let (full, write) = (&self.dan.id, self.ids(&STAY));
        let acl = json!({"acl": {"full": {"user_ids": [full]}, "write": {"user_ids": write}}});
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

    /// Blocks and mutes; and ada is present.
    fn relate(&self) {
        let blocked = self.viewer("blocked");
        self.ada
            .does(&format!("/users/{}/block", blocked.id))
            .is(200);
        let of_ada = |what: &str| format!("/users/{}/{what}", self.ada.id);
        self.viewer("blocking").does(&of_ada("block")).is(200);
        self.viewer("muting").does(&of_ada("mute")).is(200);
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
        for name in STAY {
            build::join(&self.private, &[self.viewer(name)]);
        }
        self.relate();
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
            ("{client}", client),
            ("{post_url}", &post_url),
        ];
        let filled = all.iter().fold(text.to_owned(), |text, (name, value)| {
            text.replace(name, value)
        });
        filled
            .replace("{slug}", "conversations")
            .replace("{newcomers}", "newcomers")
            .replace("{missed}", "missed_conversations")
            .replace("{username}", "ada")
            .replace("{tag}", "scene")
            .replace("{stream_key}", "none")
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

fn public_room(ada: &Person, dan: &Person) -> String {
    build::channel(
        ada,
        &json!({
            "type": "io.pnut.core.chat",
            "acl": {"full": {"user_ids": [dan.id]}, "write": {"any_user": true}, "read": {"public": true}},
            "raw": build::settings("Lounge"),
        }),
    )
}

fn private_room(ada: &Person, dan: &Person, members: &[&Person]) -> String {
    let members: Vec<&str> = members.iter().map(|person| person.id.as_str()).collect();
    build::channel(
        ada,
        &json!({
            "type": "org.example.circle",
            "acl": {"full": {"user_ids": [dan.id]}, "write": {"user_ids": members}},
            "raw": {"org.example.note": [{"about": "secret raw"}]},
        }),
    )
}
