//! Indexes beside a program of another version, and indexes that fail while they learn of new objects.

use std::time::Duration;

use super::search_posts::words;
use super::server::{BREAKS_MESSAGES, BREAKS_POSTS, MENDS};
use super::{Place, room};
use crate::model::{PageRequest, Principal, User};
use crate::store::{ChannelSearch, MessageSearch, PostSearch};

/// Where each index says how it was made and how far it is; its words.
const INDEXES: [(&str, &str, &str); 3] = [
    (
        "SELECT CAST(format AS BIGINT) FROM search_mark",
        "SELECT indexed_up_to FROM search_mark",
        "message_words",
    ),
    (
        "SELECT format FROM post_search_mark",
        "SELECT indexed_up_to FROM post_search_mark",
        "post_words",
    ),
    (
        "SELECT format FROM channel_search_mark",
        "SELECT indexed_up_to FROM channel_search_mark",
        "channel_words",
    ),
];

async fn number(place: &Place, query: &'static str) -> i64 {
    place.number(query, query).await
}

/// Awaits this number.
async fn becomes(place: &Place, query: &'static str, wanted: i64) {
    let reached = async {
        while number(place, query).await != wanted {
            tokio::task::yield_now().await;
        }
    };
    let reached = tokio::time::timeout(Duration::from_secs(30), reached);
    assert!(reached.await.is_ok(), "{query}: not {wanted}");
}

/// A message, a post and a channel, each about this.
async fn writes(place: &Place, ada: &User, about: &'static str) -> [i64; 3] {
    let owner = ada.id;
    let channel = place.write(move |tx| tx.create_channel(room(owner, about)));
    let channel = channel.await.id;
    let message = place.say(channel, owner, about).await.id;
    let post = place.writes(ada, about, &[]).await.id;
    [message.0, post.0, channel.0]
}

/// Each search has the rest indexed first.
async fn searches(place: &Place) {
    let messages = MessageSearch {
        q: Some(String::from("coffee")),
        ..MessageSearch::default()
    };
    let searched = place.store.search(messages, |_, _| Ok(()));
    searched.await.unwrap();
    let searched = place.store.search_posts(words("coffee"), |_, _| Ok(()));
    searched.await.unwrap();
    let channels = ChannelSearch {
        q: Some(String::from("coffee")),
        ..ChannelSearch::default()
    };
    let page = PageRequest::default();
    let searched = place
        .store
        .search_channels(channels, Principal::Anonymous, page);
    // Few are found by walking along their order.
    searched.await.unwrap();
}

async fn holds(place: &Place, index: &'static str, word: &str) -> Vec<i64> {
    let held = place.indexed(index, "words").await.into_iter();
    held.filter(|(known, _)| known == word)
        .map(|(_, id)| id)
        .collect()
}

#[tokio::test]
async fn indexes_of_another_version_learn_nothing_from_this_one() {
    let place = Place::new().await;
    let ada = place.user("ada").await;
    let before = writes(&place, &ada, "tea").await;
    for ((_, mark, _), newest) in INDEXES.into_iter().zip(before) {
        becomes(&place, mark, newest).await;
    }
    // As a server of a later version does at its start.
    let later = "UPDATE search_mark SET format = format + 1, indexed_up_to = 0;
        UPDATE post_search_mark SET format = format + 1, indexed_up_to = 0;
        UPDATE channel_search_mark SET format = format + 1, indexed_up_to = 0;";
    place.run(later, later).await;
    let after = writes(&place, &ada, "coffee").await;
    searches(&place).await;
    for (_, mark, index) in INDEXES {
        assert_eq!(number(&place, mark).await, 0, "{index}");
        assert!(holds(&place, index, "coffee").await.is_empty(), "{index}");
    }
    // This version alone again.
    drop(place.another());
    for ((_, mark, index), (first, second)) in
        INDEXES.into_iter().zip(before.into_iter().zip(after))
    {
        becomes(&place, mark, second).await;
        assert_eq!(holds(&place, index, "tea").await, [first], "{index}");
        assert_eq!(holds(&place, index, "coffee").await, [second], "{index}");
    }
}

#[tokio::test]
async fn words_of_users_that_two_versions_cut_are_cut_again_at_the_next_start() {
    let place = Place::new().await;
    place.user("ada").await;
    let format = "SELECT users_format FROM search_mark";
    let messages = "SELECT CAST(format AS BIGINT) FROM search_mark";
    let (own, of_messages) = (number(&place, format).await, number(&place, messages).await);
    assert_ne!(own, 0);
    let later = "UPDATE search_mark SET users_format = users_format + 1";
    place.run(later, later).await;
    place.user("bob").await;
    assert_eq!(number(&place, format).await, 0);
    let strange = "UPDATE user_words SET word = 'strange' WHERE word = 'ada'";
    place.run(strange, strange).await;
    drop(place.another());
    assert_eq!(number(&place, format).await, own);
    assert_eq!(number(&place, messages).await, of_messages);
    let cut = "SELECT COUNT(*) FROM user_words WHERE word IN ('ada', 'bob')";
    assert_eq!(number(&place, cut).await, 2);
    place.user("eve").await;
    assert_eq!(number(&place, format).await, own);
}

#[tokio::test]
async fn an_index_that_fails_while_it_learns_is_made_anew_at_the_next_start() {
    let breaks = [
        (
            "UPDATE message_words_data SET block = x'00'",
            BREAKS_MESSAGES,
        ),
        ("UPDATE post_words_data SET block = x'00'", BREAKS_POSTS),
    ];
    for (at, (in_file, on_server)) in breaks.into_iter().enumerate() {
        let (format, mark, index) = INDEXES[at];
        let place = Place::new().await;
        let ada = place.user("ada").await;
        let before = writes(&place, &ada, "tea").await;
        becomes(&place, mark, before[at]).await;
        let own = number(&place, format).await;
        place.run(in_file, on_server).await;
        let after = writes(&place, &ada, "coffee").await;
        becomes(&place, format, 0).await;
        assert_eq!(number(&place, mark).await, before[at], "{index}");
        place.run("", MENDS).await;
        drop(place.another());
        assert_eq!(number(&place, format).await, own, "{index}");
        becomes(&place, mark, after[at]).await;
        assert_eq!(holds(&place, index, "tea").await, [before[at]]);
        assert_eq!(holds(&place, index, "coffee").await, [after[at]]);
        assert_eq!(place.finds(PostSearch::default()).await.len(), 2);
    }
}

/// A backup reads a table for as long as it takes.
#[tokio::test]
async fn a_step_that_waits_for_a_long_reader_lets_others_pass() {
    let place = Place::new().await;
    place.user("ada").await;
    let undo = "ALTER TABLE search_mark DROP COLUMN users_format;
        DELETE FROM __diesel_schema_migrations WHERE version = '0088'";
    place.run(undo, undo).await;
    let reader = place.reads_for_long("search_mark");
    let opened = place.opens_again_meanwhile();
    if reader.is_some() {
        // All that come later wait for the step.
        const WAITING: &str = "SELECT COUNT(*) FROM pg_locks WHERE NOT granted
            AND relation = 'search_mark'::regclass AND mode = 'AccessExclusiveLock'";
        becomes(&place, WAITING, 1).await;
        becomes(&place, WAITING, 0).await;
        assert!(!opened.is_finished());
    }
    drop(reader);
    drop(opened.join().unwrap().unwrap());
    place.user("bob").await;
    assert_ne!(
        number(&place, "SELECT users_format FROM search_mark").await,
        0
    );
}
