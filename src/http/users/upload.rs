//! The picture in a form that a user sends. The user is known, and few users send one at a time, before any of it is
//! read.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use actix_multipart::Multipart;
use actix_rt::time::timeout;
use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::web::{Bytes, BytesMut};
use actix_web::{FromRequest as _, HttpMessage as _, HttpRequest};
use futures_util::{StreamExt as _, stream};

use crate::http::extract::Body;
use crate::http::extract::body::{self, Kind, PATIENCE, ReadAhead};
use crate::http::{ApiError, ApiResult};
use crate::model::{Failure, PictureUse, Refusal, UserId};

/// Pictures that arrive at one time: some 128 MiB of memory, whatever is sent how slowly.
const AT_ONCE: usize = 32;
/// Bytes of a form around its picture.
const AROUND: u64 = 64 << 10;

/// The users that are sending a picture.
#[derive(Debug, Default)]
pub(super) struct Uploads(Mutex<HashSet<UserId>>);

/// One of them, until it is dropped.
#[derive(Debug)]
pub(super) struct Upload<'a> {
    all: &'a Uploads,
    user: UserId,
}

impl Uploads {
    /// A user begins to send a picture.
    ///
    /// # Errors
    /// Busy: the same user is sending one, or too many users are.
    pub(super) fn begin(&self, user: UserId) -> Result<Upload<'_>, Failure> {
        let mut users = self.users();
        if users.len() >= AT_ONCE || !users.insert(user) {
            return Err(Failure::Busy);
        }
        Ok(Upload { all: self, user })
    }

    fn users(&self) -> MutexGuard<'_, HashSet<UserId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Upload<'_> {
    fn drop(&mut self) {
        self.all.users().remove(&self.user);
    }
}

/// The most bytes of a picture, exclusive, and how more are refused.
fn bound(of: PictureUse) -> (usize, Refusal) {
    match of {
        PictureUse::Avatar => (2 << 20, Refusal::AvatarTooLarge),
        PictureUse::Cover => (4 << 20, Refusal::CoverTooLarge),
    }
}

/// What a form holds.
#[derive(Debug, Default)]
pub(super) struct Sent {
    /// The part that has the name of the picture.
    pub(super) picture: Option<Bytes>,
    /// The field `form`, by which a page knows its own forms.
    pub(super) token: Option<String>,
}

/// The field `form`: a signature.
const TOKEN_BYTES: usize = 256;

/// Reads the form to its end.
pub(super) async fn form_in(
    request: &HttpRequest,
    mut payload: Payload,
    of: PictureUse,
) -> ApiResult<Sent> {
    body::demand_identity(request)?;
    if Kind::of(request) != Kind::Multipart {
        let body = Body::from_request(request, &mut payload).await?;
        return Err(match body.get("from_url") {
            Some(_) => Refusal::NotFetched.at("from_url").into(),
            None => Refusal::Missing.at(of.name()).into(),
        });
    }
    let (most, refusal) = bound(of);
    let length = request.headers().get(CONTENT_LENGTH);
    let length = length.and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if length.is_none_or(|length| length > most as u64 + AROUND) {
        return Err(refusal.into());
    }
    let ahead = request.extensions_mut().remove::<ReadAhead>();
    let form = match ahead {
        Some(ReadAhead(bytes)) => Multipart::new(request.headers(), stream::iter([Ok(bytes)])),
        None => Multipart::new(request.headers(), payload),
    };
    let read = timeout(PATIENCE, parts(form, of, most, refusal));
    read.await.unwrap_or(Err(Refusal::MalformedBody.into()))
}

async fn parts(
    mut form: Multipart,
    of: PictureUse,
    most: usize,
    refusal: Refusal,
) -> ApiResult<Sent> {
    let cut_off = |_cause| ApiError::from(Refusal::MalformedBody);
    let mut sent = Sent::default();
    while let Some(part) = form.next().await {
        let mut part = part.map_err(cut_off)?;
        let is_picture = sent.picture.is_none() && part.name() == Some(of.name());
        let is_token = sent.token.is_none() && part.name() == Some("form");
        let mut bytes = BytesMut::new();
        while let Some(some) = part.next().await {
            let some = some.map_err(cut_off)?;
            if is_picture && bytes.len() + some.len() >= most {
                return Err(refusal.into());
            }
            if is_picture || is_token && bytes.len() + some.len() <= TOKEN_BYTES {
                bytes.extend_from_slice(&some);
            }
        }
        if is_picture {
            sent.picture = Some(bytes.freeze()).filter(|bytes| !bytes.is_empty());
        } else if is_token {
            sent.token = String::from_utf8(bytes.to_vec()).ok();
        }
    }
    Ok(sent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_sends_one_picture_at_a_time_and_few_users_do() {
        let uploads = Uploads::default();
        let first = uploads.begin(UserId(1)).unwrap();
        assert!(uploads.begin(UserId(1)).is_err());
        let others: Vec<_> = (2..=32).map(|id| uploads.begin(UserId(id))).collect();
        assert!(others.iter().all(Result::is_ok));
        assert!(uploads.begin(UserId(33)).is_err());
        drop(first);
        assert!(uploads.begin(UserId(33)).is_ok());
    }
}
