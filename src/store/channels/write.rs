//! Channels that come about and change. What moves with each message is in `messages/write.rs`.

use diesel::prelude::*;

use super::super::connect::Backend;
use super::super::db::to_json;
use super::super::schema::{channel_members, channels};
use super::super::sql_error::is_taken;
use super::super::statements::{InsertMembers, execute};
use super::super::{Failure, Tx};
use super::{FULL, READ, Row, WRITE, pm_key};
use crate::model::channel::{CHAT, CHAT_SETTINGS, NewChannel, PM};
use crate::model::{Acl, Channel, ChannelId, Raw, Refusal};

impl Tx<'_> {
    /// A new channel, without subscribers.
    pub fn create_channel(&mut self, new: NewChannel) -> Result<Channel, Failure> {
        let now = self.now();
        let pm_key = (new.kind == PM).then(|| pm_key(&new.acl.write));
        let row = diesel::insert_into(channels::table)
            .values((
                (
                    channels::kind.eq(&new.kind),
                    channels::owner_id.eq(new.owner.map(|owner| owner.0)),
                    channels::created_at.eq(now.0),
                    channels::activity.eq(now.0),
                    channels::messages.eq(0),
                    channels::subscribers.eq(0),
                    channels::sticky_messages.eq(0),
                    channels::is_active.eq(true),
                ),
                (
                    channels::full_immutable.eq(new.acl.full_immutable),
                    channels::write_any_user.eq(new.acl.write_any_user),
                    channels::write_immutable.eq(new.acl.write_immutable),
                    channels::read_any_user.eq(new.acl.read_any_user),
                    channels::read_public.eq(new.acl.read_public),
                    channels::read_immutable.eq(new.acl.read_immutable),
                ),
                channels::pm_key.eq(pm_key),
                channels::search_text.eq(search_text(&new.kind, &new.raw)),
                channels::raw.eq(to_json(&new.raw)?),
            ))
            .returning(<Row as Selectable<Backend>>::construct_selection())
            .get_result::<Row>(self.sql)
            .map_err(|error| {
                // The caller looks for an existing one first, in the same transaction.
                if is_taken(&error) {
                    Failure::trouble("two private message channels of the same users")
                } else {
                    Failure::from(error)
                }
            })?;
        let mut channel = row.into_model()?;
        self.save_members(channel.id, &new.acl)?;
        channel.acl = new.acl;
        self.parts().1.channels += 1;
        Ok(channel)
    }

    /// Writes down what may change of a channel: owner, ACL, raw, state. Counts, recent messages and activity move by
    /// themselves and stay as they are. The revision is raised, whatever the given one says.
    pub fn save_channel(&mut self, channel: &Channel) -> Result<(), Failure> {
        let before = self.channel(channel.id)?;
        let before = before.ok_or(Refusal::ChannelNotFound)?;
        self.forget_channel_words(channel.id)?;
        let acl = &channel.acl;
        diesel::update(channels::table.find(channel.id.0))
            .set((
                channels::owner_id.eq(channel.owner.map(|owner| owner.0)),
                channels::is_active.eq(channel.is_active),
                channels::full_immutable.eq(acl.full_immutable),
                channels::write_any_user.eq(acl.write_any_user),
                channels::write_immutable.eq(acl.write_immutable),
                channels::read_any_user.eq(acl.read_any_user),
                channels::read_public.eq(acl.read_public),
                channels::read_immutable.eq(acl.read_immutable),
                channels::search_text.eq(search_text(&channel.kind, &channel.raw)),
                channels::raw.eq(to_json(&channel.raw)?),
                channels::revision.eq(channels::revision + 1),
            ))
            .execute(self.sql)?;
        diesel::delete(channel_members::table.filter(channel_members::channel_id.eq(channel.id.0)))
            .execute(self.sql)?;
        self.save_members(channel.id, acl)?;
        self.add_channel_words(channel.id)?;
        self.end_cut_off(&before, channel)
    }

    fn save_members(&mut self, channel: ChannelId, acl: &Acl) -> Result<(), Failure> {
        let groups = [(&acl.full, FULL), (&acl.write, WRITE), (&acl.read, READ)];
        for (users, access) in groups {
            if users.is_empty() {
                continue;
            }
            let users: Vec<i64> = users.iter().map(|user| user.0).collect();
            let users = to_json(&users)?;
            let row = [channel.0.into(), access.into(), (&*users).into()];
            execute::<InsertMembers>(self.sql, &row)?;
        }
        Ok(())
    }
}

/// Name and description of a chat room in lower case. The description may be a plain text or a content object.
pub(in super::super) fn search_text(kind: &str, raw: &Raw) -> String {
    let Some(settings) = raw.first(CHAT_SETTINGS).filter(|_| kind == CHAT) else {
        return String::new();
    };
    let name = settings.get("name").and_then(|name| name.as_str());
    let description = settings.get("description").and_then(|description| {
        description
            .as_str()
            .or_else(|| description.get("text")?.as_str())
    });
    let parts: Vec<&str> = name.into_iter().chain(description).collect();
    parts.join("\n").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_is_found_by_name_and_by_either_form_of_description() {
        let raw = |description: serde_json::Value| {
            let item = serde_json::json!([{"name": "Lounge", "description": description}]);
            Raw(serde_json::Map::from_iter([(
                CHAT_SETTINGS.to_owned(),
                item,
            )]))
        };
        let plain = raw(serde_json::json!("Come IN"));
        let content = raw(serde_json::json!({"text": "Come IN", "html": "x"}));
        assert_eq!(search_text(CHAT, &plain), "lounge\ncome in");
        assert_eq!(search_text(CHAT, &content), "lounge\ncome in");
        assert_eq!(search_text("org.example", &plain), "");
    }
}
