//! The poll object.

use std::borrow::Cow;

use serde::Serialize;

use super::annotations::Annotations;
use super::replaced::replaced;
use super::{SourceObject, UserObject, is_false, iso, text_if_any};
use crate::model::{Chosen, Poll, PollId, Raw, Stamp, UserId};
use crate::protocol::render_options::RenderOptions;
use crate::protocol::site::Site;

#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = PollOption)]
struct OptionObject<'a> {
    text: &'a str,
    position: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_your_response: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    respondents: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    respondent_ids: Option<Vec<UserId>>,
}

/// A poll as clients see it. Nothing is said about answers while it is open. A deleted poll keeps no words.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Poll)]
pub struct PollObject<'a> {
    id: PollId,
    #[serde(rename = "type")]
    kind: &'a str,
    prompt: &'a str,
    #[serde(serialize_with = "iso")]
    created_at: Stamp,
    #[serde(serialize_with = "iso")]
    closed_at: Stamp,
    is_anonymous: bool,
    is_public: bool,
    max_options: i32,
    options: Vec<OptionObject<'a>>,
    #[serde(skip_serializing_if = "is_false")]
    is_deleted: bool,
    source: SourceObject<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<UserObject<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    you_responded: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    poll_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    raw: Option<Cow<'a, Raw>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    annotations: Option<Annotations<'a>>,
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "text_if_any"
    )]
    #[schema(value_type = Option<String>)]
    pagination_id: Option<i64>,
}

impl<'a> PollObject<'a> {
    /// The poll, with its creator as the viewer sees them; without one only `user_id` is shown. Samples of users hold
    /// those that `shows` lets through.
    pub fn new(
        poll: &'a Poll,
        creator: Option<UserObject<'a>>,
        options: RenderOptions,
        site: &Site,
        shows: impl Fn(UserId) -> bool,
    ) -> Self {
        let user = creator.filter(|_| options.user);
        let results = poll.results.as_deref();
        let result_of = |index: usize| results.and_then(|results| results.get(index));
        let sample_of = |index: usize| {
            let sample = result_of(index)
                .filter(|_| !poll.is_anonymous)?
                .sample
                .iter();
            Some(sample.copied().filter(|user| shows(*user)).collect())
        };
        let texts = poll.options.iter().enumerate();
        Self {
            id: poll.id,
            kind: &poll.kind,
            prompt: &poll.prompt,
            created_at: poll.created_at,
            closed_at: poll.closes_at,
            is_anonymous: poll.is_anonymous,
            is_public: poll.is_public,
            max_options: poll.max_options,
            options: texts
                .map(|(index, text)| OptionObject {
                    text,
                    position: index + 1,
                    is_your_response: None,
                    respondents: result_of(index).map(|tally| tally.respondents),
                    respondent_ids: sample_of(index),
                })
                .collect(),
            is_deleted: poll.is_deleted(),
            source: SourceObject::new(&poll.client, options),
            user_id: user.is_none().then_some(poll.user_id),
            user,
            you_responded: None,
            poll_token: None,
            raw: replaced(&poll.raw, site, options.poll_raw),
            annotations: Annotations::of(&poll.raw, site, options.poll_annotations),
            pagination_id: None,
        }
    }

    /// Adds what the viewer answered.
    #[must_use]
    pub fn answered(mut self, chosen: Chosen) -> Self {
        for (index, option) in self.options.iter_mut().enumerate() {
            option.is_your_response = Some(chosen.has(index));
        }
        self.you_responded = Some(!chosen.is_empty());
        self
    }

    /// Shows the token.
    #[must_use]
    pub fn with_token(mut self, poll: &'a Poll) -> Self {
        self.poll_token = Some(&poll.token.0);
        self
    }

    /// Adds the pagination id of a list.
    #[must_use]
    pub fn paginated(mut self, id: i64) -> Self {
        self.pagination_id = Some(id);
        self
    }
}

#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = BriefPollOption)]
struct BriefOption<'a> {
    text: &'a str,
    position: usize,
}

/// A poll without anything about its answers, as a poll notice and an interaction show it. Some clients read `id`, others
/// `poll_id`.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = BriefPoll)]
pub struct BriefPoll<'a> {
    id: PollId,
    poll_id: PollId,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<String>,
    #[serde(serialize_with = "iso")]
    closed_at: Stamp,
    prompt: &'a str,
    poll_token: &'a str,
    options: Vec<BriefOption<'a>>,
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "text_if_any"
    )]
    #[schema(value_type = Option<String>)]
    pagination_id: Option<i64>,
}

impl<'a> BriefPoll<'a> {
    /// For those that may have its token.
    pub fn new(poll: &'a Poll) -> Self {
        Self {
            created_at: Some(poll.created_at.iso()),
            ..Self::notice(poll)
        }
    }

    /// As it is attached to a post or a message.
    pub fn notice(poll: &'a Poll) -> Self {
        let texts = poll.options.iter().enumerate();
        Self {
            id: poll.id,
            poll_id: poll.id,
            created_at: None,
            closed_at: poll.closes_at,
            prompt: &poll.prompt,
            poll_token: &poll.token.0,
            options: texts
                .map(|(index, text)| BriefOption {
                    text,
                    position: index + 1,
                })
                .collect(),
            pagination_id: None,
        }
    }

    /// Adds the pagination id of a list.
    #[must_use]
    pub fn paginated(mut self, id: i64) -> Self {
        self.pagination_id = Some(id);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{PollToken, Tally, poll};
    use crate::protocol::object::sample;
    use serde_json::{Value, json};

    fn shown(object: &PollObject<'_>) -> Value {
        serde_json::to_value(object).unwrap()
    }

    fn tally(respondents: i64, sample: &[i64]) -> Tally {
        Tally {
            respondents,
            sample: sample.iter().copied().map(UserId).collect(),
        }
    }

    #[test]
    fn an_open_poll_says_nothing_about_answers() {
        let poll = poll::sample();
        let object = PollObject::new(
            &poll,
            None,
            RenderOptions::default(),
            &sample::site(),
            |_| true,
        );
        assert_eq!(
            shown(&object),
            json!({
                "id": "5", "type": "org.example.lunch", "prompt": "Where to?",
                "created_at": "2024-05-01T08:00:00Z", "closed_at": "2024-05-02T08:00:00Z",
                "is_anonymous": true, "is_public": false, "max_options": 1,
                "options": [{"text": "Here", "position": 1}, {"text": "There", "position": 2}],
                "source": {"id": "cl1", "name": "Web", "url": "https://x.example"}, "user_id": "1",
            })
        );
    }

    #[test]
    fn the_viewers_own_answer_is_shown_to_the_viewer() {
        let poll = poll::sample();
        let chosen = Chosen::of(&[2], 2).unwrap();
        let object = PollObject::new(
            &poll,
            None,
            RenderOptions::default(),
            &sample::site(),
            |_| true,
        );
        let seen = shown(&object.answered(chosen));
        assert_eq!(seen["you_responded"], true);
        assert_eq!(seen["options"][0]["is_your_response"], false);
        assert_eq!(seen["options"][1]["is_your_response"], true);
        assert!(seen["options"][1].get("respondents").is_none());
    }

    #[test]
    fn a_closed_poll_counts_and_names_no_respondent_if_it_is_anonymous_or_the_user_is_hidden() {
        let mut poll = poll::sample();
        poll.results = Some(vec![tally(2, &[7, 8]), tally(0, &[])]);
        let shows = |user: UserId| user != UserId(8);
        let object = |poll: &Poll| {
            shown(&PollObject::new(
                poll,
                None,
                RenderOptions::default(),
                &sample::site(),
                shows,
            ))
        };
        let anonymous = object(&poll);
        assert_eq!(anonymous["options"][0]["respondents"], 2);
        assert_eq!(anonymous["options"][1]["respondents"], 0);
        assert!(!anonymous.to_string().contains("respondent_ids"));
        poll.is_anonymous = false;
        let named = object(&poll);
        assert_eq!(named["options"][0]["respondent_ids"], json!(["7"]));
        assert_eq!(named["options"][1]["respondent_ids"], json!([]));
    }

    #[test]
    fn a_brief_poll_has_both_names_of_its_id() {
        let poll = Poll {
            token: PollToken(String::from("secret")),
            ..poll::sample()
        };
        assert_eq!(
            serde_json::to_value(BriefPoll::new(&poll).paginated(5)).unwrap(),
            json!({
                "id": "5", "poll_id": "5", "created_at": "2024-05-01T08:00:00Z",
                "closed_at": "2024-05-02T08:00:00Z", "prompt": "Where to?", "poll_token": "secret",
                "options": [{"text": "Here", "position": 1}, {"text": "There", "position": 2}],
                "pagination_id": "5",
            })
        );
    }
}
