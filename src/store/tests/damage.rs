//! A disk that loses or changes the last block of the log: what is opened is a prefix of the commits, or nothing is.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::{Place, head_of, news};
use crate::event::{GapCause, Logged, Pos};
use crate::model::{Channel, Stamp};
use crate::store::connect::sqlite::connect;
use crate::store::connect::{Database, Sql};
use crate::store::log::{trim, verify};
use crate::store::{Db, Failure, Store};

/// Bytes of the head of a frame in the write-ahead log, and of a page.
const FRAME_HEAD: usize = 24;
const PAGE: usize = 2048;

/// Commits, each of one event.
const COMMITS: usize = 12;

#[derive(Clone, Debug, PartialEq, QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    pos: i64,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    body: String,
}

/// A database with a log: the file, the write-ahead log as it was before its last commit and after it, and the rows.
struct Written {
    file: Vec<u8>,
    wal: Vec<u8>,
    wal_before_last: usize,
    rows: Vec<Row>,
}

async fn announce(place: &Place, room: &Channel) {
    let room = room.clone();
    place
        .write(move |tx| {
            tx.announce(news(&room));
            Ok(())
        })
        .await;
}

/// With `is_moved` everything is in the file, and the write-ahead log is empty.
async fn written(is_moved: bool) -> Written {
    let place = Place::in_file().await;
    let ada = place.user("ada").await;
    let room = place.room(ada.id).await;
    let wal_of = |place: &Place| with_suffix(&place.file(), "-wal");
    let mut wal_before_last = 0;
    for _ in 0..COMMITS {
        wal_before_last = std::fs::read(wal_of(&place)).unwrap().len();
        announce(&place, &room).await;
    }
    if is_moved {
        place
            .write(|tx| {
                // Its own commit, so that the rows of the log are in the file behind it.
                diesel::sql_query("PRAGMA user_version").execute(tx.sql)?;
                Ok(())
            })
            .await;
        let mut sql = connect(&place.file()).unwrap();
        diesel::sql_query("PRAGMA wal_checkpoint(TRUNCATE)")
            .execute(&mut sql)
            .unwrap();
    }
    let file = std::fs::read(place.file()).unwrap();
    let wal = std::fs::read(wal_of(&place)).unwrap();
    let rows = place.read(|db| Ok(rows_in(db.sql).unwrap())).await;
    assert_eq!(rows.len(), COMMITS);
    Written {
        file,
        wal,
        wal_before_last,
        rows,
    }
}

fn with_suffix(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn rows_in(sql: &mut Sql) -> QueryResult<Vec<Row>> {
    diesel::sql_query("SELECT pos, kind, body FROM log_events ORDER BY pos").load(sql)
}

/// What a start finds in these files: the rows of the log, or a refusal.
fn opened(folder: &Path, file: &[u8], wal: &[u8]) -> Result<Vec<Row>, String> {
    let path = folder.join("test.db");
    for suffix in ["-shm", "-wal"] {
        drop(std::fs::remove_file(with_suffix(&path, suffix)));
    }
    std::fs::write(&path, file).unwrap();
    if !wal.is_empty() {
        std::fs::write(with_suffix(&path, "-wal"), wal).unwrap();
    }
    let said = |failure: Failure| failure.to_string();
    let mut sql = connect(&path).map_err(said)?;
    // Thousands of these files are closed: each would wait for the disk.
    drop(diesel::sql_query("PRAGMA synchronous = OFF").execute(&mut sql));
    verify(&mut sql, &Database::File(path)).map_err(said)?;
    rows_in(&mut sql).map_err(|error| format!("read later: {error}"))
}

#[tokio::test]
async fn a_write_ahead_log_that_is_cut_or_flipped_in_its_last_commit_gives_the_commits_before() {
    let written = written(false).await;
    let folder = tempfile::tempdir().unwrap();
    let before: &[Row] = &written.rows[..written.rows.len() - 1];
    let last = written.wal_before_last..written.wal.len();
    assert!(last.len() >= FRAME_HEAD + PAGE, "at least a frame");
    assert_eq!(
        opened(folder.path(), &written.file, &written.wal).unwrap(),
        written.rows
    );
    // Each byte of the last frame, and some of those of the same commit before it.
    let frame = written.wal.len() - FRAME_HEAD - PAGE;
    let offsets = last.filter(|at| *at >= frame || at.is_multiple_of(61));
    for at in offsets {
        let cut = opened(folder.path(), &written.file, &written.wal[..at]);
        assert_eq!(cut.unwrap(), before, "cut at {at}");
        let mut wal = written.wal.clone();
        wal[at] ^= 1 << (at % 8);
        let flipped = opened(folder.path(), &written.file, &wal);
        assert_eq!(flipped.unwrap(), before, "flipped at {at}");
    }
}

#[tokio::test]
async fn a_page_of_the_file_that_is_flipped_or_cut_anywhere_is_refused_unless_the_log_is_whole() {
    let written = written(true).await;
    assert!(written.wal.is_empty());
    let folder = tempfile::tempdir().unwrap();
    let last = &written.rows.last().unwrap().body;
    let mut places = written.file.windows(last.len());
    let mut at = places.position(|bytes| bytes == last.as_bytes()).unwrap();
    // The newest row is the one that is found last.
    while let Some(next) = written.file[at + 1..]
        .windows(last.len())
        .position(|bytes| bytes == last.as_bytes())
    {
        at += 1 + next;
    }
    let page = at / PAGE * PAGE;
    let mut refused = 0;
    for at in page..page + PAGE {
        let mut file = written.file.clone();
        file[at] ^= 1 << (at % 8);
        match opened(folder.path(), &file, b"") {
            Ok(rows) => assert_eq!(rows, written.rows, "flipped at {at}"),
            Err(said) => {
                assert!(!said.starts_with("read later"), "{at}: {said}");
                refused += 1;
            }
        }
        match opened(folder.path(), &written.file[..at], b"") {
            Ok(rows) => assert_eq!(rows, written.rows, "cut at {at}"),
            Err(said) => assert!(!said.starts_with("read later"), "cut at {at}: {said}"),
        }
    }
    assert!(
        refused > last.len() / 2,
        "the bodies are looked at: {refused}"
    );
}

#[tokio::test]
async fn a_server_does_not_start_on_a_damaged_log_and_says_what_to_do() {
    for (damage, said) in [
        (
            "UPDATE log_events SET body = replace(body, 'a', 'b') WHERE pos = 11",
            "event 11 is not what was written",
        ),
        (
            "UPDATE log_events SET kind = 'message_deleted' WHERE pos = 5",
            "event 5 is not",
        ),
        (
            "UPDATE log_events SET at = at + 1 WHERE pos = 12",
            "event 12 is not",
        ),
        (
            "DELETE FROM log_events WHERE pos = 7",
            "events 7 to 7 are missing",
        ),
        (
            "DELETE FROM log_events WHERE pos > 10",
            "events 11 to 12 are missing",
        ),
        (
            "UPDATE log_head SET pos = 9",
            "it has event 12, but only 9 were written",
        ),
        (
            "UPDATE log_head SET pos = 9000",
            "events 13 to 9000 are missing",
        ),
    ] {
        let place = Place::new().await;
        let ada = place.user("ada").await;
        let room = place.room(ada.id).await;
        for _ in 0..COMMITS {
            announce(&place, &room).await;
        }
        place.store.close().await;
        place.connect().batch_execute(damage).unwrap();
        let Err(failure) = place.opened_again() else {
            panic!("opened behind {damage}");
        };
        let text = failure.to_string();
        assert!(
            text.contains(said) && text.contains("DELETE FROM log_events"),
            "{text}"
        );
        // What it says helps.
        let remedy = text.split("instead: ").nth(1).unwrap();
        let remedy = remedy.split(" streams that").next().unwrap();
        place.connect().batch_execute(remedy).unwrap();
        goes_on(&place.opened_again().unwrap(), room).await;
    }
}

/// Behind the remedy the log is empty, takes events at places that were never given out, and keeps them.
async fn goes_on(store: &Store, room: Channel) {
    let body = serde_json::to_string(&news(&room)).unwrap();
    let said = store.write(move |tx| {
        tx.announce(news(&room));
        Ok(())
    });
    said.await.unwrap();
    // Room for two events, not for all that were there.
    let most = i64::try_from(body.len() * 2).unwrap();
    let trimmed = store.write(move |tx| trim(tx, Stamp(0), most)).await;
    assert_eq!(trimmed.unwrap().events, 0);
    let head = head_of(store).await;
    assert!(head.pos > Pos(i64::try_from(COMMITS).unwrap()), "{head:?}");
    let before = Pos(head.pos.0 - 1);
    let read = store.read(move |db| db.log_between(before, head.pos, 9, usize::MAX));
    let read = read.await.unwrap();
    assert!(
        matches!(read.as_slice(), [Logged::Event(event)] if event.pos == Some(head.pos)),
        "{read:?}"
    );
}

#[tokio::test]
async fn a_row_that_the_disk_changes_while_it_is_served_is_a_gap() {
    let place = Place::new().await;
    let ada = place.user("ada").await;
    let room = place.room(ada.id).await;
    for _ in 0..3 {
        announce(&place, &room).await;
    }
    place
        .write(|tx| {
            let changed =
                "UPDATE log_events SET body = replace(body, 'io.pnut', 'io.pnuT') WHERE pos = 2";
            diesel::sql_query(changed).execute(tx.sql)?;
            Ok(())
        })
        .await;
    let read = place
        .read(|db: &mut Db<'_>| db.log_between(Pos(0), Pos(3), 9, usize::MAX))
        .await;
    let gaps = read.iter().filter_map(|entry| match entry {
        Logged::Gap(gap) => Some((gap.first, gap.last, gap.cause)),
        Logged::Event(_) => None,
    });
    // Of whatever kind it was: nothing that is known of rights holds behind it.
    assert_eq!(
        gaps.collect::<Vec<_>>(),
        [(Pos(2), Pos(2), GapCause::UnreadableRights)]
    );
}

#[tokio::test]
async fn a_log_is_whole_for_a_start_beside_writers() {
    let place = Place::new().await;
    let author = place.user("ada").await;
    let room = place.room(author.id).await;
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::SeqCst) {
                drop(place.post(&room, &author, "beside a start"));
                std::thread::sleep(Duration::from_micros(200));
            }
        });
        let opened: Vec<_> = (0..20).map(|_| place.opened_again().map(drop)).collect();
        is_over.store(true, Ordering::SeqCst);
        assert!(opened.iter().all(Result::is_ok), "{opened:?}");
    });
}
