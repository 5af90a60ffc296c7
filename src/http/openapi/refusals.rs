//! What a route refuses: by its row, by the names in its path, by its body, and what its description adds.

use super::described::Described;
use crate::http::routes::row::{Route, ScopeNeed, TokenKind, Verb};
use crate::model::Refusal;

use Refusal::{
    BodyTooLarge, ChannelNotFound, DeadLetterNotFound, FileNotFound, FilterNotFound, MalformedBody,
    MessageNotFound, Missing, NoAccess, NulCharacter, PollNotFound, PostNotFound, RateLimited,
    ScopeMissing, StreamNotFound, SubscriptionLimit, TokenInvalid, TokenRequired, TooDeep,
    TooManyConnections, UnsupportedEncoding, UserNotFound, WrongTokenKind, WrongType,
};

/// All refusals of a route, by code and slug, each once.
pub fn of(row: &Route, described: &Described) -> Vec<Refusal> {
    let mut all = vec![NulCharacter, RateLimited];
    all.extend(by_token(row));
    all.extend(by_path(row));
    if row.topic.is_some() {
        all.extend([SubscriptionLimit, TooManyConnections, Refusal::Invalid]);
    }
    if row.takes_key() {
        all.extend([
            Refusal::AnswerNotKept,
            Refusal::Invalid,
            Refusal::KeyReused,
            Refusal::TooManyKeys,
        ]);
    }
    // A form of any call that writes may hold the token, and is read for it.
    if matches!(row.verb, Verb::Post | Verb::Put | Verb::Patch) {
        all.extend([
            MalformedBody,
            BodyTooLarge,
            UnsupportedEncoding,
            WrongType,
            TooDeep,
        ]);
    }
    let body = described.body.into_iter();
    all.extend(body.flat_map(|body| body.refuses));
    let sets = described.takes.iter().copied().flatten();
    if sets.into_iter().any(|param| param.is_required) {
        all.push(Missing);
    }
    all.extend(described.refuses);
    all.sort_unstable_by_key(|refusal| (refusal.code(), refusal.slug()));
    all.dedup();
    all
}

fn by_token(row: &Route) -> Vec<Refusal> {
    let mut all = match row.token {
        TokenKind::Ignored | TokenKind::Local => return Vec::new(),
        TokenKind::Optional => vec![TokenInvalid],
        TokenKind::Any => vec![TokenInvalid, TokenRequired],
        TokenKind::User | TokenKind::Uploader | TokenKind::App => {
            vec![TokenInvalid, TokenRequired, WrongTokenKind]
        }
    };
    if row.scope != ScopeNeed::None {
        all.push(ScopeMissing);
    }
    all
}

/// The objects that a path names may not be there, or not be the caller's.
fn by_path(row: &Route) -> Vec<Refusal> {
    let mut all = Vec::new();
    for name in names_in(row.path) {
        match name {
            // `me` needs a user.
            "user_id" => all.extend([UserNotFound, TokenRequired, WrongTokenKind, WrongType]),
            // A channel may be open to users only.
            "channel_id" => all.extend([
                ChannelNotFound,
                NoAccess,
                ScopeMissing,
                TokenRequired,
                WrongType,
            ]),
            "message_id" => all.extend([MessageNotFound, WrongType]),
            "post_id" => all.extend([PostNotFound, WrongType]),
            "poll_id" => all.extend([PollNotFound, WrongType]),
            "file_id" => all.extend([FileNotFound, WrongType]),
            "filter_id" => all.extend([FilterNotFound, WrongType]),
            "dead_letter_id" => all.extend([DeadLetterNotFound, WrongType]),
            "stream_key" => all.push(StreamNotFound),
            "badge_id" | "position" => all.push(WrongType),
            _ => {}
        }
    }
    all
}

/// The names in braces.
pub fn names_in(path: &str) -> impl Iterator<Item = &str> {
    path.split('{')
        .skip(1)
        .filter_map(|part| part.split('}').next())
}
