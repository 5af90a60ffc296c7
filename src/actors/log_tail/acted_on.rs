//! Who acted on the posts that some events show.

use std::collections::HashMap;
use std::sync::Arc;

use crate::model::{User, UserId};
use crate::store::PostSamples;

/// The ids in their order, and the users.
#[derive(Default)]
pub(super) struct ActedOn {
    pub(super) samples: PostSamples,
    pub(super) users: HashMap<UserId, Arc<User>>,
}
