//! Small pictures that the server makes of an uploaded one, and photographs without what their camera wrote into them.
//!
//! A picture of which none can be made is kept as it was sent, unless it is a photograph whose notes would have to go.

use std::io::Read as _;

use bytes::Bytes;

use crate::contents::{Received, jpeg_head};
use crate::http::App;
use crate::model::{ContentHash, DerivedFile, Failure, FileContents, ImageInfo, Refusal};
use crate::pictures::{Made, Order, Shape};

/// A file beyond that is left as it is: it has to be in memory as a whole.
const LARGEST: u64 = 16 << 20;
/// What is made of a picture, largest first.
const WITHIN: (&str, u32, u32) = ("core_image_960r", 640, 960);
const SQUARES: [(&str, u32); 2] = [("core_image_600s", 600), ("core_image_200s", 200)];

/// What became of uploaded contents.
pub(super) struct Derived {
    /// The contents of the file itself.
    pub(super) contents: FileContents,
    /// What was made of it, without what the client brought.
    pub(super) files: Vec<DerivedFile>,
    /// The bytes of all of it.
    pub(super) bytes: Vec<Received>,
}

impl Derived {
    /// What the client made itself wins.
    pub(super) fn prefer(&mut self, own: DerivedFile, bytes: Received) {
        let same = self.files.iter().position(|known| known.key == own.key);
        if let Some(same) = same {
            let hash = self.files.swap_remove(same).contents.hash;
            // One of them: the file itself may have the same contents.
            let same = self.bytes.iter().position(|bytes| bytes.hash == hash);
            if let Some(same) = same {
                self.bytes.swap_remove(same);
            }
        }
        self.files.push(own);
        self.bytes.push(bytes);
    }
}

/// Makes small pictures of a picture. `keeps_exif`: the file itself stays as it was sent.
///
/// # Errors
/// No room; a photograph that cannot be freed of its notes.
pub(super) async fn derive(
    app: &App,
    mut received: Received,
    contents: FileContents,
    name: &str,
    keeps_exif: bool,
) -> Result<Derived, Failure> {
    let is_photograph = contents.mime_type == "image/jpeg" && !keeps_exif;
    let strips = is_photograph && received.with_file(jpeg_head).await?.has_notes;
    let (keys, order) = order(contents.image, strips);
    let made = match order.shapes.is_empty() || received.size > LARGEST {
        true if strips => return Err(Refusal::PictureTooLarge.at("content").into()),
        true => Vec::new(),
        false => match make(app, &mut received, order).await {
            Ok(made) => made,
            // Published as it is, it would say where it was taken.
            Err(failure) if strips => return Err(failure),
            Err(failure) => {
                tracing::debug!(%failure, "no small pictures were made of a file");
                Vec::new()
            }
        },
    };
    let mut derived = Derived {
        contents,
        files: Vec::new(),
        bytes: Vec::new(),
    };
    let mut own = Some(received);
    for made in &made {
        let Some(key) = keys.get(made.place) else {
            continue;
        };
        let bytes = Received::made(&app.files.contents, made.bytes.clone()).await?;
        let contents = contents_of(&bytes.hash, made);
        match key {
            // In place of what was sent.
            None => {
                derived.contents = contents;
                own = Some(bytes);
            }
            Some(key) => {
                derived.files.push(DerivedFile {
                    key: (*key).to_owned(),
                    name: format!("{key}_{name}"),
                    contents,
                });
                derived.bytes.push(bytes);
            }
        }
    }
    derived.bytes.extend(own);
    Ok(derived)
}

/// The shapes, each with its key; without one it is the file itself.
fn order(image: Option<ImageInfo>, strips: bool) -> (Vec<Option<&'static str>>, Order) {
    let mut shapes = Vec::new();
    if strips {
        shapes.push((None, Shape::Whole));
    }
    if let Some(ImageInfo { width, height }) = image {
        let (key, wide, high) = WITHIN;
        if width > wide || height > high {
            shapes.push((Some(key), Shape::Within(wide, high)));
        }
        // None is enlarged.
        let squares = SQUARES
            .iter()
            .filter(|(_, side)| width.min(height) >= *side);
        shapes.extend(squares.map(|(key, side)| (Some(*key), Shape::Square(*side))));
    }
    let (keys, shapes) = shapes.into_iter().unzip();
    let order = Order {
        shapes,
        ..Order::default()
    };
    (keys, order)
}

/// One at a time: what is in memory of one bounds what is in memory of all.
async fn make(app: &App, received: &mut Received, order: Order) -> Result<Vec<Made>, Failure> {
    let _turn = app.files.making.lock().await;
    let read = received.with_file(|file| {
        let mut bytes = Vec::new();
        file.take(LARGEST).read_to_end(&mut bytes)?;
        Ok(Bytes::from(bytes))
    });
    let made = app.files.pictures.make(read.await?, order).await?;
    Ok(made.made)
}

fn contents_of(hash: &ContentHash, made: &Made) -> FileContents {
    FileContents {
        hash: hash.clone(),
        size: i64::try_from(made.bytes.len()).unwrap_or(i64::MAX),
        mime_type: made.kind.mime().to_owned(),
        image: Some(ImageInfo {
            width: made.width,
            height: made.height,
        }),
        media: None,
    }
}
