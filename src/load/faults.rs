//! What must not happen to a frame, how often it did, and where first.

use strum::{EnumCount, IntoStaticStr, VariantArray};

/// A fault of one frame. Its name is a row of the report and a check of the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, EnumCount, VariantArray)]
pub(super) enum Fault {
    /// Its `meta.id` is lower than one that the listener received from the room before.
    #[strum(serialize = "reordered")]
    Reordered,
    /// The listener had received it already.
    #[strum(serialize = "repeated")]
    Repeated,
    /// Another room's message, one that was never sent, or a stranger's.
    #[strum(serialize = "foreign")]
    Foreign,
    /// `meta.type` or `meta.id` is not that of the message.
    #[strum(serialize = "changed type")]
    ChangedType,
    #[strum(serialize = "changed author")]
    ChangedAuthor,
    #[strum(serialize = "changed text")]
    ChangedText,
    #[strum(serialize = "without subscription_ids")]
    WithoutIds,
    /// `subscription_ids` that are not the listener's.
    #[strum(serialize = "foreign subscription_ids")]
    ForeignIds,
    /// A frame with a number of ours that is no JSON.
    #[strum(serialize = "unreadable")]
    Unreadable,
    /// A frame read whole that is not what REST answers.
    #[strum(serialize = "unlike the REST answer")]
    UnlikeRest,
}

impl Fault {
    pub(super) fn name(self) -> &'static str {
        self.into()
    }
}

/// Counts of all faults, and the first of each in words.
#[derive(Debug, Default)]
pub(super) struct Faults {
    counts: [u64; Fault::COUNT],
    first: [Option<String>; Fault::COUNT],
}

impl Faults {
    /// Counts one. `words` says where, and is asked for the first only.
    pub(super) fn add(&mut self, fault: Fault, words: impl FnOnce() -> String) {
        if let Some(count) = self.counts.get_mut(fault as usize) {
            *count += 1;
        }
        if let Some(first) = self.first.get_mut(fault as usize) {
            first.get_or_insert_with(words);
        }
    }

    pub(super) fn count(&self, fault: Fault) -> u64 {
        self.counts.get(fault as usize).copied().unwrap_or(0)
    }

    pub(super) fn first(&self, fault: Fault) -> Option<&str> {
        self.first.get(fault as usize)?.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_each_fault_keeps_its_words() {
        let mut faults = Faults::default();
        faults.add(Fault::Repeated, || "one".to_owned());
        faults.add(Fault::Repeated, || "two".to_owned());
        assert_eq!(faults.count(Fault::Repeated), 2);
        assert_eq!(faults.first(Fault::Repeated), Some("one"));
        assert_eq!(faults.count(Fault::Foreign), 0);
        assert_eq!(faults.first(Fault::Foreign), None);
    }
}
