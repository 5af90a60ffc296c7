//! What contents are, by how they begin, and what they may be served as.

use std::fs::File;
use std::io::{self, Read as _};

use super::probe::jpeg_head;
use crate::model::{FileKind, ImageInfo};

/// A kind of media that is known by its beginning.
struct Media {
    mime_type: &'static str,
    kind: FileKind,
    /// Other names of it, in what clients send.
    aliases: &'static [&'static str],
    /// Extensions of file names.
    extensions: &'static [&'static str],
}

/// Everything that is served as what it is; anything else is bytes to be saved.
#[rustfmt::skip]
const MEDIA: &[Media] = &[
    Media { mime_type: "image/png",        kind: FileKind::Image, aliases: &["image/x-png"],                          extensions: &["png"] },
    Media { mime_type: "image/jpeg",       kind: FileKind::Image, aliases: &["image/jpg", "image/pjpeg"],             extensions: &["jpg", "jpeg"] },
    Media { mime_type: "image/gif",        kind: FileKind::Image, aliases: &[],                                       extensions: &["gif"] },
    Media { mime_type: "audio/mpeg",       kind: FileKind::Audio, aliases: &["audio/mp3", "audio/x-mp3", "audio/mpeg3"], extensions: &["mp3"] },
    Media { mime_type: "audio/mp4",        kind: FileKind::Audio, aliases: &["audio/m4a", "audio/x-m4a", "audio/aac"], extensions: &["m4a"] },
    Media { mime_type: "audio/wave",       kind: FileKind::Audio, aliases: &["audio/wav", "audio/x-wav", "audio/x-pn-wav", "audio/vnd.wave"], extensions: &["wav"] },
    Media { mime_type: "audio/flac",       kind: FileKind::Audio, aliases: &["audio/x-flac"],                         extensions: &["flac"] },
    Media { mime_type: "video/mp4",        kind: FileKind::Video, aliases: &["video/m4v", "video/x-m4v"],             extensions: &["mp4", "m4v"] },
    Media { mime_type: "video/quicktime",  kind: FileKind::Video, aliases: &[],                                       extensions: &["mov"] },
    Media { mime_type: "video/webm",       kind: FileKind::Video, aliases: &[],                                       extensions: &["webm"] },
    Media { mime_type: "video/mpeg",       kind: FileKind::Video, aliases: &[],                                       extensions: &["mpg", "mpeg"] },
    Media { mime_type: "video/x-msvideo",  kind: FileKind::Video, aliases: &["video/avi", "video/msvideo"],           extensions: &["avi"] },
];

/// What contents are if nothing says it.
pub const UNKNOWN: &str = "application/octet-stream";

/// What contents are by how they begin.
pub fn found(head: &[u8]) -> Option<(&'static str, FileKind)> {
    let mime_type = match head {
        [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => "image/png",
        [0xff, 0xd8, 0xff, ..] => "image/jpeg",
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => "image/gif",
        [b'f', b'L', b'a', b'C', ..] => "audio/flac",
        [b'I', b'D', b'3', ..] => "audio/mpeg",
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'A',
            b'V',
            b'E',
            ..,
        ] => "audio/wave",
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'A',
            b'V',
            b'I',
            b' ',
            ..,
        ] => "video/x-msvideo",
        [0x1a, 0x45, 0xdf, 0xa3, ..] => "video/webm",
        [0, 0, 1, 0xba | 0xb3, ..] => "video/mpeg",
        [_, _, _, _, b'f', b't', b'y', b'p', a, b, c, d, ..] => match &[*a, *b, *c, *d] {
            b"M4A " | b"M4B " | b"M4P " => "audio/mp4",
            b"qt  " => "video/quicktime",
            _ => "video/mp4",
        },
        [0xff, second, third, ..] if is_mpeg_frame(*second, *third) => "audio/mpeg",
        _ => return None,
    };
    Some((mime_type, kind_of(mime_type)))
}

/// The head of a frame of MPEG audio, layer III: no reserved version, rate or sampling.
fn is_mpeg_frame(second: u8, third: u8) -> bool {
    let (version, layer) = ((second >> 3) & 3, (second >> 1) & 3);
    let (rate, sampling) = (third >> 4, (third >> 2) & 3);
    second & 0xe0 == 0xe0 && version != 1 && layer == 1 && rate != 0 && rate != 15 && sampling != 3
}

/// The kind that a type belongs to.
pub fn kind_of(mime_type: &str) -> FileKind {
    match mime_type.split('/').next() {
        Some("image") => FileKind::Image,
        Some("audio") => FileKind::Audio,
        Some("video") => FileKind::Video,
        Some(_) | None => FileKind::Other,
    }
}

/// One name for a type that has several; `None`: not a type at all. Parameters are dropped.
pub fn normal(mime_type: &str) -> Option<String> {
    let plain = mime_type.split(';').next().unwrap_or_default().trim();
    let plain = plain.to_ascii_lowercase();
    let is_token = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
    };
    let (class, name) = plain.split_once('/')?;
    if plain.len() > 127 || !is_token(class) || !is_token(name) {
        return None;
    }
    let known = MEDIA.iter().find(|media| media.aliases.contains(&&*plain));
    Some(known.map_or(plain, |media| media.mime_type.to_owned()))
}

/// The kind that the extension of a file name says.
pub fn kind_by_name(name: &str) -> Option<FileKind> {
    let (_, extension) = name.rsplit_once('.')?;
    let extension = extension.to_ascii_lowercase();
    let known = MEDIA
        .iter()
        .find(|media| media.extensions.contains(&&*extension));
    known.map(|media| media.kind)
}

/// The type that contents are served as, and whether a browser may show them. What is no picture, sound or film is never
/// more than bytes to be saved: not a page, not a script, whatever it says that it is.
pub fn served_as(mime_type: &str) -> (&'static str, bool) {
    let known = MEDIA.iter().find(|media| media.mime_type == mime_type);
    known.map_or((UNKNOWN, false), |media| (media.mime_type, true))
}

/// Bytes within which a picture that is no JPEG says its size.
const HEADER: u64 = 4096;

/// Width and height of a picture, from its head; `None`: it has none that can be read.
pub fn dimensions(file: &mut File, mime_type: &str) -> io::Result<Option<ImageInfo>> {
    if mime_type == "image/jpeg" {
        return Ok(jpeg_head(file)?.image);
    }
    let mut head = Vec::new();
    file.take(HEADER).read_to_end(&mut head)?;
    let Ok(size) = imagesize::blob_size(&head) else {
        return Ok(None);
    };
    let (Ok(width), Ok(height)) = (u32::try_from(size.width), u32::try_from(size.height)) else {
        return Ok(None);
    };
    Ok((width > 0 && height > 0).then_some(ImageInfo { width, height }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contents_are_known_by_how_they_begin() {
        let types = [
            (&b"\x89PNG\r\n\x1a\n1234"[..], Some("image/png")),
            (b"\xff\xd8\xff\xe0", Some("image/jpeg")),
            (b"GIF89a", Some("image/gif")),
            (b"\xff\xfb\x90\x64", Some("audio/mpeg")),
            (b"\0\0\0\x20ftypM4A ", Some("audio/mp4")),
            (b"\0\0\0\x20ftypisom", Some("video/mp4")),
            (b"RIFF1234WAVEfmt ", Some("audio/wave")),
            (b"<html><script>", None),
            (b"<svg xmlns=", None),
            (b"\xff\xff\xff", None),
            (b"", None),
        ];
        for (head, mime_type) in types {
            assert_eq!(found(head).map(|known| known.0), mime_type, "{head:?}");
        }
    }

    #[test]
    fn only_pictures_sound_and_films_are_served_as_what_they_are() {
        for mime_type in ["text/html", "image/svg+xml", "text/javascript", "x/y", ""] {
            assert_eq!(served_as(mime_type), (UNKNOWN, false));
        }
        assert_eq!(served_as("image/png"), ("image/png", true));
    }

    #[test]
    fn a_type_has_one_name() {
        assert_eq!(normal("Audio/X-M4A").as_deref(), Some("audio/mp4"));
        assert_eq!(
            normal("text/plain; charset=utf-8").as_deref(),
            Some("text/plain")
        );
        for wrong in [
            "",
            "text",
            "text/",
            "a/b/c",
            "text/x\r\nX: y",
            "text/\u{e9}",
        ] {
            assert_eq!(normal(wrong), None, "{wrong:?}");
        }
    }
}
