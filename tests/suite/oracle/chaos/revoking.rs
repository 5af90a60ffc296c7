//! Users whose rights are taken while they write, each call at a server of chance: what the log has behind the end of a right is
//! wrong, whichever server let it in.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use super::users::Users;
use crate::support::random::Random;
use crate::support::{Person, cli, text};

/// The room whose members change.
const CIRCLE: usize = 2;

/// Whose token of the other app goes and comes.
const BOB: usize = 1;

impl Users<'_> {
    /// One that was a member writes while this is changed.
    pub(super) fn changes_members(&mut self) {
        let bits = self.random.below(8);
        let scene = self.world.scene;
        let members = scene.people[1..].iter().enumerate();
        let members = members.filter(|(n, _)| bits >> n & 1 == 1);
        let ids: Vec<&str> = members.map(|(_, person)| person.id.as_str()).collect();
        let acl = json!({"acl": {"write": {"user_ids": ids}}});
        let path = format!("/channels/{}", scene.rooms[CIRCLE]);
        self.world.says(&format!("circle {bits:03b}"));
        let change = |users: &mut Self| users.sends(&scene.people[0], "PUT", &path, Some(acl));
        let removed = std::mem::replace(&mut self.members, bits) & !bits;
        match removed.trailing_zeros() {
            n @ 0..3 => {
                let author = 1 + usize::try_from(n).unwrap_or(0);
                self.while_writing((&scene.people[author], author), CIRCLE, change)
            }
            _ => change(self),
        };
    }

    /// The other app's token goes and comes; its user writes with it as it goes.
    pub(super) fn grants(&mut self) {
        if let Some(granted) = self.granted.take() {
            let room = self.one_of(CIRCLE);
            let revoke = |users: &mut Self| users.does(&granted, "DELETE", "/token");
            self.while_writing((&granted, BOB), room, revoke);
            return;
        }
        let bob = &self.world.scene.people[BOB];
        let client = &self.world.scene.other.client;
        let made = cli::run(&[
            "token",
            "create",
            "--client",
            client,
            "--user",
            &bob.name,
            "--scopes",
            "messages",
            "--database-url",
            self.world.url,
            "--json",
        ]);
        // The database may be away.
        if made.status.success() {
            let token = text(&cli::object(&made)["access_token"]);
            self.world.says("bob grants the other app");
            self.granted = Some(Person {
                token: Some(token),
                ..bob.clone()
            });
        }
    }

    /// One writes in a room until this is done, and once more.
    fn while_writing<T>(
        &mut self,
        who: (&Person, usize),
        room: usize,
        act: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let is_done = AtomicBool::new(false);
        // A number of a sequence may be where the rest of it begins.
        let seed = self.random.next().wrapping_mul(31).wrapping_add(7);
        let mut other = Users::new(self.world, Random::silent(seed));
        let writes = || {
            let mut is_last = false;
            while !is_last {
                is_last = is_done.load(Ordering::SeqCst);
                other.says_as(who, room, true);
            }
            other.acknowledged()
        };
        let (done, written) = std::thread::scope(|scope| {
            let writing = scope.spawn(writes);
            let done = act(self);
            is_done.store(true, Ordering::SeqCst);
            (done, writing.join().expect("a writer"))
        });
        self.written.joins(written);
        done
    }
}
