//! What the parts of the document are made of.

use serde_json::{Map, Value, json};

/// One of the two websocket services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Service {
    /// For one user.
    User,
    /// For all users of an app.
    App,
}

impl Service {
    pub(super) const ALL: [Self; 2] = [Self::User, Self::App];

    /// Its name in the document, and the end of its address.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::App => "app",
        }
    }
}

/// The name of the one message of clients.
pub(super) const HEARTBEAT: &str = "heartbeat";

/// The name of a message among the components.
pub(super) fn component(service: Service, name: &str) -> String {
    format!("{}.{name}", service.name())
}

/// A message in words.
pub(super) struct Message {
    /// Its name for people.
    pub title: &'static str,
    /// When it comes.
    pub text: &'static str,
    /// Its JSON.
    pub payload: Value,
}

/// A value, with what it is.
pub(super) fn field(kind: &str, text: &str) -> Value {
    json!({"type": kind, "description": text})
}

/// A field of an object.
pub(super) type Field<'n> = (&'n str, Value);

/// An object of fields that it always has, and of others.
pub(super) fn object<'n>(
    always: impl IntoIterator<Item = Field<'n>>,
    sometimes: impl IntoIterator<Item = Field<'n>>,
) -> Value {
    let always: Vec<Field<'n>> = always.into_iter().collect();
    let required: Vec<&str> = always.iter().map(|(name, _)| *name).collect();
    let required = Value::from(required);
    let all = always.into_iter().chain(sometimes);
    let properties: Map<String, Value> = all
        .map(|(name, schema)| (name.to_owned(), schema))
        .collect();
    json!({"type": "object", "properties": properties, "required": required})
}
