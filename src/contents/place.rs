//! Where contents are: the directory, or the bucket, that the settings name.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path as ObjectPath;
use object_store::{ClientOptions, ObjectStore, RetryConfig};

use crate::config::Files;

/// Below the directory: contents that are not whole yet.
pub(super) const STAGING: &str = "incoming";
/// The directory, beside the database, if the settings name none.
const FOLDER: &str = "files";
/// Only the user that runs the server may read what its users keep.
const DIRECTORY: u32 = 0o700;
const FILE: u32 = 0o600;
/// How long a service may take to answer a part; the request of the user waits for it.
const ANSWER: Duration = Duration::from_secs(30);

/// A store with what is around it.
pub(super) struct Place {
    pub(super) store: Arc<dyn ObjectStore>,
    pub(super) prefix: ObjectPath,
    pub(super) staging: PathBuf,
    pub(super) is_local: bool,
}

impl Place {
    pub(super) fn open(config: &Files, data: &Path) -> Result<Self, String> {
        match config.store_url.split_once("://") {
            Some(("s3", place)) => Self::service(config, place, data),
            Some(("file", path)) => Self::directory(Path::new(path)),
            Some((scheme, _)) => Err(format!(
                "files.store_url: `{scheme}` is not known; write s3://bucket/prefix, or file:///absolute/path"
            )),
            None if config.store_url.is_empty() => Self::directory(&data.join(FOLDER)),
            None => Err(String::from(
                "files.store_url has no scheme; write s3://bucket/prefix, or file:///absolute/path",
            )),
        }
    }

    fn directory(root: &Path) -> Result<Self, String> {
        let staging = prepare(root)?;
        let wrong = |error: &dyn std::fmt::Display| {
            format!("cannot keep files in {}: {error}", root.display())
        };
        let root = root.canonicalize().map_err(|error| wrong(&error))?;
        let store = LocalFileSystem::new_with_prefix(&root).map_err(|error| wrong(&error))?;
        Ok(Self {
            // An acknowledged upload survives the loss of power.
            store: Arc::new(store.with_fsync(true)),
            prefix: ObjectPath::default(),
            staging,
            is_local: true,
        })
    }

    fn service(config: &Files, place: &str, data: &Path) -> Result<Self, String> {
        let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
        // Once in a process: another part may have done it.
        drop(rustls::crypto::ring::default_provider().install_default());
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(bucket)
            .with_region(&config.s3_region)
            .with_access_key_id(&config.s3_access_key)
            .with_secret_access_key(config.s3_secret_key.reveal())
            .with_client_options(
                ClientOptions::new()
                    .with_timeout(ANSWER)
                    .with_allow_http(config.s3_endpoint.starts_with("http://")),
            )
            .with_retry(RetryConfig {
                max_retries: 2,
                retry_timeout: ANSWER,
                ..RetryConfig::default()
            });
        if !config.s3_endpoint.is_empty() {
            builder = builder.with_endpoint(&config.s3_endpoint);
        }
        let store = builder
            .build()
            .map_err(|error| format!("files.store_url: {error}"))?;
        Ok(Self {
            store: Arc::new(store),
            prefix: ObjectPath::from(prefix),
            staging: prepare(&data.join(FOLDER))?,
            is_local: false,
        })
    }
}

/// Makes the directories. Gives the one for what is not whole yet.
fn prepare(root: &Path) -> Result<PathBuf, String> {
    let staging = root.join(STAGING);
    DirBuilder::new()
        .recursive(true)
        .mode(DIRECTORY)
        .create(&staging)
        .map_err(|error| format!("cannot keep files in {}: {error}", root.display()))?;
    Ok(staging)
}

/// A new file with a name of its own.
pub(super) fn stage(folder: &Path) -> io::Result<(PathBuf, File)> {
    let path = folder.join(format!("{:032x}", rand::random::<u128>()));
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .mode(FILE)
        .open(&path)?;
    Ok((path, file))
}

/// Removes the files that were last written before this second.
pub(super) fn clear(folder: &Path, before: i64) -> io::Result<usize> {
    let mut removed = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        // One that was moved to its place meanwhile is not there any more.
        let is_old = entry
            .metadata()
            .is_ok_and(|data| data.is_file() && data.mtime() < before);
        if is_old && fs::remove_file(entry.path()).is_ok() {
            removed += 1;
        }
    }
    Ok(removed)
}
