//! No list reads a whole table, and none sorts rows without a bound: so a page costs what it holds, however large the
//! tables are. The statements are those that each list really runs, before and after the planner has statistics.

use std::collections::BTreeSet;
use std::path::Path;

use super::Place;
use super::list_ways::{ADA, LISTS, ROOM, WHOLE};
use super::plans::{LARGE_TABLES, faults, lists_in, recorded};
use crate::model::{PageRequest, Relation, Stamp};

/// What may be scanned or sorted: the list, how the statement begins to differ from others, and why it is bounded.
const BOUNDED: &[(&str, &str, &str)] = &[
    ("post_page", "WITH heads AS", "a row per followed user"),
    (
        "post_page",
        "FROM posts AS reposts",
        "a few per post of the page",
    ),
    ("post_page", "AS earlier", "500 reposts of one post"),
    (
        "post_page",
        "ORDER BY posts.deleted_at DESC LIMIT",
        "the end of an index",
    ),
    (
        "post_page",
        "ORDER BY posts.revised_at DESC LIMIT",
        "the end of an index",
    ),
    (
        "poll_page",
        "SELECT COALESCE(MAX(id), 0) FROM polls",
        "the end of an index",
    ),
    (
        "owned_page",
        "AS newest",
        "500 messages of each channel of the user",
    ),
    (
        "muted_page",
        "AS newest",
        "500 messages of each muted channel",
    ),
    (
        "poll_page",
        "FROM polls WHERE results IS NULL",
        "the first open poll, by an index that holds no others",
    ),
    (
        "suggested_users",
        "FROM messages ORDER BY",
        "the newest 2000 messages",
    ),
    (
        "inbox_page",
        "channel_subscriptions",
        "a row per subscription of the user",
    ),
    (
        "interactions_of_user",
        "interaction_acts",
        "30 per interaction of the page",
    ),
    (
        "interactions_with_post",
        "interaction_acts",
        "30 per interaction of the page",
    ),
    (
        "search_channels",
        "AS newest",
        "500 messages of each channel of a step",
    ),
    (
        "unread_counts",
        "AS newest",
        "500 messages of each channel of the user",
    ),
    (
        "relation_page",
        "AS latest",
        "the latest 5000 follows of a user",
    ),
];

/// Something of everything, so that no list ends before its last statement.
async fn filled() -> Place {
    let place = Place::new().await;
    let (ada, bob) = (place.user("ada").await, place.user("bob").await);
    assert_eq!(ada.id, ADA);
    place
        .write(move |tx| {
            tx.relate(ADA, bob.id, Relation::Follow)?;
            tx.relate(bob.id, ADA, Relation::Follow)
        })
        .await;
    let room = place.room(ADA).await.id;
    assert_eq!(room, ROOM);
    // More than a search of channels looks at before it asks the index.
    for _ in 0..300 {
        place.room(ADA).await;
    }
    for n in 0..30 {
        let author = [&ada, &bob][n % 2];
        let post = place.writes(author, "@ada some #tea", &[&ada]).await;
        let reply = |new: &mut crate::model::NewPost| new.reply_to = Some(post.id);
        place.posts(&bob, "tea indeed", &[], reply).await;
        let (by, brief) = (bob.clone(), post.client.clone());
        let of_ada = author.id == ADA;
        place
            .write(move |tx| {
                tx.bookmark(ADA, post.id, None)?;
                if of_ada {
                    tx.insert_repost(&by, brief, &post, false)?;
                }
                Ok(())
            })
            .await;
        let said = place.say(ROOM, author.id, "tea").await.id;
        place.write(move |tx| tx.set_sticky(said, true)).await;
    }
    place.write(move |tx| tx.subscribe(ROOM, ADA)).await;
    place
        .poll(ADA, false, Stamp::from_seconds(2_000_000_000))
        .await;
    place
}

async fn judge(place: &Place) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, list) in LISTS.iter().chain(WHOLE) {
        let is_whole = WHOLE.iter().any(|(whole, _)| whole == name);
        for oldest in [false, true] {
            let page = PageRequest {
                oldest,
                ..PageRequest::default()
            };
            let found = place.read(move |db| {
                let statements = recorded(db, |db| list(db, &page))?;
                let mut found = Vec::new();
                for statement in statements {
                    let mut faults = faults(db, &statement)?;
                    // What is answered as a whole may be sorted as a whole.
                    faults.retain(|step| !is_whole || step.starts_with("SCAN"));
                    if !faults.is_empty() && !is_bounded(name, &statement.text) {
                        found.push(format!("{name}: {faults:?}\n    {}", statement.text));
                    }
                }
                Ok(found)
            });
            wrong.extend(found.await);
        }
    }
    wrong.sort_unstable();
    wrong.dedup();
    wrong
}

fn is_bounded(name: &str, statement: &str) -> bool {
    let mut allowed = BOUNDED.iter();
    allowed
        .any(|(list, part, _why)| *list == name && statement.replace(['`', '"'], "").contains(part))
}

#[tokio::test]
async fn a_list_reads_no_table_whole_and_sorts_no_more_than_a_bound() {
    let place = filled().await;
    place.run("", LARGE_TABLES).await;
    let wrong = judge(&place).await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    place.run("ANALYZE", LARGE_TABLES).await;
    let wrong = judge(&place).await;
    assert!(wrong.is_empty(), "with statistics:\n{}", wrong.join("\n"));
}

#[test]
fn every_list_is_judged() {
    let mut found = BTreeSet::new();
    let store = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store");
    lists_in(&store, &mut found);
    let judged: BTreeSet<String> = LISTS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(found, judged);
}
