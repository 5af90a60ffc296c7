//! Raw as older versions of the API show it: a list of `{"type", "value"}`.

use serde::ser::{Serialize, SerializeSeq, Serializer};
use serde_json::{Value, json};
use utoipa::openapi::schema::SchemaType;
use utoipa::openapi::{Object, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::model::Raw;

/// The items of raw, one entry each.
#[derive(Clone, Copy, Debug)]
pub(super) struct Annotations<'a>(&'a Raw);

impl<'a> Annotations<'a> {
    /// If they are asked for and there are some.
    pub(super) fn of(raw: &'a Raw, are_shown: bool) -> Option<Self> {
        (are_shown && !raw.is_empty()).then_some(Self(raw))
    }
}

impl Serialize for Annotations<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for (kind, items) in &self.0.0 {
            for item in items.as_array().map(Vec::as_slice).unwrap_or_default() {
                list.serialize_element(&entry(kind, item))?;
            }
        }
        list.end()
    }
}

impl PartialSchema for Annotations<'_> {
    fn schema() -> RefOr<Schema> {
        let entry = Object::builder()
            .property("type", String::schema())
            .property("value", Object::with_type(SchemaType::AnyValue))
            .required("type")
            .required("value");
        entry.to_array_builder().into()
    }
}

impl ToSchema for Annotations<'_> {}

fn entry(kind: &str, item: &Value) -> Value {
    json!({"type": kind, "value": item})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_item_is_an_entry_with_its_type() {
        let raw = json!({"org.example.a": [{"n": 1}, {"n": 2}], "org.example.b": [{}]});
        let raw = Raw(raw.as_object().unwrap().clone());
        let shown = Annotations::of(&raw, true).unwrap();
        assert_eq!(
            serde_json::to_value(shown).unwrap(),
            json!([
                {"type": "org.example.a", "value": {"n": 1}},
                {"type": "org.example.a", "value": {"n": 2}},
                {"type": "org.example.b", "value": {}},
            ])
        );
        assert!(Annotations::of(&raw, false).is_none());
        assert!(Annotations::of(&Raw::default(), true).is_none());
    }
}
