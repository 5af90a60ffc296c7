//! Files are made, filled, changed and deleted.

use diesel::prelude::*;

use super::super::db::to_json;
use super::super::statements::{SetDerivedFile, execute};
use super::super::{Db, Failure, Tx};
use super::schema::{derived_files, file_uses, files};
use crate::model::{
    DerivedFile, File, FileContents, FileId, FileKind, ImageInfo, MediaInfo, NewFile, Raw, Stamp,
};

impl Tx<'_> {
    /// Writes a file.
    pub fn insert_file(&mut self, new: NewFile) -> Result<File, Failure> {
        let (id, now) = (self.next_file_id()?, self.now());
        let file = File {
            id,
            user_id: new.user_id,
            client: new.client,
            file_type: new.file_type,
            kind: new.kind,
            name: new.name,
            is_public: new.is_public,
            created_at: now,
            deleted_at: None,
            contents: new.contents,
            derived: Vec::new(),
            raw: new.raw,
        };
        diesel::insert_into(files::table)
            .values((
                files::id.eq(id.0),
                files::user_id.eq(file.user_id.0),
                files::client_id.eq(file.client.id.as_str()),
                files::file_type.eq(&file.file_type),
                files::kind.eq(file.kind.name()),
                files::name.eq(&file.name),
                files::is_public.eq(file.is_public),
                files::created_at.eq(now.0),
                files::raw.eq(raw_text(&file.raw)?),
            ))
            .execute(self.sql)?;
        let (contents, kind) = (file.contents.clone(), file.kind);
        let mut file = match contents {
            Some(contents) => self.fill_file(file, contents, kind)?,
            None => file,
        };
        for derived in new.derived {
            file = self.add_derived(file, derived)?;
        }
        Ok(file)
    }

    /// Gives a file its contents, and what they say that it is.
    pub fn fill_file(
        &mut self,
        mut file: File,
        contents: FileContents,
        kind: FileKind,
    ) -> Result<File, Failure> {
        diesel::update(files::table.find(file.id.0))
            .set((
                files::kind.eq(kind.name()),
                files::hash.eq(contents.hash.as_str()),
                files::mime_type.eq(&contents.mime_type),
                files::size.eq(contents.size),
                files::image.eq(image_text(contents.image)?),
                files::media.eq(media_text(contents.media)?),
            ))
            .execute(self.sql)?;
        self.count_usage(file.user_id, contents.size)?;
        file.kind = kind;
        file.contents = Some(contents);
        Ok(file)
    }

    /// Adds something that was made of a file, in place of what had its key.
    pub fn add_derived(&mut self, mut file: File, derived: DerivedFile) -> Result<File, Failure> {
        let before = file.total_size();
        let contents = &derived.contents;
        let image = image_text(contents.image)?;
        let row = [
            file.id.0.into(),
            derived.key.as_str().into(),
            derived.name.as_str().into(),
            contents.hash.as_str().into(),
            contents.mime_type.as_str().into(),
            contents.size.into(),
            image.as_deref().into(),
        ];
        execute::<SetDerivedFile>(self.sql, &row)?;
        file.derived.retain(|known| known.key != derived.key);
        file.derived.push(derived);
        file.derived.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        self.count_usage(file.user_id, file.total_size() - before)?;
        Ok(file)
    }

    /// Saves name, visibility and raw.
    pub fn save_file(&mut self, file: &File) -> Result<(), Failure> {
        diesel::update(files::table.find(file.id.0))
            .set((
                files::name.eq(&file.name),
                files::is_public.eq(file.is_public),
                files::raw.eq(raw_text(&file.raw)?),
            ))
            .execute(self.sql)?;
        Ok(())
    }

    /// Marks a file as deleted and removes what it is called and what it holds. Gives what is left to tell of it.
    pub fn delete_file(&mut self, mut file: File) -> Result<File, Failure> {
        let now = self.now();
        diesel::update(files::table.find(file.id.0))
            .set((
                files::deleted_at.eq(now.0),
                files::name.eq(""),
                files::hash.eq(None::<String>),
                files::mime_type.eq(None::<String>),
                files::size.eq(0),
                files::image.eq(None::<String>),
                files::media.eq(None::<String>),
                files::raw.eq(None::<String>),
            ))
            .execute(self.sql)?;
        diesel::delete(derived_files::table.filter(derived_files::file_id.eq(file.id.0)))
            .execute(self.sql)?;
        diesel::delete(file_uses::table.filter(file_uses::file_id.eq(file.id.0)))
            .execute(self.sql)?;
        self.count_usage(file.user_id, -file.total_size())?;
        self.parts().1.has_deleted = true;
        file.deleted_at = Some(now);
        Ok(file)
    }

    fn next_file_id(&mut self) -> Result<FileId, Failure> {
        let newest = files::table
            .select(diesel::dsl::max(files::id))
            .first::<Option<i64>>(self.sql)?;
        Ok(FileId(newest.unwrap_or(0) + 1))
    }
}

impl Db<'_> {
    /// Files that have no contents and were made before this moment, oldest first.
    pub fn stale_files(&mut self, before: Stamp, most: i64) -> Result<Vec<FileId>, Failure> {
        let ids = files::table
            .filter(files::hash.is_null())
            .filter(files::deleted_at.is_null())
            .filter(files::created_at.lt(before.0))
            .order(files::created_at.asc())
            .limit(most)
            .select(files::id)
            .load::<i64>(self.sql)?;
        Ok(ids.into_iter().map(FileId).collect())
    }
}

fn raw_text(raw: &Raw) -> Result<Option<String>, Failure> {
    (!raw.is_empty()).then(|| to_json(raw)).transpose()
}

fn image_text(image: Option<ImageInfo>) -> Result<Option<String>, Failure> {
    image.map(|image| to_json(&image)).transpose()
}

fn media_text(media: Option<MediaInfo>) -> Result<Option<String>, Failure> {
    media.map(|media| to_json(&media)).transpose()
}
