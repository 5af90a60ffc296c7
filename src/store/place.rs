//! The place of the database on the disk: its directory, the modes of its files, and the lock of the one server.
//!
//! The files hold messages as plain text: only the user that runs the server may read them. SQLite gives the
//! write-ahead log and its index the mode of the database file.

use std::fs::{DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{ErrorKind, Read as _, Seek as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::{Failure, StoreOptions, secret};

/// Mode of a directory that this program makes.
const DIRECTORY: u32 = 0o700;
/// Mode of the files.
const FILE: u32 = 0o600;
/// The bits that open a file to every user of the machine.
const OTHERS: u32 = 0o007;
/// What SQLite appends to the name of the database for its further files.
const SUFFIXES: [&str; 3] = ["", "-wal", "-shm"];
/// What the name of the lock file ends with.
const LOCK: &str = "-lock";
/// Longest text of a lock file that is shown: a process id and an address.
const HOLDER: u64 = 200;

/// The right to serve a database. The system takes it back when the process ends, however it ends.
#[derive(Debug)]
pub struct ServeLock(Option<File>);

impl ServeLock {
    /// Makes the database file if there is none, and takes the lock beside it. A database on a server may be served by
    /// several programs.
    ///
    /// # Errors
    /// A place that cannot be written; another server that holds the lock, which is named.
    pub fn take(options: &StoreOptions) -> Result<Self, Failure> {
        Self::take_behind(options, prepare)
    }

    /// The same for a database that is there.
    pub(super) fn take_existing(options: &StoreOptions) -> Result<Self, Failure> {
        Self::take_behind(options, demand)
    }

    fn take_behind(
        options: &StoreOptions,
        prepare: impl FnOnce(&Path) -> Result<(), Failure>,
    ) -> Result<Self, Failure> {
        let database = options.database()?;
        let Some(file) = database.file() else {
            return Ok(Self(None));
        };
        prepare(file)?;
        // Two names of one file (a symbolic link) lead to one lock.
        let real = file.canonicalize().unwrap_or_else(|_| file.to_path_buf());
        let path = with_suffix(&real, LOCK);
        let trouble = |error: &std::io::Error| advice("cannot lock", &path, error);
        let mut lock = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(FILE)
            .open(&path)
            .map_err(|error| trouble(&error))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // A text that cannot be read leaves the holder without a name.
                drop((&mut lock).take(HOLDER).read_to_string(&mut holder));
                return Err(is_served(file, holder.trim()));
            }
            Err(TryLockError::Error(error)) => return Err(trouble(&error)),
        }
        let lock = Self(Some(lock));
        lock.write(&format!("process {}", std::process::id()));
        Ok(lock)
    }

    /// Tells the next server that wants the lock where this one listens.
    pub fn names(&self, address: &str) {
        self.write(&format!("process {} at {address}", std::process::id()));
    }

    /// For people; the lock itself does not depend on it.
    fn write(&self, holder: &str) {
        let Some(mut file) = self.0.as_ref() else {
            return;
        };
        let written = file
            .rewind()
            .and_then(|()| file.set_len(0))
            .and_then(|()| writeln!(file, "{holder}"));
        if let Err(error) = written {
            tracing::warn!(%error, "the lock file does not name this process");
        }
    }
}

fn is_served(file: &Path, holder: &str) -> Failure {
    let holder = match holder {
        "" => "another process",
        named => named,
    };
    let text = format!(
        "the database {} is served by {holder}; stop that server, or name another database",
        file.display()
    );
    Failure::Trouble(text.into())
}

/// Creates the directory and the file, and checks that the directory is writable: SQLite keeps two more files next to
/// the database.
pub(super) fn prepare(file: &Path) -> Result<(), Failure> {
    let directory = directory_of(file);
    make_directory(directory)
        .map_err(|error| advice("cannot make the directory", directory, &error))?;
    let probe = directory.join(format!(".write-probe-{}", secret::random_id()));
    std::fs::write(&probe, b"").map_err(|error| advice("cannot write in", directory, &error))?;
    std::fs::remove_file(&probe).map_err(|error| advice("cannot delete in", directory, &error))?;
    make_file(file)
        .map_err(|error| advice("cannot write the database file in", directory, &error))?;
    close_to_others(file);
    Ok(())
}

/// For commands, which change a database and never make one.
pub(super) fn demand(file: &Path) -> Result<(), Failure> {
    match OpenOptions::new().append(true).open(file) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let text = format!(
                "there is no database {}; `groundnut serve` makes it, --config or --database-url name another one",
                file.display()
            );
            Err(Failure::Trouble(text.into()))
        }
        Err(error) => Err(advice("cannot write", file, &error)),
    }
}

/// The directory that holds a file.
pub(super) fn directory_of(file: &Path) -> &Path {
    match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) | None => Path::new("."),
    }
}

fn make_directory(directory: &Path) -> Result<(), std::io::Error> {
    let missing = directory.ancestors().take_while(|part| !part.exists());
    let missing: Vec<&Path> = missing.collect();
    DirBuilder::new()
        .recursive(true)
        .mode(DIRECTORY)
        .create(directory)?;
    // The umask may have taken bits away that the directory needs.
    for made in missing.into_iter().filter(|part| part.is_dir()) {
        std::fs::set_permissions(made, Permissions::from_mode(DIRECTORY))?;
    }
    Ok(())
}

/// Before SQLite would: it makes files that every user of the machine may read.
fn make_file(file: &Path) -> Result<(), std::io::Error> {
    let made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(FILE)
        .open(file);
    match made {
        Ok(made) => made.set_permissions(Permissions::from_mode(FILE)),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            OpenOptions::new().append(true).open(file).map(drop)
        }
        Err(error) => Err(error),
    }
}

/// Earlier versions made files that every user of the machine could read. A mode that opens a file to a group is the
/// operator's, and stays.
fn close_to_others(file: &Path) {
    for suffix in SUFFIXES {
        let path = with_suffix(file, suffix);
        let Ok(known) = path.metadata() else { continue };
        if known.permissions().mode() & OTHERS == 0 {
            continue;
        }
        match std::fs::set_permissions(&path, Permissions::from_mode(FILE)) {
            Ok(()) => {
                let file = path.display();
                tracing::info!(%file, "only this user may read the file from now on");
            }
            Err(error) => {
                tracing::warn!(file = %path.display(), %error, "every user of the machine may read the file");
            }
        }
    }
}

fn with_suffix(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn advice(what: &str, place: &Path, error: &std::io::Error) -> Failure {
    let text = format!(
        "{what} {}: {error}; make it writable for the user that runs this program, or name another place in the database URL",
        place.display()
    );
    Failure::Trouble(text.into())
}
