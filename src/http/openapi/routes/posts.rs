//! Posts.

use super::super::answers::{ELSEWHERE, TAKEN, created, list, one, page, value};
use super::super::bodies::{BOOKMARK, NEW_POST, REPORT, REPOST, REVISION};
use super::super::described::{Group, delete, get, post, put};
use super::super::params::{
    COPIES, IDS, INTERACTIONS, MARKER, MOVES_MARKER, NOTE, NSFW, PAGE, POST_LISTS as LISTS,
    POST_SEARCH, REASON, TEXT_SEARCH,
};
use super::super::shapes::{ExploreStream, Interaction, Post, unreposted};
use super::super::views;
use crate::model::Refusal::{
    Blocked, BookmarkNotFound, Invalid, NoAccess, NotFound, PostDuplicate, PostNotFound,
    ReplyUnknown, RepostAgain, RepostNotFound, RepostOwn, RevisionAgain, RevisionEntities,
    RevisionTooLate, SearchTooBroad, TokenRequired, TooLong, UserNotFound, WrongTokenKind,
    WrongType,
};

/// Writing, reading and reacting.
pub(super) const POSTS: Group = Group {
    tag: "Posts",
    text: "Posts of up to 256 characters, with what is done to them.",
    routes: &[
        post("/posts", "Write a post")
            .takes(&[MOVES_MARKER])
            .shows(views::POST)
            .body(&NEW_POST)
            .gives(&[created::<Post>()])
            .refuses(&[PostDuplicate, ReplyUnknown, Blocked]),
        get("/posts", "Several posts")
            .text("In the order asked for; unknown ones are left out. Those of muted users are shown.")
            .takes(&[IDS, LISTS])
            .shows(views::POST)
            .gives(&[list::<Post>()]),
        get("/posts/{post_id}", "One post")
            .text("A deleted one without its words.")
            .shows(views::POST)
            .gives(&[one::<Post>()]),
        put("/posts/{post_id}", "Revise a post")
            .text("Once, soon after it was written, with the same mentions, tags and links.")
            .shows(views::POST)
            .body(&REVISION)
            .gives(&[created::<Post>()])
            .refuses(&[
                NoAccess,
                RevisionAgain,
                RevisionEntities,
                RevisionTooLate,
                ReplyUnknown,
            ]),
        delete("/posts/{post_id}", "Delete a post, or take a repost back")
            .shows(views::POST)
            .gives(&[one::<Post>()])
            .refuses(&[NoAccess]),
        get(
            "/posts/{post_id}/revisions",
            "The versions that a revision replaced",
        )
        .shows(views::POST)
        .gives(&[list::<Post>()]),
        get("/posts/{post_id}/thread", "The thread of a post")
            .text("All posts of the thread that any of them names.")
            .takes(&[PAGE, LISTS])
            .shows(views::POST)
            .gives(&[page::<Post>()]),
        get("/posts/{post_id}/interactions", "What was done to a post")
            .takes(&[PAGE, INTERACTIONS])
            .shows(views::POST)
            .gives(&[page::<Interaction>()]),
        get("/posts/{post_id}/actions", "What was done to a post")
            .older()
            .takes(&[PAGE, INTERACTIONS])
            .shows(views::POST)
            .gives(&[page::<Interaction>()]),
        put("/posts/{post_id}/repost", "Repost a post")
            .text("The answer is the post that is reposted.")
            .takes(&[NSFW])
            .shows(views::POST)
            .body(&REPOST)
            .gives(&[created::<Post>()])
            .refuses(&[RepostOwn, RepostAgain, Blocked]),
        delete("/posts/{post_id}/repost", "Take a repost back")
            .text("Of a post that may not be shown any more, only the id is left.")
            .shows(views::POST)
            .gives(&[value(unreposted)])
            .refuses(&[RepostNotFound]),
        put("/posts/{post_id}/bookmark", "Bookmark a post")
            .takes(&[NOTE])
            .shows(views::POST)
            .body(&BOOKMARK)
            .gives(&[one::<Post>()])
            .refuses(&[Blocked]),
        delete("/posts/{post_id}/bookmark", "Take a bookmark back")
            .shows(views::POST)
            .gives(&[one::<Post>()])
            .refuses(&[BookmarkNotFound]),
        post("/posts/{post_id}/report", "Report a post to the operator")
            .takes(&[REASON])
            .body(&REPORT)
            .gives(&[TAKEN]),
        get("/p/{post_id}", "Short address of a post")
            .text("Leads to its thread.")
            .gives(&[ELSEWHERE]),
    ],
};

/// Lists and searches.
pub(super) const POST_LISTS: Group = Group {
    tag: "Streams of posts",
    text: "Lists of posts, newest first, and the search.",
    routes: &[
        get("/posts/streams/me", "Posts of followed users")
            .text("Posts and reposts of the caller and of the users that the caller follows; its marker is `personal`.")
            .takes(&[PAGE, LISTS, MARKER])
            .shows(views::POST)
            .gives(&[page::<Post>()]),
        get("/posts/streams/unified", "Posts of followed users, and mentions")
            .takes(&[PAGE, LISTS, MARKER])
            .shows(views::POST)
            .gives(&[page::<Post>()]),
        get("/posts/streams/global", "Posts of all people")
            .text("Without reposts; its marker is `global`.")
            .takes(&[PAGE, LISTS, MARKER])
            .shows(views::POST)
            .gives(&[page::<Post>()]),
        get("/posts/streams/explore", "The predefined streams of posts")
            .gives(&[list::<ExploreStream>()]),
        get("/posts/streams/explore/{slug}", "A predefined stream of posts")
            .takes(&[PAGE, LISTS])
            .shows(views::POST)
            .gives(&[page::<Post>()])
            .refuses(&[NotFound, SearchTooBroad]),
        get("/posts/search", "Search for posts")
            .text("Without parameters all posts. Reposts and deleted posts are not found.")
            .takes(&[PAGE, LISTS, TEXT_SEARCH, POST_SEARCH])
            .shows(views::POST)
            .gives(&[page::<Post>()])
            .refuses(&[
                SearchTooBroad,
                TooLong,
                WrongType,
                Invalid,
                TokenRequired,
                WrongTokenKind,
            ]),
        get("/posts/tags/{tag}", "Posts with a tag")
            .text("Without reposts.")
            .takes(&[PAGE, LISTS])
            .shows(views::POST)
            .gives(&[page::<Post>()]),
        get("/posts/tag/{tag}", "Posts with a tag")
            .older()
            .takes(&[PAGE, LISTS])
            .shows(views::POST)
            .gives(&[page::<Post>()]),
        get("/users/{user_id}/posts", "Posts and reposts of a user")
            .takes(&[PAGE, LISTS])
            .shows(views::POST)
            .gives(&[page::<Post>()]),
        get("/users/{user_id}/mentions", "Posts that mention a user")
            .text("The marker of the caller's own is `mentions`.")
            .takes(&[PAGE, LISTS, COPIES, MARKER])
            .shows(views::POST)
            .gives(&[page::<Post>()]),
        get("/users/{user_id}/bookmarks", "Posts that a user bookmarked")
            .text("Latest first; `note` for their owner.")
            .takes(&[PAGE, LISTS])
            .shows(views::POST)
            .gives(&[page::<Post>()])
            .refuses(&[UserNotFound, PostNotFound]),
    ],
};
