//! Avatars and covers that users sent: made on their thread, kept on the shelf, shown by the store.
//!
//! A picture is reserved in the store before its files are written, and files go before their row does, so that a stop
//! at any moment leaves no file that [`Gallery::sweep`] does not find.

use std::time::Duration;

use actix_web::web::Bytes;

use super::upload::Uploads;
use crate::actors::Engine;
use crate::model::{Failure, Picture, PictureUse, UserId};
use crate::pictures::{Order, Pictures, Reworked, Shape, Shelf, Size};
use crate::store::{Store, UnusedPicture};

/// A picture that is not shown for so long is no upload that goes on.
const ABANDONED: Duration = Duration::from_secs(600);
/// Pictures that one step of the sweep removes.
const AT_ONCE: i64 = 100;

/// Makes, keeps and shows pictures of users.
#[derive(Debug)]
pub struct Gallery {
    pub(super) uploads: Uploads,
    pictures: Pictures,
    shelf: Shelf,
}

/// What is made of a picture.
fn order(of: PictureUse) -> Order {
    match of {
        PictureUse::Avatar => Order {
            shapes: [1024, 512, 256, 128, 64].map(Shape::Square).to_vec(),
            at_least: None,
            may_move: true,
        },
        PictureUse::Cover => Order {
            shapes: [1920, 960, 480].map(Shape::Banner).to_vec(),
            at_least: Some((960, 223)),
            may_move: false,
        },
    }
}

/// Whether a picture is certainly not shown after this. Where it is in doubt its row tells, and the sweep goes by rows.
fn is_undone(failure: &Failure) -> bool {
    match failure {
        Failure::Refused(_) | Failure::Busy | Failure::Away => true,
        Failure::Unsure | Failure::Stopping | Failure::Trouble(_) => false,
    }
}

impl Gallery {
    /// Keeps pictures on this shelf.
    pub fn new(shelf: Shelf, pictures: Pictures) -> Self {
        Self {
            uploads: Uploads::default(),
            pictures,
            shelf,
        }
    }

    /// Makes a picture of what was sent.
    pub(super) async fn make(&self, sent: Bytes, of: PictureUse) -> Result<Reworked, Failure> {
        self.pictures.make(sent, order(of)).await
    }

    /// A file of a picture.
    pub(super) async fn file(&self, id: &str, size: Size) -> Result<Option<Bytes>, Failure> {
        self.shelf.get(id, size).await
    }

    /// Keeps and shows a picture. To be run to its end, also if its caller goes.
    pub(super) async fn show(
        &self,
        engine: &Engine,
        user: UserId,
        of: PictureUse,
        made: &Reworked,
    ) -> Result<(), Failure> {
        let Some(largest) = made.made.first() else {
            return Ok(());
        };
        let sizes: Vec<Size> = made.made.iter().map(Size::from).collect();
        let reserved = sizes.clone();
        let store = engine.store();
        let id = store
            .write(move |tx| tx.reserve_picture(user, &reserved))
            .await?;
        let picture = Picture {
            id: id.clone(),
            width: largest.width,
            height: largest.height,
        };
        let (shown, is_hidden) = match self.shelf.put(&id, &made.made).await {
            Ok(()) => {
                let shown = engine.show_picture(user, of, Some(picture)).await;
                let is_hidden = shown.as_ref().err().is_some_and(is_undone);
                (shown, is_hidden)
            }
            Err(failure) => (Err(failure), true),
        };
        if is_hidden {
            self.remove_if_any(store, Some(UnusedPicture { id, sizes }))
                .await;
        }
        let unused = shown?;
        self.remove_if_any(store, unused).await;
        Ok(())
    }

    /// Shows the default picture.
    pub(super) async fn clear(
        &self,
        engine: &Engine,
        user: UserId,
        of: PictureUse,
    ) -> Result<(), Failure> {
        let unused = engine.show_picture(user, of, None).await?;
        self.remove_if_any(engine.store(), unused).await;
        Ok(())
    }

    /// Removes what uploads left that did not come to their end, and old pictures that could not be removed.
    pub async fn sweep(&self, store: &Store) {
        let before = store.now().minus(ABANDONED);
        let unused = store.read(move |db| db.unused_pictures(before, AT_ONCE));
        // Trouble was logged where it arose; the next sweep tries again.
        for picture in unused.await.unwrap_or_default() {
            self.remove_if_any(store, Some(picture)).await;
        }
    }

    /// What fails is tried again by the sweep.
    async fn remove_if_any(&self, store: &Store, unused: Option<UnusedPicture>) {
        let Some(UnusedPicture { id, sizes }) = unused else {
            return;
        };
        if self.shelf.remove(&id, &sizes).await.is_ok()
            && let Err(failure) = store.write(move |tx| tx.forget_picture(&id)).await
        {
            tracing::warn!(%failure, "the row of a removed picture is left");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Refusal;

    #[test]
    fn files_of_a_picture_that_may_be_shown_are_left_to_the_sweep() {
        for undone in [Failure::Busy, Failure::Away, Refusal::NoAccess.into()] {
            assert!(is_undone(&undone), "{undone:?}");
        }
        for in_doubt in [
            Failure::Unsure,
            Failure::Stopping,
            Failure::trouble("a disk"),
        ] {
            assert!(!is_undone(&in_doubt), "{in_doubt:?}");
        }
    }
}
