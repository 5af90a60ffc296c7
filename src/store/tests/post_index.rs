//! The full-text index of posts: what it holds, what it forgets, and that a search reads no more than its page.

use diesel::prelude::*;
use diesel::sql_types::Text;

use super::search_posts::words;
use super::server::{BREAKS_POSTS, MENDS};
use super::{Place, said};
use crate::model::{PostRevision, Refusal};
use crate::store::PostSearch;
use crate::store::statements::{
    BeginConversation, MissedPosts, MissedPostsUpwards, NewestPosts, OldestPosts, PostsUpTo,
    RenewConversation, Statement, TrendingPosts,
};

#[tokio::test]
async fn the_index_holds_what_is_committed_and_neither_deleted_nor_replaced() {
    let place = Place::new().await;
    let ada = place.user("ada").await;
    let kept = place.writes(&ada, "tea for two", &[]).await;
    let gone = place.writes(&ada, "tea for three #fun", &[]).await;
    assert_eq!(place.finds(words("tea")).await, [gone.id, kept.id]);
    // In one group: indexed, revised and deleted; and revised by a write that fails.
    let (first, second, third) = (kept.clone(), gone.clone(), kept.clone());
    let revision = move |text: &str| PostRevision {
        content: said(ada.id, text).content,
        is_nsfw: Some(true),
    };
    place
        .write(move |tx| {
            let revised = tx.revise_post(second, revision("coffee"))?;
            tx.delete_post(revised)?;
            tx.revise_post(first, revision("Tea for one"))
        })
        .await;
    let failed = place.store.write(move |tx| {
        tx.revise_post(third, revision("nothing"))?;
        Err::<(), _>(Refusal::NoAccess.into())
    });
    assert!(failed.await.is_err());
    let of_kept = ["for", "one", "tea"].map(|word| (word.to_owned(), kept.id.0));
    assert_eq!(place.indexed("post_words", "words").await, of_kept);
    let marks = place.indexed("post_words", "marks").await;
    assert!(
        marks.iter().all(|(_, post)| *post == kept.id.0),
        "{marks:?}"
    );
    let has = |mark: &str| marks.iter().any(|(word, _)| word == mark);
    // Revised, and not safe any more.
    assert!(
        has("v1") && has("u1") && has("h1") && !has("s1"),
        "{marks:?}"
    );
    assert_eq!(place.finds(words("tea")).await, [kept.id]);
}

#[tokio::test]
async fn a_post_that_goes_before_it_is_indexed_leaves_nothing() {
    let place = Place::new().await;
    let ada = place.user("ada").await;
    let post = place.writes(&ada, "tea", &[]).await;
    place.write(move |tx| tx.delete_post(post)).await;
    assert!(place.finds(words("tea")).await.is_empty());
    assert!(place.indexed("post_words", "words").await.is_empty());
    assert!(place.indexed("post_words", "marks").await.is_empty());
}

#[tokio::test]
async fn an_index_of_other_rules_or_one_that_fails_is_made_anew_at_the_next_start() {
    let place = Place::new().await;
    let ada = place.user("ada").await;
    let post = place.writes(&ada, "tea", &[]).await;
    for (in_file, on_server) in [
        (
            "UPDATE post_search_mark SET format = format - 1;
            INSERT INTO post_words (post_words) VALUES ('delete-all');",
            "UPDATE post_search_mark SET format = format - 1; DELETE FROM post_words",
        ),
        ("DELETE FROM post_words_data WHERE id > 10", BREAKS_POSTS),
    ] {
        let gone = place.writes(&ada, "tea for nobody", &[]).await;
        assert_eq!(place.finds(words("tea")).await, [gone.id, post.id]);
        place.run(in_file, on_server).await;
        // The index cannot forget it, and the deletion succeeds all the same.
        place.write(move |tx| tx.delete_post(gone)).await;
        place.run("", MENDS).await;
        drop(place.another());
        assert_eq!(place.finds(words("tea")).await, [post.id]);
        let held = place.indexed("post_words", "words").await;
        assert_eq!(held, [(String::from("tea"), post.id.0)]);
    }
}

#[tokio::test]
async fn posts_that_another_program_wrote_are_indexed_by_the_next_search() {
    let place = Place::new().await;
    let ada = place.user("ada").await;
    let other = place.another();
    let author = ada.clone();
    let new = crate::model::NewPost {
        user_id: ada.id,
        client: said(ada.id, "").client,
        content: said(ada.id, "tea from elsewhere").content,
        raw: crate::model::Raw::default(),
        is_nsfw: false,
        reply_to: None,
        update_marker: false,
    };
    let post = other.write(move |tx| tx.insert_post(&author, new, None));
    let post = post.await.unwrap();
    assert_eq!(place.finds(words("elsewhere")).await, [post.id]);
    let newcomer = PostSearch {
        is_newcomer: true,
        ..PostSearch::default()
    };
    assert_eq!(place.finds(newcomer).await, [post.id]);
}

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

/// How SQLite runs a statement.
async fn plan<S: Statement>(place: &Place) -> String {
    let steps = place.write(|tx| {
        let explain = format!("EXPLAIN QUERY PLAN {}", S::SQLITE);
        Ok(diesel::sql_query(explain).load::<Step>(tx.sql)?)
    });
    let steps = steps.await;
    let lines: Vec<&str> = steps.iter().map(|step| step.detail.as_str()).collect();
    lines.join("\n")
}

#[tokio::test]
async fn a_page_is_a_walk_through_an_index_and_sorts_nothing() {
    let place = Place::in_file().await;
    for plan in [
        plan::<NewestPosts>(&place).await,
        plan::<OldestPosts>(&place).await,
        plan::<MissedPosts>(&place).await,
        plan::<MissedPostsUpwards>(&place).await,
        plan::<BeginConversation>(&place).await,
        plan::<RenewConversation>(&place).await,
    ] {
        assert!(!plan.contains("ORDER BY"), "{plan}");
        assert!(!plan.contains("SCAN posts"), "{plan}");
    }
    assert!(plan::<NewestPosts>(&place).await.contains("VIRTUAL TABLE"));
    assert!(plan::<MissedPosts>(&place).await.contains("posts_missed"));
    let written = plan::<PostsUpTo>(&place).await;
    assert!(written.contains("posts_by_user"), "{written}");
    // What is scanned is bounded: the newest posts, the newest bookmarks, and what they react to.
    let trending = plan::<TrendingPosts>(&place).await;
    assert!(
        trending.contains("SEARCH posts USING INTEGER PRIMARY KEY"),
        "{trending}"
    );
}
