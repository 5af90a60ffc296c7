//! The post object.

use std::borrow::Cow;

use serde::Serialize;

use super::annotations::Annotations;
use super::replaced::replaced;
use super::{SourceObject, UserObject, is_false, iso, text_if_any};
use crate::model::{Entities, Post, PostCounts, PostId, Raw, Stamp, User, UserId};
use crate::protocol::render_options::RenderOptions;
use crate::protocol::site::Site;

#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = PostContent)]
struct PostContent<'a> {
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    html: Option<&'a str>,
    entities: &'a Entities,
}

/// A post as clients see it. A deleted post keeps id, author and counts, not its words. A repost shows the content,
/// counts and raw of its original, and the original itself.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Post)]
pub struct PostObject<'a> {
    id: PostId,
    #[serde(serialize_with = "iso")]
    created_at: Stamp,
    thread_id: PostId,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to: Option<PostId>,
    source: SourceObject<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<UserObject<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<PostContent<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    counts: Option<PostCounts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(no_recursion)]
    repost_of: Option<Box<PostObject<'a>>>,
    #[serde(skip_serializing_if = "is_false")]
    is_deleted: bool,
    #[serde(skip_serializing_if = "is_false")]
    is_nsfw: bool,
    #[serde(skip_serializing_if = "is_false")]
    is_revised: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    you_bookmarked: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    you_reposted: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bookmarked_by: Option<Vec<UserObject<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reposted_by: Option<Vec<UserObject<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    raw: Option<Cow<'a, Raw>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    annotations: Option<Annotations<'a>>,
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "text_if_any"
    )]
    #[schema(value_type = Option<String>)]
    pagination_id: Option<i64>,
}

/// Users that are shown with a post on a stream.
#[derive(Clone, Debug, Default)]
pub struct PostPeople<'a> {
    /// That bookmarked it.
    pub bookmarkers: Vec<&'a User>,
    /// That reposted it.
    pub reposters: Vec<&'a User>,
}

impl<'a> PostObject<'a> {
    /// The post, with its author as the viewer sees them; without one only `user_id` is shown.
    pub fn new(
        post: &'a Post,
        author: Option<UserObject<'a>>,
        options: RenderOptions,
        site: &Site,
    ) -> Self {
        let user = author.filter(|_| options.user);
        let is_deleted = post.is_deleted();
        let has_words = !is_deleted && post.repost_of.is_none();
        Self {
            id: post.id,
            created_at: post.created_at,
            thread_id: post.thread_id,
            reply_to: post.reply_to,
            source: SourceObject::new(&post.client, options),
            user_id: user.is_none().then_some(post.user_id),
            user,
            content: has_words.then_some(PostContent {
                text: &post.content.text,
                html: options.post_html.then_some(post.content.html.as_str()),
                entities: &post.content.entities,
            }),
            counts: options.counts.then_some(post.counts),
            repost_of: None,
            is_deleted,
            is_nsfw: post.is_nsfw,
            is_revised: post.revision > 0,
            revision: None,
            you_bookmarked: None,
            you_reposted: None,
            bookmarked_by: None,
            reposted_by: None,
            note: None,
            raw: replaced(&post.raw, site, options.post_raw && has_words),
            annotations: Annotations::of(&post.raw, site, options.post_annotations && has_words),
            pagination_id: None,
        }
    }

    /// Shows what is reposted: the original as an object of its own, and its content, counts and raw here. A deleted
    /// repost has no content and raw of its own any more, but still says what it reposted.
    #[must_use]
    pub fn reposting(mut self, original: PostObject<'a>) -> Self {
        self.counts = original.counts;
        if !self.is_deleted {
            self.content.clone_from(&original.content);
            self.raw.clone_from(&original.raw);
            self.annotations.clone_from(&original.annotations);
        }
        self.is_revised = original.is_revised;
        self.is_nsfw |= original.is_nsfw;
        self.you_bookmarked = original.you_bookmarked;
        self.you_reposted = original.you_reposted;
        self.repost_of = Some(Box::new(original));
        self
    }

    /// Adds what the viewer did with it.
    #[must_use]
    pub fn marked(mut self, bookmarked: bool, reposted: bool) -> Self {
        self.you_bookmarked = Some(bookmarked);
        self.you_reposted = Some(reposted);
        self
    }

    /// Adds a sample of the users that bookmarked it.
    #[must_use]
    pub fn bookmarked_by(mut self, users: Vec<UserObject<'a>>) -> Self {
        self.bookmarked_by = Some(users);
        self
    }

    /// Adds a sample of the users that reposted it.
    #[must_use]
    pub fn reposted_by(mut self, users: Vec<UserObject<'a>>) -> Self {
        self.reposted_by = Some(users);
        self
    }

    /// Adds those of these samples that are asked for.
    #[must_use]
    pub fn among(self, people: &PostPeople<'a>, options: RenderOptions, site: &Site) -> Self {
        let users = |users: &[&'a User]| {
            let users = users.iter();
            users
                .map(|user| UserObject::new(user, options, site))
                .collect()
        };
        let mut object = self;
        if options.bookmarked_by {
            object = object.bookmarked_by(users(&people.bookmarkers));
        }
        if options.reposted_by {
            object = object.reposted_by(users(&people.reposters));
        }
        object
    }

    /// Adds the viewer's own note.
    #[must_use]
    pub fn noted(mut self, note: Option<&'a str>) -> Self {
        self.note = note;
        self
    }

    /// Shows it as one of the versions of a post.
    #[must_use]
    pub fn version(mut self, revision: i32) -> Self {
        self.revision = Some(revision);
        self
    }

    /// Adds the pagination id of a list.
    #[must_use]
    pub fn paginated(mut self, id: i64) -> Self {
        self.pagination_id = Some(id);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::object::sample;
    use serde_json::{Value, json};

    fn shown(object: PostObject<'_>) -> Value {
        serde_json::to_value(object).unwrap()
    }

    #[test]
    fn a_post_without_its_author_object() {
        let post = sample::post(9, 7, "hi");
        assert_eq!(
            shown(PostObject::new(
                &post,
                None,
                RenderOptions::default(),
                &sample::site()
            )),
            json!({
                "id": "9", "created_at": "2024-05-01T08:00:00Z", "thread_id": "9",
                "source": {"id": "cl1", "name": "Web", "url": "https://x.example"}, "user_id": "7",
                "content": {"text": "hi", "html": "<p>hi</p>",
                    "entities": {"links": [], "mentions": [], "tags": []}},
                "counts": {"bookmarks": 0, "replies": 0, "reposts": 0, "threads": 0},
            })
        );
    }

    #[test]
    fn a_deleted_post_keeps_author_and_counts_but_no_words() {
        let mut post = sample::post(9, 7, "hi");
        post.deleted_at = Some(Stamp(1));
        let options = RenderOptions {
            post_raw: true,
            ..RenderOptions::default()
        };
        let shown = shown(PostObject::new(&post, None, options, &sample::site()));
        assert_eq!(shown["is_deleted"], true);
        assert_eq!(shown["counts"]["replies"], 0);
        assert!(shown.get("content").is_none() && shown.get("raw").is_none());
    }

    #[test]
    fn a_repost_mirrors_its_original_and_carries_it() {
        let mut original = sample::post(9, 7, "hi");
        (original.is_nsfw, original.revision) = (true, 1);
        original.counts.replies = 3;
        let mut repost = sample::post(11, 8, "");
        repost.repost_of = Some(original.id);
        let options = RenderOptions::default();
        let inner = PostObject::new(&original, None, options, &sample::site()).marked(true, false);
        let shown =
            shown(PostObject::new(&repost, None, options, &sample::site()).reposting(inner));
        assert_eq!(
            (&shown["id"], &shown["user_id"]),
            (&json!("11"), &json!("8"))
        );
        assert_eq!(shown["content"]["text"], "hi");
        assert_eq!(shown["counts"]["replies"], 3);
        assert_eq!(
            (&shown["is_nsfw"], &shown["is_revised"]),
            (&json!(true), &json!(true))
        );
        assert_eq!(shown["you_bookmarked"], true);
        assert_eq!(shown["repost_of"]["id"], "9");
        assert_eq!(shown["repost_of"]["content"]["text"], "hi");
    }

    #[test]
    fn a_deleted_repost_says_what_it_reposted_and_has_no_words_itself() {
        let mut original = sample::post(9, 7, "hi");
        original.counts.replies = 3;
        let mut repost = sample::post(11, 8, "");
        (repost.repost_of, repost.deleted_at) = (Some(original.id), Some(Stamp(1)));
        // It was made of a revision; what is shown of it now is not one.
        repost.revision = 1;
        let options = RenderOptions {
            post_raw: true,
            ..RenderOptions::default()
        };
        let inner = PostObject::new(&original, None, options, &sample::site()).marked(true, false);
        let shown =
            shown(PostObject::new(&repost, None, options, &sample::site()).reposting(inner));
        assert_eq!(shown["is_deleted"], true);
        for absent in ["content", "raw", "is_revised"] {
            assert!(shown.get(absent).is_none(), "{absent}: {shown}");
        }
        assert_eq!(shown["counts"]["replies"], 3);
        assert_eq!(
            (&shown["you_bookmarked"], &shown["you_reposted"]),
            (&json!(true), &json!(false))
        );
        assert_eq!(shown["repost_of"]["id"], "9");
        assert_eq!(shown["repost_of"]["content"]["text"], "hi");
        assert!(shown["repost_of"].get("is_deleted").is_none());
    }
}
