//! Files in the raw of posts, messages, channels and users: `+io.pnut.core.file`.

use std::collections::HashMap;

use serde_json::Value;

use super::rights::is_owner_with_scope;
use crate::http::extract::UserCaller;
use crate::http::{ApiResult, App};
use crate::model::{File, FileId, Refusal};
use crate::protocol::attachment::{fill, mentions, wanted};
use crate::protocol::draft::raw_in;
use crate::text::raw::files::{FILE, MOST};

/// Fills the files in that the raw of a body names. A body without any costs a look at its raw.
///
/// # Errors
/// A file that does not exist, has no contents yet, or that the caller may not show; too many.
pub(in crate::http) async fn attach(
    app: &App,
    caller: &UserCaller,
    body: &mut Value,
) -> ApiResult<()> {
    let Some(raw) = raw_in(body)?.filter(|raw| mentions(raw)) else {
        return Ok(());
    };
    let site = app.engine.site();
    let wanted = wanted(raw, site)?;
    if wanted.len() > MOST {
        return Err(Refusal::RawTooLarge.at("raw").into());
    }
    let ids: Vec<FileId> = wanted.iter().map(|wanted| wanted.id).collect();
    let found = app.engine.store().read(move |db| db.files(&ids)).await?;
    let mut allowed: HashMap<FileId, File> = HashMap::new();
    for wanted in wanted {
        let Some(file) = found.get(&wanted.id) else {
            continue;
        };
        let token = wanted.token.as_deref();
        let may_show = wanted.is_sent_back
            || is_owner_with_scope(caller, file)
            || token.is_some_and(|token| site.files.is_token(file.id, token));
        if !may_show {
            return Err(Refusal::FileUnknown.at(FILE).into());
        }
        allowed.insert(file.id, file.clone());
    }
    fill(raw, &allowed, site)?;
    Ok(())
}
