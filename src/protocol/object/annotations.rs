//! Raw as older versions of the API show it: a list of `{"type", "value"}`.

use std::borrow::Cow;

use serde::ser::{Serialize, SerializeSeq, Serializer};
use serde_json::{Value, json};
use utoipa::openapi::schema::SchemaType;
use utoipa::openapi::{Object, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::replaced::replaced;
use crate::model::Raw;
use crate::protocol::site::Site;

/// The items of raw, one entry each.
#[derive(Clone, Debug)]
pub(super) struct Annotations<'a>(Cow<'a, Raw>);

impl<'a> Annotations<'a> {
    /// If they are asked for and there are some; with addresses of files that are valid now, as raw has them.
    pub(super) fn of(raw: &'a Raw, site: &Site, are_shown: bool) -> Option<Self> {
        replaced(raw, site, are_shown).map(Self)
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
        let site = Site::new("https://chat.example");
        let shown = Annotations::of(&raw, &site, true).unwrap();
        assert_eq!(
            serde_json::to_value(shown).unwrap(),
            json!([
                {"type": "org.example.a", "value": {"n": 1}},
                {"type": "org.example.a", "value": {"n": 2}},
                {"type": "org.example.b", "value": {}},
            ])
        );
        assert!(Annotations::of(&raw, &site, false).is_none());
        assert!(Annotations::of(&Raw::default(), &site, true).is_none());
    }
}
