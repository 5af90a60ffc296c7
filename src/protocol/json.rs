//! JSON of our own types, in parts where members are added that differ from receiver to receiver.

use serde::Serialize;

/// Of one of our own types, which cannot fail to serialize.
pub(super) fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}

/// An object without its closing brace: more members follow. It has one member at least.
pub(super) fn object_to_continue(object: &impl Serialize) -> Vec<u8> {
    let mut bytes = json(object);
    bytes.pop();
    bytes
}
