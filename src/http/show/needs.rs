//! What the objects of an answer ask to be looked up around them.

use crate::model::{ChannelId, FileId, MessageId, PollId, PostId, UserId};

/// What has to be looked up before objects can be shown.
#[derive(Debug, Default)]
pub(in crate::http) struct Needs {
    /// Users that are shown, or that decide whether another object is.
    pub(in crate::http) users: Vec<UserId>,
    /// Users whose e-mail address is shown.
    pub(in crate::http) emails: Vec<UserId>,
    /// Users whose room for files is shown.
    pub(in crate::http) storage: Vec<UserId>,
    /// Channels whose state for the viewer is shown.
    pub(in crate::http) channels: Vec<ChannelId>,
    /// Messages that are embedded; their authors are looked up too.
    pub(in crate::http) messages: Vec<MessageId>,
    /// Files of which it is shown where they are used.
    pub(in crate::http) files: Vec<FileId>,
    /// Posts that are shown.
    pub(in crate::http) posts: Vec<PostId>,
    /// Polls that are shown.
    pub(in crate::http) polls: Vec<PollId>,
    /// Users that answered, as far as these polls name them.
    pub(in crate::http) respondents: Vec<UserId>,
    /// Posts that reposts show, each in its version; their authors are looked up too.
    pub(in crate::http) originals: Vec<(PostId, i32)>,
}
