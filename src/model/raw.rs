//! Client-defined raw items: type name -> list of objects.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Raw items by type. An empty one is left out of answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Raw(pub Map<String, Value>);

impl Raw {
    /// No items at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first item of a type.
    pub fn first(&self, kind: &str) -> Option<&Map<String, Value>> {
        self.0.get(kind)?.as_array()?.first()?.as_object()
    }

    /// Size as stored, in bytes.
    pub fn size_bytes(&self) -> usize {
        serde_json::to_string(&self.0).map_or(0, |text| text.len())
    }
}
