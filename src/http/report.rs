//! Reports to the operator, who reads them in the log.

use super::ApiResult;
use super::extract::{Body, Params};
use crate::model::Refusal;

const REASONS: [&str; 4] = ["account_type", "nsfw", "soliciting", "user_abuse"];

/// Why something is reported, from the body or the query.
pub(super) fn reason(body: &Body, params: &Params) -> ApiResult<&'static str> {
    let sent = body.text("reason")?;
    let sent = sent.as_deref().or_else(|| params.get("reason"));
    let sent = sent.ok_or_else(|| Refusal::Missing.at("reason"))?;
    let reason = REASONS.iter().find(|reason| **reason == sent);
    Ok(reason.ok_or_else(|| Refusal::Invalid.at("reason"))?)
}
