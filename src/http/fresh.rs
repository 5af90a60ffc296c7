//! Values that cost something to make and may be a little old.

use std::time::Duration;

use tokio::sync::Mutex;

use super::ApiResult;
use crate::model::Stamp;

/// A value that is made at most once per period. Callers that come while it is made wait for it; making it is a read, which
/// has its own limit of time.
pub(super) struct Fresh<T> {
    period: Duration,
    made: Mutex<Option<(Stamp, T)>>,
}

impl<T: Clone> Fresh<T> {
    /// Nothing is made yet.
    pub(super) fn for_each(period: Duration) -> Self {
        Self {
            period,
            made: Mutex::new(None),
        }
    }

    /// The value, made by `make` if none is young enough. A failure is not kept: the next caller tries again.
    pub(super) async fn get(
        &self,
        now: Stamp,
        make: impl AsyncFnOnce() -> ApiResult<T>,
    ) -> ApiResult<T> {
        let mut made = self.made.lock().await;
        if let Some((at, value)) = &*made
            && *at > now.minus(self.period)
        {
            return Ok(value.clone());
        }
        let value = make().await?;
        *made = Some((now, value.clone()));
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::ApiError;
    use crate::model::Refusal;

    #[tokio::test]
    async fn a_value_is_made_once_per_period_and_a_failure_is_not_kept() {
        let fresh = Fresh::for_each(Duration::from_secs(60));
        let at = Stamp::from_seconds;
        let failed: ApiResult<i32> = fresh
            .get(at(0), async || Err(ApiError::from(Refusal::NotFound)))
            .await;
        assert!(failed.is_err());
        for (now, made, expected) in [(1, 1, 1), (60, 2, 1), (61, 3, 3), (62, 4, 3)] {
            let value = fresh.get(at(now), async || Ok(made)).await;
            assert!(value.is_ok_and(|value| value == expected), "{now}");
        }
    }
}
