//! Stream markers as clients send them.

use std::borrow::Cow;

use serde_json::Value;

use super::value;
use crate::model::marker::MarkerName;
use crate::model::{Refusal, Refused};
use crate::text::shapes;

/// Most markers of one request.
const MOST: usize = 10;

/// One marker to set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarkerDraft {
    /// Its stream.
    pub name: MarkerName,
    /// The new position.
    pub id: i64,
    /// 0 to 100.
    pub percentage: i32,
}

/// All markers of one request. The response to an object is an object, to a list a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarkerDrafts {
    /// In the order sent.
    pub markers: Vec<MarkerDraft>,
    /// The body was an object and not a list.
    pub single: bool,
}

impl MarkerDrafts {
    /// Reads a body.
    pub fn read(body: &Value) -> Result<Self, Refused> {
        let (markers, single) = match (shapes::list(body), body) {
            (Some(list), _) => (list, false),
            (None, Value::Object(_)) => (Cow::Borrowed(std::slice::from_ref(body)), true),
            (
                None,
                Value::Null
                | Value::Bool(_)
                | Value::Number(_)
                | Value::String(_)
                | Value::Array(_),
            ) => return Err(Refusal::WrongType.into()),
        };
        if markers.is_empty() {
            return Err(Refusal::Missing.at("name"));
        }
        if markers.len() > MOST {
            return Err(Refusal::TooLong.at("markers"));
        }
        Ok(Self {
            markers: markers.iter().map(marker).collect::<Result<_, _>>()?,
            single,
        })
    }
}

fn marker(body: &Value) -> Result<MarkerDraft, Refused> {
    let fields = &*value::fields(body)?;
    let name = value::text_at(fields, "name")?.ok_or_else(|| Refusal::Missing.at("name"))?;
    let name = name
        .parse()
        .map_err(|()| Refusal::UnknownMarker.at("name"))?;
    let id = value::number_at(fields, "id")?.ok_or_else(|| Refusal::Missing.at("id"))?;
    if id < 0 {
        return Err(Refusal::Invalid.at("id"));
    }
    let percentage = value::number_at(fields, "percentage")?.unwrap_or(0);
    let percentage = i32::try_from(percentage)
        .ok()
        .filter(|percentage| (0..=100).contains(percentage))
        .ok_or_else(|| Refusal::Invalid.at("percentage"))?;
    Ok(MarkerDraft {
        name,
        id,
        percentage,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ChannelId;
    use serde_json::json;

    #[test]
    fn a_list_and_a_single_one() {
        let drafts = MarkerDrafts::read(&json!([{"name": "channel:12", "id": "2593"}])).unwrap();
        assert!(!drafts.single);
        assert_eq!(
            drafts.markers,
            [MarkerDraft {
                name: MarkerName::Channel(ChannelId(12)),
                id: 2593,
                percentage: 0
            }]
        );
        let single = json!({"name": "global", "id": 5, "percentage": "100"});
        let single = MarkerDrafts::read(&single).unwrap();
        assert!(single.single);
        assert_eq!(single.markers.first().unwrap().percentage, 100);
    }

    #[test]
    fn each_fault_has_its_field() {
        let refused = |body: Value| MarkerDrafts::read(&body).unwrap_err();
        assert_eq!(refused(json!([])), Refusal::Missing.at("name"));
        assert_eq!(refused(json!([{"id": 1}])), Refusal::Missing.at("name"));
        assert_eq!(
            refused(json!({"name": "inbox", "id": 1})),
            Refusal::UnknownMarker.at("name")
        );
        assert_eq!(
            refused(json!({"name": "global"})),
            Refusal::Missing.at("id")
        );
        assert_eq!(
            refused(json!({"name": "global", "id": 1, "percentage": 101})),
            Refusal::Invalid.at("percentage")
        );
        let eleven = vec![json!({"name": "global", "id": 1}); 11];
        assert_eq!(refused(Value::Array(eleven)).refusal, Refusal::TooLong);
    }
}
