//! Sessions that go on as one set: each step finds and leaves what it would alone.

use diesel::prelude::*;
use futures_util::future::join_all;

use super::lane::hold;
use super::nodes::{lives, subscription};
use super::{Place, named};
use crate::model::{ConnectionId, NodeEpoch, Stamp, UserId};
use crate::store::connect::Sql;
use crate::store::schema::stream_sessions;
use crate::store::{SessionStep, StepKind};

/// Sessions that were seen before are over, unless a node has them that lives.
const OLDEST: Stamp = Stamp(1000);

/// A session: its holder, whether it was seen long ago, the step of the node `own`, and whether that is of its user.
type Case = (&'static str, Option<&'static str>, bool, StepKind, bool);

const TAKE: StepKind = StepKind::Take(OLDEST);
const LOOK: StepKind = StepKind::Look { is_kept: true };
const END: StepKind = StepKind::Look { is_kept: false };

const CASES: [Case; 17] = [
    ("parked", None, false, TAKE, true),
    ("parked long ago", None, true, TAKE, true),
    ("parked of another user", None, false, TAKE, false),
    ("of own", Some("own"), false, TAKE, true),
    ("of own long ago", Some("own"), true, TAKE, true),
    ("of a node that lives", Some("other"), false, TAKE, true),
    (
        "of a node that lives, long ago",
        Some("other"),
        true,
        TAKE,
        true,
    ),
    ("of a node that is gone", Some("gone"), false, TAKE, true),
    (
        "of a node that is gone, long ago",
        Some("gone"),
        true,
        TAKE,
        true,
    ),
    ("look at own", Some("own"), true, LOOK, true),
    ("look at parked", None, true, LOOK, true),
    ("look at another node's", Some("other"), false, LOOK, true),
    ("look at another user's", Some("own"), false, LOOK, false),
    ("end own", Some("own"), false, END, true),
    ("end parked", None, false, END, true),
    ("end another node's", Some("other"), false, END, true),
    ("end another user's", Some("own"), false, END, false),
];

/// Found: its holder, how much is kept. Left: is it there, its holder, whether it was seen long ago.
type Came = (
    (Option<NodeEpoch>, Option<usize>),
    Option<(Option<String>, bool)>,
);

async fn made(place: &Place) -> [UserId; 2] {
    let ada = place.write(|tx| tx.create_user(&named("ada"))).await.id;
    let bob = place.write(|tx| tx.create_user(&named("bob"))).await.id;
    place
        .write(move |tx| {
            lives(tx, "own")?;
            lives(tx, "other")?;
            for (name, holder, is_old, _, is_own) in CASES {
                let (id, user) = (ConnectionId::from(name), if is_own { ada } else { bob });
                let holder = holder.map(NodeEpoch::from);
                tx.open_stream_session(&id, user, 100, holder.as_ref())?;
                tx.keep_subscription(&id, &subscription("one", user), holder.as_ref(), 16)?;
                tx.keep_subscription(&id, &subscription("two", user), holder.as_ref(), 16)?;
                if is_old {
                    diesel::update(stream_sessions::table.find(name))
                        .set(stream_sessions::seen_at.eq(OLDEST.0 - 1))
                        .execute(tx.sql)?;
                }
            }
            Ok(())
        })
        .await;
    [ada, bob]
}

fn step(name: &str, user: UserId, kind: StepKind) -> SessionStep {
    SessionStep {
        id: name.into(),
        user,
        node: Some("own".into()),
        kind,
    }
}

async fn left(place: &Place, name: &'static str) -> Option<(Option<String>, bool)> {
    place
        .read(move |db| {
            let found = stream_sessions::table
                .find(name)
                .select((stream_sessions::node, stream_sessions::seen_at))
                .get_result::<(Option<String>, i64)>(db.sql)
                .optional()?;
            Ok(found.map(|(node, seen_at)| (node, seen_at < OLDEST.0)))
        })
        .await
}

async fn came(place: &Place, is_set: bool) -> Vec<Came> {
    let [ada, _] = made(place).await;
    let steps = CASES.map(|(name, _, _, kind, _)| place.store.step_session(step(name, ada, kind)));
    let found = match is_set {
        true => {
            let (release, held) = hold(place).await;
            let commits = place.store.numbers().commits;
            let (found, ()) = tokio::join!(join_all(steps), async { drop(release) });
            held.await.unwrap().unwrap();
            assert_eq!(place.store.numbers().commits, commits + 2);
            found
        }
        false => {
            let mut found = Vec::new();
            for step in steps {
                found.push(step.await);
            }
            found
        }
    };
    let mut all = Vec::new();
    for ((name, ..), found) in CASES.iter().zip(found) {
        let found = found.unwrap();
        let kept = found.kept.map(|kept| {
            assert_eq!(kept.first().map(|first| first.id.as_str()), Some("one"));
            kept.len()
        });
        all.push(((found.holder, kept), left(place, name).await));
    }
    all
}

#[tokio::test]
async fn each_step_of_a_set_finds_and_leaves_what_it_does_alone() {
    let (together, alone) = (Place::new().await, Place::new().await);
    let together = came(&together, true).await;
    assert_eq!(together, came(&alone, false).await);
}

#[tokio::test]
async fn a_session_goes_on_if_it_is_the_users_and_not_over() {
    let place = Place::new().await;
    // No other node works with a file.
    let is_shared = place
        .read(|db| Ok(matches!(db.sql, Sql::Postgres(_))))
        .await;
    let other = |name: &str| is_shared.then(|| NodeEpoch::from(name));
    let (kept, gone) = (Some(2), None);
    let is = |node: &str, is_old| Some((Some(node.to_owned()), is_old));
    let own = is("own", false);
    let lives = match is_shared {
        true => ((other("other"), kept), own.clone()),
        false => ((None, gone), is("other", true)),
    };
    let expected = [
        ((None, kept), own.clone()),
        ((None, gone), Some((None, true))),
        ((None, gone), Some((None, false))),
        ((None, kept), own.clone()),
        ((None, gone), is("own", true)),
        ((other("other"), kept), own.clone()),
        lives,
        ((other("gone"), kept), own.clone()),
        ((None, gone), is("gone", true)),
        ((None, kept), is("own", true)),
        ((None, kept), own.clone()),
        ((Some("other".into()), kept), is("other", false)),
        ((None, gone), own.clone()),
        ((None, kept), None),
        ((None, kept), None),
        ((Some("other".into()), kept), is("other", false)),
        ((None, gone), own),
    ];
    for ((case, came), expected) in CASES.iter().zip(came(&place, true).await).zip(expected) {
        assert_eq!(came, expected, "{}", case.0);
    }
}

#[tokio::test]
async fn a_session_that_is_in_a_set_twice_is_found_as_its_first_step_left_it() {
    let place = Place::new().await;
    let [ada, bob] = made(&place).await;
    let (release, held) = hold(&place).await;
    let takes = |name, user| place.store.step_session(step(name, user, TAKE));
    let looks = |name, kind| place.store.step_session(step(name, ada, kind));
    let all = join_all([
        // Old, until the second one is there.
        takes("parked", ada),
        looks("parked", END),
        takes("parked", ada),
        takes("parked of another user", ada),
        takes("parked of another user", bob),
        // Text that no database takes names nothing, and fails nothing else.
        takes("no\0name", ada),
        takes("of a name that is unknown", ada),
    ]);
    let (found, ()) = tokio::join!(all, async { drop(release) });
    held.await.unwrap().unwrap();
    let kept: Vec<bool> = found
        .into_iter()
        .map(|found| found.unwrap().kept.is_some())
        .collect();
    assert_eq!(kept, [true, true, false, false, true, false, false]);
    assert_eq!(left(&place, "parked").await, None);
}
