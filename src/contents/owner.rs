//! Whose contents these are: the root of the place names the one database that removes what no file holds.

use object_store::path::Path as ObjectPath;
use object_store::{ObjectStoreExt as _, PutPayload};

use super::Contents;
use crate::model::{ContentHash, Failure};

/// The object that names the database.
const NAME: &str = "owner";
/// A longer one was not written by a server.
const LONGEST: u64 = 256;

impl Contents {
    /// The database that the place belongs to, `None` if it names none.
    ///
    /// # Errors
    /// The service does not answer, or the directory cannot be read.
    pub async fn owner(&self) -> Result<Option<String>, Failure> {
        let found = match self.shared.store.get(&self.owner_path()).await {
            Ok(found) => found,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(self.failure(&error)),
        };
        if found.meta.size > LONGEST {
            return Ok(Some(String::new()));
        }
        let bytes = found.bytes().await.map_err(|error| self.failure(&error))?;
        let text = String::from_utf8_lossy(&bytes);
        Ok(Some(text.trim().to_owned()))
    }

    /// The place belongs to this database from now on.
    ///
    /// # Errors
    /// The service does not answer, or the directory cannot be written.
    pub async fn set_owner(&self, id: &str) -> Result<(), Failure> {
        let text = PutPayload::from(format!("{id}\n").into_bytes());
        let put = self.shared.store.put(&self.owner_path(), text).await;
        put.map(drop).map_err(|error| self.failure(&error))
    }

    /// Whether no contents are there.
    ///
    /// # Errors
    /// As [`Self::owner`].
    pub async fn is_empty(&self) -> Result<bool, Failure> {
        let root = &self.shared.prefix;
        let root = Some(root).filter(|root| root.parts().next().is_some());
        let listed = self.shared.store.list_with_delimiter(root).await;
        let listed = listed.map_err(|error| self.failure(&error))?;
        let folders = listed.common_prefixes.iter().filter_map(first_byte);
        for first in folders {
            // A directory stays when the last file of it is removed.
            if !self.beginning_with(first, 1).await?.is_empty() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether some of these are there.
    ///
    /// # Errors
    /// As [`Self::owner`].
    pub async fn has_some(&self, hashes: &[ContentHash]) -> Result<bool, Failure> {
        for hash in hashes {
            match self.shared.store.head(&self.path(hash)).await {
                Ok(_) => return Ok(true),
                Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(self.failure(&error)),
            }
        }
        Ok(false)
    }

    /// Whether uploads that are not whole are in the place itself, and not on this machine.
    pub fn has_staging(&self) -> bool {
        self.shared.is_local
    }

    fn owner_path(&self) -> ObjectPath {
        self.shared.prefix.clone().join(NAME)
    }
}

/// The byte that all hashes of a folder begin with; `None`: it holds no contents.
fn first_byte(folder: &ObjectPath) -> Option<u8> {
    let name = folder.filename().filter(|name| name.len() == 2)?;
    u8::from_str_radix(name, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Files;

    #[tokio::test]
    async fn a_place_is_empty_until_contents_are_there_and_keeps_its_owner() {
        let data = tempfile::tempdir().unwrap();
        let contents = Contents::open(&Files::default(), data.path()).unwrap();
        assert!(contents.is_empty().await.unwrap());
        assert_eq!(contents.owner().await.unwrap(), None);
        contents.set_owner("ours").await.unwrap();
        assert!(contents.is_empty().await.unwrap(), "it is no contents");
        assert_eq!(contents.owner().await.unwrap().as_deref(), Some("ours"));
        let hash = ContentHash::of(&[0xab; 32]);
        let folder = data.path().join("files/ab/ab");
        std::fs::create_dir_all(&folder).unwrap();
        assert!(contents.is_empty().await.unwrap(), "directories are left");
        std::fs::write(folder.join(hash.as_str()), b"x").unwrap();
        assert!(!contents.is_empty().await.unwrap());
        let other = ContentHash::of(&[0xcd; 32]);
        assert!(
            !contents
                .has_some(std::slice::from_ref(&other))
                .await
                .unwrap()
        );
        assert!(contents.has_some(&[other, hash]).await.unwrap());
        let strange = "x".repeat(300);
        std::fs::write(data.path().join("files/owner"), strange).unwrap();
        assert_eq!(contents.owner().await.unwrap().as_deref(), Some(""));
    }
}
