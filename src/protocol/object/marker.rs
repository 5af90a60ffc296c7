//! The stream marker object.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{iso, text};
use crate::model::marker::MarkerName;
use crate::model::{Marker, Stamp};

#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = MarkerPosition)]
/// Absent until the marker was set for the first time.
struct Position {
    #[serde(serialize_with = "text")]
    #[schema(value_type = String, required = false)]
    id: i64,
    #[serde(serialize_with = "text")]
    #[schema(value_type = String, required = false)]
    last_read_id: i64,
    #[schema(required = false)]
    percentage: i32,
    #[serde(serialize_with = "iso")]
    #[schema(required = false)]
    updated_at: Stamp,
    #[schema(required = false)]
    version: String,
}

/// A stream marker; only the name if it was never set.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Marker)]
pub struct MarkerObject {
    name: String,
    #[serde(flatten)]
    position: Option<Position>,
}

impl MarkerObject {
    /// The marker of a stream, set or not.
    pub fn new(name: &MarkerName, marker: Option<&Marker>) -> Self {
        let name = name.to_string();
        let position = marker.map(|marker| Position {
            id: marker.id,
            last_read_id: marker.last_read_id,
            percentage: marker.percentage,
            updated_at: marker.updated_at,
            version: version(&name, marker),
        });
        Self { name, position }
    }
}

/// Opaque and new with every update: 27 characters, as clients have always seen them.
fn version(name: &str, marker: &Marker) -> String {
    let mut hash = Sha256::new();
    hash.update(name.as_bytes());
    hash.update(marker.updated_at.0.to_be_bytes());
    hash.update(marker.id.to_be_bytes());
    hash.update(marker.last_read_id.to_be_bytes());
    let digest = hash.finalize();
    URL_SAFE_NO_PAD.encode(digest.get(..20).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ChannelId;
    use serde_json::json;

    #[test]
    fn an_unset_marker_is_its_name_alone() {
        let name = MarkerName::Channel(ChannelId(582));
        assert_eq!(
            serde_json::to_value(MarkerObject::new(&name, None)).unwrap(),
            json!({"name": "channel:582"})
        );
    }

    #[test]
    fn a_set_marker_has_string_ids_and_a_version_that_changes() {
        let mut marker = Marker {
            id: 5,
            last_read_id: 9,
            percentage: 0,
            updated_at: Stamp::from_seconds(0),
        };
        let shown =
            serde_json::to_value(MarkerObject::new(&MarkerName::Global, Some(&marker))).unwrap();
        assert_eq!(shown["id"], "5");
        assert_eq!(shown["last_read_id"], "9");
        assert_eq!(shown["percentage"], 0);
        let before = shown["version"].as_str().unwrap().to_owned();
        assert_eq!(before.len(), 27);
        marker.updated_at = Stamp(1);
        let after =
            serde_json::to_value(MarkerObject::new(&MarkerName::Global, Some(&marker))).unwrap();
        assert_ne!(after["version"], before);
    }
}
