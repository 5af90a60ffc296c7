//! Texts that forms hold, as the API composes them.

use crate::http::App;
use crate::model::{Content, Failure};
use crate::text::{self, Source};

/// The text of a profile or of an app, with its source: links, mentions and tags are found.
///
/// # Errors
/// The text is too long.
pub(super) async fn composed(app: &App, source: Source) -> Result<(Content, String), Failure> {
    let names = text::names_in(&source);
    let store = app.engine.store();
    let people = store.read(move |db| db.ids_by_name(&names)).await?;
    let longest = app.engine.limits().description_length;
    let content = text::compose(&source, &people, longest)?;
    Ok((content, source.text))
}
