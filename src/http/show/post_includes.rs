//! What is looked up around posts: what reposts show, what the viewer did, samples of users.

use std::collections::HashMap;

use super::needs::Needs;
use crate::http::{ApiResult, App};
use crate::model::visibility::ListedFor;
use crate::model::{Failure, Post, PostId, UserId};
use crate::protocol::render_options::RenderOptions;
use crate::store::{Db, PostMarks, PostSamples};

/// Of one answer, for one viewer.
#[derive(Default)]
pub(in crate::http) struct PostIncludes {
    /// By id and version.
    originals: HashMap<(PostId, i32), Post>,
    marks: HashMap<PostId, PostMarks>,
    samples: PostSamples,
}

impl PostIncludes {
    pub(super) async fn load(
        app: &App,
        viewer: Option<UserId>,
        options: RenderOptions,
        needs: &mut Needs,
    ) -> ApiResult<Self> {
        let (mut ids, mut originals) = (
            std::mem::take(&mut needs.posts),
            std::mem::take(&mut needs.originals),
        );
        // Many reposts of one post are one look.
        originals.sort_unstable();
        originals.dedup();
        let samples = options.bookmarked_by || options.reposted_by;
        if originals.is_empty() && (ids.is_empty() || (viewer.is_none() && !samples)) {
            return Ok(Self::default());
        }
        ids.extend(originals.iter().map(|(id, _)| *id));
        ids.sort_unstable();
        ids.dedup();
        let listed_for = ListedFor {
            viewer,
            include_muted: options.muted,
            shown: None,
        };
        let read = app.engine.store().read(move |db| {
            let mut read = Self {
                originals: in_version(db, &originals)?,
                ..Self::default()
            };
            if let Some(viewer) = viewer {
                read.marks = db.post_marks(viewer, &ids)?;
            }
            if samples {
                read.samples = db.post_samples(&ids, listed_for, PostSamples::USERS)?;
            }
            Ok(read)
        });
        let read = read.await?;
        // Shown or not: what the viewer sees of the author decides about a repost.
        needs
            .users
            .extend(read.originals.values().map(|post| post.user_id));
        let samples = read.samples.bookmarkers.values();
        let samples = samples.chain(read.samples.reposters.values());
        needs.users.extend(samples.flatten());
        Ok(read)
    }

    /// What a repost of this version shows.
    pub(super) fn original(&self, id: PostId, revision: i32) -> Option<&Post> {
        self.originals.get(&(id, revision))
    }

    /// What the viewer did with a post.
    pub(super) fn marks(&self, id: PostId) -> PostMarks {
        self.marks.get(&id).copied().unwrap_or_default()
    }

    pub(super) fn bookmarkers(&self, id: PostId) -> &[UserId] {
        self.samples.bookmarkers.get(&id).map_or(&[], Vec::as_slice)
    }

    pub(super) fn reposters(&self, id: PostId) -> &[UserId] {
        self.samples.reposters.get(&id).map_or(&[], Vec::as_slice)
    }
}

/// A repost keeps showing the version that was reposted; few posts are revised.
fn in_version(
    db: &mut Db<'_>,
    wanted: &[(PostId, i32)],
) -> Result<HashMap<(PostId, i32), Post>, Failure> {
    let ids: Vec<PostId> = wanted.iter().map(|(id, _)| *id).collect();
    let posts = db.posts(&ids)?;
    let mut found = HashMap::new();
    for (id, revision) in wanted {
        let Some(post) = posts.get(id) else { continue };
        let version = if post.revision == *revision || post.is_deleted() {
            Some(post.clone())
        } else {
            let earlier = db.post_revisions(post)?.into_iter();
            earlier
                .filter(|version| version.revision == *revision)
                .last()
        };
        if let Some(version) = version {
            found.insert((*id, *revision), version);
        }
    }
    Ok(found)
}
