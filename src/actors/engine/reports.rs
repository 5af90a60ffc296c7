//! Reports to the operator.

use super::Engine;
use crate::model::{Failure, NewReport};

impl Engine {
    /// Keeps a report. It changes nothing that an actor holds, and no stream receives it.
    pub async fn report(&self, new: NewReport) -> Result<(), Failure> {
        self.store().carry_out(move |tx| tx.report(new)).await
    }
}
