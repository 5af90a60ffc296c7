//! The data of events that are about a user and another object.

use serde::Serialize;
use serde::ser::SerializeMap as _;

use super::json::json;
use super::object::UserObject;

/// `{"user": …, "post": …}`; the name of the second object depends on the event.
pub(super) fn pair<T: Serialize>(user: UserObject<'_>, name: &'static str, other: T) -> Vec<u8> {
    let other = (name, other);
    json(&Pair { user, other })
}

/// Two objects side by side; the name of the second depends on the event.
struct Pair<'a, T> {
    user: UserObject<'a>,
    other: (&'static str, T),
}

impl<T: Serialize> Serialize for Pair<'_, T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("user", &self.user)?;
        map.serialize_entry(self.other.0, &self.other.1)?;
        map.end()
    }
}
