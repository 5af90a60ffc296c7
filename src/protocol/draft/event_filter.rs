//! Filters of app streams as clients send them.

use serde_json::{Map, Value};

use super::value::{self, within};
use crate::model::{Clause, NewFilter, ObjectType, Refusal, Refused};
use crate::protocol::event_filter::{CLAUSES, check};
use crate::text::shapes;

/// Most characters of a name.
const NAME: usize = 128;

/// Most bytes of all clauses.
const BYTES: usize = 32 * 1024;

/// The members of a clause.
const MEMBERS: [&str; 4] = ["object_type", "operator", "field", "value"];

/// Reads a body.
///
/// # Errors
/// What is missing, unknown, too much, or does not compile.
pub fn event_filter(body: &Value) -> Result<NewFilter, Refused> {
    let fields = &*value::fields(body)?;
    let filter = NewFilter {
        name: name(fields)?,
        match_policy: one_of_names(fields, "match_policy")?,
        clauses: clauses(fields)?,
    };
    let size = serde_json::to_string(&filter.clauses).map_or(0, |text| text.len());
    if size > BYTES {
        return Err(Refusal::TooLong.at("clauses"));
    }
    check(&filter.clauses)?;
    Ok(filter)
}

fn name(fields: &Map<String, Value>) -> Result<String, Refused> {
    let name = value::text_at(fields, "name")?.map(str::trim);
    let name = name.filter(|name| !name.is_empty());
    let name = name.ok_or(Refusal::Missing.at("name"))?;
    match name.chars().count() > NAME {
        true => Err(Refusal::TooLong.at("name")),
        false => Ok(name.to_owned()),
    }
}

fn one_of_names<T: std::str::FromStr>(
    fields: &Map<String, Value>,
    name: &'static str,
) -> Result<T, Refused> {
    let text = value::text_at(fields, name)?.ok_or(Refusal::Missing.at(name))?;
    text.parse().map_err(|_unknown| Refusal::Invalid.at(name))
}

fn clauses(fields: &Map<String, Value>) -> Result<Vec<Clause>, Refused> {
    const FIELD: &str = "clauses";
    let given = value::given(fields, FIELD).ok_or(Refusal::Missing.at(FIELD))?;
    let given = shapes::list(given).ok_or(Refusal::WrongType.at(FIELD))?;
    if given.is_empty() {
        return Err(Refusal::Missing.at(FIELD));
    }
    if given.len() > CLAUSES {
        return Err(Refusal::TooLong.at(FIELD));
    }
    let numbered = given.iter().enumerate();
    numbered
        .map(|(number, given)| clause(given).map_err(within(&format!("{FIELD}.{number}"))))
        .collect()
}

fn clause(given: &Value) -> Result<Clause, Refused> {
    let fields = given.as_object();
    let fields = fields.ok_or(Refusal::WrongType.at("object_type"))?;
    if let Some(unknown) = fields.keys().find(|name| !MEMBERS.contains(&name.as_str())) {
        // The name is the client's own; a part of it is enough to find it.
        let shown: String = unknown.chars().take(64).collect();
        return Err(Refusal::FilterFieldUnknown.at(shown));
    }
    let named = value::text_at(fields, "object_type")?;
    let named = named.ok_or(Refusal::Missing.at("object_type"))?;
    let object_type = ObjectType::parse(named);
    let field = value::text_at(fields, "field")?;
    let value = value::given(fields, "value");
    Ok(Clause {
        object_type: object_type.ok_or(Refusal::UnknownObjectType.at("object_type"))?,
        operator: one_of_names(fields, "operator")?,
        field: field.ok_or(Refusal::Missing.at("field"))?.to_owned(),
        value: value.ok_or(Refusal::Missing.at("value"))?.clone(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::MatchPolicy;

    fn filter(clauses: &Value) -> Value {
        json!({"name": "Rolls", "match_policy": "include_any", "clauses": clauses})
    }

    fn clause() -> Value {
        json!({"object_type": "post", "operator": "matches", "field": "/data/content/text", "value": "roll"})
    }

    fn with(name: &str, value: Value) -> Value {
        let mut clause = clause();
        clause[name] = value;
        filter(&json!([clause]))
    }

    #[test]
    fn a_filter_of_old_names_is_read() {
        let mut body = with("object_type", json!("star"));
        body["id"] = json!("7");
        let draft = event_filter(&body).unwrap();
        assert_eq!(draft.name, "Rolls");
        assert_eq!(draft.match_policy, MatchPolicy::IncludeAny);
        assert_eq!(
            draft.clauses.first().unwrap().object_type,
            ObjectType::Bookmark
        );
    }

    #[test]
    fn each_fault_has_its_field() {
        let refused = |body: &Value| event_filter(body).unwrap_err();
        let without = |name: &str| {
            let mut body = filter(&json!([clause()]));
            body.as_object_mut().unwrap().remove(name);
            body
        };
        for name in ["name", "match_policy", "clauses"] {
            assert_eq!(refused(&without(name)), Refusal::Missing.at(name), "{name}");
        }
        let named = |name: &str| {
            let mut body = filter(&json!([clause()]));
            body["name"] = json!(name);
            body
        };
        assert_eq!(refused(&named("  ")), Refusal::Missing.at("name"));
        assert_eq!(
            refused(&named(&"n".repeat(129))),
            Refusal::TooLong.at("name")
        );
        let policy = json!({"name": "x", "match_policy": "include", "clauses": [clause()]});
        assert_eq!(refused(&policy), Refusal::Invalid.at("match_policy"));
        for (clauses, refusal) in [
            (json!([]), Refusal::Missing),
            (json!("x"), Refusal::WrongType),
            (json!(vec![clause(); CLAUSES + 1]), Refusal::TooLong),
            // One regular expression more than there may be.
            (json!(vec![clause(); 5]), Refusal::TooLong),
        ] {
            assert_eq!(
                refused(&filter(&clauses)),
                refusal.at("clauses"),
                "{clauses}"
            );
        }
        for (name, value, refusal) in [
            ("object_type", json!("weather"), Refusal::UnknownObjectType),
            ("object_type", json!(null), Refusal::Missing),
            ("operator", json!("contains"), Refusal::Invalid),
            (
                "field",
                json!("/data/a/b/c/d/e/f/g/h/i/j"),
                Refusal::TooDeep,
            ),
            ("field", json!(""), Refusal::Invalid),
            ("value", json!("("), Refusal::PatternInvalid),
            ("value", json!(null), Refusal::Missing),
            ("feild", json!("x"), Refusal::FilterFieldUnknown),
        ] {
            let expected = refusal.at(format!("clauses.0.{name}"));
            assert_eq!(refused(&with(name, value)), expected);
        }
        assert_eq!(
            refused(&filter(&json!([1]))),
            Refusal::WrongType.at("clauses.0.object_type")
        );
        let list = vec!["x".repeat(200); 200];
        let heavy = json!({"object_type": "post", "operator": "one_of", "field": "/data/id", "value": list});
        assert_eq!(
            refused(&filter(&json!([heavy]))),
            Refusal::TooLong.at("clauses")
        );
    }
}
