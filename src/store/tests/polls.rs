//! Polls: where their lists look, and what closing does.

use std::time::Duration;

use diesel::RunQueryDsl as _;

use super::{CLIENT, Place};
use crate::model::{
    Chosen, ClientBrief, Closing, NewPoll, PageRequest, Poll, PollId, Raw, Scopes, Stamp, UserId,
};
use crate::store::connect::sqlite_text;
use crate::store::polls::{Reach, due};
use crate::store::statements::{NextClosing, PollToClear, Statement as _};
use crate::store::{Db, Failure, PollSearch, Tx};

fn asked(by: UserId, is_anonymous: bool) -> NewPoll {
    NewPoll {
        user_id: by,
        client: ClientBrief {
            id: CLIENT.into(),
            name: String::from("Demo"),
            url: String::from("https://demo.example"),
        },
        kind: String::from("org.example.lunch"),
        prompt: String::from("Where to?"),
        options: ["Here", "There"].map(String::from).to_vec(),
        max_options: 1,
        is_anonymous,
        is_public: true,
        raw: Raw::default(),
        closing: Closing::After(1),
    }
}

impl Place {
    pub(super) async fn poll(&self, by: UserId, is_anonymous: bool, closes_at: Stamp) -> Poll {
        self.write(move |tx| tx.insert_poll(asked(by, is_anonymous), closes_at))
            .await
    }

    async fn answers(&self, poll: &Poll, user: UserId, position: i64) -> bool {
        let (id, chosen) = (poll.id, Chosen::of(&[position], 2).unwrap());
        let poll = self.read(move |db| db.poll(id)).await.unwrap();
        self.write(move |tx| tx.answer_poll(&poll, user, chosen))
            .await
    }

    async fn next(&self) -> Option<Stamp> {
        self.read(|db: &mut Db<'_>| db.next_closing()).await
    }

    async fn due(&self, now: Stamp) -> Option<Poll> {
        self.read(move |db| db.due_poll(now)).await
    }
}

#[tokio::test]
async fn a_poll_is_due_from_its_moment_on_until_it_is_closed() {
    let place = Place::new().await;
    let ada = place.user("ada").await;
    assert_eq!(place.next().await, None);
    let second = Stamp::from_seconds(place.store.now().seconds() + 60);
    let later = place.poll(ada.id, true, Stamp(second.0 + 1_000_000)).await;
    let first = place.poll(ada.id, true, second).await;
    assert_eq!(first.closes_at.seconds(), second.seconds());
    let next = place.next().await;
    assert_eq!(next, Some(first.closes_at));
    let before = first.closes_at.minus(Duration::from_micros(1));
    assert_eq!(place.due(before).await, None);
    assert_eq!(place.due(first.closes_at).await.unwrap().id, first.id);
    let closed = place.write(move |tx| tx.close_poll(first)).await;
    assert!(closed.is_closed() && !closed.takes_answers(Stamp(0)));
    let next = place.next().await;
    assert_eq!(next, Some(later.closes_at));
    place.write(move |tx| tx.delete_poll(later)).await;
    assert_eq!(place.next().await, None);
}

#[tokio::test]
async fn results_count_the_last_answer_of_each_user_and_name_some_unless_anonymous() {
    let place = Place::new().await;
    let ada = place.user("ada").await;
    let mut users = Vec::new();
    for name in ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"] {
        users.push(place.user(name).await.id);
    }
    for is_anonymous in [false, true] {
        let poll = place.poll(ada.id, is_anonymous, place.store.now()).await;
        for user in &users {
            assert!(place.answers(&poll, *user, 1).await);
        }
        assert!(!place.answers(&poll, users[0], 2).await, "not the first");
        let id = poll.id;
        let closed = place.write(move |tx| tx.close_poll(poll)).await;
        let kept = place.read(move |db| db.poll(id)).await.unwrap();
        assert_eq!(kept, closed);
        let results = closed.results.unwrap();
        let counted: Vec<i64> = results.iter().map(|tally| tally.respondents).collect();
        assert_eq!(counted, [11, 1]);
        let named: Vec<usize> = results.iter().map(|tally| tally.sample.len()).collect();
        assert_eq!(named, if is_anonymous { [0, 0] } else { [10, 1] });
    }
}

#[tokio::test]
async fn no_two_polls_close_at_the_same_moment() {
    let place = Place::new().await;
    let ada = place.user("ada").await;
    let at = Stamp::from_seconds(2_000_000_000);
    let (one, two) = (
        place.poll(ada.id, true, at).await,
        place.poll(ada.id, true, at).await,
    );
    assert_eq!(one.closes_at.iso(), two.closes_at.iso());
    assert_ne!(one.closes_at, two.closes_at);
}

#[derive(diesel::QueryableByName)]
struct Step {
    #[diesel(sql_type = diesel::sql_types::Text)]
    detail: String,
}

/// How SQLite would answer a question, step by step. Its places may stay empty.
fn plan(db: &mut Db<'_>, sql: &str) -> Result<Vec<String>, Failure> {
    let question = sql.split(" -- binds").next().unwrap_or(sql);
    let steps = diesel::sql_query(format!("EXPLAIN QUERY PLAN {question}"));
    let steps = steps.load::<Step>(db.sql)?.into_iter();
    Ok(steps.map(|step| step.detail).collect())
}

/// Along this index, and nothing sorted.
fn follows(plan: &[String], index: &str) {
    let whole = plan.join("\n");
    assert!(
        whole.contains(&format!("INDEX {index}")),
        "{index}:\n{whole}"
    );
    assert!(!whole.contains("TEMP B-TREE"), "{index}:\n{whole}");
    let scans = plan.iter().filter(|step| step.starts_with("SCAN"));
    // An index that holds nothing else may be read from its end.
    let all = scans.filter(|step| !step.contains(index));
    assert_eq!(all.count(), 0, "{index}:\n{whole}");
}

#[tokio::test]
async fn each_list_is_read_along_an_index_that_holds_nothing_else() {
    let place = Place::in_file().await;
    let (ada, bob) = (place.user("ada").await, place.user("bob").await);
    for is_filled in [false, true] {
        if is_filled {
            for n in 0..200 {
                let by = if n % 3 == 0 { ada.id } else { bob.id };
                place
                    .poll(by, true, Stamp::from_seconds(2_000_000_000))
                    .await;
            }
            let analyze = |tx: &mut Tx<'_>| {
                diesel::sql_query("ANALYZE").execute(tx.sql)?;
                Ok(())
            };
            place.write(analyze).await;
        }
        for (reach, by_id, by_closing) in [
            (Reach::Public, "polls_public", "polls_closing_public"),
            (
                Reach::PublicOfKind("org.example.lunch"),
                "polls_public_of_kind",
                "polls_closing_public_of_kind",
            ),
            (
                Reach::PublicOf(ada.id),
                "polls_public_by_user",
                "polls_closing_public_by_user",
            ),
            (Reach::Of(ada.id), "polls_by_user", "polls_closing_by_user"),
            (
                Reach::AnsweredOf(ada.id),
                "polls_answered_by_user",
                "polls_closing_by_user",
            ),
        ] {
            for oldest in [false, true] {
                let step = PageRequest {
                    oldest,
                    ..PageRequest::default()
                };
                for (closing, index) in [(false, by_id), (true, by_closing)] {
                    let rows = reach.rows(closing, &step);
                    let sql = sqlite_text(&rows);
                    follows(&place.read(move |db| plan(db, &sql)).await, index);
                }
            }
        }
        let sql = sqlite_text(&due(Stamp(0)));
        follows(&place.read(move |db| plan(db, &sql)).await, "polls_open");
        follows(
            &place.read(|db| plan(db, NextClosing::SQLITE)).await,
            "polls_open",
        );
        follows(
            &place.read(|db| plan(db, PollToClear::SQLITE)).await,
            "polls_to_clear",
        );
    }
}

#[tokio::test]
async fn a_page_holds_each_poll_once_also_if_it_is_public_and_ones_own() {
    let place = Place::new().await;
    let (ada, bob) = (place.user("ada").await, place.user("bob").await);
    let mut made = Vec::new();
    for n in 0..9 {
        let by = [ada.id, bob.id][n % 2];
        made.push(place.poll(by, true, place.store.now()).await.id);
    }
    made.reverse();
    let search = PollSearch {
        viewer: Some((ada.id, Scopes::parse("polls").unwrap())),
        ..PollSearch::default()
    };
    let mut request = PageRequest {
        count: 4,
        ..PageRequest::default()
    };
    let mut seen = Vec::new();
    loop {
        let (search, step) = (search.clone(), request);
        let page = place.read(move |db| db.poll_page(&search, &step)).await;
        seen.extend(page.items.iter().map(|(_, poll)| poll.id));
        let Some((last, _)) = page.items.last().filter(|_| page.more) else {
            break;
        };
        request.before = Some(crate::model::Bound {
            id: *last,
            inclusive: false,
        });
    }
    assert_eq!(seen, made);
}

fn clear(tx: &mut Tx<'_>) -> Result<bool, Failure> {
    tx.clear_poll()
}

fn to_clear(db: &mut Db<'_>) -> Result<Option<PollId>, Failure> {
    db.poll_to_clear()
}

#[tokio::test]
async fn answers_to_a_deleted_poll_go_some_at_a_time() {
    let place = Place::new().await;
    let ada = place.user("ada").await.id;
    let at = Stamp::from_seconds(2_000_000_000);
    let (gone, kept) = (
        place.poll(ada, false, at).await,
        place.poll(ada, false, at).await,
    );
    for poll in [gone.clone(), kept.clone()] {
        for part in 0..12 {
            // A transaction may not take long.
            let poll = poll.clone();
            let answered = place.write(move |tx| {
                for n in 0..100 {
                    let name = format!("p{}x{part}x{n}", poll.id.0);
                    let user = tx.create_user(&super::named(&name))?.id;
                    let chosen = Chosen::of(&[1], 2).unwrap_or_default();
                    tx.answer_poll(&poll, user, chosen)?;
                }
                Ok(())
            });
            answered.await;
        }
    }
    place.write(move |tx| tx.delete_poll(gone)).await;
    let mut left = Vec::new();
    while place.write(clear).await {
        let kept = kept.id;
        let counts = place.read(move |db| {
            let of = |poll| Ok(db.poll_participants(poll, 10_000)?.len());
            [PollId(1), kept]
                .into_iter()
                .map(of)
                .collect::<Result<Vec<usize>, Failure>>()
        });
        left.push(counts.await);
    }
    let left: Vec<(usize, usize)> = left.iter().map(|counts| (counts[0], counts[1])).collect();
    assert_eq!(left, [(700, 1200), (200, 1200), (0, 1200), (0, 1200)]);
    assert!(place.read(to_clear).await.is_none());
}
