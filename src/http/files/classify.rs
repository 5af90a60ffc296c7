//! What uploaded contents are: their bytes decide, and what is said of them must not contradict.

use crate::contents::{Received, media, media_info};
use crate::http::ApiResult;
use crate::model::{FileContents, FileKind, ImageInfo, Refusal, Refused};

/// What is said of contents.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Said<'s> {
    /// Their kind.
    pub(super) kind: Option<FileKind>,
    /// Their type.
    pub(super) mime_type: Option<&'s str>,
    /// The type that the part of a form says: a guess of a library.
    pub(super) part_type: Option<&'s str>,
}

/// The contents as a row holds them, with their kind.
///
/// # Errors
/// They are not what is said of them; a picture that is none; a sound that is too long.
pub(super) async fn classify(
    received: &mut Received,
    said: Said<'_>,
    audio_max_bytes: u64,
) -> ApiResult<(FileContents, FileKind)> {
    let (mime_type, kind) = decide(&received.head, said)?;
    if kind == FileKind::Audio && received.size > audio_max_bytes {
        return Err(Refusal::FileTooLarge.into());
    }
    let image = match kind {
        FileKind::Image => Some(dimensions(received, &mime_type).await?),
        FileKind::Audio | FileKind::Video | FileKind::Other => None,
    };
    let media = match kind {
        FileKind::Audio | FileKind::Video => {
            let said = mime_type.clone();
            received
                .with_file(move |file| media_info(file, &said))
                .await?
        }
        FileKind::Image | FileKind::Other => None,
    };
    let contents = FileContents {
        hash: received.hash.clone(),
        size: i64::try_from(received.size).unwrap_or(i64::MAX),
        mime_type,
        image,
        media,
    };
    Ok((contents, kind))
}

async fn dimensions(received: &mut Received, mime_type: &str) -> ApiResult<ImageInfo> {
    let is = mime_type.to_owned();
    let found = received.with_file(move |file| media::dimensions(file, &is));
    let found = found.await?;
    Ok(found.ok_or_else(|| Refusal::FileNotWhat.at("content"))?)
}

fn decide(head: &[u8], said: Said<'_>) -> Result<(String, FileKind), Refused> {
    let mime_type = match said.mime_type {
        Some(text) => {
            let normal = media::normal(text);
            Some(normal.ok_or_else(|| Refusal::Invalid.at("mime_type"))?)
        }
        None => None,
    };
    let stated = mime_type.as_deref().map(media::kind_of);
    if let (Some(kind), Some(stated)) = (said.kind, stated)
        && kind != stated
    {
        return Err(Refusal::Invalid.at("mime_type"));
    }
    // Nothing else is only said: a file of another kind may hold a picture, and is one then.
    let stated = said.kind.or(stated).filter(|kind| *kind != FileKind::Other);
    match (media::found(head), stated) {
        // One container for both.
        (Some(("video/mp4", _)), Some(FileKind::Audio)) => {
            Ok((String::from("audio/mp4"), FileKind::Audio))
        }
        (Some((_, found)), Some(stated)) if found != stated => Err(Refusal::FileNotWhat.at("kind")),
        (Some((found, kind)), _) => Ok((found.to_owned(), kind)),
        (None, Some(_)) => Err(Refusal::FileNotWhat.at("kind")),
        (None, None) => {
            let guessed = said.part_type.and_then(media::normal);
            let other = mime_type.or(guessed);
            let other = other.filter(|other| media::kind_of(other) == FileKind::Other);
            Ok((
                other.unwrap_or_else(|| media::UNKNOWN.to_owned()),
                FileKind::Other,
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
    const MP4: &[u8] = b"\0\0\0\x20ftypmp42";

    fn decided(
        head: &[u8],
        kind: Option<FileKind>,
        mime_type: Option<&str>,
    ) -> Result<(String, FileKind), Refusal> {
        let said = Said {
            kind,
            mime_type,
            part_type: Some("text/plain"),
        };
        decide(head, said).map_err(|refused| refused.refusal)
    }

    #[test]
    fn contents_decide_and_lies_are_refused_or_corrected() {
        use FileKind::{Audio, Image, Other, Video};
        let is = |mime: &str, kind| Ok((mime.to_owned(), kind));
        assert_eq!(decided(PNG, None, None), is("image/png", Image));
        assert_eq!(decided(PNG, Some(Other), None), is("image/png", Image));
        assert_eq!(
            decided(PNG, None, Some("image/jpeg")),
            is("image/png", Image)
        );
        assert_eq!(decided(PNG, Some(Audio), None), Err(Refusal::FileNotWhat));
        assert_eq!(
            decided(PNG, None, Some("audio/mpeg")),
            Err(Refusal::FileNotWhat)
        );
        assert_eq!(decided(MP4, None, None), is("video/mp4", Video));
        assert_eq!(decided(MP4, Some(Audio), None), is("audio/mp4", Audio));
        assert_eq!(
            decided(b"<html>", Some(Image), None),
            Err(Refusal::FileNotWhat)
        );
        assert_eq!(
            decided(b"<html>", None, Some("image/png")),
            Err(Refusal::FileNotWhat)
        );
        assert_eq!(
            decided(b"<html>", None, Some("text/html")),
            is("text/html", Other)
        );
        assert_eq!(decided(b"words", None, None), is("text/plain", Other));
        let both = decided(PNG, Some(Image), Some("audio/mpeg"));
        assert_eq!(both, Err(Refusal::Invalid));
        assert_eq!(
            decided(b"x", None, Some("not a type")),
            Err(Refusal::Invalid)
        );
    }
}
