//! Channels as clients send them: creation, change, new owner.

use serde_json::{Value, json};

use super::acl::{self, AclDraft};
use super::person::{Directory, PersonRef};
use super::value;
use crate::model::channel::{CHAT, CHAT_SETTINGS, NewChannel, OLD_PM};
use crate::model::{AclChange, Raw, Refusal, Refused, UserId};
use crate::text::raw::{self, On, Placeholder};

/// Prefix of the types with a meaning for the server.
const CORE: &str = "io.pnut.core.";

/// A channel to create.
#[derive(Clone, Debug)]
pub struct ChannelDraft {
    kind: String,
    acl: AclDraft,
    raw: Raw,
    /// Subscribe the owner and all users of the ACL.
    pub auto_subscribe: bool,
}

impl ChannelDraft {
    /// Reads a body. It cannot create private message channels: the first private message does.
    pub fn read(body: &Value, raw_bytes: usize) -> Result<Self, Refused> {
        let fields = &*value::fields(body)?;
        let kind = value::text_at(fields, "type")?.ok_or_else(|| Refusal::Missing.at("type"))?;
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"_.-".contains(&b);
        if kind.is_empty() || kind.len() > 128 || !kind.bytes().all(plain) {
            return Err(Refusal::Invalid.at("type"));
        }
        let raw = match value::raw_at(fields)? {
            Some(sent) => raw::check(&sent, On::Channel, raw_bytes)?,
            None => Raw::default(),
        };
        if kind.starts_with(CORE) && kind != CHAT {
            return Err(Refusal::Invalid.at("type"));
        }
        check_kind(kind, &raw)?;
        Ok(Self {
            kind: kind.to_owned(),
            acl: AclDraft::read(fields)?.unwrap_or_default(),
            raw,
            auto_subscribe: value::flag(fields, "auto_subscribe")?.unwrap_or(false),
        })
    }

    /// Checked; what it attaches is not filled in yet.
    pub fn raw_mut(&mut self) -> &mut Raw {
        &mut self.raw
    }

    /// All users that the body names.
    pub fn people(&self) -> Vec<PersonRef> {
        self.acl.people().cloned().collect()
    }

    /// The checked channel; `most_members` counts its owner.
    pub fn finish(
        self,
        directory: &Directory,
        owner: UserId,
        most_members: usize,
    ) -> Result<NewChannel, Refused> {
        let acl = acl::fresh(self.acl.change(directory)?, owner);
        if acl.members().count() + 1 > most_members {
            return Err(Refusal::TooManyMembers.at("acl"));
        }
        Ok(NewChannel {
            kind: self.kind,
            owner: Some(owner),
            acl,
            raw: self.raw,
        })
    }
}

/// The users of a private channel that is to be found or made: its type has the name of older versions of the API, by
/// which alone it can be asked for here. `None`: it is another type.
///
/// # Errors
/// It is to be open to others, or to have raw.
pub fn private_people(body: &Value) -> Result<Option<Vec<PersonRef>>, Refused> {
    let fields = &*value::fields(body)?;
    if fields.get("type").and_then(Value::as_str) != Some(OLD_PM) {
        return Ok(None);
    }
    let acl = AclDraft::read(fields)?.unwrap_or_default();
    if acl.opens() {
        return Err(Refusal::Invalid.at("acl"));
    }
    if value::raw_at(fields)?.is_some_and(|raw| raw != json!({}) && raw != json!([])) {
        return Err(Refusal::ChannelImmutable.at("raw"));
    }
    let mut people: Vec<PersonRef> = acl.people().cloned().collect();
    if let Some(sent) = value::given(fields, "destinations") {
        let wrong = || Refusal::WrongType.at("destinations");
        people.extend(PersonRef::list(sent).ok_or_else(wrong)?);
    }
    Ok(Some(people))
}

/// The rule for a channel's raw by its type: chat rooms have settings, other types have none.
pub fn check_kind(kind: &str, raw: &Raw) -> Result<(), Refused> {
    let has_settings = raw.first(CHAT_SETTINGS).is_some();
    match (kind == CHAT, has_settings) {
        (true, false) => Err(Refusal::Missing.at(format!("raw.{CHAT_SETTINGS}"))),
        (false, true) => Err(Refusal::RawInvalid.at(format!("raw.{CHAT_SETTINGS}"))),
        (true, true) | (false, false) => Ok(()),
    }
}

/// A change to a channel. Its type never changes; a type in the body is ignored.
#[derive(Clone, Debug)]
pub struct ChannelChangeDraft {
    acl: Option<AclDraft>,
    /// To be merged with the channel's raw by its actor.
    pub raw: Option<Value>,
    /// Subscribe the owner and all users of the ACL.
    pub auto_subscribe: bool,
}

impl ChannelChangeDraft {
    /// Reads a body.
    pub fn read(body: &Value) -> Result<Self, Refused> {
        let fields = &*value::fields(body)?;
        Ok(Self {
            acl: AclDraft::read(fields)?,
            raw: value::raw_at(fields)?,
            auto_subscribe: value::flag(fields, "auto_subscribe")?.unwrap_or(false),
        })
    }

    /// All users that the body names.
    pub fn people(&self) -> Vec<PersonRef> {
        self.acl
            .iter()
            .flat_map(AclDraft::people)
            .cloned()
            .collect()
    }

    /// The objects that it attaches.
    ///
    /// # Errors
    /// What is sent for raw is not raw at all.
    pub fn placeholders(&self) -> Result<Vec<Placeholder>, Refused> {
        match &self.raw {
            Some(sent) => raw::placeholders_sent(sent),
            None => Ok(Vec::new()),
        }
    }

    /// The change of the ACL, with ids instead of names.
    pub fn acl(&self, directory: &Directory) -> Result<Option<AclChange>, Refused> {
        self.acl
            .as_ref()
            .map(|acl| acl.change(directory))
            .transpose()
    }
}

/// The new owner, from the body of a transfer.
pub fn owner_id(body: &Value) -> Result<PersonRef, Refused> {
    let fields = &*value::fields(body)?;
    let sent = value::given(fields, "owner_id").ok_or_else(|| Refusal::Missing.at("owner_id"))?;
    PersonRef::from_value(sent).ok_or_else(|| Refusal::WrongType.at("owner_id"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(body: &Value) -> Result<NewChannel, Refused> {
        let directory = Directory::new(
            [(String::from("amy"), UserId(3))].into(),
            [UserId(1), UserId(2)],
        );
        ChannelDraft::read(body, 8192)?.finish(&directory, UserId(1), 3)
    }

    #[test]
    fn a_chat_room_needs_its_settings() {
        let settings = json!({CHAT_SETTINGS: [{"name": "Lounge"}]});
        let room = new(&json!({"type": CHAT, "raw": settings, "auto_subscribe": true})).unwrap();
        assert_eq!(room.owner, Some(UserId(1)));
        assert!(room.raw.first(CHAT_SETTINGS).is_some());
        assert_eq!(
            new(&json!({"type": CHAT})).unwrap_err().refusal,
            Refusal::Missing
        );
        assert_eq!(
            new(&json!({"type": "com.example.x", "raw": settings}))
                .unwrap_err()
                .refusal,
            Refusal::RawInvalid
        );
    }

    #[test]
    fn types_are_plain_and_not_the_servers_own() {
        for kind in ["", "a b", "io.pnut.core.pm", "io.pnut.core.other", "ü"] {
            let refused = new(&json!({ "type": kind })).unwrap_err();
            assert_eq!(refused, Refusal::Invalid.at("type"), "{kind}");
        }
        assert_eq!(new(&json!({})).unwrap_err(), Refusal::Missing.at("type"));
        assert_eq!(
            new(&json!({"type": 5})).unwrap_err(),
            Refusal::WrongType.at("type")
        );
    }

    #[test]
    fn the_owner_is_in_no_list_and_counts_as_a_member() {
        let room = new(&json!({"type": "x", "acl": {
            "full": {"user_ids": [1, "@amy"]}, "read": {"user_ids": ["@Amy", 2]}}}))
        .unwrap();
        assert_eq!(room.acl.full, [UserId(3)]);
        assert_eq!(room.acl.read, [UserId(2)]);
        let crowd = ChannelDraft::read(
            &json!({"type": "x", "acl": {"read": {"user_ids": [1, 2]}}}),
            99,
        );
        let known = Directory::new([].into(), [UserId(1), UserId(2)]);
        assert_eq!(
            crowd.unwrap().finish(&known, UserId(7), 2).unwrap_err(),
            Refusal::TooManyMembers.at("acl")
        );
    }

    #[test]
    fn a_change_skips_the_type_and_knows_what_was_left_out() {
        let change = ChannelChangeDraft::read(&json!({"type": "", "raw": {"a": []}})).unwrap();
        assert!(change.acl(&Directory::default()).unwrap().is_none());
        assert_eq!(change.raw, Some(json!({"a": []})));
        assert!(!change.auto_subscribe);
        assert_eq!(
            owner_id(&json!({"owner_id": "@Amy"})).unwrap(),
            PersonRef::Name(String::from("amy"))
        );
        assert_eq!(
            owner_id(&json!({})).unwrap_err(),
            Refusal::Missing.at("owner_id")
        );
    }
}
