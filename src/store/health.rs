//! What the store can say about its own health: the write lane, the disk, the clock.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::place::directory_of;
use super::statements::{TouchLogHead, execute};
use super::{Failure, Store};

/// A file of the disk, however it is named.
type Identity = (u64, u64);

/// Where the database was when it was opened.
#[derive(Debug)]
pub(super) struct Whereabouts {
    file: PathBuf,
    identity: Option<Identity>,
}

impl Whereabouts {
    pub(super) fn of(file: &Path) -> Self {
        Self {
            file: file.to_path_buf(),
            identity: identity(file),
        }
    }
}

fn identity(file: &Path) -> Option<Identity> {
    let known = file.metadata().ok()?;
    Some((known.dev(), known.ino()))
}

/// What the disk says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiskState {
    /// Bytes that this program may still write.
    pub free_bytes: u64,
    /// The path of the database still leads to the file that was opened.
    pub is_in_place: bool,
}

impl Store {
    /// How long the write lane has been at the same group, or at its own work; zero while it waits for some.
    pub fn lane_busy_for(&self) -> Duration {
        self.shared.counted.busy_for()
    }

    /// Whether one more write would be refused.
    pub fn is_lane_full(&self) -> bool {
        self.shared.lane.is_full()
    }

    /// Whether the last group of writes met a fault of the database.
    pub fn doubts_writes(&self) -> bool {
        self.shared.counted.is_doubtful()
    }

    /// Writes something that no reader notices, to learn whether commits work.
    ///
    /// # Errors
    /// They do not.
    pub async fn try_write(&self) -> Result<(), Failure> {
        self.write(|tx| Ok(execute::<TouchLogHead>(tx.parts().0, &[]).map(drop)?))
            .await
    }

    /// Whether all reading threads live.
    pub fn is_reading(&self) -> bool {
        self.shared.reading.are_all_alive()
    }

    /// Asks the disk that the database is on; nothing if the database is a server. Blocks as long as the disk does.
    ///
    /// # Errors
    /// The directory is gone, or the disk does not answer.
    pub fn disk(&self) -> Result<Option<DiskState>, std::io::Error> {
        let Some(place) = &self.shared.place else {
            return Ok(None);
        };
        let disk = nix::sys::statvfs::statvfs(directory_of(&place.file))?;
        Ok(Some(DiskState {
            free_bytes: disk.blocks_available().saturating_mul(disk.fragment_size()),
            is_in_place: identity(&place.file) == place.identity,
        }))
    }
}
