//! Faults of the streams that the suite seeds to see that its oracle finds them: one for the whole life of a process.
//!
//! The place of each asks [`seeded`], which is `false` in a release build: nothing of it is left there.

#[cfg(debug_assertions)]
use std::sync::OnceLock;

macro_rules! faults {
    (streams { $($fault:ident $does:literal;)* } nodes { $($of_node:ident $it_does:literal;)* }) => {
        /// What a process does wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Seeded {
            $(#[doc = $does] $fault,)*
            $(#[doc = $it_does] $of_node,)*
        }

        impl Seeded {
            /// Those of the streams of one server, with what each does.
            #[cfg(debug_assertions)]
            pub const OF_STREAMS: &[(Self, &str)] = &[$((Self::$fault, $does),)*];
            /// Those of servers that share a database.
            #[cfg(debug_assertions)]
            pub const OF_NODES: &[(Self, &str)] = &[$((Self::$of_node, $it_does),)*];
        }
    };
}

faults! {
    streams {
        RingMissesKey "The ring's index does not know an event under its first key.";
        RingReachesTooFar "The ring says that it reaches eight events further back than it does.";
        RingSkipsFirst "The ring's index begins one event too late.";
        RingFullPageEnds "A slice of the ring that is full says that nothing is behind it.";
        TableSkipsRow "A row of a page of the table is left out.";
        TrimmedUnsaid "A trimmed part of the log is stepped over without a gap.";
        GapTooLong "A gap is said to be one position longer than it is.";
        DeliveryBeginsLate "Delivery begins one event too late at the start.";
        JoiningNotAwaited "An event does not wait for the streams that the one before made its listeners.";
        ReplaySkipsLast "The last event of a page is not replayed.";
        ReplayRepeatsCursor "A replay begins with the event at the cursor.";
        ReplayCutAtBound "What is over the bound of one turn is dropped from a replay.";
        SeamTwice "A stream that has caught up is sent again what its shard has yet to send.";
        SeamLost "A stream goes live before it has read what its shard has begun to send.";
        ReplayIgnoresHidden "Mutes and blocks do not count in a replay.";
        HiddenOfThen "Mutes and blocks in a replay are those of the event's time alone.";
        HiddenOfNow "Mutes and blocks in a replay are those of now alone.";
        InboxOfNow "The inbox in a replay is that of now.";
        FollowsOfNow "The followed users in a replay are those of now.";
        FormerKeysMissing "A replay does not look under the keys of what its user has left.";
        CutOffForgotten "A subscription whose channel was closed meanwhile goes on.";
        LeftChannelOpen "Channels that were left and may not be read any more are replayed.";
        TakeOverKeepsBoth "A connection that is taken over goes on.";
        SubscriptionUnwritten "The session does not learn of a subscription.";
        SinceForgotten "A subscription is replayed from the cursor, not from its own beginning.";
        DeletedComesBack "A subscription that was deleted while its session was parked comes back.";
        SessionEndsWithConnection "A session ends with its connection.";
        CursorIgnored "A session goes on from now, not from its cursor.";
        PageNotHeld "Events do not wait while the page of a subscription is read.";
        PageCursorAhead "The cursor of a page is taken some events behind its items.";
        HeldLost "Events that waited for a page are lost.";
        LiveIgnoresHidden "Mutes and blocks do not count on live streams.";
        LiveCutOffForgotten "A change of a channel ends no subscription.";
        BatchSwapped "Two events of a batch change places.";
        InboxNotJoined "An inbox does not learn of a new channel.";
        FollowUnheard "A stream of posts does not learn of a follow.";
        EventIdOfAnother "The id of a server-sent event is not its cursor.";
        FramingDropsLast "The last of several frames is not framed again.";
        QueueDropsRest "What waits for a socket that is behind is lost.";
        AppSeesBefore "An app is replayed what was said before its authorization.";
        AppMembersOfThen "An app is replayed what it may not see any more.";
        AppKeepsRevoked "A revoked authorization counts on live app streams.";
        AppMembersOfNow "An app is replayed what is said in the channels that its users are in now.";
        AppGrantUnheard "A new authorization does not count on live app streams.";
        PartitionByAuthor "The partition of a message is that of its author.";
        HelloTooEarly "The cursor of a new stream is some events before it.";
        ShardForgotten "An event goes to the first of its shards alone.";
        UnhiddenUnheard "A mute that was undone goes on on live streams.";
        InboxNotLeft "An inbox does not learn that a channel was left.";
        HeldOnPageToo "Events that waited for a page come although they are on it.";
        YoungOnFastPath "The fast path serves a stream before what is on its page has passed.";
        FastPathKeepsId "The fast path writes the id of the receiver before.";
        FastPathServesAll "The fast path serves the receivers of the slow path, too.";
        OneIdAlone "Of several subscriptions that receive an event one is named.";
        FrameOfAnyClass "An event has one frame for all ways in which it is asked for.";
        CompressedOfAnother "A compressed message says what the one before it says.";
        PollCursorAhead "The cursor of a long poll is one event too far.";
        PollDropsRest "What has no room in the answer of a long poll is lost.";
        PollDoesNotWaitForShard "An empty long poll says that its shard has sent what is known.";
        HandedOverTooSoon "The shards are said to have events before they take them.";
        PollKeepsPlace "A long poll that was answered keeps its place among the streams in use.";
        HookFailedLost "A delivery of a webhook that failed is not tried again.";
        HookPlaceAhead "What waits in a lane of a webhook counts as delivered when its place is written down.";
        HookGapUnsaid "A webhook steps over a trimmed part of the log without a word.";
    }
    nodes {
        HoleSkipped "Events before a batch that does not join are not read.";
        HoleReadTwice "What is read of a hole is delivered twice.";
        HoleReadShort "The last event of what is read of a hole is lost.";
        BatchTwice "A batch is delivered twice.";
        BatchEarly "The first event of a batch that does not join is delivered before what is missing.";
        HeadNotCompared "The head of the log is not compared: what the bus does not bring is not missed.";
        CursorAheadRefused "A cursor that another node gave out is refused until this node has delivered as much.";
        SessionNotTaken "The row of a session that is continued does not learn of its node.";
        OldConnectionKept "A connection of a session that goes on elsewhere is not closed.";
        SessionsNotCompared "A node that was not told does not find out that a session went on elsewhere.";
        CallServedHere "A call that names a connection of another node is answered here.";
        CallToMaker "A call for a session goes to the node that gave out its id.";
        GoneNotBuried "What a node that is gone held stays as it is.";
        LiveBuried "With a node that is gone the app streams of all others are taken for free.";
        LeaseNeverDue "A node that stood still beyond its lease keeps its app streams.";
        LeaseRenewedLate "The lease is renewed when it is almost over.";
        FenceStays "A node whose lease holds again takes no app stream.";
        PlacesNotCounted "An app may open as many streams as it likes.";
        PlacesNotGivenBack "The place of an app stream that has ended stays taken.";
        PartitionsCounted "Each partition of an app stream is one in use.";
        CommitNotLookedUp "A group whose connection was lost in the commit is taken for lost.";
        CommitBelieved "A group whose connection was lost in the commit is taken for committed.";
        WrittenSaidUndone "A call that has written, and cannot show what, is told that nothing was changed.";
        KeyForgotten "A call that is repeated with its key is carried out again.";
        OldAclTrusted "A write is allowed by the version of the channel that its node knows.";
        OldTokenTrusted "A write does not ask whether its token has ended.";
        TokensStay "A token that was revoked on another node is kept.";
        UsersStay "A user that was changed on another node is kept.";
        ChannelsStay "A channel that was changed on another node is kept as it was by its actor.";
        PresenceUntold "Presence is not told to other nodes when it is set.";
        PresenceNotCompared "Other sums of presence are not asked for.";
        PresenceOfLastTold "Of two presences the one that arrives last holds.";
        TicketsOfOthersUnknown "The node that gave out a ticket is not asked for it.";
        SecretNotAsked "The internal listener takes requests without the secret.";
        BusStaysAway "A bus that was lost is not connected to again.";
    }
}

/// The one of this process.
#[cfg(debug_assertions)]
static CHOSEN: OnceLock<Option<Seeded>> = OnceLock::new();

/// Chooses the one that this text names, to the end of the process.
#[cfg(debug_assertions)]
pub(super) fn choose(name: &str) {
    let all = Seeded::OF_STREAMS.iter().chain(Seeded::OF_NODES);
    let named = all
        .map(|(fault, _)| *fault)
        .find(|fault| format!("{fault:?}") == name.trim());
    // The first word counts.
    CHOSEN.get_or_init(|| named);
}

/// Whether this process has this fault.
#[cfg(debug_assertions)]
pub fn seeded(fault: Seeded) -> bool {
    CHOSEN.get().is_some_and(|chosen| *chosen == Some(fault))
}

/// No release build has one.
#[cfg(not(debug_assertions))]
#[inline(always)]
pub const fn seeded(_fault: Seeded) -> bool {
    false
}

#[cfg(not(debug_assertions))]
const _: () = assert!(!seeded(Seeded::RingMissesKey));
