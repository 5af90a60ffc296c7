//! What users report to the operator.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

use super::{MessageId, PostId, Stamp, UserId};

/// Why something is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ReportReason {
    /// The account is not of the kind that it says.
    AccountType,
    /// Not safe for work, and not marked so.
    Nsfw,
    /// Unwanted advertising.
    Soliciting,
    /// It hurts a person.
    UserAbuse,
}

impl ReportReason {
    /// The name on the wire and in the store.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// What is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reported {
    /// A post.
    Post(PostId),
    /// A message.
    Message(MessageId),
}

impl Reported {
    /// The name of its kind in the store.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Post(_) => "post",
            Self::Message(_) => "message",
        }
    }

    /// Its id.
    pub fn id(self) -> i64 {
        match self {
            Self::Post(id) => id.0,
            Self::Message(id) => id.0,
        }
    }
}

/// A report that has no id yet.
#[derive(Clone, Copy, Debug)]
pub struct NewReport {
    /// What it is about.
    pub about: Reported,
    /// Whose that is.
    pub author: UserId,
    /// The user that reports it.
    pub reporter: UserId,
    /// Why.
    pub reason: ReportReason,
}

/// A report as the operator reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Its number.
    pub id: i64,
    /// The kind of what it is about.
    pub kind: String,
    /// The id of that.
    pub object_id: i64,
    /// The name of its author.
    pub author: String,
    /// The name of the user that reported it.
    pub reporter: String,
    /// Why.
    pub reason: String,
    /// When.
    pub created_at: Stamp,
    /// When it was closed; `None`: it is open.
    pub closed_at: Option<Stamp>,
    /// The words now; empty once they are deleted.
    pub text: String,
}
