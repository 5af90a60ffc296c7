//! Posts with their authors, what a repost shows, and what the viewer did with them.

use super::{Includes, Needs, Shown};
use crate::model::visibility::{Occasion, shows_words};
use crate::model::{Post, Refusal};
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
        let mut object = plain(includes, self);
        if self.repost_of.is_some() && self.is_deleted() {
            // The answer to its own deletion: without what it showed.
        } else if let Some(id) = self.repost_of {
            let original = includes.posts().original(id, self.revision)?;
            let author = includes.users().relationship(original.user_id);
            // A repost is no way around a block.
            if !shows_words(author, Occasion::Listed, true) || original.is_deleted() {
                return None;
            }
            object = object.reposting(marked(includes, original));
        } else {
            object = with_marks(includes, self, object);
        }
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
    if includes.viewer().is_some() {
        let marks = posts.marks(post.id);
        object = object.marked(marks.bookmarked, marks.reposted);
    }
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
