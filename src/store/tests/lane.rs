//! Groups of writes: what they share, and what they do not.

use std::sync::mpsc;

use diesel::connection::SimpleConnection;
use futures_util::future::join_all;

use super::{Place, named, news};
use crate::event::Pos;
use crate::model::Refusal;
use crate::store::connect::Sql;
use crate::store::{Failure, StoreOptions};

/// Holds the lane until the sender is dropped, so that what is written meanwhile becomes one group.
pub(super) async fn hold(
    place: &Place,
) -> (
    mpsc::Sender<()>,
    tokio::task::JoinHandle<Result<(), Failure>>,
) {
    let (release, held) = mpsc::channel::<()>();
    let (began, begins) = tokio::sync::oneshot::channel();
    let store = place.store.clone();
    let job = tokio::spawn(async move {
        store
            .write(move |_| {
                began.send(()).unwrap();
                // The sender sends nothing; it is dropped.
                assert!(held.recv().is_err());
                Ok(())
            })
            .await
    });
    begins.await.unwrap();
    (release, job)
}

#[tokio::test]
async fn writes_that_wait_share_a_commit() {
    let place = Place::new().await;
    let (release, held) = hold(&place).await;
    let before = place.store.numbers();
    let all = join_all((0..20).map(|n| {
        place
            .store
            .write(move |tx| tx.create_user(&named(&format!("user{n}"))))
    }));
    let (answers, ()) = tokio::join!(all, async { drop(release) });
    held.await.unwrap().unwrap();
    assert!(answers.iter().all(Result::is_ok));
    let after = place.store.numbers();
    assert_eq!(after.writes - before.writes, 21);
    assert_eq!(
        after.commits - before.commits,
        2,
        "the holder's and the group's"
    );
}

#[tokio::test]
async fn a_failing_and_a_panicking_job_go_alone() {
    let place = Place::new().await;
    let ada = place.user("ada").await;
    let room = place.room(ada.id).await;
    let mut heard = place.store.committed().unwrap();
    let (release, held) = hold(&place).await;
    let store = &place.store;
    let (a, b, c) = (room.clone(), room.clone(), room.clone());
    let fine = store.write(move |tx| {
        tx.announce(news(&a));
        tx.create_user(&named("bob"))
    });
    let failing = store.write(move |tx| {
        tx.announce(news(&b));
        tx.create_user(&named("carol"))?;
        Err::<(), _>(Refusal::NotFound.into())
    });
    let panicking = store.write(move |tx| {
        tx.announce(news(&c));
        tx.create_user(&named("dora"))?;
        panic!("on purpose");
        #[expect(unreachable_code, reason = "the type of the answer")]
        Ok(())
    });
    let also_fine = store.write(move |tx| {
        tx.announce(news(&room));
        tx.create_user(&named("eve"))
    });
    let (fine, failing, panicking, also_fine, ()) =
        tokio::join!(fine, failing, panicking, also_fine, async { drop(release) });
    held.await.unwrap().unwrap();
    assert!(fine.is_ok() && also_fine.is_ok());
    assert_eq!(failing.unwrap_err().refusal(), Some(Refusal::NotFound));
    assert!(matches!(panicking, Err(Failure::Trouble(_))));

    let names: Vec<String> = ["bob", "carol", "dora", "eve"].map(str::to_owned).to_vec();
    let found = place.read(move |db| db.ids_by_name(&names)).await;
    let mut found: Vec<String> = found.into_keys().collect();
    found.sort();
    assert_eq!(found, ["bob", "eve"]);
    let batch = heard.recv().await.unwrap();
    let heard_at: Vec<Pos> = batch.events.iter().filter_map(|event| event.pos).collect();
    assert_eq!(heard_at, [Pos(1), Pos(2)]);
    assert_eq!(place.head().await.pos, Pos(2));
}

#[tokio::test]
async fn a_lone_failing_job_leaves_nothing() {
    let place = Place::new().await;
    let ada = place.user("ada").await;
    let room = place.room(ada.id).await;
    let refused = place
        .store
        .write(move |tx| {
            tx.announce(news(&room));
            tx.create_user(&named("bob"))?;
            Err::<(), _>(Refusal::NoAccess.into())
        })
        .await;
    assert_eq!(refused.unwrap_err().refusal(), Some(Refusal::NoAccess));
    assert!(place.read(|db| db.login("bob")).await.is_none());
    assert_eq!(place.head().await.pos, Pos(0));
    place.user("bob").await;
}

#[tokio::test]
async fn a_commit_that_fails_fails_all_its_jobs() {
    let place = Place::new().await;
    let (release, held) = hold(&place).await;
    let fine = place.store.write(|tx| tx.create_user(&named("ada")));
    // A broken reference that is looked at only when the transaction commits.
    let broken = place.store.write(|tx| {
        let statements = match tx.sql {
            Sql::Sqlite(_) => {
                "PRAGMA defer_foreign_keys = ON;
                INSERT INTO relations VALUES (998, 'follow', 999, 1);"
            }
            Sql::Postgres(_) => {
                "CREATE TABLE late (id BIGINT REFERENCES users DEFERRABLE INITIALLY DEFERRED);
                INSERT INTO late VALUES (999);"
            }
        };
        tx.sql.batch_execute(statements)?;
        Ok(())
    });
    let (fine, broken, ()) = tokio::join!(fine, broken, async { drop(release) });
    held.await.unwrap().unwrap();
    assert!(matches!(fine, Err(Failure::Trouble(_))), "{fine:?}");
    assert!(matches!(broken, Err(Failure::Trouble(_))));
    assert!(place.read(|db| db.login("ada")).await.is_none());
    assert_eq!(place.store.numbers().failed_commits, 1);
    place.user("ada").await;
}

#[tokio::test]
async fn a_full_lane_says_busy_at_once() {
    let place = Place::with(|options: &mut StoreOptions| options.lane_capacity = 2).await;
    let (release, held) = hold(&place).await;
    let all = join_all((0..6).map(|_| place.store.write(|_| Ok(()))));
    let (answers, ()) = tokio::join!(all, async { drop(release) });
    let busy = answers
        .iter()
        .filter(|answer| matches!(answer, Err(Failure::Busy)))
        .count();
    assert_eq!(busy, 4, "two found room");
    held.await.unwrap().unwrap();
    place.user("ada").await;
}

#[tokio::test]
async fn closing_finishes_what_waits_and_takes_no_more() {
    let place = Place::new().await;
    let (release, held) = hold(&place).await;
    let waiting = place.store.write(|tx| tx.create_user(&named("ada")));
    let (written, (), ()) = tokio::join!(waiting, place.store.close(), async { drop(release) });
    assert!(written.is_ok());
    held.await.unwrap().unwrap();
    let late = place.store.write(|_| Ok(())).await;
    assert!(matches!(late, Err(Failure::Stopping)));
    let late = place.store.read(|_| Ok(())).await;
    assert!(matches!(late, Err(Failure::Stopping)));
    let again = place.another();
    assert!(again.read(|db| db.login("ada")).await.unwrap().is_some());
}

#[tokio::test]
async fn a_panicking_read_is_answered() {
    let place = Place::new().await;
    for _ in 0..4 {
        let answer = place
            .store
            .read(|_| -> Result<(), Failure> { panic!("on purpose") });
        assert!(matches!(answer.await, Err(Failure::Trouble(_))));
    }
    assert!(place.read(|db| db.login("ada")).await.is_none());
}
