//! Every way to say no by rule, in one table.
//!
//! The code is the API's own `meta.code`. Sockets and REST share it, so it belongs to the model and not to
//! HTTP.

use std::borrow::Cow;

macro_rules! refusals {
    ($($variant:ident $code:literal $slug:literal $text:literal;)*) => {
        /// A rule said no. The client can change its request; trying again unchanged is useless.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Refusal {
            $(#[doc = $text] $variant,)*
        }

        impl Refusal {
            /// All of them, for the tests that compare code and documents.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// `meta.code`, which is the HTTP status too.
            pub fn code(self) -> u16 {
                match self { $(Self::$variant => $code,)* }
            }

            /// `meta.error_slug`: stable, for programs.
            pub fn slug(self) -> &'static str {
                match self { $(Self::$variant => $slug,)* }
            }

            /// `meta.error_message` when no field is named.
            pub fn text(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}

refusals! {
    // variant               code slug                       text for the client
    WrongType                400 "wrong-type"                "Wrong type";
    Missing                  400 "missing-field"             "A required field is missing.";
    Invalid                  400 "invalid-value"             "This value is not allowed.";
    TooLong                  400 "too-long"                  "This is too long.";
    TooDeep                  400 "too-deep"                  "This is nested too deeply.";
    NulCharacter             400 "nul-character"             "Texts may not contain NUL characters.";
    EmptyText                400 "empty-text"                "Text may not be empty.";
    MalformedBody            400 "malformed-body"            "The body could not be read.";
    UnknownUser              400 "unknown-user"              "No such user.";
    UnknownObjectType        400 "unknown-object-type"       "No such object type.";
    RawTooLarge              400 "raw-too-large"             "raw holds more bytes than it may.";
    RawInvalid               400 "raw-invalid"               "This raw item does not satisfy the rules of its type.";
    GroupImmutable           400 "acl-immutable"             "This part of the ACL is immutable.";
    UnknownAclKey            400 "unknown-acl-key"           "An ACL has no such part.";
    TooManyMembers           400 "too-many-members"          "A channel may not have that many members.";
    ReplyElsewhere           400 "reply-elsewhere"           "reply_to must be a message of the same channel.";
    MessageDeleted           400 "message-deleted"           "This message is deleted.";
    ReplyUnknown             400 "reply-unknown"             "reply_to must be a post that is there.";
    PostDuplicate            400 "duplicate-post"            "You posted the same text a moment ago.";
    RevisionTooLate          400 "revision-too-late"         "A post can be revised shortly after it was written only.";
    RevisionAgain            400 "revision-again"            "A post can be revised once.";
    RevisionEntities         400 "revision-entities"         "A revision keeps mentions, tags and links.";
    RepostOwn                400 "repost-own"                "You cannot repost your own post.";
    RepostAgain              400 "repost-again"              "You reposted this already.";
    RepostNotFound           400 "repost-not-found"          "No repost found to delete.";
    BookmarkNotFound         400 "bookmark-not-found"        "Post not bookmarked.";
    OnlyYourself             400 "only-yourself"             "A private message needs somebody else.";
    UnknownMarker            400 "unknown-marker"            "No such stream marker.";
    SubscriptionLimit        400 "subscription-limit"        "This connection already has as many subscriptions as it may. DELETE /users/me/streams/{connection_id}/{subscription_id} ends one.";
    StreamLimit              400 "stream-limit"              "This client already has as many app streams as it may.";
    ClientLimit              400 "client-limit"              "You already have as many apps as you may.";
    StreamKeyTaken           400 "stream-key-taken"          "This client already has a stream with this key.";
    FilterLimit              400 "filter-limit"              "There are as many filters as there may be.";
    FilterFieldUnknown       400 "unknown-filter-field"      "Filters and events have no such field.";
    PatternInvalid           400 "invalid-pattern"           "This is no regular expression, or it is too large.";
    HookUrlRefused           400 "webhook-url-refused"       "Events are posted to https addresses on public networks, without a name or a password in them.";
    NotWebhook               400 "not-a-webhook"             "Only a stream of type webhook has a receiver.";
    PartitionInvalid         400 "invalid-partition"         "A stream may be opened in up to 64 partitions, numbered from 0: partition=0&partitions=4.";
    CompressionUnknown       400 "unknown-compression"       "Streams have one compression: compress=zstd.";
    CompressionElsewhere     400 "compression-elsewhere"     "Websockets alone have compress=zstd: its messages are binary.";
    SearchTooBroad           400 "search-too-broad"          "This search looks through too much. Narrow it down.";
    TooManyChosen            400 "too-many-options"          "An answer may not choose that many options.";
    PollUnknown              400 "poll-unknown"              "There is no such poll, or the token does not open it.";
    FileTooLarge             400 "file-too-large"            "A file may not hold that many bytes.";
    FileNotWhat              400 "file-not-what-it-says"     "The contents are not what this says.";
    FileComplete             400 "file-complete"             "This file is complete already.";
    FileIncomplete           400 "file-incomplete"           "This file has no contents yet.";
    FileUnknown              400 "unknown-file"              "No such file, or another token is needed.";
    PictureUnknown           400 "picture-unknown"           "This is no picture that is taken: JPEG, PNG, GIF or WebP.";
    PictureBroken            400 "picture-broken"            "This picture is damaged or incomplete.";
    PictureTooLarge          400 "picture-too-large"         "This picture has more pixels than it may.";
    PictureTooSmall          400 "picture-too-small"         "This picture has fewer pixels than it needs.";
    AvatarTooLarge           400 "avatar-too-large"          "Avatar must be less than 2MiB, with Content-Length specified.";
    CoverTooLarge            400 "cover-too-large"           "Cover must be less than 4MiB, with Content-Length specified.";
    NotFetched               400 "not-fetched"               "Pictures are not fetched from addresses. Send the file itself.";
    NotJson                  400 "not-json"                  "This call needs a JSON body.";
    CursorMalformed          400 "cursor-malformed"          "This is no cursor.";
    CursorForeign            400 "cursor-foreign"            "This cursor belongs to another log: begin anew.";
    CursorAhead              400 "cursor-ahead"              "This cursor is ahead of the log.";
    TokenRequired            401 "token-required"            "Access token required.";
    TokenInvalid             401 "invalid-token"             "Access token invalid.";
    TicketInvalid            401 "invalid-ticket"            "This ticket was used, has ended, or never was.";
    ClientInvalid            401 "invalid-client"            "Unknown client or wrong secret.";
    WrongTokenKind           403 "wrong-token-kind"          "This call needs another kind of token.";
    ScopeMissing             403 "not-authorized"            "Forbidden: You need the following scopes:";
    NoAccess                 403 "no-access"                 "You may not do that.";
    ClientPrivate            403 "client-private"            "Only its owner may authorize this app.";
    ChannelInactive          403 "channel-inactive"          "This channel is deactivated.";
    ChannelImmutable         403 "channel-immutable"         "Private message channels cannot be changed.";
    Blocked                  403 "blocked"                   "One of you blocks the other.";
    PollClosed               403 "poll-closed"               "This poll is closed.";
    HumansOnly               403 "humans-only"               "Only people may do that.";
    NotFound                 404 "not-found"                 "No such object.";
    UserNotFound             404 "user-not-found"            "No such user.";
    ChannelNotFound          404 "channel-not-found"         "No such channel.";
    MessageNotFound          404 "message-not-found"         "No such message.";
    PostNotFound             404 "post-not-found"            "No such post.";
    PollNotFound             404 "poll-not-found"            "No such poll.";
    FileNotFound             404 "file-not-found"            "No such file.";
    StreamNotFound           404 "stream-not-found"          "No such stream.";
    DeadLetterNotFound       404 "dead-letter-not-found"     "This webhook has no such dead letter.";
    FilterNotFound           404 "filter-not-found"          "No such filter.";
    NoSuchPrivateChannel     404 "no-existing-pm"            "No private message channel exists for the given user combination";
    MethodNotAllowed         405 "method-not-allowed"        "This address does not take this method.";
    FilterInUse              409 "filter-in-use"             "A stream uses this filter. Change or delete the stream first.";
    PartitionsDiffer         409 "partitions-differ"         "This stream is open in another number of partitions.";
    AnswerNotKept            409 "answer-not-kept"           "This call was carried out. Its answer was too long to be kept.";
    BodyTooLarge             413 "body-too-large"            "The body is too large.";
    UnsupportedEncoding      415 "unsupported-encoding"      "The body may not be compressed.";
    KeyReused                422 "key-reused"                "This Idempotency-Key was used for another call.";
    UpgradeRequired          426 "upgrade-required"          "This address speaks websocket, version 13.";
    RateLimited              429 "rate-limited"              "Too many requests. Try again later.";
    TooManyKeys              429 "too-many-keys"             "As many calls with an Idempotency-Key are known as may be. Call without one, or try again later.";
    StreamsInUse             429 "streams-in-use"            "This client already has as many app streams in use as it may.";
    TooManyConnections       429 "too-many-connections"      "Too many connections.";
    TooManyUploads           429 "too-many-uploads"          "Too many uploads at one time.";
    QuotaReached             507 "quota-reached"             "Your files hold as many bytes as they may.";
    StorageFull              507 "storage-full"              "The server has no room for this file.";
}

impl Refusal {
    /// Names the invalid field.
    pub fn at(self, field: impl Into<Cow<'static, str>>) -> Refused {
        Refused {
            refusal: self,
            field: Some(field.into()),
        }
    }
}

/// A refusal with the invalid field, if there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The rule.
    pub refusal: Refusal,
    /// The invalid field or parameter, or the missing scope.
    pub field: Option<Cow<'static, str>>,
}

impl Refused {
    /// The same refusal, with the path of the field seen from outside: `any_user` becomes `acl.read.any_user`.
    #[must_use]
    pub fn within(self, place: &str) -> Self {
        match self.field {
            Some(field) => self.refusal.at(format!("{place}.{field}")),
            None => self,
        }
    }

    /// `meta.error_message`. Texts that clients match literally stay untouched when no field is named.
    pub fn message(&self) -> String {
        match (&self.field, self.refusal) {
            (None, refusal) => refusal.text().to_owned(),
            (Some(scope), Refusal::ScopeMissing) => format!("{} {scope}", self.refusal.text()),
            (Some(field), refusal) => format!("{field}: {}", refusal.text()),
        }
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self {
            refusal,
            field: None,
        }
    }
}
