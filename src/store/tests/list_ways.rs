//! The lists of the store, with the ways they are called.

use super::{CLIENT, principal, reader};
use crate::model::visibility::ListedFor;
use crate::model::{
    Action, AppPrincipal, ChannelId, FilterOwner, MessageId, PageRequest, PostId, Principal,
    Relation, Scopes, Stamp, UserId,
};
use crate::store::{
    ChannelOrder, ChannelSearch, Db, ExploreStream, Failure, FileFilter, FollowOrder, InboxFilter,
    MessageFilter, MessageSearch, PollSearch, PostFilter, PostList, PostSearch, Trending,
    UserSearch,
};

/// One list, asked for a page in all the ways that it is called.
pub(super) type List = fn(&mut Db<'_>, &PageRequest) -> Result<(), Failure>;

/// The viewer.
pub(super) const ADA: UserId = UserId(1);
/// A room of hers.
pub(super) const ROOM: ChannelId = ChannelId(1);

/// Every function of the store that returns a page, with the ways it is called.
pub(super) const LISTS: &[(&str, List)] = &[
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

/// What other routes list as a whole: what there is of one owner.
pub(super) const WHOLE: &[(&str, List)] = &[
    ("subscribers", |db, _| db.subscribers(ROOM).map(drop)),
    ("users_of_client", |db, _| {
        db.users_of_client(&CLIENT.into()).map(drop)
    }),
    ("tokens_of_client", |db, _| {
        db.tokens_of_client(&CLIENT.into()).map(drop)
    }),
    ("public_clients_of", |db, _| {
        db.public_clients_of(ADA).map(drop)
    }),
    ("clients_owned_by", |db, _| {
        db.clients_owned_by(ADA).map(drop)
    }),
    ("badges_of", |db, _| db.badges_of(ADA).map(drop)),
    ("post_revisions", |db, _| match db.post(PostId(1))? {
        Some(post) => db.post_revisions(&post).map(drop),
        None => Ok(()),
    }),
    ("event_filters", |db, _| {
        let owner = |user| FilterOwner {
            client: CLIENT.into(),
            user,
        };
        db.event_filters(&owner(None))?;
        db.event_filters(&owner(Some(ADA))).map(drop)
    }),
    ("app_streams", |db, _| {
        db.app_streams(&CLIENT.into()).map(drop)
    }),
    ("deleted_since", |db, _| {
        db.deleted_since(ROOM, MessageId(1)).map(drop)
    }),
    ("existing_pm", |db, _| {
        db.existing_pm(&[ADA, UserId(2)]).map(drop)
    }),
    ("unread_counts", |db, _| {
        let kinds = [String::from("io.pnut.core.chat")];
        db.unread_counts(&principal(ADA, "messages"), &kinds)
            .map(drop)
    }),
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
    for q in [None, Some("ad"), Some("ad gardener")] {
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
