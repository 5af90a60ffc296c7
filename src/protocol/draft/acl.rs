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
    /// Reads the field `acl` of a body, if it is there; and the groups by their older names (`editors`, `writers`,
    /// `readers`), which may also be beside it. Read-only keys (`you`, `users`) are skipped; one that is not known is
    /// refused: a room that was meant to be public would be private without a word.
    pub(super) fn read(body: &Map<String, Value>) -> Result<Option<Self>, Refused> {
        let acl = value::object_at(body, "acl")?;
        if let Some(acl) = &acl {
            demand_known(acl, &GROUPS).map_err(value::within("acl"))?;
        }
        let named = |name: &str, old: &str| {
            for key in [name, old] {
                if let Some(acl) = &acl
                    && let Some(group) = group(acl, key).map_err(value::within("acl"))?
                {
                    return Ok(Some(group));
                }
            }
            group(body, old)
        };
        let draft = Self {
            full: named("full", "editors")?,
            write: named("write", "writers")?,
            read: named("read", "readers")?,
        };
        Ok((acl.is_some() || draft != Self::default()).then_some(draft))
    }

    /// Whether it opens the channel to more than the users that it names.
    pub fn opens(&self) -> bool {
        let groups = [&self.full, &self.write, &self.read];
        let mut groups = groups.into_iter().flatten();
        groups.any(|group| group.any_user == Some(true) || group.public == Some(true))
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

/// The groups, by both of their names, and what each holds.
const GROUPS: [&str; 6] = ["full", "write", "read", "editors", "writers", "readers"];
const KEYS: [&str; 6] = [
    "user_ids",
    "any_user",
    "public",
    "immutable",
    "you",
    "users",
];

fn demand_known(sent: &Map<String, Value>, known: &[&str]) -> Result<(), Refused> {
    let mut keys = sent.keys();
    match keys.find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(Refusal::UnknownAclKey.at(key.clone())),
        None => Ok(()),
    }
}

fn group(within: &Map<String, Value>, name: &str) -> Result<Option<GroupDraft>, Refused> {
    let wrong = value::within(name);
    let Some(group) = value::object_at(within, name)? else {
        return Ok(None);
    };
    demand_known(&group, &KEYS).map_err(&wrong)?;
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
    fn the_groups_have_older_names_in_the_acl_and_beside_it() {
        let (any, amy) = (json!({"any_user": true}), json!({"user_ids": [7]}));
        let new = json!({"acl": {"full": amy, "write": any, "read": {"public": true}}});
        let inside = json!({"acl": {"editors": amy, "writers": any, "readers": {"public": true}}});
        let beside = json!({"editors": amy, "writers": any, "readers": {"public": true}});
        let read = |body: &Value| AclDraft::read(body.as_object().unwrap());
        let expected = read(&new).unwrap();
        assert!(expected.as_ref().unwrap().opens());
        assert_eq!(read(&inside).unwrap(), expected);
        assert_eq!(read(&beside).unwrap(), expected);
        let both = json!({"acl": {"write": amy}, "writers": any});
        let write = read(&both).unwrap().unwrap();
        assert!(!write.opens(), "the newer name counts");
        assert_eq!(
            read(&json!({"readers": {"any_user": "maybe"}})).unwrap_err(),
            Refusal::WrongType.at("readers.any_user")
        );
    }

    #[test]
    fn a_key_that_is_not_known_is_refused() {
        for (acl, at) in [
            (json!({"reader": {"public": true}}), "acl.reader"),
            (json!({"any_user": true}), "acl.any_user"),
            (json!({"read": {"anyone": true}}), "acl.read.anyone"),
            (json!({"writers": {"any": null}}), "acl.writers.any"),
        ] {
            assert_eq!(draft(&acl).unwrap_err(), Refusal::UnknownAclKey.at(at));
        }
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
