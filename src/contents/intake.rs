//! Bytes on their way into the contents: counted and hashed while they are written to a file that goes with its owner.

use std::fs::File;
use std::io::{self, ErrorKind, Read as _, Seek as _, Write as _};
use std::path::PathBuf;

use actix_rt::task::spawn_blocking;
use bytes::{Bytes, BytesMut};
use sha2::{Digest as _, Sha256};

use super::place;
use crate::model::{ContentHash, Failure, Refusal};

/// Bytes that are collected before they are written, beside what the connection of an upload holds.
const PIECE: usize = 16 * 1024;
/// Bytes of the beginning that are kept, to find out what the contents are.
const HEAD: usize = 4096;

/// A file of the staging directory. Dropped, it is removed, whichever thread has it.
struct Staged {
    path: PathBuf,
    file: File,
    hasher: Sha256,
}

impl Drop for Staged {
    fn drop(&mut self) {
        // One that was moved to its place is not there any more.
        drop(std::fs::remove_file(&self.path));
    }
}

/// Bytes that arrive.
pub struct Intake {
    /// `None` while it is with the thread that writes, and after a failure.
    staged: Option<Staged>,
    waiting: BytesMut,
    head: Vec<u8>,
    size: u64,
}

/// Whole contents that are not kept yet. Dropped, they are gone.
pub struct Received {
    staged: Option<Staged>,
    /// Their name.
    pub hash: ContentHash,
    /// Bytes.
    pub size: u64,
    /// How they begin.
    pub head: Vec<u8>,
}

impl Intake {
    pub(super) async fn begin(folder: PathBuf) -> Result<Self, Failure> {
        let staged = on_disk(move || {
            let (path, file) = place::stage(&folder)?;
            Ok(Staged {
                path,
                file,
                hasher: Sha256::new(),
            })
        });
        Ok(Self {
            staged: Some(staged.await?),
            waiting: BytesMut::with_capacity(PIECE),
            head: Vec::new(),
            size: 0,
        })
    }

    /// Bytes so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Takes more. The future ends when the bytes are with the disk, or are few; so a slow disk slows the client down. What
    /// is copied is not held while the disk writes: the buffer that the bytes are a part of is larger than they are.
    ///
    /// # Errors
    /// No room, or trouble with the disk.
    pub async fn take(&mut self, mut bytes: Bytes) -> Result<(), Failure> {
        self.size += bytes.len() as u64;
        let missing = HEAD.saturating_sub(self.head.len()).min(bytes.len());
        self.head.extend(bytes.iter().take(missing));
        while !bytes.is_empty() {
            let fits = (PIECE - self.waiting.len()).min(bytes.len());
            self.waiting.extend_from_slice(&bytes.split_to(fits));
            if self.waiting.len() == PIECE {
                self.write().await?;
            }
        }
        Ok(())
    }

    async fn write(&mut self) -> Result<(), Failure> {
        let piece = std::mem::take(&mut self.waiting);
        let mut staged = self.staged.take().ok_or_else(lost)?;
        let (staged, mut piece) = on_disk(move || {
            staged.hasher.update(&piece);
            staged.file.write_all(&piece)?;
            Ok((staged, piece))
        })
        .await?;
        self.staged = Some(staged);
        piece.clear();
        self.waiting = piece;
        Ok(())
    }

    /// All bytes are there: they are safe against the loss of power from here on.
    ///
    /// # Errors
    /// As [`Self::take`].
    pub async fn finish(mut self) -> Result<Received, Failure> {
        self.write().await?;
        let staged = self.staged.take().ok_or_else(lost)?;
        let (staged, hash) = on_disk(move || {
            staged.file.sync_all()?;
            let digest: [u8; 32] = staged.hasher.clone().finalize().into();
            Ok((staged, ContentHash::of(&digest)))
        })
        .await?;
        Ok(Received {
            staged: Some(staged),
            hash,
            size: self.size,
            head: self.head,
        })
    }
}

impl Received {
    /// Whole contents that this process made itself.
    ///
    /// # Errors
    /// No room, or trouble with the disk.
    pub async fn made(contents: &super::Contents, bytes: Bytes) -> Result<Self, Failure> {
        let mut intake = contents.intake().await?;
        intake.take(bytes).await?;
        intake.finish().await
    }

    /// Does something with the file, on a thread that may wait for the disk.
    ///
    /// # Errors
    /// What `job` says.
    pub async fn with_file<T: Send + 'static>(
        &mut self,
        job: impl FnOnce(&mut File) -> io::Result<T> + Send + 'static,
    ) -> Result<T, Failure> {
        let mut staged = self.staged.take().ok_or_else(lost)?;
        let (staged, outcome) = on_disk(move || {
            staged.file.rewind()?;
            let outcome = job(&mut staged.file);
            Ok((staged, outcome))
        })
        .await?;
        self.staged = Some(staged);
        outcome.map_err(|error| failure(&error))
    }

    /// A piece after the one before; the first call begins at the beginning. `None` at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Failure> {
        let mut staged = self.staged.take().ok_or_else(lost)?;
        let is_first = self.head.capacity() > 0;
        self.head = Vec::new();
        let (staged, piece) = on_disk(move || {
            if is_first {
                staged.file.rewind()?;
            }
            let mut piece = Vec::with_capacity(PIECE);
            let limit = u64::try_from(PIECE).unwrap_or(u64::MAX);
            (&mut staged.file).take(limit).read_to_end(&mut piece)?;
            Ok((staged, piece))
        })
        .await?;
        self.staged = Some(staged);
        Ok((!piece.is_empty()).then(|| piece.into()))
    }

    /// What it is called in the staging directory.
    pub(super) fn staged_name(&self) -> String {
        let name = self
            .staged
            .as_ref()
            .and_then(|staged| staged.path.file_name());
        name.unwrap_or_default().to_string_lossy().into_owned()
    }
}

/// Runs on a thread that may wait for the disk. A caller that goes away in between leaves it to its end, and what it made
/// goes with its result.
pub(super) async fn on_disk<T: Send + 'static>(
    job: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Failure> {
    match spawn_blocking(job).await {
        Ok(outcome) => outcome.map_err(|error| failure(&error)),
        Err(_panicked) => Err(lost()),
    }
}

pub(super) fn failure(error: &io::Error) -> Failure {
    let kinds = [
        ErrorKind::StorageFull,
        ErrorKind::QuotaExceeded,
        ErrorKind::FileTooLarge,
    ];
    if kinds.contains(&error.kind()) {
        tracing::warn!(%error, "no room for the contents of a file");
        return Refusal::StorageFull.into();
    }
    Failure::trouble(format!("contents of files: {error}"))
}

fn lost() -> Failure {
    Failure::trouble("contents of files: an upload was lost on its way")
}
