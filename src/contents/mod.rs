//! What files hold: bytes under the name of their hash, in a local directory or with a service that speaks the S3
//! protocol.
//!
//! Bytes arrive in a file of the staging directory ([`Intake`]), where they are counted and hashed; only whole ones are
//! kept ([`Contents::keep`]). Rows are not in here: what holds which contents says the store, and what no row wants any
//! more is removed by a caller that has asked it ([`Contents::hold`]).

mod intake;
pub mod media;
mod owner;
mod place;
mod probe;

pub use intake::{Intake, Received};
pub use probe::{jpeg_head, media_info};

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::path::Path as ObjectPath;
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt as _, WriteMultipart};
use tokio::sync::{Mutex, OwnedMutexGuard, Semaphore};

use crate::config::Files;
use crate::model::{ContentHash, Failure};
use place::Place;

/// Contents that are written to another machine at one time: each holds two parts in memory.
const TRANSFERS: usize = 2;
/// Bytes of a part; the protocol takes no smaller ones.
const PART: usize = 5 << 20;
/// Contents are held in so many groups, so that what is held is bounded.
const GROUPS: usize = 64;

/// The contents of all files; a cheap handle.
#[derive(Clone)]
pub struct Contents {
    shared: Arc<Shared>,
}

struct Shared {
    store: Arc<dyn ObjectStore>,
    prefix: ObjectPath,
    /// Where contents are before they are whole.
    staging: PathBuf,
    /// Staging and store are one directory.
    is_local: bool,
    groups: Vec<Arc<Mutex<()>>>,
    transfers: Semaphore,
}

/// Contents that cannot be removed by another part until this is dropped.
pub struct Held(#[expect(dead_code, reason = "held until it is dropped")] Vec<OwnedMutexGuard<()>>);

/// Contents as they are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Their name.
    pub hash: ContentHash,
    /// Seconds since 1970 at which they were last written.
    pub written_at: i64,
}

impl Contents {
    /// As configured; `data` is the directory of the database.
    ///
    /// # Errors
    /// An address that is not one, or a directory that cannot be written; for the operator.
    pub fn open(config: &Files, data: &Path) -> Result<Self, String> {
        let Place {
            store,
            prefix,
            staging,
            is_local,
        } = Place::open(config, data)?;
        Ok(Self {
            shared: Arc::new(Shared {
                store,
                prefix,
                staging,
                is_local,
                groups: (0..GROUPS).map(|_| Arc::default()).collect(),
                transfers: Semaphore::new(TRANSFERS),
            }),
        })
    }

    /// Another folder of the same place, for what is kept under names of its own.
    pub fn folder(&self, name: &str) -> (Arc<dyn ObjectStore>, ObjectPath) {
        let shared = &self.shared;
        (shared.store.clone(), shared.prefix.clone().join(name))
    }

    /// For bytes that arrive.
    pub async fn intake(&self) -> Result<Intake, Failure> {
        Intake::begin(self.shared.staging.clone()).await
    }

    /// Nothing removes these until what comes back is dropped. Groups are taken in order, so that no two callers wait
    /// for each other.
    pub async fn hold(&self, hashes: impl IntoIterator<Item = &ContentHash>) -> Held {
        let mut groups: Vec<usize> = hashes.into_iter().map(group).collect();
        groups.sort_unstable();
        groups.dedup();
        let mut held = Vec::with_capacity(groups.len());
        for group in groups {
            if let Some(lock) = self.shared.groups.get(group) {
                held.push(lock.clone().lock_owned().await);
            }
        }
        Held(held)
    }

    /// Keeps contents under their hash, whether or not they are there already. The caller holds them.
    ///
    /// # Errors
    /// No room, or the service does not answer.
    pub async fn keep(&self, received: Received) -> Result<(), Failure> {
        let target = self.path(&received.hash);
        if self.shared.is_local {
            let name = received.staged_name();
            let from = ObjectPath::from(place::STAGING).join(name);
            let moved = self.shared.store.rename(&from, &target).await;
            return moved.map_err(|error| self.failure(&error));
        }
        let transfer = self.shared.transfers.acquire().await;
        let _transfer = transfer.map_err(|_closed| Failure::Stopping)?;
        self.send(received, &target).await
    }

    async fn send(&self, mut received: Received, target: &ObjectPath) -> Result<(), Failure> {
        let store = &self.shared.store;
        if received.size <= PART as u64 {
            let mut whole = Vec::new();
            while let Some(bytes) = received.next().await? {
                whole.extend_from_slice(&bytes);
            }
            let put = store.put(target, whole.into()).await;
            return put.map(drop).map_err(|error| self.failure(&error));
        }
        let upload = store.put_multipart(target).await;
        let upload = upload.map_err(|error| self.failure(&error))?;
        let mut upload = WriteMultipart::new_with_chunk_size(upload, PART);
        loop {
            let sent = upload.wait_for_capacity(1).await;
            if let Err(error) = sent {
                // What was sent is removed by the service in its own time.
                drop(upload.abort().await);
                return Err(self.failure(&error));
            }
            match received.next().await? {
                Some(bytes) => upload.write(&bytes),
                None => break,
            }
        }
        let finished = upload.finish().await;
        finished.map(drop).map_err(|error| self.failure(&error))
    }

    /// A part of contents.
    ///
    /// # Errors
    /// They are gone, or the service does not answer.
    pub async fn read(
        &self,
        hash: &ContentHash,
        range: Range<u64>,
    ) -> Result<BoxStream<'static, Result<Bytes, Failure>>, Failure> {
        if range.is_empty() {
            return Ok(futures_util::stream::empty().boxed());
        }
        let options = GetOptions {
            range: Some(GetRange::Bounded(range)),
            ..GetOptions::default()
        };
        let got = self.shared.store.get_opts(&self.path(hash), options).await;
        let got = got.map_err(|error| self.failure(&error))?;
        let contents = self.clone();
        let bytes = got.into_stream();
        Ok(bytes.map_err(move |error| contents.failure(&error)).boxed())
    }

    /// Removes contents; those that are gone already are no error. The caller holds them, and has asked the store
    /// since.
    pub async fn remove(&self, hash: &ContentHash) -> Result<(), Failure> {
        match self.shared.store.delete(&self.path(hash)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.failure(&error)),
        }
    }

    /// A part of all contents: those whose hash begins with this byte.
    pub async fn beginning_with(&self, first: u8, most: usize) -> Result<Vec<Kept>, Failure> {
        let folder = self.shared.prefix.clone().join(format!("{first:02x}"));
        let listed = self.shared.store.list(Some(&folder)).take(most);
        let objects: Vec<_> = listed
            .try_collect()
            .await
            .map_err(|error| self.failure(&error))?;
        let known = objects.into_iter().filter_map(|object| {
            Some(Kept {
                hash: object.location.filename()?.parse().ok()?,
                written_at: object.last_modified.timestamp(),
            })
        });
        Ok(known.collect())
    }

    /// Bytes that uploads may still take of the disk of this machine. Blocks as long as the disk does.
    ///
    /// # Errors
    /// The directory is gone, or the disk does not answer.
    pub fn free_bytes(&self) -> std::io::Result<u64> {
        let disk = nix::sys::statvfs::statvfs(&self.shared.staging)?;
        Ok(disk.blocks_available().saturating_mul(disk.fragment_size()))
    }

    /// Removes what is left of uploads that did not come to their end: all that was last written before this moment, in
    /// seconds since 1970.
    pub async fn clear_staging(&self, before: i64) -> Result<usize, Failure> {
        let staging = self.shared.staging.clone();
        intake::on_disk(move || place::clear(&staging, before)).await
    }

    /// A service that does not answer may answer soon; a full disk may not.
    fn failure(&self, error: &object_store::Error) -> Failure {
        if !self.shared.is_local && !matches!(error, object_store::Error::NotFound { .. }) {
            tracing::warn!(%error, "the service that keeps contents of files failed");
            return Failure::Busy;
        }
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
        while let Some(error) = cause {
            if let Some(io) = error.downcast_ref::<std::io::Error>() {
                return intake::failure(io);
            }
            cause = error.source();
        }
        Failure::trouble(format!("contents of files: {error}"))
    }

    fn path(&self, hash: &ContentHash) -> ObjectPath {
        let text = hash.as_str();
        let (first, second) = (text.get(..2), text.get(2..4));
        let folder = self.shared.prefix.clone();
        let folder = folder.join(first.unwrap_or_default());
        folder.join(second.unwrap_or_default()).join(text)
    }
}

fn group(hash: &ContentHash) -> usize {
    let first = hash.as_str().get(..2).unwrap_or_default();
    usize::from_str_radix(first, 16).unwrap_or(0) % GROUPS
}
