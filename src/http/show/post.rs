//! Posts with their authors, what a repost shows, and what the viewer did with them.

use super::{Includes, Needs, Shown};
use crate::model::visibility::{Occasion, shows_words};
use crate::model::{Post, PostId, Refusal};
use crate::protocol::object::PostObject;
use crate::protocol::render_options::RenderOptions;

impl Shown for Post {
    const HIDDEN: Refusal = Refusal::PostNotFound;
    type Object<'s> = PostObject<'s>;

    fn needs(&self, options: RenderOptions, needs: &mut Needs) {
        if options.user {
            needs.users.push(self.user_id);
        }
        match self.repost_of {
            Some(original) => needs.originals.push((original, self.revision)),
            None => needs.posts.push(self.id),
        }
    }

    fn object<'s>(
        &'s self,
        includes: &'s Includes<'_>,
        pagination_id: Option<i64>,
    ) -> Option<PostObject<'s>> {
        let object = plain(includes, self);
        let object = match self.repost_of {
            Some(original) => reposting(includes, self, object, original)?,
            None => with_marks(includes, self, object),
        };
        Some(match pagination_id {
            Some(id) => object.paginated(id),
            None => object,
        })
    }
}

/// What a post shows: a repost shows another one, in the version that was reposted. `None`: that is gone.
pub(in crate::http) fn shown_post<'s>(
    includes: &'s Includes<'_>,
    post: &'s Post,
) -> Option<&'s Post> {
    let shown = match post.repost_of {
        Some(original) => includes.posts().original(original, post.revision)?,
        None => post,
    };
    (!post.is_deleted() && !shown.is_deleted()).then_some(shown)
}

/// A repost with its original. `None`: it is not shown without it.
fn reposting<'s>(
    includes: &'s Includes<'_>,
    repost: &Post,
    object: PostObject<'s>,
    of: PostId,
) -> Option<PostObject<'s>> {
    let original = includes.posts().original(of, repost.revision);
    // A repost is no way around a block.
    let original = original.filter(|original| {
        let author = includes.users().relationship(original.user_id);
        shows_words(author, Occasion::Listed, true)
    });
    match original {
        Some(original) if repost.is_deleted() || !original.is_deleted() => {
            Some(object.reposting(marked(includes, original)))
        }
        // The answer to its own deletion, which is open to the reposter whatever became of the original.
        Some(_) | None if repost.is_deleted() => Some(flagged(includes, of, object)),
        Some(_) | None => None,
    }
}

fn plain<'s>(includes: &'s Includes<'_>, post: &'s Post) -> PostObject<'s> {
    let author = includes.user(post.user_id, Occasion::Embedded);
    PostObject::new(post, author, includes.options(), includes.site())
}

fn marked<'s>(includes: &'s Includes<'_>, post: &'s Post) -> PostObject<'s> {
    with_marks(includes, post, plain(includes, post))
}

fn with_marks<'s>(
    includes: &'s Includes<'_>,
    post: &'s Post,
    mut object: PostObject<'s>,
) -> PostObject<'s> {
    let posts = includes.posts();
    object = flagged(includes, post.id, object);
    let people = |ids: &'s [crate::model::UserId]| {
        let shown = ids.iter();
        shown
            .filter_map(|id| includes.user(*id, Occasion::Listed))
            .collect()
    };
    if includes.options().bookmarked_by {
        object = object.bookmarked_by(people(posts.bookmarkers(post.id)));
    }
    if includes.options().reposted_by {
        object = object.reposted_by(people(posts.reposters(post.id)));
    }
    object
}

/// With what the viewer did with this post.
fn flagged<'s>(includes: &Includes<'_>, of: PostId, object: PostObject<'s>) -> PostObject<'s> {
    if includes.viewer().is_none() {
        return object;
    }
    let marks = includes.posts().marks(of);
    object.marked(marks.bookmarked, marks.reposted)
}

/// A post with the note of its bookmark.
#[derive(Clone, Debug)]
pub(in crate::http) struct Bookmarked {
    /// The post.
    pub(in crate::http) post: Post,
    /// The viewer's own.
    pub(in crate::http) note: Option<String>,
}

impl Shown for Bookmarked {
    const HIDDEN: Refusal = Refusal::PostNotFound;
    type Object<'s> = PostObject<'s>;

    fn needs(&self, options: RenderOptions, needs: &mut Needs) {
        self.post.needs(options, needs);
    }

    fn object<'s>(
        &'s self,
        includes: &'s Includes<'_>,
        pagination_id: Option<i64>,
    ) -> Option<PostObject<'s>> {
        let object = self.post.object(includes, pagination_id)?;
        Some(object.noted(self.note.as_deref()))
    }
}

/// An earlier version of a post.
#[derive(Clone, Debug)]
pub(in crate::http) struct Version(pub(in crate::http) Post);

impl Shown for Version {
    const HIDDEN: Refusal = Refusal::PostNotFound;
    type Object<'s> = PostObject<'s>;

    fn needs(&self, options: RenderOptions, needs: &mut Needs) {
        self.0.needs(options, needs);
    }

    fn object<'s>(&'s self, includes: &'s Includes<'_>, _: Option<i64>) -> Option<PostObject<'s>> {
        let object = self.0.object(includes, None)?;
        Some(object.version(self.0.revision))
    }
}
