//! No list reads a whole table, and none sorts rows without a bound: so a page costs what it holds, however large the
//! tables are. The statements are those that each list really runs, before and after the planner has statistics.

use std::collections::BTreeSet;
use std::path::Path;

use diesel::RunQueryDsl as _;

use super::plans::{faults, lists_in, recorded};
use super::{Place, reader, room as room_of};
use crate::model::visibility::ListedFor;
use crate::model::{
    Action, AppPrincipal, ChannelId, MessageId, PageRequest, PostId, Principal, Relation, Scopes,
    Stamp, UserId,
};
use crate::store::{
    ChannelOrder, ChannelSearch, Db, ExploreStream, Failure, FileFilter, FollowOrder, InboxFilter,
    MessageFilter, MessageSearch, PollSearch, PostFilter, PostList, PostSearch, Trending, Tx,
    UserSearch,
};

type List = fn(&mut Db<'_>, &PageRequest) -> Result<(), Failure>;

const ADA: UserId = UserId(1);
const ROOM: ChannelId = ChannelId(1);

/// Every function of the store that returns a page, with the ways it is called.
const LISTS: &[(&str, List)] = &[
    ("post_page", post_pages),
    ("bookmark_page", |db, page| {
        db.bookmark_page(ADA, &strict(), page).map(drop)
    }),
    ("explore_page", explore_pages),
    ("search_posts", post_searches),
    ("messages_in", |db, page| {
        db.messages_in(ROOM, &kept(), page).map(drop)
    }),
    ("thread_page", |db, page| {
        db.thread_page(MessageId(1), &kept(), page).map(drop)
    }),
    ("written_by", |db, page| {
        db.written_by(ADA, None, &kept(), page)?;
        let scopes = Scopes::parse("messages").ok();
        db.written_by(ADA, scopes.as_ref(), &kept(), page).map(drop)
    }),
    ("sticky_page", |db, page| {
        db.sticky_page(ROOM, &kept(), page).map(drop)
    }),
    ("search_messages", message_searches),
    ("owned_page", |db, page| {
        inboxes(|filter| db.owned_page(ADA, filter, page).map(drop))
    }),
    ("inbox_page", |db, page| {
        inboxes(|filter| db.inbox_page(ADA, filter, page).map(drop))
    }),
    ("muted_page", |db, page| {
        inboxes(|filter| db.muted_page(ADA, filter, page).map(drop))
    }),
    ("subscriber_page", |db, page| {
        db.subscriber_page(ROOM, page).map(drop)
    }),
    ("search_channels", channel_searches),
    ("relation_page", relation_pages),
    ("search_users", user_searches),
    ("suggested_users", |db, page| {
        db.suggested_users(ADA, page).map(drop)
    }),
    ("files_of", |db, page| {
        db.files_of(ADA, &FileFilter::default(), page).map(drop)
    }),
    ("poll_page", poll_pages),
    ("interactions_of_user", |db, page| {
        db.interactions_of_user(
            ADA,
            &[Action::Follow, Action::Reply],
            ListedFor::default(),
            page,
        )
        .map(drop)
    }),
    ("interactions_with_post", |db, page| {
        db.interactions_with_post(
            (ADA, PostId(1)),
            &[Action::Bookmark],
            ListedFor::default(),
            page,
        )
        .map(drop)
    }),
];

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
        "owned_page",
        "AS newest",
        "500 messages of each channel of the user",
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
        "relation_page",
        "AS latest",
        "the latest 5000 follows of a user",
    ),
];

fn strict() -> PostFilter {
    PostFilter {
        include_deleted: false,
        undirected_for: Some(ADA),
        listed_for: ListedFor::viewer(ADA),
        ..PostFilter::default()
    }
}

fn kept() -> MessageFilter {
    MessageFilter {
        include_deleted: false,
        listed_for: ListedFor::viewer(ADA),
    }
}

fn post_pages(db: &mut Db<'_>, page: &PageRequest) -> Result<(), Failure> {
    for list in [
        PostList::Global,
        PostList::By(ADA),
        PostList::Thread(PostId(1)),
        PostList::Tagged(String::from("tea")),
        PostList::Mentioning(ADA, true),
        PostList::Mentioning(ADA, false),
        PostList::Home(ADA, false),
        PostList::Home(ADA, true),
    ] {
        db.post_page(&list, &strict(), page)?;
        db.post_page(&list, &PostFilter::default(), page)?;
        db.post_hints(&list, &strict(), PostId(1))?;
    }
    Ok(())
}

fn explore_pages(db: &mut Db<'_>, page: &PageRequest) -> Result<(), Failure> {
    for stream in [
        ExploreStream::Conversations,
        ExploreStream::missed(),
        ExploreStream::Trending(Trending::default()),
    ] {
        db.explore_page(&stream, &strict(), page)?;
    }
    Ok(())
}

fn post_searches(db: &mut Db<'_>, page: &PageRequest) -> Result<(), Failure> {
    for by_relevance in [false, true] {
        for q in [None, Some("tea"), Some("te")] {
            let search = PostSearch {
                q: q.map(str::to_owned),
                by_relevance,
                created_after: Some(Stamp(1)),
                ..PostSearch::default()
            };
            db.search_posts(&search, &strict(), page)?;
        }
    }
    Ok(())
}

fn message_searches(db: &mut Db<'_>, page: &PageRequest) -> Result<(), Failure> {
    let many: Vec<ChannelId> = (1..=1000).map(ChannelId).collect();
    for channels in [vec![ROOM], vec![ROOM, ChannelId(2)], many] {
        for q in [None, Some("tea")] {
            for (by_relevance, creator) in [(false, None), (true, None), (false, Some(ADA))] {
                let search = MessageSearch {
                    channels: channels.clone(),
                    q: q.map(str::to_owned),
                    by_relevance,
                    creator,
                    created_before: Some(Stamp(i64::MAX)),
                    listed_for: ListedFor::viewer(ADA),
                    ..MessageSearch::default()
                };
                db.search_messages(&search, page)?;
            }
        }
    }
    Ok(())
}

fn inboxes(mut list: impl FnMut(&InboxFilter) -> Result<(), Failure>) -> Result<(), Failure> {
    list(&InboxFilter::default())?;
    list(&InboxFilter {
        only_unread: true,
        kinds: vec![String::from("io.pnut.core.chat")],
        reader: Some(reader(ADA, "messages")),
        ..InboxFilter::default()
    })
}

fn channel_searches(db: &mut Db<'_>, page: &PageRequest) -> Result<(), Failure> {
    for order in [
        ChannelOrder::Activity,
        ChannelOrder::Id,
        ChannelOrder::Popularity,
    ] {
        let app = || Principal::App(AppPrincipal::new(Vec::new()));
        for reader in [Principal::Anonymous, reader(ADA, "messages"), app()] {
            let common = ChannelSearch {
                order,
                include_inactive: true,
                unsubscribed_by: Some(UserId(2)),
                unread_by: Some(ADA),
                ..ChannelSearch::default()
            };
            let narrow = ChannelSearch {
                q: Some(String::from("tea")),
                categories: vec![String::from("fun")],
                kinds: vec![String::from("org.example.none")],
                owner: Some(ADA),
                is_public: Some(true),
                raw_types: vec![String::from("org.example.raw")],
                file_id: Some(String::from("1")),
                created_after: Some(Stamp(1)),
                created_before: Some(Stamp(i64::MAX)),
                ..common.clone()
            };
            for search in [
                common,
                narrow,
                ChannelSearch {
                    order,
                    ..ChannelSearch::default()
                },
            ] {
                db.search_channels(&search, &reader, page)?;
            }
        }
    }
    Ok(())
}

fn relation_pages(db: &mut Db<'_>, page: &PageRequest) -> Result<(), Failure> {
    for incoming in [false, true] {
        db.relation_page(ADA, Relation::Follow, incoming, FollowOrder::LastPost, page)?;
    }
    for order in [FollowOrder::Time, FollowOrder::Id] {
        for relation in [Relation::Follow, Relation::Mute, Relation::Block] {
            for incoming in [false, true] {
                db.relation_page(ADA, relation, incoming, order, page)?;
            }
        }
    }
    Ok(())
}

fn user_searches(db: &mut Db<'_>, page: &PageRequest) -> Result<(), Failure> {
    for q in [None, Some("ad")] {
        let search = UserSearch {
            q: q.map(str::to_owned),
            by_relevance: true,
            is_follower: Some(true),
            ..UserSearch::default()
        };
        db.search_users(&search, Some(ADA), page)?;
    }
    Ok(())
}

fn poll_pages(db: &mut Db<'_>, page: &PageRequest) -> Result<(), Failure> {
    let scopes = || Scopes::parse("polls").ok();
    for creator in [None, Some(ADA), Some(UserId(2))] {
        for by_closing in [false, true] {
            for kinds in [vec![], vec![String::from("org.example.lunch")]] {
                let search = PollSearch {
                    creator,
                    by_closing,
                    kinds,
                    viewer: scopes().map(|scopes| (ADA, scopes)),
                    is_answered: true,
                    is_closed: Some(false),
                    you_responded: Some(true),
                    created_after: Some(Stamp(1)),
                    listed_for: ListedFor::viewer(ADA),
                    ..PollSearch::default()
                };
                db.poll_page(&search, page)?;
            }
        }
    }
    Ok(())
}

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
    place
        .write(|tx| {
            for _ in 0..300 {
                tx.create_channel(room_of(ADA, "Lounge"))?;
            }
            Ok(())
        })
        .await;
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
}

async fn judge(place: &Place) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, list) in LISTS {
        for oldest in [false, true] {
            let page = PageRequest {
                oldest,
                ..PageRequest::default()
            };
            let found = place.read(move |db| {
                let statements = recorded(db, |db| list(db, &page))?;
                let mut found = Vec::new();
                for statement in statements {
                    let faults = faults(db, &statement)?;
                    if !faults.is_empty() && !is_bounded(name, &statement) {
                        found.push(format!("{name}: {faults:?}\n    {statement}"));
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
    allowed.any(|(list, part, _why)| *list == name && statement.replace('`', "").contains(part))
}

#[tokio::test]
async fn a_list_reads_no_table_whole_and_sorts_no_more_than_a_bound() {
    let place = filled().await;
    let wrong = judge(&place).await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let analyze = |tx: &mut Tx<'_>| {
        diesel::sql_query("ANALYZE").execute(tx.sql)?;
        Ok(())
    };
    place.write(analyze).await;
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
