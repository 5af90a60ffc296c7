//! Faults that a story switches on in its server (`src/fault.rs`), and a database that another process holds.

use std::path::PathBuf;

use super::eventually;

/// The folder beside the database whose files switch faults on.
pub(crate) const FAULTS: &str = "faults";

/// A fault that is on until this goes.
pub(crate) struct Switch(PathBuf);

impl Switch {
    pub(super) fn on(file: PathBuf) -> Self {
        std::fs::write(&file, b"").expect("a folder for faults");
        Self(file)
    }

    /// Waits until somebody has run into it and is held.
    pub(crate) fn is_met(&self) {
        let met = self.0.with_extension("met");
        eventually("the fault is met", || met.exists());
    }

    /// Off again.
    pub(crate) fn off(self) {
        drop(self);
    }
}

impl Drop for Switch {
    fn drop(&mut self) {
        // One that happens once takes its file away itself.
        drop(std::fs::remove_file(&self.0));
        drop(std::fs::remove_file(self.0.with_extension("met")));
    }
}
