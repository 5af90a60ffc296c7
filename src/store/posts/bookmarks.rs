//! Bookmarks: posts that users keep, with a note of their own.

use diesel::prelude::*;

use super::super::interactions::Deed;
use super::super::schema::{bookmarks, posts, users};
use super::super::{Failure, Tx};
use crate::model::{PostId, UserId};

impl Tx<'_> {
    /// Bookmarks a post. False: it was bookmarked already, and only the note is new; without one it stays as it was.
    pub fn bookmark(
        &mut self,
        user: UserId,
        post: PostId,
        note: Option<&str>,
    ) -> Result<bool, Failure> {
        let known = bookmarks::table
            .filter(bookmarks::user_id.eq(user.0))
            .filter(bookmarks::post_id.eq(post.0));
        let is_there = diesel::select(diesel::dsl::exists(known)).get_result::<bool>(self.sql)?;
        let kept = note.filter(|note| !note.is_empty());
        if is_there {
            if note.is_some() {
                diesel::update(known)
                    .set(bookmarks::note.eq(kept))
                    .execute(self.sql)?;
            }
            return Ok(false);
        }
        diesel::insert_into(bookmarks::table)
            .values((
                bookmarks::user_id.eq(user.0),
                bookmarks::post_id.eq(post.0),
                bookmarks::note.eq(kept),
            ))
            .execute(self.sql)?;
        self.count_bookmark(user, post, 1)?;
        let author = posts::table.find(post.0).select(posts::user_id);
        let author = author.get_result::<i64>(self.sql)?;
        self.note_deed(UserId(author), user, Deed::Bookmark(post))?;
        Ok(true)
    }

    /// Removes a bookmark. False: there was none.
    pub fn remove_bookmark(&mut self, user: UserId, post: PostId) -> Result<bool, Failure> {
        let known = bookmarks::table
            .filter(bookmarks::user_id.eq(user.0))
            .filter(bookmarks::post_id.eq(post.0));
        let removed = diesel::delete(known).execute(self.sql)?;
        if removed > 0 {
            // The note is the user's own.
            self.parts().1.has_deleted = true;
            self.count_bookmark(user, post, -1)?;
            self.undo_deed(user, Deed::Bookmark(post))?;
        }
        Ok(removed > 0)
    }

    fn count_bookmark(&mut self, user: UserId, post: PostId, by: i64) -> Result<(), Failure> {
        diesel::update(posts::table.find(post.0))
            .set(posts::bookmarks.eq(posts::bookmarks + by))
            .execute(self.sql)?;
        diesel::update(users::table.find(user.0))
            .set(users::bookmarks.eq(users::bookmarks + by))
            .execute(self.sql)?;
        Ok(())
    }
}
