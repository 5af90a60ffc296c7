//! Containers as programs write them, and as no program should.

use std::io::Cursor;

use super::*;

fn of(bytes: &[u8], mime_type: &str) -> Option<MediaInfo> {
    let size = u64::try_from(bytes.len()).unwrap();
    info(Cursor::new(bytes), size, mime_type).unwrap()
}

fn known(milliseconds: u64, kilobits: u32, size: Option<(u32, u32)>) -> Option<MediaInfo> {
    Some(MediaInfo {
        milliseconds,
        kilobits,
        size,
    })
}

fn boxed(kind: &[u8; 4], contents: &[u8]) -> Vec<u8> {
    let length = u32::try_from(contents.len() + 8).unwrap();
    [&length.to_be_bytes(), &kind[..], contents].concat()
}

/// A film of 2.5 s; `turned`: of a telephone that was held upright.
fn mp4(width: u32, height: u32, turned: bool) -> Vec<u8> {
    let mut movie = vec![0; 12];
    movie.extend(600_u32.to_be_bytes());
    movie.extend(1500_u32.to_be_bytes());
    movie.resize(100, 0);
    let mut track = vec![0; 84];
    let (a, d): (u32, u32) = if turned { (0, 0) } else { (0x1_0000, 0x1_0000) };
    track[40..44].copy_from_slice(&a.to_be_bytes());
    track[56..60].copy_from_slice(&d.to_be_bytes());
    track[76..80].copy_from_slice(&(width << 16).to_be_bytes());
    track[80..84].copy_from_slice(&(height << 16).to_be_bytes());
    let sound = boxed(b"trak", &boxed(b"tkhd", &[0; 84]));
    let picture = boxed(b"trak", &boxed(b"tkhd", &track));
    let movie = [boxed(b"mvhd", &movie), sound, picture].concat();
    let mut film = boxed(b"ftyp", b"isommp42");
    film.extend(boxed(b"mdat", &[7; 2000]));
    film.extend(boxed(b"moov", &movie));
    film
}

fn element(name: &[u8], contents: &[u8]) -> Vec<u8> {
    let length = u8::try_from(contents.len()).unwrap();
    [name, &[0x40, length], contents].concat()
}

fn webm() -> Vec<u8> {
    let info = [
        element(&[0x2a, 0xd7, 0xb1], &1_000_000_u32.to_be_bytes()),
        element(&[0x44, 0x89], &4321.0_f64.to_be_bytes()),
    ];
    let info = element(&[0x15, 0x49, 0xa9, 0x66], &info.concat());
    let video = [element(&[0xb0], &[2, 128]), element(&[0xba], &[1, 104])];
    let video = element(&[0xe0], &video.concat());
    let tracks = element(&[0x16, 0x54, 0xae, 0x6b], &element(&[0xae], &video));
    let mut film = element(&[0x1a, 0x45, 0xdf, 0xa3], b"head");
    // Of unknown length, as a program writes that does not know its end yet.
    film.extend([
        0x18, 0x53, 0x80, 0x67, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    ]);
    film.extend([info, tracks].concat());
    film.extend([
        0x1f, 0x43, 0xb6, 0x75, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    ]);
    film.resize(5000, 9);
    film
}

fn wave(length: u32) -> Vec<u8> {
    let mut sound = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
    sound.extend(8000_u32.to_le_bytes());
    sound.extend(16_000_u32.to_le_bytes());
    sound.extend([2, 0, 16, 0]);
    sound.extend(b"odd \x01\0\0\0x\0data");
    sound.extend(length.to_le_bytes());
    sound.resize(sound.len() + 24_000, 0);
    sound
}

/// One frame of 128 kbit/s at 44 100 Hz, two channels, and more bytes.
fn mp3(first: &[u8], length: usize) -> Vec<u8> {
    let mut sound = b"ID3\x04\0\0\0\0\0\x0a0123456789\xff\xfb\x90\x00".to_vec();
    let begin = sound.len() - 4;
    sound.resize(begin + 36, 0);
    sound.extend(first);
    sound.resize(begin + length, 0);
    sound
}

#[test]
fn each_container_says_how_long_it_is_and_films_how_large() {
    assert_eq!(of(&wave(24_000), "audio/wave"), known(1500, 128, None));
    let mut flac = b"fLaC\0\0\0\x22\x10\0\x10\0\0\0\0\0\0\0".to_vec();
    let packed = (44_100_u64 << 44) | (1 << 41) | (15 << 36) | 88_200;
    flac.extend(packed.to_be_bytes());
    flac.resize(50_000, 0);
    assert_eq!(of(&flac, "audio/flac"), known(2000, 200, None));
    assert_eq!(of(&mp3(&[], 16_000), "audio/mpeg"), known(1000, 128, None));
    let counted = [b"Xing\0\0\0\x01", &100_u32.to_be_bytes()[..]].concat();
    assert_eq!(
        of(&mp3(&counted, 9000), "audio/mpeg"),
        known(2612, 27, None)
    );
    let size = Some((640, 360));
    assert_eq!(of(&mp4(640, 360, false), "video/mp4"), known(2500, 7, size));
    assert_eq!(
        of(&mp4(360, 640, true), "video/quicktime"),
        known(2500, 7, size)
    );
    assert_eq!(of(&mp4(640, 360, false), "audio/mp4"), known(2500, 7, None));
    assert_eq!(of(&webm(), "video/webm"), known(4321, 9, size));
    let mut avi = b"RIFF\0\0\0\0AVI LIST\0\0\0\0hdrlavih\x38\0\0\0".to_vec();
    for number in [40_000_u32, 0, 0, 0, 50, 0, 1, 0, 640, 360] {
        avi.extend(number.to_le_bytes());
    }
    assert_eq!(of(&avi, "video/x-msvideo"), known(2000, 0, size));
    let mut mpeg = b"\0\0\x01\xba\x44\0\0\x01\xb3\x28\x01\x68\x14".to_vec();
    mpeg.extend((2500_u32 << 14).to_be_bytes());
    mpeg.resize(125_000, 0);
    assert_eq!(of(&mpeg, "video/mpeg"), known(1000, 1000, size));
}

#[test]
fn a_recording_that_was_cut_off_is_as_long_as_its_file() {
    for length in [0, u32::MAX, 1 << 30] {
        assert_eq!(of(&wave(length), "audio/wave"), known(1500, 128, None));
    }
}

#[test]
fn a_film_without_a_length_or_a_size_is_not_described() {
    assert_eq!(of(&mp4(0, 0, false), "video/mp4"), None);
    assert_eq!(of(&boxed(b"moov", &[]), "video/mp4"), None);
    assert_eq!(of(b"", "video/webm"), None);
    assert_eq!(of(&[0; 4000], "audio/mpeg"), None);
    assert_eq!(of(&wave(24_000), "text/plain"), None);
}

/// Whatever is said about lengths, a probe ends, reads no more than it may, and does not panic.
#[test]
fn containers_that_lie_are_read_to_a_bound() {
    let films: [(Vec<u8>, &str); 5] = [
        (mp4(640, 360, false), "video/mp4"),
        (webm(), "video/webm"),
        (wave(24_000), "audio/wave"),
        (mp3(b"Xing\0\0\0\x01\0\0\0\x64", 500), "audio/mpeg"),
        // Boxes and chunks without end.
        (
            [0, 0, 0, 8, b'f', b'r', b'e', b'e'].repeat(5000),
            "video/mp4",
        ),
    ];
    for (film, mime_type) in films {
        for cut in (0..film.len().min(400)).chain([film.len()]) {
            of(&film[..cut], mime_type);
        }
        for at in 0..film.len().min(600) {
            for byte in [0, 1, 0x7f, 0x80, 0xff] {
                let mut film = film.clone();
                film[at] = byte;
                of(&film, mime_type);
            }
        }
    }
    let mut source = Source {
        bytes: Cursor::new(vec![0; 4 << 20]),
        size: 4 << 20,
        pieces: PIECES,
        left: BYTES,
    };
    let mut read = 0;
    while let Some(piece) = source.at(0, usize::MAX).unwrap() {
        read += piece.len();
    }
    assert_eq!(read, BYTES);
}

fn segment(marker: u8, contents: &[u8]) -> Vec<u8> {
    let length = u16::try_from(contents.len() + 2).unwrap();
    [&[0xff, marker][..], &length.to_be_bytes(), contents].concat()
}

/// Of 640 × 480, with these segments before the frame.
fn jpeg(before: &[Vec<u8>], after: &[Vec<u8>]) -> Vec<u8> {
    let frame = segment(0xc0, &[8, 1, 224, 2, 128, 1, 1, 0x11, 0]);
    let scan = segment(0xda, &[1, 1, 0, 0, 63, 0]);
    let parts = [&before.concat(), &frame, &after.concat(), &scan];
    let parts = parts.map(Vec::as_slice).concat();
    [&[0xff, 0xd8][..], &parts, &[0x5a; 100], &[0xff, 0xd9]].concat()
}

fn jpeg_of(bytes: &[u8]) -> (Option<(u32, u32)>, bool) {
    let size = u64::try_from(bytes.len()).unwrap();
    let found = jpeg::head(Cursor::new(bytes), size).unwrap();
    let image = found.image.map(|image| (image.width, image.height));
    (image, found.has_notes)
}

#[test]
fn a_photograph_says_its_size_behind_megabytes_of_previews() {
    let size = Some((640, 480));
    let exif = segment(0xe1, b"Exif\0\0II");
    let xmp = segment(0xe1, b"http://ns.adobe.com/xap/1.0/\0<x>");
    let preview = segment(0xe2, &[0xff; 65_533]);
    let many = vec![preview.clone(); 40];
    assert_eq!(jpeg_of(&jpeg(&[], &[])), (size, false));
    assert_eq!(jpeg_of(&jpeg(&many, &[])), (size, false), "2.6 MB");
    for notes in [exif, xmp] {
        let behind = [many.clone(), vec![notes.clone()]].concat();
        for (before, after) in [
            (vec![notes.clone()], vec![]),
            (behind, vec![]),
            (vec![], vec![notes.clone()]),
            // Filling bytes, and something that is no segment at all.
            (vec![vec![0xff; 5], notes.clone()], vec![]),
            (vec![vec![7; 300], notes.clone()], vec![vec![0xff, 0, 9]]),
        ] {
            assert_eq!(jpeg_of(&jpeg(&before, &after)), (size, true));
        }
    }
    // As a part of something else they are none.
    let named = segment(0xed, b"..Exif\0\0");
    assert_eq!(jpeg_of(&jpeg(&[named], &[])), (size, false));
}

#[test]
fn a_photograph_without_an_end_of_segments_is_read_up_to_a_bound() {
    let empty = segment(0xe2, &[]);
    let bytes = jpeg(&vec![empty; 100_000], &[]);
    assert_eq!(jpeg_of(&bytes), (None, true));
    for cut in 0..80 {
        let whole = jpeg(&[segment(0xe0, b"JFIF\0")], &[]);
        let (image, has_notes) = jpeg_of(whole.get(..cut).unwrap_or(&whole));
        assert!(
            !has_notes && image.is_none_or(|size| size == (640, 480)),
            "{cut}"
        );
    }
    assert_eq!(jpeg_of(b"\xff\xd8\xff\xc0\0\x02\xff\xd9"), (None, false));
    assert_eq!(
        jpeg_of(b"\xff\xd8\xff\xc0\0\0\0\0\0\0\0\0\0\0"),
        (None, false)
    );
}
