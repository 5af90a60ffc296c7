//! Files: the rows, and single ones by id. Their contents are not in here (`contents/`).

mod claims;
mod lists;
mod operations;
mod provisions;
mod schema;
mod usage;
mod uses;
mod write;

pub use claims::Claim;
pub use lists::FileFilter;
pub use operations::{Operation, OperationKind};
pub use provisions::{Announced, Provision};
pub use uses::{FileUses, UsedBy};

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;

use self::schema::{derived_files, files};
use super::among::{among, text_among};
use super::db::from_json;
use super::schema::clients;
use super::{Db, Failure};
use crate::model::{
    ClientBrief, ContentHash, DerivedFile, File, FileContents, FileId, FileKind, Raw, Stamp, UserId,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = files, check_for_backend(crate::store::connect::Backend))]
struct Row {
    id: i64,
    user_id: i64,
    client_id: String,
    file_type: String,
    kind: String,
    name: String,
    is_public: bool,
    created_at: i64,
    deleted_at: Option<i64>,
    hash: Option<String>,
    mime_type: Option<String>,
    size: i64,
    image: Option<String>,
    raw: Option<String>,
    media: Option<String>,
}

/// A file and its app's name and address.
type Found = (Row, String, String);

/// What every question about files selects, from `files` joined with `clients`.
#[rustfmt::skip] // It would move the body further right each time.
macro_rules! found {
    () => {(
        <$crate::store::files::Row as diesel::SelectableHelper<crate::store::connect::Backend>>::as_select(),
        $crate::store::schema::clients::name,
        $crate::store::schema::clients::url,
    )};
}
use found;

#[derive(Queryable, Selectable)]
#[diesel(table_name = derived_files, check_for_backend(crate::store::connect::Backend))]
struct DerivedRow {
    file_id: i64,
    key: String,
    name: String,
    hash: String,
    mime_type: String,
    size: i64,
    image: Option<String>,
}

fn contents(
    hash: &str,
    mime_type: String,
    size: i64,
    (image, media): (Option<&str>, Option<&str>),
) -> Result<FileContents, Failure> {
    let hash = hash.parse::<ContentHash>();
    Ok(FileContents {
        hash: hash.map_err(|()| Failure::trouble("stored hash of a file is not one"))?,
        size,
        mime_type,
        image: image
            .map(|text| from_json("size of a picture", text))
            .transpose()?,
        media: media
            .map(|text| from_json("length of a sound", text))
            .transpose()?,
    })
}

fn into_model((row, client_name, client_url): Found) -> Result<File, Failure> {
    let contents = match (&row.hash, row.mime_type) {
        (Some(hash), Some(mime_type)) => {
            let known = (row.image.as_deref(), row.media.as_deref());
            Some(contents(hash, mime_type, row.size, known)?)
        }
        (None, _) | (_, None) => None,
    };
    Ok(File {
        id: FileId(row.id),
        user_id: UserId(row.user_id),
        client: ClientBrief {
            id: row.client_id.into(),
            name: client_name,
            url: client_url,
        },
        file_type: row.file_type,
        kind: row.kind.parse().unwrap_or(FileKind::Other),
        name: row.name,
        is_public: row.is_public,
        created_at: Stamp(row.created_at),
        deleted_at: row.deleted_at.map(Stamp),
        contents,
        derived: Vec::new(),
        raw: match &row.raw {
            Some(text) => from_json("raw of a file", text)?,
            None => Raw::default(),
        },
    })
}

impl Db<'_> {
    /// A file that is not deleted.
    pub fn file(&mut self, id: FileId) -> Result<Option<File>, Failure> {
        Ok(self.files(&[id])?.remove(&id))
    }

    /// Those of these files that exist and are not deleted.
    pub fn files(&mut self, ids: &[FileId]) -> Result<HashMap<FileId, File>, Failure> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let rows = files::table
            .inner_join(clients::table)
            .filter(among("files.id", ids.iter().map(|id| id.0)))
            .filter(files::deleted_at.is_null())
            .select(found!())
            .load::<Found>(self.sql)?;
        let found = self.with_derived(rows)?;
        Ok(found.into_iter().map(|file| (file.id, file)).collect())
    }

    /// The rows with what was made of them, in their order.
    fn with_derived(&mut self, rows: Vec<Found>) -> Result<Vec<File>, Failure> {
        let ids: Vec<i64> = rows.iter().map(|(row, ..)| row.id).collect();
        let mut derived: HashMap<i64, Vec<DerivedFile>> = HashMap::new();
        let made = derived_files::table
            .filter(among("derived_files.file_id", ids))
            .order((derived_files::file_id, derived_files::key))
            .select(DerivedRow::as_select())
            .load(self.sql)?;
        for row in made {
            let file = derived.entry(row.file_id).or_default();
            file.push(DerivedFile {
                contents: contents(
                    &row.hash,
                    row.mime_type,
                    row.size,
                    (row.image.as_deref(), None),
                )?,
                key: row.key,
                name: row.name,
            });
        }
        let files = rows.into_iter().map(|row| {
            let mut file = into_model(row)?;
            file.derived = derived.remove(&file.id.0).unwrap_or_default();
            Ok(file)
        });
        files.collect()
    }

    /// Contents that files hold: of the oldest files, and of the newest.
    pub fn some_contents(&mut self, of_each: i64) -> Result<Vec<ContentHash>, Failure> {
        let held = || {
            files::table
                .filter(files::hash.is_not_null())
                .select(files::hash.assume_not_null())
                .limit(of_each)
                .into_boxed()
        };
        let mut texts: Vec<String> = held().order(files::id.asc()).load(self.sql)?;
        texts.extend(held().order(files::id.desc()).load::<String>(self.sql)?);
        Ok(texts.iter().filter_map(|text| text.parse().ok()).collect())
    }

    /// Those of these contents that a file holds.
    pub fn wanted_contents(
        &mut self,
        hashes: &[ContentHash],
    ) -> Result<HashSet<ContentHash>, Failure> {
        let texts: Vec<String> = hashes.iter().map(ToString::to_string).collect();
        let own = files::table
            .filter(text_among("files.hash", &texts))
            .filter(files::hash.is_not_null())
            .select(files::hash.assume_not_null())
            .load::<String>(self.sql)?;
        let derived = derived_files::table
            .filter(text_among("derived_files.hash", &texts))
            .select(derived_files::hash)
            .load::<String>(self.sql)?;
        let known = own.into_iter().chain(derived);
        Ok(known.filter_map(|text| text.parse().ok()).collect())
    }
}
