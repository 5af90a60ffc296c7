//! Pictures of users: which are shown, and which files are left to remove. The files are kept elsewhere.
//!
//! A row is there before its files are written, and goes after they were removed.

use diesel::prelude::*;

use super::db::{from_json, to_json};
use super::schema::{pictures, users};
use super::secret::random_id;
use super::{Db, Failure, Tx};
use crate::model::{Picture, PictureUse, Refusal, Stamp, UserId};
use crate::pictures::Size;

/// A picture that is not shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnusedPicture {
    /// The name of its files.
    pub id: String,
    /// One file for each.
    pub sizes: Vec<Size>,
}

impl Db<'_> {
    /// The files of a picture; `None`: there is no such picture.
    pub fn picture_sizes(&mut self, id: &str) -> Result<Option<Vec<Size>>, Failure> {
        let sizes = pictures::table.find(id).select(pictures::sizes);
        let sizes = sizes.get_result::<String>(self.sql).optional()?;
        sizes
            .map(|sizes| from_json("sizes of a picture", &sizes))
            .transpose()
    }

    /// Some of the pictures that are not shown since before this moment.
    pub fn unused_pictures(
        &mut self,
        before: Stamp,
        most: i64,
    ) -> Result<Vec<UnusedPicture>, Failure> {
        let rows = pictures::table
            .filter(pictures::unused_since.lt(before.0))
            .order(pictures::unused_since)
            .limit(most)
            .select((pictures::id, pictures::sizes))
            .load::<(String, String)>(self.sql)?;
        rows.into_iter()
            .map(|(id, sizes)| {
                let sizes = from_json("sizes of a picture", &sizes)?;
                Ok(UnusedPicture { id, sizes })
            })
            .collect()
    }
}

impl Tx<'_> {
    /// A name for the files of a new picture, which is not shown yet.
    pub fn reserve_picture(&mut self, user: UserId, sizes: &[Size]) -> Result<String, Failure> {
        let (id, now) = (random_id(), self.now());
        diesel::insert_into(pictures::table)
            .values((
                pictures::id.eq(&id),
                pictures::user_id.eq(user.0),
                pictures::sizes.eq(to_json(&sizes)?),
                pictures::unused_since.eq(now.0),
            ))
            .execute(self.sql)?;
        Ok(id)
    }

    /// Shows a reserved picture, or the default one. Answers with the one that was shown before.
    ///
    /// # Errors
    /// The files of the picture were removed: it was reserved too long ago.
    pub fn show_picture(
        &mut self,
        user: UserId,
        of: PictureUse,
        picture: Option<&Picture>,
    ) -> Result<Option<UnusedPicture>, Failure> {
        let before = self.user(user)?.ok_or(Refusal::UserNotFound)?;
        let before = before.picture(of).map(|picture| picture.id.clone());
        let mut unused = None;
        if let Some(id) = before {
            let now = self.now();
            diesel::update(pictures::table.find(&id))
                .set(pictures::unused_since.eq(now.0))
                .execute(self.sql)?;
            let sizes = self.picture_sizes(&id)?.unwrap_or_default();
            unused = Some(UnusedPicture { id, sizes });
        }
        if let Some(picture) = picture {
            let reserved = pictures::table
                .find(&picture.id)
                .filter(pictures::user_id.eq(user.0));
            let shown = diesel::update(reserved)
                .set(pictures::unused_since.eq(None::<i64>))
                .execute(self.sql)?;
            if shown == 0 {
                return Err(Failure::Busy);
            }
        }
        let stored = picture.map(to_json).transpose()?;
        let row = diesel::update(users::table.find(user.0));
        match of {
            PictureUse::Avatar => row.set(users::avatar.eq(stored)).execute(self.sql)?,
            PictureUse::Cover => row.set(users::cover.eq(stored)).execute(self.sql)?,
        };
        Ok(unused)
    }

    /// Forgets a picture whose files were removed.
    pub fn forget_picture(&mut self, id: &str) -> Result<(), Failure> {
        let unused = pictures::table
            .find(id)
            .filter(pictures::unused_since.is_not_null());
        diesel::delete(unused).execute(self.sql)?;
        Ok(())
    }
}
