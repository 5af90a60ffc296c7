//! Streams for those who look around.

use super::Place;
use crate::model::{Bound, PageRequest, Post, PostId, Stamp, User};
use crate::store::{ExploreStream, PostFilter, PostSearch};

impl Place {
    async fn replies(&self, author: &User, to: &Post) -> Post {
        let to = to.id;
        self.posts(author, "a reply", &[], |new| new.reply_to = Some(to))
            .await
    }

    async fn shows(&self, stream: ExploreStream, request: PageRequest) -> Vec<(i64, PostId)> {
        let page = self.read(move |db| db.explore_page(&stream, &PostFilter::default(), &request));
        let items = page.await.items.into_iter();
        items.map(|(key, post)| (key, post.id)).collect()
    }

    async fn lists(&self, stream: ExploreStream) -> Vec<PostId> {
        let shown = self.shows(stream, PageRequest::default()).await;
        shown.into_iter().map(|(_, id)| id).collect()
    }
}

#[tokio::test]
async fn a_thread_becomes_a_conversation_with_the_first_reply_by_another_person() {
    let place = Place::new().await;
    let (ada, bob) = (place.user("ada").await, place.user("bob").await);
    let mut bot = place.user("bot").await;
    bot.kind = crate::model::UserKind::Bot;
    let conversations = || place.lists(ExploreStream::Conversations);
    let old = place.writes(&ada, "old", &[]).await;
    let new = place.writes(&ada, "new", &[]).await;
    let by_bot = place.writes(&bot, "by a bot", &[]).await;
    let own = place.replies(&ada, &old).await;
    place.replies(&bot, &old).await;
    place.replies(&bob, &by_bot).await;
    assert!(conversations().await.is_empty());
    place.replies(&bob, &new).await;
    let first = place.replies(&bob, &own).await;
    let second = place.replies(&bob, &old).await;
    // The one that began last is first, under the id of its first reply.
    assert_eq!(conversations().await, [old.id, new.id]);
    let since = PageRequest {
        before: Some(Bound {
            id: first.id.0,
            inclusive: false,
        }),
        ..PageRequest::default()
    };
    let page = place.shows(ExploreStream::Conversations, since).await;
    assert_eq!(page.len(), 1);
    place.write(move |tx| tx.delete_post(first)).await;
    assert_eq!(conversations().await, [old.id, new.id]);
    place.write(move |tx| tx.delete_post(second)).await;
    assert_eq!(conversations().await, [new.id]);
    place.write(move |tx| tx.delete_post(new)).await;
    assert!(conversations().await.is_empty());
}

#[tokio::test]
async fn posts_without_a_reaction_are_all_met_once_in_an_order_that_is_not_theirs() {
    let place = Place::new().await;
    let (ada, bob) = (place.user("ada").await, place.user("bob").await);
    let mut missed = Vec::new();
    for n in 0..30 {
        missed.push(place.writes(&ada, &format!("post {n}"), &[]).await.id);
    }
    let answered = place.writes(&ada, "answered", &[]).await;
    place.replies(&bob, &answered).await;
    let kept = place.writes(&ada, "kept", &[]).await.id;
    let keeper = bob.id;
    place.write(move |tx| tx.bookmark(keeper, kept, None)).await;
    let gone = place.writes(&ada, "gone", &[]).await;
    place.write(move |tx| tx.delete_post(gone)).await;
    let mut request = PageRequest {
        count: 7,
        before: Some(Bound {
            id: i64::MAX,
            inclusive: true,
        }),
        ..PageRequest::default()
    };
    let mut met = Vec::new();
    loop {
        let page = place.shows(ExploreStream::missed(), request).await;
        let Some((key, _)) = page.last() else { break };
        request.before = Some(Bound {
            id: *key,
            inclusive: false,
        });
        met.extend(page.into_iter().map(|(_, id)| id));
    }
    assert_ne!(met, missed);
    assert!(!met.is_sorted());
    met.sort_unstable();
    assert_eq!(met, missed);
    // A first page is full wherever it begins.
    for _ in 0..8 {
        let page = place.lists(ExploreStream::missed()).await;
        assert_eq!(page.len(), 20);
    }
}

#[tokio::test]
async fn posts_trend_by_the_people_that_reacted_to_them() {
    let place = Place::new().await;
    let (ada, bob, eve) = (
        place.user("ada").await,
        place.user("bob").await,
        place.user("eve").await,
    );
    let quiet = place.writes(&ada, "quiet", &[]).await;
    let liked = place.writes(&ada, "liked", &[]).await;
    let loud = place.writes(&bob, "loud", &[]).await;
    for _ in 0..5 {
        // Own ones do not count, and each person counts once.
        place.replies(&ada, &quiet).await;
        place.replies(&ada, &loud).await;
    }
    place.replies(&bob, &liked).await;
    let (keeper, id) = (eve.id, liked.id);
    place.write(move |tx| tx.bookmark(keeper, id, None)).await;
    let trending = place.read(|db| db.trending(Stamp(0))).await;
    let shown = place.lists(ExploreStream::Trending(trending)).await;
    assert_eq!(shown, [liked.id, loud.id]);
    let later = place.store.now();
    let none = place.read(move |db| db.trending(later)).await;
    assert!(place.lists(ExploreStream::Trending(none)).await.is_empty());
}

#[tokio::test]
async fn newcomers_are_shown_by_their_first_fifty_posts() {
    let place = Place::new().await;
    let ada = place.user("ada").await;
    for n in 0..52 {
        place.writes(&ada, &format!("post {n}"), &[]).await;
    }
    let newcomer = PostSearch {
        is_newcomer: true,
        ..PostSearch::default()
    };
    assert_eq!(place.finds(newcomer).await[0], PostId(50));
}

#[tokio::test]
async fn a_post_of_256_characters_is_one_without_the_hosts_that_were_appended() {
    let place = Place::new().await;
    let ada = place.user("ada").await;
    let long = "ä".repeat(253);
    let exact = place
        .writes(&ada, &format!("{long}[abc](https://x.example)"), &[])
        .await;
    assert!(exact.content.text.chars().count() > 256);
    place.writes(&ada, &format!("{long}ab"), &[]).await;
    let is_long = PostSearch {
        is_long: true,
        ..PostSearch::default()
    };
    assert_eq!(place.finds(is_long).await, [exact.id]);
}
