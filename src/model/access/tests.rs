use std::sync::Arc;

use super::*;
use crate::model::{Acl, CHAT, ChannelId, ClientBrief, PM, Raw, Stamp, TokenId};

const OWNER: UserId = UserId(1);
const EDITOR: UserId = UserId(2);
const WRITER: UserId = UserId(3);
const READER: UserId = UserId(4);
const STRANGER: UserId = UserId(5);

/// What a token may be, and what it may carry.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Anonymous,
    User(UserId, &'static str),
    /// With what the app's users granted to it.
    App(&'static [(UserId, &'static str)]),
}

/// One character per channel of [`channels`]: `+` granted, `t` token required, `s` scope missing, `m` not a member,
/// `a` not authorized.
const READS: &[(Kind, &str)] = &[
    //                                                             public
    //                                                             | any user
    //                                                             | | open to all writers
    //                                                             | | | private
    //                                                             | | | | private messages
    (Kind::Anonymous, "+ t t t t"),
    (Kind::User(OWNER, "messages"), "+ + + + m"),
    (Kind::User(EDITOR, "messages"), "+ + + + m"),
    (Kind::User(WRITER, "messages"), "+ + + + +"),
    (Kind::User(READER, "messages"), "+ + + + m"),
    (Kind::User(STRANGER, "messages"), "+ + + m m"),
    (
        Kind::User(WRITER, "messages:io.pnut.core.chat"),
        "+ + + + s",
    ),
    (Kind::User(WRITER, "messages:io.pnut.core.pm"), "s s s s +"),
    (Kind::User(WRITER, "messages:org.example.x"), "s s s s s"),
    (Kind::User(WRITER, "public_messages"), "+ + + s s"),
    (Kind::User(STRANGER, "public_messages"), "+ + + s s"),
    (
        Kind::User(WRITER, "public_messages:io.pnut.core.chat"),
        "+ + + s s",
    ),
    (
        Kind::User(WRITER, "public_messages:org.example.x"),
        "s s s s s",
    ),
    (Kind::User(OWNER, "stream,presence"), "s s s s s"),
    (Kind::App(&[]), "+ + + a a"),
    (Kind::App(&[(READER, "messages")]), "+ + + + a"),
    (Kind::App(&[(WRITER, "messages")]), "+ + + + +"),
    (
        Kind::App(&[(WRITER, "messages:io.pnut.core.pm")]),
        "+ + + a +",
    ),
    (Kind::App(&[(READER, "public_messages")]), "+ + + a a"),
    (Kind::App(&[(STRANGER, "messages")]), "+ + + a a"),
    // The right of one user and the scope of another make no access.
    (
        Kind::App(&[(READER, "stream"), (STRANGER, "messages")]),
        "+ + + a a",
    ),
];

fn channels() -> [Channel; 5] {
    let members = || Acl {
        full: vec![EDITOR],
        write: vec![WRITER],
        read: vec![READER],
        ..Acl::default()
    };
    let room = |change: fn(&mut Acl)| {
        let mut acl = members();
        change(&mut acl);
        channel(CHAT, Some(OWNER), acl)
    };
    [
        room(|acl| acl.read_public = true),
        room(|acl| acl.read_any_user = true),
        room(|acl| acl.write_any_user = true),
        room(|_| {}),
        channel(
            PM,
            None,
            Acl {
                write: vec![WRITER],
                ..Acl::default()
            },
        ),
    ]
}

fn channel(kind: &str, owner: Option<UserId>, mut acl: Acl) -> Channel {
    acl.normalize(owner);
    Channel {
        id: ChannelId(1),
        kind: kind.to_owned(),
        owner,
        created_at: Stamp(0),
        acl,
        raw: Raw::default(),
        is_active: true,
        messages: 0,
        subscribers: 0,
        sticky_messages: 0,
        recent_message_id: None,
        recent_deleted_message_id: None,
        activity: Stamp(0),
        revision: 0,
    }
}

fn token(user: Option<UserId>, scopes: &str) -> Arc<Token> {
    Arc::new(Token {
        id: TokenId(1),
        client: ClientBrief {
            id: "cl1".into(),
            name: String::from("Web"),
            url: String::from("https://x.example"),
        },
        user,
        scopes: Scopes::parse(scopes).unwrap(),
    })
}

fn user(id: UserId, scopes: &str) -> UserPrincipal {
    UserPrincipal::of(&token(Some(id), scopes)).unwrap()
}

fn principal(kind: Kind) -> Principal {
    match kind {
        Kind::Anonymous => Principal::Anonymous,
        Kind::User(id, scopes) => Principal::User(user(id, scopes)),
        Kind::App(granted) => Principal::App(AppPrincipal::new(
            granted
                .iter()
                .map(|(id, scopes)| (*id, Scopes::parse(scopes).unwrap()))
                .collect(),
        )),
    }
}

fn letter(permission: Permission) -> &'static str {
    match permission {
        Permission::Granted => "+",
        Permission::TokenRequired => "t",
        Permission::ScopeMissing => "s",
        Permission::NotAMember => "m",
        Permission::NotAuthorized => "a",
    }
}

#[test]
fn who_reads_which_kind_of_channel() {
    let channels = channels();
    for (kind, expected) in READS {
        let principal = principal(*kind);
        let found: Vec<_> = channels
            .iter()
            .map(|channel| letter(principal.reads(channel)))
            .collect();
        assert_eq!(found.join(" "), *expected, "{kind:?}");
    }
}

#[test]
fn a_subscription_goes_on_exactly_as_long_as_its_user_may_read() {
    for (kind, _) in READS {
        let Kind::User(id, scopes) = kind else {
            continue;
        };
        let token = token(Some(*id), scopes);
        for channel in channels() {
            assert_eq!(
                token_reads(&token, &channel),
                principal(*kind).reads(&channel),
                "{kind:?}"
            );
        }
    }
    let app = token(None, "messages");
    assert!(
        channels()
            .iter()
            .all(|channel| !token_reads(&app, channel).is_granted())
    );
}

#[test]
fn each_level_of_the_acl_holds_the_ones_below_it() {
    let levels = [
        Access::None,
        Access::Read,
        Access::Write,
        Access::Full,
        Access::Owner,
    ];
    let room = channels()[3].clone();
    for (id, most) in [
        (STRANGER, Access::None),
        (READER, Access::Read),
        (WRITER, Access::Write),
        (EDITOR, Access::Full),
        (OWNER, Access::Owner),
    ] {
        for least in levels {
            let permission = user(id, "messages").may(&room, least);
            assert_eq!(permission.is_granted(), least <= most, "{id} {least:?}");
            // Without the scope the ACL gives nothing.
            let blind = user(id, "stream").may(&room, least);
            assert_eq!(blind, Permission::ScopeMissing);
            assert_eq!(user(id, "stream").holds(&room, least), permission);
        }
    }
}

#[test]
fn authors_read_their_own_words_with_the_scope_and_without_the_channel() {
    let private = channels()[3].clone();
    let former = Principal::User(user(STRANGER, "messages"));
    assert!(former.reads_message(&private, STRANGER).is_granted());
    assert_eq!(
        former.reads_message(&private, READER),
        Permission::NotAMember
    );
    let blind = Principal::User(user(STRANGER, "public_messages"));
    assert_eq!(
        blind.reads_message(&private, STRANGER),
        Permission::ScopeMissing
    );
    assert_eq!(
        Principal::Anonymous.reads_message(&private, STRANGER),
        Permission::TokenRequired
    );
}

#[test]
fn every_no_says_what_to_do_about_it() {
    let refusal = |permission: Permission| permission.demand().unwrap_err();
    assert_eq!(Permission::Granted.demand(), Ok(()));
    assert_eq!(
        refusal(Permission::TokenRequired).refusal,
        Refusal::TokenRequired
    );
    let scope = refusal(Permission::ScopeMissing);
    assert_eq!(scope.refusal, Refusal::ScopeMissing);
    assert_eq!(scope.field.as_deref(), Some("messages"));
    for no in [Permission::NotAMember, Permission::NotAuthorized] {
        assert_eq!(refusal(no).refusal, Refusal::NoAccess);
    }
}

#[test]
fn an_app_token_speaks_for_no_user() {
    let refused = UserPrincipal::of(&token(None, "messages")).unwrap_err();
    assert_eq!(refused.refusal, Refusal::WrongTokenKind);
}
