//! Reports to the operator, who reads them with `groundnut report list`.

use super::extract::{Body, Params};
use super::{ApiResult, App, Reply};
use crate::model::{NewReport, Refusal, ReportReason};

/// Why something is reported, from the body or the query.
pub(super) fn reason(body: &Body, params: &Params) -> ApiResult<ReportReason> {
    let sent = body.text("reason")?;
    let sent = sent.as_deref().or_else(|| params.get("reason"));
    let sent = sent.ok_or_else(|| Refusal::Missing.at("reason"))?;
    let reason = sent
        .parse()
        .map_err(|_unknown| Refusal::Invalid.at("reason"));
    Ok(reason?)
}

/// Keeps a report. The log names it too, without the user that reported.
pub(super) async fn keep(app: &App, new: NewReport) -> ApiResult {
    app.engine.report(new).await?;
    tracing::warn!(
        kind = new.about.kind(),
        id = new.about.id(),
        author = %new.author,
        reason = new.reason.name(),
        "reported; `groundnut report list` shows all"
    );
    Ok(Reply::bare(201))
}
