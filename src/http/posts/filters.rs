//! What the parameters of a list of posts leave out of it.

use crate::http::extract::Params;
use crate::model::UserId;
use crate::model::visibility::ListedFor;
use crate::store::PostFilter;

/// The switches of a call.
#[derive(Clone, Copy, Debug)]
pub(super) struct PostsWanted {
    include_deleted: bool,
    include_replies: bool,
    include_mention_posts: bool,
    include_directed: bool,
    include_muted: bool,
}

impl PostsWanted {
    /// Reads them.
    pub(super) fn from_params(params: &Params) -> Self {
        Self {
            include_deleted: params.flag("include_deleted", true),
            include_replies: params.flag("include_replies", true),
            include_mention_posts: params.flag("include_mention_posts", true),
            include_directed: params.flag("include_directed_posts", true),
            include_muted: params.flag("include_muted", false),
        }
    }

    /// For posts that the call names one by one: none is hidden for its author.
    pub(super) fn of_named(self, caller: Option<UserId>) -> PostFilter {
        PostFilter {
            listed_for: ListedFor::default(),
            ..self.filter(caller, None)
        }
    }

    /// For a caller; posts of `shown` are not hidden: the call names that author. Apps apply their users' mutes and
    /// blocks themselves.
    pub(super) fn filter(self, caller: Option<UserId>, shown: Option<UserId>) -> PostFilter {
        PostFilter {
            include_deleted: self.include_deleted,
            include_replies: self.include_replies,
            include_mention_posts: self.include_mention_posts,
            undirected_for: caller.filter(|_| !self.include_directed),
            listed_for: ListedFor {
                viewer: caller,
                include_muted: self.include_muted,
                shown,
            },
        }
    }
}
