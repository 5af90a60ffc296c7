//! Texts of profiles and apps, as clients of the API and forms of pages send them.

use super::App;
use crate::actors::ProfileChange;
use crate::model::{Content, Failure};
use crate::protocol::draft::ProfileDraft;
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
    let content =
        text::compose(&source, &people, longest).map_err(|refused| refused.within("content"))?;
    Ok((content, source.text))
}

/// A change of a profile, with its text composed.
///
/// # Errors
/// The text is too long.
pub(super) async fn profile_change(
    app: &App,
    draft: ProfileDraft,
) -> Result<ProfileChange, Failure> {
    let text = match draft.source {
        Some(Some(source)) => Some(Some(composed(app, source).await?)),
        Some(None) => Some(None),
        None => None,
    };
    Ok(ProfileChange {
        name: draft.name,
        text,
        locale: draft.locale,
        timezone: draft.timezone,
        raw: draft.raw,
        badge: draft.badge,
    })
}
