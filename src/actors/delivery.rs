//! One event on its way to many sockets.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use smallvec::SmallVec;

use super::authorized_users::AuthorizedUsers;
use super::verdicts::Verdicts;
use crate::event::{Event, Part};
use crate::log::RenderedEvent;
use crate::model::visibility::{Occasion, shows_profile, shows_words};
use crate::model::{ClientId, Relationship, Stamp, User, UserId};
use crate::protocol::app_filter::AppFilter;
use crate::protocol::frame::{AppFrame, Frame};
use crate::protocol::object::PostPeople;
use crate::protocol::render_class::RenderClass;
use crate::protocol::site::Site;
use crate::protocol::stream::{Beside, NotificationTargets, app_frame, user_frame};
use crate::telemetry::{ActorNumbers, Span, Spans};

/// Who must not hear of what a user does, as of one place in the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HiddenFrom {
    /// They muted the user; `include_muted=1` lifts it.
    pub muted_by: HashSet<UserId>,
    /// One of the two blocks the other.
    pub blocked: HashSet<UserId>,
}

impl HiddenFrom {
    /// Hidden from no user: the usual case, in which the fast path serves all receivers.
    pub fn is_empty(&self) -> bool {
        self.muted_by.is_empty() && self.blocked.is_empty()
    }

    /// Whether it is kept from this viewer.
    pub fn is_hidden_from(&self, viewer: UserId, include_muted: bool) -> bool {
        !shows_words(self.seen_by(viewer), Occasion::Listed, include_muted)
    }

    /// Whether a part of another object is kept from this viewer.
    pub fn is_withheld_from(&self, viewer: UserId, part: Part) -> bool {
        let person = self.seen_by(viewer);
        !match part {
            Part::Owner => shows_profile(person, Occasion::Embedded),
            Part::Recent | Part::RecentDeleted => shows_words(person, Occasion::Embedded, false),
        }
    }

    /// Hidden from all from whom one of the two is hidden.
    pub fn and(&self, other: &Self) -> Self {
        Self {
            muted_by: self.muted_by.union(&other.muted_by).copied().collect(),
            blocked: self.blocked.union(&other.blocked).copied().collect(),
        }
    }

    fn seen_by(&self, viewer: UserId) -> Relationship {
        Relationship {
            you_muted: self.muted_by.contains(&viewer),
            you_blocked: self.blocked.contains(&viewer),
            ..Relationship::default()
        }
    }
}

/// Parts of an event's object, each with the users from whom its person is hidden. Empty in the usual case.
pub type Withheld = SmallVec<[(Part, Arc<HiddenFrom>); 1]>;

/// Users by whom a post was on streams already, each with the users from whom that user is hidden. Empty unless the
/// event is about a repost.
pub type Earlier = Vec<(UserId, Arc<HiddenFrom>)>;

/// One user of a sample.
#[derive(Clone, Debug)]
pub struct Sampled {
    /// The user.
    pub user: Arc<User>,
    /// Who must not hear of what the user did.
    pub hidden: Arc<HiddenFrom>,
}

/// Both samples of a post, latest first.
#[derive(Clone, Debug, Default)]
pub struct Samples {
    /// Users that bookmarked it.
    pub bookmarkers: Vec<Sampled>,
    /// Users that reposted it.
    pub reposters: Vec<Sampled>,
}

impl Samples {
    /// Whether one of these users is hidden from a viewer.
    fn is_hidden_from(&self, viewer: UserId) -> bool {
        let mut all = self.bookmarkers.iter().chain(&self.reposters);
        all.any(|one| one.hidden.is_hidden_from(viewer, false))
    }

    /// The users that a viewer sees; apps see all.
    fn seen_by(&self, viewer: Option<UserId>) -> PostPeople<'_> {
        PostPeople {
            bookmarkers: seen(&self.bookmarkers, viewer),
            reposters: seen(&self.reposters, viewer),
        }
    }
}

fn seen(sample: &[Sampled], viewer: Option<UserId>) -> Vec<&User> {
    let is_seen =
        |one: &&Sampled| viewer.is_none_or(|viewer| !one.hidden.is_hidden_from(viewer, false));
    sample
        .iter()
        .filter(is_seen)
        .map(|one| &*one.user)
        .collect()
}

/// An event with all that its receivers have in common.
///
/// Most receivers want the same bytes. They are produced on first demand, once for each [`RenderClass`] in use,
/// and shared by all shards; only the subscription ids differ from socket to socket.
#[derive(Debug)]
pub struct Delivery {
    /// What happened.
    pub event: Arc<Event>,
    /// The same, with its frames for user streams.
    pub rendered: Arc<RenderedEvent>,
    /// Who must not hear of it.
    pub hidden: Arc<HiddenFrom>,
    /// By whom what a repost shows was on streams before.
    pub earlier: Earlier,
    /// Parts of its object that are kept from some users.
    pub withheld: Withheld,
    /// Users that acted on the post that it shows.
    pub samples: Samples,
    /// Apps that may see it.
    pub apps: Arc<[AllowedApp]>,
    /// What apps are told beside.
    pub targets: NotificationTargets,
    /// Numbers of the channel that it belongs to, if that has an actor.
    pub channel_numbers: Option<Arc<ActorNumbers>>,
    /// Shards that have not carried it out yet.
    shards_left: AtomicUsize,
    /// With samples: those are of the moment, so that no replay shares them.
    frames: Rendered<Arc<Frame>>,
    app_frames: Rendered<AppFrame>,
    /// What filters of app streams said to it.
    verdicts: Verdicts,
}

/// An app that may see an event.
#[derive(Clone, Debug)]
pub struct AllowedApp {
    /// Which.
    pub client: ClientId,
    /// Numbers of its firehose.
    pub numbers: Arc<ActorNumbers>,
    /// The users that authorized it.
    pub users: Arc<AuthorizedUsers>,
}

/// What a delivery is made of.
#[derive(Debug)]
pub struct NewDelivery {
    /// What happened.
    pub rendered: Arc<RenderedEvent>,
    /// Who must not hear of it.
    pub hidden: Arc<HiddenFrom>,
    /// By whom what a repost shows was on streams before.
    pub earlier: Earlier,
    /// Parts of its object that are kept from some users.
    pub withheld: Withheld,
    /// Users that acted on the post that it shows.
    pub samples: Samples,
    /// Apps that may see it.
    pub apps: Arc<[AllowedApp]>,
    /// What apps are told beside.
    pub targets: NotificationTargets,
    /// Numbers of the channel that it belongs to, if that has an actor.
    pub channel_numbers: Option<Arc<ActorNumbers>>,
    /// How many shards will carry it out.
    pub shards: usize,
}

/// What was rendered so far, by render class: nearly always one.
type Rendered<T> = Mutex<SmallVec<[(RenderClass, T); 1]>>;

impl Delivery {
    /// Without a frame yet: each is rendered on first demand.
    pub fn new(new: NewDelivery) -> Self {
        Self {
            event: Arc::clone(&new.rendered.event),
            rendered: new.rendered,
            hidden: new.hidden,
            earlier: new.earlier,
            withheld: new.withheld,
            samples: new.samples,
            apps: new.apps,
            targets: new.targets,
            channel_numbers: new.channel_numbers,
            shards_left: AtomicUsize::new(new.shards),
            frames: Mutex::default(),
            app_frames: Mutex::default(),
            verdicts: Verdicts::default(),
        }
    }

    /// A shard has written it to the last of its sockets. The last shard to say so ends the fan-out.
    pub fn note_fanned_out(&self, shard: &ActorNumbers, now: Stamp, spans: &Spans) {
        let is_last = self.shards_left.fetch_sub(1, Ordering::Relaxed) == 1;
        let Some(committed) = self.event.timestamps.committed else {
            return;
        };
        let micros = committed.micros_until(now);
        shard.fanned_out(micros);
        if is_last {
            spans.of(Span::FanOut).record(micros);
            let apps = self.apps.iter().map(|app| &app.numbers);
            for numbers in self.channel_numbers.iter().chain(apps) {
                numbers.fanned_out(micros);
            }
        }
    }

    /// The render class for one viewer: without what is kept from that viewer.
    pub fn class_for(&self, viewer: Option<UserId>, class: RenderClass) -> RenderClass {
        let Some(viewer) = viewer.filter(|_| !self.withheld.is_empty()) else {
            return class;
        };
        let mut class = class;
        for (part, hidden) in &self.withheld {
            if hidden.is_withheld_from(viewer, *part) {
                class = class.without(*part);
            }
        }
        class
    }

    /// The frame for user streams of this render class.
    pub fn frame(&self, class: RenderClass, site: &Site) -> Arc<Frame> {
        let class = class.for_payload(&self.event.payload);
        if !class.has_samples() {
            return self.rendered.frame(class, site);
        }
        // A poisoned lock only means that another shard died while rendering: the list itself is whole.
        let mut frames = self.frames.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, frame)) = frames.iter().find(|(known, _)| *known == class) {
            return frame.clone();
        }
        let beside = Beside {
            own_token: None,
            people: self.samples.seen_by(None),
        };
        let frame = user_frame(&self.event, class, site, &beside, &self.rendered.place);
        let frame = Arc::new(frame);
        frames.push((class, frame.clone()));
        frame
    }

    /// The frame for a viewer from whom a user of the samples is hidden: one of its own. `None`: the viewer shares that of
    /// all others.
    pub fn sampled_frame(&self, class: RenderClass, site: &Site, viewer: UserId) -> Option<Frame> {
        let class = class.for_payload(&self.event.payload);
        if !class.has_samples() || !self.samples.is_hidden_from(viewer) {
            return None;
        }
        let beside = Beside {
            own_token: None,
            people: self.samples.seen_by(Some(viewer)),
        };
        let frame = user_frame(&self.event, class, site, &beside, &self.rendered.place);
        Some(frame)
    }

    /// Whether it passes the stored filter of an app stream, if that has one.
    pub fn passes_filter(&self, filter: &AppFilter, app: &AllowedApp, site: &Site) -> bool {
        let stored = filter.stored.as_ref();
        stored.is_none_or(|stored| {
            self.verdicts
                .lets_pass(stored, &self.event, &app.users, site)
        })
    }

    /// The frame for app streams of this render class.
    pub fn app_frame(&self, class: RenderClass, site: &Site) -> AppFrame {
        let class = class.for_payload(&self.event.payload);
        let mut frames = self
            .app_frames
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some((_, frame)) = frames.iter().find(|(known, _)| *known == class) {
            return frame.clone();
        }
        let beside = (&self.targets, &self.samples.seen_by(None));
        let frame = app_frame(&self.event, class, site, beside, &self.rendered.place);
        frames.push((class, frame.clone()));
        frame
    }
}
