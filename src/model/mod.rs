//! What things are: the nouns of the API, without I/O and without frameworks.
//!
//! Values here are neither rows (`store`) nor wire objects (`protocol::object`).

pub mod access;
pub mod acl;
pub mod app_stream;
pub mod badge;
pub mod challenge;
pub mod channel;
pub mod client;
pub mod content;
pub mod event_filter;
pub mod failure;
pub mod file;
pub mod hook;
pub mod id;
pub mod interaction;
pub mod marker;
pub mod message;
pub mod page;
pub mod picture;
pub mod poll;
pub mod post;
pub mod presence;
pub mod raw;
pub mod redirect;
pub mod refusal;
pub mod relation;
pub mod report;
mod schema;
pub mod scope;
pub mod stamp;
pub mod stream_owner;
pub mod subscribers;
pub mod token;
pub mod user;
pub mod visibility;

pub use access::{AppPrincipal, Permission, Principal, UserPrincipal};
pub use acl::{Access, Acl, AclChange, GroupChange};
pub use app_stream::{AppStream, ObjectType};
pub use badge::{Badge, BadgeBrief, Verified};
pub use challenge::{Challenge, ChallengeMethod};
pub use channel::{CHAT, CHAT_SETTINGS, Channel, ChannelBrief, NewChannel, PM};
pub use client::{Client, ClientBrief};
pub use content::{Content, Entities};
pub use event_filter::{Clause, EventFilter, FilterOwner, MatchPolicy, NewFilter, Operator};
pub use failure::Failure;
pub use file::{
    ContentHash, DerivedFile, File, FileChange, FileContents, FileKind, ImageInfo, MediaInfo,
    NewFile,
};
pub use hook::{DeadLetter, Hook, HookFault, HookOff, HookSecret};
pub use id::{
    BadgeId, ChannelId, ClientId, ConnectionId, FileId, FilterId, MessageId, NodeEpoch, PollId,
    PostId, StreamKey, SubscriptionId, TokenId, UserId,
};
pub use interaction::{Action, Interaction, Subject};
pub use marker::{Marker, MarkerName};
pub use message::{Deletion, Message, NewMessage};
pub use page::{Bound, Page, PageRequest};
pub use picture::{Picture, PictureUse};
pub use poll::{Chosen, Closing, NewPoll, Poll, PollDoor, PollToken, Tally};
pub use post::{NewPost, Post, PostCounts, PostRevision};
pub use presence::Presence;
pub use raw::Raw;
pub use refusal::{Refusal, Refused};
pub use relation::{Relation, Relationship};
pub use report::{NewReport, Report, ReportReason, Reported};
pub use scope::{Scope, Scopes};
pub use stamp::Stamp;
pub use stream_owner::StreamOwner;
pub use subscribers::Subscribers;
pub use token::Token;
pub use user::{User, UserCounts, UserKind};
