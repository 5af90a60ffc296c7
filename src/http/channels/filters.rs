//! What the parameters of a list leave out of it: channels by type and state, messages by state and author.

use crate::http::ApiResult;
use crate::http::extract::{Params, UserCaller};
use crate::model::channel::PM;
use crate::model::visibility::ListedFor;
use crate::model::{Principal, Refusal, Scope, UserId, UserPrincipal};
use crate::store::{InboxFilter, MessageFilter};

/// Which channels of a user's list are wanted; never one that the user may not read.
pub(super) fn channels(principal: &UserPrincipal, params: &Params) -> InboxFilter {
    channels_for(Principal::User(principal.clone()), params)
}

/// The same for any reader.
pub(super) fn channels_for(reader: Principal, params: &Params) -> InboxFilter {
    InboxFilter {
        only_unread: !params.flag("include_read", true),
        kinds: params.channel_kinds("channel_types"),
        exclude_kinds: params.channel_kinds("exclude_channel_types"),
        include_inactive: params.flag("include_inactive", false),
        reader: Some(reader),
    }
}

/// Says no unless the token opens private messages.
pub(super) fn demand_private(caller: &UserCaller) -> ApiResult<()> {
    if caller.token.scopes.open_channel(PM, false) {
        return Ok(());
    }
    Err(Refusal::ScopeMissing.at(Scope::Messages.name()).into())
}

/// What a list of messages leaves out.
#[derive(Clone, Copy, Debug)]
pub(super) struct MessagesWanted {
    include_deleted: bool,
    include_muted: bool,
}

/// Reads the switches of a call.
pub(super) fn messages(params: &Params) -> MessagesWanted {
    MessagesWanted {
        include_deleted: params.flag("include_deleted", true),
        include_muted: params.flag("include_muted", false),
    }
}

impl MessagesWanted {
    /// For a caller. Apps apply their users' mutes and blocks themselves.
    pub(super) fn filter(self, caller: Option<UserId>) -> MessageFilter {
        MessageFilter {
            include_deleted: self.include_deleted,
            listed_for: ListedFor {
                viewer: caller,
                include_muted: self.include_muted,
                shown: None,
            },
        }
    }
}
