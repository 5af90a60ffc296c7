//! What handlers of files share: the contents, and how many uploads may run.

use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH};

use super::ownership::Ownership;
use crate::actors::permits::{Permit, Permits};
use crate::config::{Config, Files};
use crate::contents::Contents;
use crate::http::socket::{Raised, Uploading};
use crate::http::{ApiResult, App};
use crate::model::{Failure, Refusal, UserId};
use crate::pictures::Pictures;

/// Bytes of a form beside the contents: its fields, and the lines between its parts.
const AROUND: u64 = 256 * 1024;

/// Where contents are, and what bounds their uploads.
pub struct FilePlace {
    /// The contents of all files.
    pub(super) contents: Contents,
    /// Whether this server may remove some of them.
    pub(super) ownership: Ownership,
    /// As configured.
    settings: Files,
    /// How long an upload may be silent.
    pub(super) silence: Duration,
    uploads: Arc<Permits<UserId>>,
    /// Makes small pictures, one at a time.
    pub(super) pictures: Pictures,
    /// Held by the one whose pictures are made: its file is in memory as a whole.
    pub(super) making: tokio::sync::Mutex<()>,
    /// Held by the one that runs operations.
    pub(super) operations: tokio::sync::Mutex<()>,
}

/// An upload that was let in, until it is dropped.
pub(super) struct Upload {
    /// Bytes that the contents may have, and what is said beyond.
    pub(super) room: Room,
    _permit: Permit<UserId>,
    _running: Option<Raised>,
}

/// How many bytes fit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    /// At most.
    pub(super) bytes: u64,
    /// Why not more.
    pub(super) beyond: Refusal,
}

impl FilePlace {
    /// The contents of all files.
    pub fn contents(&self) -> &Contents {
        &self.contents
    }

    /// As configured.
    pub fn new(contents: Contents, pictures: Pictures, config: &Config) -> Self {
        let files = &config.files;
        Self {
            contents,
            ownership: Ownership::default(),
            settings: files.clone(),
            silence: Duration::from_millis(config.server.answer_stalled_ms),
            uploads: Permits::new(files.user_uploads, files.uploads),
            pictures,
            making: tokio::sync::Mutex::default(),
            operations: tokio::sync::Mutex::default(),
        }
    }
}

impl FilePlace {
    /// As configured.
    pub fn settings(&self) -> &Files {
        &self.settings
    }

    /// Whether the contents were found to belong to another database.
    pub fn is_foreign(&self) -> bool {
        self.ownership.is_foreign()
    }
}

impl Upload {
    /// Lets an upload of a user in, by what its head says: what cannot fit is refused before it is read.
    ///
    /// # Errors
    /// Too many at one time; too large; a full quota; a compressed body.
    pub(super) async fn begin(app: &App, user: UserId, request: &HttpRequest) -> ApiResult<Self> {
        Self::begin_of(app, user, request, app.files.settings().max_bytes).await
    }

    /// The same of several files, each of which has a bound of its own: of so many bytes together.
    ///
    /// # Errors
    /// As [`Self::begin`].
    pub(super) async fn begin_of(
        app: &App,
        user: UserId,
        request: &HttpRequest,
        most: u64,
    ) -> ApiResult<Self> {
        let permit = app.files.uploads.take(user);
        let permit = permit.ok_or(Refusal::TooManyUploads)?;
        let mut codings = request.headers().get_all(CONTENT_ENCODING);
        if !codings.all(|coding| coding.as_bytes().eq_ignore_ascii_case(b"identity")) {
            return Err(Refusal::UnsupportedEncoding.into());
        }
        let used = app.engine.store().read(move |db| db.file_usage(user));
        let left = app.engine.file_quota().saturating_sub(used.await?);
        let room = Room::of(most, left);
        let declared = request.headers().get(CONTENT_LENGTH);
        let declared = declared.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        if room.bytes == 0 || declared.is_some_and(|length| length > room.bytes + AROUND) {
            return Err(room.beyond.into());
        }
        Ok(Self {
            room,
            _permit: permit,
            _running: Uploading::of(request),
        })
    }
}

impl Room {
    fn of(most: u64, left: i64) -> Self {
        let left = u64::try_from(left).unwrap_or(0);
        if left < most {
            return Self {
                bytes: left,
                beyond: Refusal::QuotaReached,
            };
        }
        Self {
            bytes: most,
            beyond: Refusal::FileTooLarge,
        }
    }

    /// What is left behind so many bytes.
    ///
    /// # Errors
    /// They do not fit.
    pub(super) fn less(self, bytes: u64) -> Result<Self, Failure> {
        let left = self.bytes.checked_sub(bytes);
        let bytes = left.ok_or_else(|| Failure::from(self.beyond))?;
        Ok(Self { bytes, ..self })
    }
}
