//! What was written of an event into the log.

/// Beside what the event itself says.
#[derive(Clone, Debug)]
pub(in crate::store) struct Written {
    pub(super) form: i32,
    pub(super) sum: i64,
    pub(super) body: String,
}
