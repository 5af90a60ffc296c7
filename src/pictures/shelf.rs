//! Where the files of pictures are kept: a folder beside the database, or one in the store that has the contents of files.
//!
//! A picture is some files of one random name, one for each size. Which of them are shown is in the database.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::try_join_all;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _, PutPayload};
use serde::{Deserialize, Serialize};

use super::probe::Kind;
use super::rework::Made;
use crate::model::Failure;

/// One file of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// What the file is.
    pub kind: Kind,
}

impl From<&Made> for Size {
    fn from(made: &Made) -> Self {
        Self {
            width: made.width,
            height: made.height,
            kind: made.kind,
        }
    }
}

/// The files of all pictures; a cheap handle.
#[derive(Clone, Debug)]
pub struct Shelf {
    store: Arc<dyn ObjectStore>,
    root: Path,
}

impl Shelf {
    /// The name of the folder, beside a database as in a store.
    pub const FOLDER: &str = "pictures";

    /// A store of objects, below a path in it.
    pub fn within(store: Arc<dyn ObjectStore>, root: Path) -> Self {
        Self { store, root }
    }

    /// The folder beside a file. It is made with the first picture.
    ///
    /// # Errors
    /// The place cannot be named.
    pub fn within_folder(beside: &std::path::Path) -> Result<Self, Failure> {
        let trouble = |error: &dyn std::fmt::Display| {
            let text = format!("no folder for pictures in {}: {error}", beside.display());
            Failure::Trouble(text.into())
        };
        let beside = std::path::absolute(beside).map_err(|error| trouble(&error))?;
        let folder = beside.join(Self::FOLDER);
        let root = Path::from_absolute_path(folder).map_err(|error| trouble(&error))?;
        let store = LocalFileSystem::new().with_fsync(true);
        Ok(Self::within(Arc::new(store), root))
    }

    fn path(&self, id: &str, size: Size) -> Path {
        // A folder of some hundred entries is listed faster by people and by backups than one of a hundred thousand.
        let near = id.get(..2).unwrap_or(id);
        let file = format!("{}x{}", size.width, size.height);
        self.root.clone().join(near).join(id).join(file)
    }

    /// Keeps the files of a picture.
    ///
    /// # Errors
    /// They cannot be written. Some of them may be there.
    pub async fn put(&self, id: &str, made: &[Made]) -> Result<(), Failure> {
        let writes = made.iter().map(|made| {
            let (path, bytes) = (self.path(id, made.into()), made.bytes.clone());
            async move { self.store.put(&path, PutPayload::from(bytes)).await }
        });
        try_join_all(writes)
            .await
            .map_err(|error| trouble(&error))?;
        Ok(())
    }

    /// A file, or nothing if it is not there.
    ///
    /// # Errors
    /// It cannot be read.
    pub async fn get(&self, id: &str, size: Size) -> Result<Option<Bytes>, Failure> {
        let read = async {
            let found = self.store.get(&self.path(id, size)).await?;
            found.bytes().await
        };
        match read.await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(trouble(&error)),
        }
    }

    /// Removes the files of a picture; those that are not there are no error.
    ///
    /// # Errors
    /// Some of them cannot be removed.
    pub async fn remove(&self, id: &str, sizes: &[Size]) -> Result<(), Failure> {
        for size in sizes {
            match self.store.delete(&self.path(id, *size)).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(trouble(&error)),
            }
        }
        Ok(())
    }
}

fn trouble(error: &object_store::Error) -> Failure {
    Failure::trouble(format!("pictures: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(width: u32, bytes: &'static [u8]) -> Made {
        Made {
            place: 0,
            kind: Kind::Png,
            width,
            height: width,
            bytes: Bytes::from_static(bytes),
        }
    }

    #[tokio::test]
    async fn what_is_kept_is_there_until_it_is_removed() {
        let place = tempfile::tempdir().unwrap();
        let shelf = Shelf::within_folder(place.path()).unwrap();
        let files = [made(64, b"large"), made(32, b"small")];
        let sizes = files.each_ref().map(Size::from);
        shelf.put("abcdef", &files).await.unwrap();
        assert!(place.path().join("pictures/ab/abcdef/64x64").is_file());
        let small = shelf.get("abcdef", sizes[1]).await.unwrap();
        assert_eq!(small.as_deref(), Some(&b"small"[..]));
        assert_eq!(shelf.get("abcxyz", sizes[1]).await.unwrap(), None);
        for _ in 0..2 {
            shelf.remove("abcdef", &sizes).await.unwrap();
            assert_eq!(shelf.get("abcdef", sizes[0]).await.unwrap(), None);
        }
    }
}
