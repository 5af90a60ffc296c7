use serde_json::json;

use super::*;
use crate::event::Timestamps;
use crate::event::samples::{ADA, BOB, ROOM, message, one_of_each, posted};
use crate::event::{Event, Payload};
use crate::model::content::{Link, Tag};
use crate::model::{Content, FilterOwner, NewFilter, Operator, PostId, Stamp};
use crate::protocol::object::sample;

fn event(payload: Payload) -> Event {
    Event {
        pos: None,
        at: Stamp(1_795_379_451_000_000),
        payload,
        timestamps: Timestamps::default(),
    }
}

fn clause(object_type: ObjectType, field: &str, operator: Operator, value: Value) -> Clause {
    Clause {
        object_type,
        operator,
        field: field.to_owned(),
        value,
    }
}

fn filter(match_policy: MatchPolicy, clauses: Vec<Clause>) -> CompiledFilter {
    let owner = FilterOwner {
        client: "app".into(),
        user: None,
    };
    CompiledFilter::new(&EventFilter {
        id: FilterId(1),
        owner,
        revision: 0,
        says: NewFilter {
            name: String::from("sample"),
            match_policy,
            clauses,
        },
    })
    .unwrap()
}

/// Whether an event passes, and whether it had to be rendered for that.
fn passes(filter: &CompiledFilter, event: &Event) -> (bool, bool) {
    let whole = OnceLock::new();
    let passes = filter.lets_pass(&SeenEvent {
        event,
        site: &sample::site(),
        whole: &whole,
        is_authorized: &|user| user == ADA,
    });
    (passes, whole.get().is_some())
}

/// A text with everything that the fields look at.
fn content() -> Content {
    let mut content = crate::event::samples::mentioning(&[BOB, ADA]);
    content.text = String::from("many rolls");
    content.entities.tags = ["one", "two"]
        .map(|tag| Tag {
            len: 4,
            pos: 0,
            text: tag.to_owned(),
        })
        .into();
    content.entities.links = vec![Link {
        amended_len: None,
        len: 4,
        pos: 0,
        text: String::from("link"),
        title: None,
        url: String::from("https://roll.example/"),
    }];
    content
}

/// One of each kind, and messages, posts and reposts with words.
fn events() -> Vec<Event> {
    let mut payloads = one_of_each();
    let mut said = message(ROOM, ADA);
    if let Payload::MessageCreated { written, .. } = &mut said {
        written.message.content = content();
        written.message.reply_to = Some(written.message.id);
        written.channel.name = Some("Lounge".into());
    }
    let mut post = posted(ADA);
    post.post.content = content();
    post.post.reply_to = Some(PostId(9));
    let mut repost = posted(BOB);
    repost.post.content = Content::default();
    repost.post.repost_of = Some(post.post.id);
    let mut taken_back = repost.clone();
    taken_back.post.deleted_at = Some(Stamp(1));
    taken_back.original = Some(post.clone());
    let bare = repost.clone();
    repost.original = Some(post.clone());
    let mut gone = post.clone();
    gone.post.deleted_at = Some(Stamp(1));
    payloads.push(said);
    for posted in [post, repost, bare, taken_back, gone] {
        payloads.push(Payload::PostCreated { posted });
    }
    payloads.into_iter().map(event).collect()
}

/// The scalars at a place of what is rendered, as texts.
fn rendered(event: &Event, pointer: &str) -> Vec<String> {
    let whole = whole_event(event, &sample::site());
    let mut found = Vec::new();
    let place = Pointer::parse(pointer).unwrap();
    place.finds(&whole, &mut |value| {
        found.extend(Scalar::of(value).map(shown));
        false
    });
    found
}

fn shown(scalar: Scalar<'_>) -> String {
    match scalar {
        Scalar::Text(text) => text.to_owned(),
        Scalar::Integer(number) => number.to_string(),
        Scalar::Real(_) | Scalar::Flag(_) => format!("{scalar:?}"),
    }
}

#[test]
fn a_field_that_is_read_from_the_event_is_what_would_be_rendered() {
    let mut compared = 0;
    for event in events() {
        for (pointer, field) in Field::all() {
            let found = std::cell::RefCell::new(Vec::new());
            let answer = field.finds(&event, |scalar| {
                found.borrow_mut().push(shown(scalar));
                false
            });
            if answer.is_some() {
                let found = found.into_inner();
                assert_eq!(found, rendered(&event, pointer), "{pointer} of {event:?}");
                compared += found.len();
            }
        }
    }
    assert!(compared > 60, "{compared} values were compared");
}

#[test]
fn the_policy_says_what_becomes_of_what_clauses_match() {
    use MatchPolicy::{ExcludeAll, ExcludeAny, IncludeAll, IncludeAny};
    let said = event(message(ROOM, ADA));
    let about = |kind, id: i64| clause(kind, "/data/channel_id", Operator::Equals, json!(id));
    let of = |id| about(ObjectType::Message, id);
    for (clauses, expected) in [
        // Both match, one, none; clauses about other types only.
        (vec![of(42), of(42)], [true, true, false, false]),
        (vec![of(42), of(43)], [true, false, false, true]),
        (vec![of(43), of(44)], [false, false, true, true]),
        (
            vec![about(ObjectType::Post, 42)],
            [false, false, true, true],
        ),
    ] {
        for (policy, expected) in [IncludeAny, IncludeAll, ExcludeAny, ExcludeAll]
            .into_iter()
            .zip(expected)
        {
            let filter = filter(policy, clauses.clone());
            assert_eq!(
                passes(&filter, &said),
                (expected, false),
                "{policy:?} {clauses:?}"
            );
        }
    }
}

#[test]
fn only_what_no_field_of_the_event_answers_is_rendered_and_last() {
    let [post, user] = [
        "/data/content/entities/tags/*/text",
        "/data/user/content/text",
    ];
    let post = |value: &str| clause(ObjectType::Post, post, Operator::Equals, json!(value));
    let user = |value: &str| clause(ObjectType::Post, user, Operator::Equals, json!(value));
    let mut tagged = posted(ADA);
    tagged.post.content = content();
    let tagged = event(Payload::PostCreated { posted: tagged });
    let any = |clauses| filter(MatchPolicy::IncludeAny, clauses);
    assert_eq!(
        passes(&any(vec![user("x"), post("two")]), &tagged),
        (true, false)
    );
    assert_eq!(
        passes(&any(vec![user("x"), post("three")]), &tagged),
        (false, true)
    );
    let authorized = clause(
        ObjectType::Post,
        "/data/user/id",
        Operator::OneOf,
        json!("$authorized_userids"),
    );
    assert_eq!(
        passes(&any(vec![authorized.clone()]), &tagged),
        (true, false)
    );
    let by_bob = event(Payload::PostCreated {
        posted: posted(BOB),
    });
    assert_eq!(passes(&any(vec![authorized]), &by_bob), (false, false));
    let in_meta = clause(
        ObjectType::Post,
        "/meta/type",
        Operator::Equals,
        json!("post"),
    );
    assert_eq!(passes(&any(vec![in_meta]), &by_bob), (true, true));
}

#[test]
fn every_kind_of_event_can_be_filtered_by_its_rendered_form() {
    for event in events() {
        let facts = event.payload.facts();
        let Some(kind) = facts.object_type else {
            continue;
        };
        let by_type = clause(kind, "/meta/type", Operator::Equals, json!(kind.name()));
        assert_eq!(
            passes(&filter(MatchPolicy::IncludeAll, vec![by_type]), &event),
            (true, true)
        );
        let deleted = clause(kind, "/meta/is_deleted", Operator::Equals, json!(true));
        let only_deleted = filter(MatchPolicy::IncludeAny, vec![deleted]);
        assert_eq!(
            passes(&only_deleted, &event).0,
            facts.is_deletion,
            "{event:?}"
        );
    }
}
