//! Stored app streams.

use diesel::prelude::*;

use super::db::{from_json, to_json};
use super::schema::app_streams;
use super::sql_error::is_taken;
use super::{Db, Failure, Tx};
use crate::model::{AppStream, ClientId, FilterId, ObjectType, Refusal, StreamKey};

type Row = (String, String, String, Option<i64>);

fn into_model((client, key, object_types, filter): Row) -> Result<AppStream, Failure> {
    let names: Vec<String> = from_json("object types", &object_types)?;
    Ok(AppStream {
        client: client.into(),
        key: key.into(),
        // A type of a newer program is ignored here.
        object_types: names
            .iter()
            .filter_map(|name| ObjectType::parse(name))
            .collect(),
        filter: filter.map(FilterId),
        hook: None,
    })
}

fn names_of(stream: &AppStream) -> Result<String, Failure> {
    let names: Vec<&str> = stream.object_types.iter().map(|kind| kind.name()).collect();
    to_json(&names)
}

impl Db<'_> {
    /// The streams of an app, oldest first.
    pub fn app_streams(&mut self, client: &ClientId) -> Result<Vec<AppStream>, Failure> {
        let mut hooks = self.hooks_of(client)?;
        let found = app_streams::table
            .filter(app_streams::client_id.eq(client.as_str()))
            .order(app_streams::created_at.asc())
            .select((
                app_streams::client_id,
                app_streams::key,
                app_streams::object_types,
                app_streams::filter_id,
            ))
            .load::<Row>(self.sql)?;
        let with_hook = |row| {
            let mut stream = into_model(row)?;
            stream.hook = hooks.remove(&stream.key);
            Ok(stream)
        };
        found.into_iter().map(with_hook).collect()
    }

    /// The stream with this key.
    pub fn app_stream(
        &mut self,
        client: &ClientId,
        key: &StreamKey,
    ) -> Result<Option<AppStream>, Failure> {
        let hook = self.hook(client, key)?;
        let found = app_streams::table
            .find((client.as_str(), key.as_str()))
            .select((
                app_streams::client_id,
                app_streams::key,
                app_streams::object_types,
                app_streams::filter_id,
            ))
            .get_result::<Row>(self.sql)
            .optional()?;
        let stream = found.map(into_model).transpose()?;
        Ok(stream.map(|stream| AppStream { hook, ..stream }))
    }
}

impl Tx<'_> {
    /// Inserts a stream. The caller checks the limit per app, in the same job.
    pub fn create_app_stream(&mut self, stream: &AppStream) -> Result<(), Failure> {
        let now = self.now();
        diesel::insert_into(app_streams::table)
            .values((
                app_streams::client_id.eq(stream.client.as_str()),
                app_streams::key.eq(stream.key.as_str()),
                app_streams::object_types.eq(names_of(stream)?),
                app_streams::filter_id.eq(stream.filter.map(|filter| filter.0)),
                app_streams::created_at.eq(now.0),
            ))
            .execute(self.sql)
            .map_err(|error| {
                if is_taken(&error) {
                    Refusal::StreamKeyTaken.at("key").into()
                } else {
                    Failure::from(error)
                }
            })?;
        match &stream.hook {
            Some(hook) => self.create_hook(stream, hook),
            None => Ok(()),
        }
    }

    /// Replaces the object types and the filter of a stream, and what its hook is.
    pub fn save_app_stream(&mut self, stream: &AppStream) -> Result<(), Failure> {
        let row = app_streams::table.find((stream.client.as_str(), stream.key.as_str()));
        let changed = diesel::update(row)
            .set((
                app_streams::object_types.eq(names_of(stream)?),
                app_streams::filter_id.eq(stream.filter.map(|filter| filter.0)),
            ))
            .execute(self.sql)?;
        if changed == 0 {
            return Err(Refusal::StreamNotFound.into());
        }
        match &stream.hook {
            Some(hook) => self.save_hook(stream, hook),
            None => Ok(()),
        }
    }

    /// Deletes a stream and returns it.
    pub fn delete_app_stream(
        &mut self,
        client: &ClientId,
        key: &StreamKey,
    ) -> Result<AppStream, Failure> {
        let stream = self
            .app_stream(client, key)?
            .ok_or(Refusal::StreamNotFound)?;
        diesel::delete(app_streams::table.find((client.as_str(), key.as_str())))
            .execute(self.sql)?;
        Ok(stream)
    }

    /// Deletes all streams of an app and returns them.
    pub fn delete_app_streams(&mut self, client: &ClientId) -> Result<Vec<AppStream>, Failure> {
        let streams = self.app_streams(client)?;
        diesel::delete(app_streams::table.filter(app_streams::client_id.eq(client.as_str())))
            .execute(self.sql)?;
        Ok(streams)
    }
}
