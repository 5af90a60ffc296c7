//! Parameters and refusals are the same on many routes: the document holds each of them once, and routes refer to it.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

/// What is held once, of one kind.
struct Held {
    kind: &'static str,
    /// The name of each, by its text.
    names: HashMap<String, String>,
    all: Map<String, Value>,
}

impl Held {
    fn new(kind: &'static str) -> Self {
        Self {
            kind,
            names: HashMap::new(),
            all: Map::new(),
        }
    }

    /// Holds a part, and leaves a reference in its place.
    fn take(&mut self, label: &str, part: &mut Value) {
        if part.get("$ref").is_some() {
            return;
        }
        let text = part.to_string();
        let known = self.names.get(&text).cloned();
        let name = known.unwrap_or_else(|| {
            let name = self.free(label);
            self.names.insert(text, name.clone());
            self.all.insert(name.clone(), part.take());
            name
        });
        *part = json!({"$ref": format!("#/components/{}/{name}", self.kind)});
    }

    /// The label, with a number if another part has it.
    fn free(&self, label: &str) -> String {
        let is_plain = |c: &char| c.is_ascii_alphanumeric() || *c == '_' || *c == '-';
        let label: String = label.chars().filter(is_plain).collect();
        let numbered = (2..).map(|number| format!("{label}-{number}"));
        let mut names = std::iter::once(label.clone()).chain(numbered);
        let free = names.find(|name| !self.all.contains_key(name));
        free.unwrap_or(label)
    }

    fn put_into(self, document: &mut Value) {
        let components = document.get_mut("components");
        let Some(components) = components.and_then(Value::as_object_mut) else {
            return;
        };
        let place = components.entry(self.kind);
        let place = place.or_insert_with(|| Value::Object(Map::new()));
        if let Some(there) = place.as_object_mut() {
            there.extend(self.all);
        }
    }
}

/// Holds what operations share once.
pub(super) fn share(document: &mut Value) {
    let (mut parameters, mut responses) = (Held::new("parameters"), Held::new("responses"));
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    let items = paths.into_iter().flat_map(Map::values_mut);
    let operations = items
        .filter_map(Value::as_object_mut)
        .flat_map(Map::values_mut);
    for operation in operations {
        let list = operation
            .get_mut("parameters")
            .and_then(Value::as_array_mut);
        for parameter in list.into_iter().flatten() {
            let name = parameter.get("name").and_then(Value::as_str);
            let name = name.unwrap_or_default().to_owned();
            parameters.take(&name, parameter);
        }
        let answers = operation
            .get_mut("responses")
            .and_then(Value::as_object_mut);
        for (code, answer) in answers.into_iter().flatten() {
            if code.starts_with('4') || code.starts_with('5') {
                responses.take(&format!("refused-{code}"), answer);
            }
        }
    }
    parameters.put_into(document);
    responses.put_into(document);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_parts_are_held_once_and_others_of_the_name_get_a_number() {
        let one = json!({"name": "ids", "description": "a"});
        let other = json!({"name": "ids", "description": "b"});
        let mut document = json!({"components": {}, "paths": {
            "/a": {"get": {"parameters": [one], "responses": {"200": {"x": 1}, "404": {"x": 1}}}},
            "/b": {"get": {"parameters": [one, other], "responses": {"404": {"x": 1}}}},
        }});
        share(&mut document);
        let there = |path: &str, index: usize| {
            document["paths"][path]["get"]["parameters"][index]["$ref"].clone()
        };
        assert_eq!(there("/a", 0), "#/components/parameters/ids");
        assert_eq!(there("/b", 0), "#/components/parameters/ids");
        assert_eq!(there("/b", 1), "#/components/parameters/ids-2");
        let responses = &document["paths"]["/a"]["get"]["responses"];
        assert_eq!(responses["200"]["x"], 1);
        assert_eq!(
            responses["404"]["$ref"],
            "#/components/responses/refused-404"
        );
    }
}
