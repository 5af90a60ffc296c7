//! Access groups as clients send them.

use serde_json::{Map, Value};

use super::person::{Directory, PersonRef};
use super::value;
use crate::model::{Acl, AclChange, GroupChange, Refusal, Refused, UserId};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct GroupDraft {
    people: Option<Vec<PersonRef>>,
    any_user: Option<bool>,
    public: Option<bool>,
    immutable: Option<bool>,
}

/// The groups that were sent. A missing group stays unchanged on update and is empty on creation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AclDraft {
    full: Option<GroupDraft>,
    write: Option<GroupDraft>,
    read: Option<GroupDraft>,
}

impl AclDraft {
    /// Reads the field `acl` of a body, if it is there. Read-only keys (`you`, `users`) are skipped.
    pub(super) fn read(body: &Map<String, Value>) -> Result<Option<Self>, Refused> {
        let Some(acl) = value::object_at(body, "acl")? else {
            return Ok(None);
        };
        Ok(Some(Self {
            full: group(&acl, "full")?,
            write: group(&acl, "write")?,
            read: group(&acl, "read")?,
        }))
    }

    /// All users that the body names, for one query of the store.
    pub fn people(&self) -> impl Iterator<Item = &PersonRef> {
        [&self.full, &self.write, &self.read]
            .into_iter()
            .flatten()
            .filter_map(|group| group.people.as_deref())
            .flatten()
    }

    /// With ids instead of names.
    pub fn change(&self, directory: &Directory) -> Result<AclChange, Refused> {
        let resolved = |group: &Option<GroupDraft>, field| {
            let Some(group) = group else { return Ok(None) };
            let people = group.people.as_deref();
            Ok::<_, Refused>(Some(GroupChange {
                users: people
                    .map(|people| directory.all(people, field))
                    .transpose()?,
                any_user: group.any_user,
                public: group.public,
                immutable: group.immutable,
            }))
        };
        Ok(AclChange {
            full: resolved(&self.full, "acl.full.user_ids")?,
            write: resolved(&self.write, "acl.write.user_ids")?,
            read: resolved(&self.read, "acl.read.user_ids")?,
        })
    }
}

fn group(acl: &Map<String, Value>, name: &str) -> Result<Option<GroupDraft>, Refused> {
    let place = format!("acl.{name}");
    let wrong = value::within(&place);
    let Some(group) = value::object_at(acl, name).map_err(value::within("acl"))? else {
        return Ok(None);
    };
    let people = value::given(&group, "user_ids")
        .map(|list| PersonRef::list(list).ok_or_else(|| Refusal::WrongType.at("user_ids")))
        .transpose()
        .map_err(&wrong)?;
    Ok(Some(GroupDraft {
        people,
        any_user: value::flag(&group, "any_user").map_err(&wrong)?,
        public: value::flag(&group, "public").map_err(&wrong)?,
        immutable: value::flag(&group, "immutable").map_err(&wrong)?,
    }))
}

/// The ACL of a new channel: the groups that were sent, over empty and closed ones.
pub(super) fn fresh(change: AclChange, owner: UserId) -> Acl {
    let (full, write, read) = (
        change.full.unwrap_or_default(),
        change.write.unwrap_or_default(),
        change.read.unwrap_or_default(),
    );
    let mut acl = Acl {
        full: full.users.unwrap_or_default(),
        full_immutable: full.immutable.unwrap_or(false),
        write: write.users.unwrap_or_default(),
        write_any_user: write.any_user.unwrap_or(false),
        write_immutable: write.immutable.unwrap_or(false),
        read: read.users.unwrap_or_default(),
        read_any_user: read.any_user.unwrap_or(false),
        read_public: read.public.unwrap_or(false),
        read_immutable: read.immutable.unwrap_or(false),
    };
    acl.normalize(Some(owner));
    acl
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn draft(acl: &Value) -> Result<Option<AclDraft>, Refused> {
        AclDraft::read(json!({ "acl": acl }).as_object().unwrap())
    }

    #[test]
    fn what_a_client_was_given_can_be_sent_back() {
        let acl = draft(&json!({
            "full": {"immutable": false, "you": true, "user_ids": ["12", "@Amy", 7],
                "users": [{"id": "12"}]},
            "read": {"any_user": 1, "public": "0"},
        }))
        .unwrap()
        .unwrap();
        assert_eq!(acl.people().count(), 3);
        assert!(acl.write.is_none());
        let directory = Directory::new(
            [(String::from("amy"), UserId(3))].into(),
            [UserId(7), UserId(12)],
        );
        let change = acl.change(&directory).unwrap();
        assert_eq!(
            change.full.unwrap().users.unwrap(),
            [UserId(12), UserId(3), UserId(7)]
        );
        let read = change.read.unwrap();
        assert_eq!(
            (read.any_user, read.public, read.users),
            (Some(true), Some(false), None)
        );
    }

    #[test]
    fn the_field_at_fault_is_named() {
        assert_eq!(
            draft(&json!({"read": {"any_user": "maybe"}})).unwrap_err(),
            Refusal::WrongType.at("acl.read.any_user")
        );
        assert_eq!(
            draft(&json!({"write": {"user_ids": [{}]}})).unwrap_err(),
            Refusal::WrongType.at("acl.write.user_ids")
        );
        assert_eq!(
            draft(&json!({"write": 5})).unwrap_err(),
            Refusal::WrongType.at("acl.write")
        );
        assert_eq!(draft(&Value::Null).unwrap(), None);
    }

    #[test]
    fn a_public_room_is_readable_by_every_user() {
        let acl = draft(&json!({"write": {"any_user": true}, "read": {"public": true}}));
        let change = acl.unwrap().unwrap().change(&Directory::default()).unwrap();
        let acl = fresh(change, UserId(1));
        assert!(acl.read_public && acl.read_any_user && acl.write_any_user);
        assert!(!acl.read_immutable);
    }
}
