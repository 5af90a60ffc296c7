//! Work of several steps that belong together: a caller that hangs up in between does not end it half way.

use crate::model::Failure;
use crate::store::Call;

/// Does it in a task of its own.
pub(super) async fn to_its_end<T: 'static>(
    work: impl Future<Output = Result<T, Failure>> + 'static,
) -> Result<T, Failure> {
    // Only the end of the process takes its answer.
    actix_rt::spawn(Call::along(work))
        .await
        .unwrap_or(Err(Failure::Stopping))
}
