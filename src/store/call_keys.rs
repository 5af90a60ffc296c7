//! Calls with a key are carried out once: each write keeps its key in its own transaction, with what names its outcome. So
//! whatever becomes of the answer, the next call with the key finds the write on any server, or finds nothing and writes.
//! All writers take turns, so of two at one time the second finds what the first did.
//!
//! What is kept is a name, such as the id of a message: the object is read again. Contents would outlive their deletion here.

use diesel::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::call::Step;
use super::db::{from_json, to_json};
use super::statements::{FindKey, ForgetKeys, KeepKey, KeysOfHolder, execute, query};
use super::{Db, Failure, Tx};
use crate::fault::{Seeded, seeded};
use crate::model::{Refusal, Stamp};

/// Longest name of an outcome in bytes. One that is longer is not kept, and a repeated call is told so.
const NAME_BYTES: usize = 16 * 1024;
/// In place of such a name.
const UNKEPT: &str = "";
/// Rows that one step of the sweep removes.
pub(super) const SLICE: usize = 1000;

/// What a write answers, where it may have to be answered again.
pub trait Outcome: Sized {
    /// What names it: short, and no content.
    type Name: Serialize + DeserializeOwned;

    /// Its name.
    fn name(&self) -> Self::Name;

    /// What has this name, as it is now.
    ///
    /// # Errors
    /// It is gone.
    fn named(db: &mut Db<'_>, name: Self::Name) -> Result<Self, Failure>;
}

impl Tx<'_> {
    /// Runs the job, unless this step of the call was carried out before; then the answer is what it did.
    pub(super) fn once<T: Outcome>(
        &mut self,
        step: &Step,
        job: impl FnOnce(&mut Self) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        if seeded(Seeded::KeyForgotten) {
            return job(self);
        }
        let of = &step.of;
        let place = [of.holder().into(), of.key().into(), step.number.into()];
        let known = query::<FindKey>(&place).get_result::<(String, String)>(self.sql);
        if let Some((sum, outcome)) = known.optional()? {
            if sum != of.sum() {
                return Err(Refusal::KeyReused.into());
            }
            step.call.note_repetition();
            return match outcome.as_str() {
                UNKEPT => Err(Refusal::AnswerNotKept.into()),
                name => T::named(self, from_json("name of an outcome", name)?),
            };
        }
        let number = self.next_key(of.holder(), of.most())?;
        let done = job(self)?;
        let name = to_json(&done.name())?;
        let name = match name.len() > NAME_BYTES {
            true => UNKEPT,
            false => &name,
        };
        let kept = [
            of.holder().into(),
            of.key().into(),
            step.number.into(),
            of.sum().into(),
            name.into(),
            number.into(),
            self.now().0.into(),
        ];
        execute::<KeepKey>(self.sql, &kept)?;
        Ok(done)
    }

    /// The number of the holder's next row. Old rows are removed from the lowest number on, so the span of the numbers
    /// bounds the rows without counting them.
    fn next_key(&mut self, holder: &str, most: i64) -> Result<i64, Failure> {
        let of = [holder.into(), holder.into()];
        let (first, last): (i64, i64) = query::<KeysOfHolder>(&of).get_result(self.sql)?;
        if last - first + 1 >= most {
            return Err(Refusal::TooManyKeys.into());
        }
        Ok(last + 1)
    }
}

/// Removes some keys that were kept before a moment; whether there may be more.
pub(super) fn forget_some(db: &mut Db<'_>, before: Stamp) -> Result<bool, Failure> {
    Ok(execute::<ForgetKeys>(db.sql, &[before.0.into()])? >= SLICE)
}
