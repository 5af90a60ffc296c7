//! What is counted together: a kind of call, of one token, user, address, network or account.

use std::net::{IpAddr, Ipv6Addr};

use smallvec::{SmallVec, smallvec};

use crate::model::{Token, TokenId, UserId};

/// Whose calls are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RateKey {
    /// Calls with this token.
    Token(TokenId),
    /// Calls with any token of this user.
    User(UserId),
    /// Calls without a valid token; an IPv4 address, or an IPv6 network of /64.
    Address(IpAddr),
    /// The same, of an IPv6 network of /48.
    Network(Ipv6Addr),
    /// Attempts to sign in to an account; a hash of [`Attempts`].
    Account(u64),
}

/// Which attempts to sign in are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Attempts<'a> {
    /// By this name or address, as it is compared, whether or not there is such an account.
    Name(&'a str),
    /// At this account, by any of its names.
    Account(UserId),
    /// At this account, in a browser that it was signed in with before.
    Device(UserId, &'a str),
}

/// The kinds of calls that are counted apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Reading.
    Read,
    /// Writing.
    Write,
    /// What a client sends while its user only reads: markers, presence, the end of a subscription.
    Marker,
    /// Attempts to sign in.
    SignIn,
}

/// What is counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Bucket {
    /// Whose calls.
    pub key: RateKey,
    /// Which of them.
    pub class: Class,
}

impl Bucket {
    /// Its name, the same on all servers.
    pub(super) fn name(self) -> SmallVec<[u8; 24]> {
        let class = match self.class {
            Class::Read => b'r',
            Class::Write => b'w',
            Class::Marker => b'm',
            Class::SignIn => b's',
        };
        let mut name: SmallVec<[u8; 24]> = smallvec![class];
        let mut of = |kind: u8, bytes: &[u8]| {
            name.push(kind);
            name.extend_from_slice(bytes);
        };
        match self.key {
            RateKey::Token(token) => of(b't', &token.0.to_le_bytes()),
            RateKey::User(user) => of(b'u', &user.0.to_le_bytes()),
            RateKey::Address(IpAddr::V4(four)) => of(b'4', &four.octets()),
            RateKey::Address(IpAddr::V6(six)) => of(b'6', &six.octets()),
            RateKey::Network(network) => of(b'n', &network.octets()),
            RateKey::Account(number) => of(b'a', &number.to_le_bytes()),
        }
        name
    }
}

impl Attempts<'_> {
    /// Its name, the same on all servers, in parts.
    pub(super) fn name(&self) -> [Vec<u8>; 3] {
        let of = |kind: &str, account: &[u8], device: &str| {
            [kind.into(), account.to_vec(), device.into()]
        };
        match self {
            Self::Name(name) => of("name", name.as_bytes(), ""),
            Self::Account(user) => of("account", &user.0.to_le_bytes(), ""),
            Self::Device(user, device) => of("device", &user.0.to_le_bytes(), device),
        }
    }
}

/// The buckets of one call. Each must have room for it.
pub type Buckets = SmallVec<[Bucket; 2]>;

/// The buckets of a call with a valid token.
pub fn of_token(token: &Token, class: Class) -> Buckets {
    let mut buckets: Buckets = smallvec![Bucket {
        key: RateKey::Token(token.id),
        class,
    }];
    if let Some(user) = token.user {
        buckets.push(Bucket {
            key: RateKey::User(user),
            class,
        });
    }
    buckets
}

/// The buckets of a call without one.
pub fn of_address(address: IpAddr, class: Class) -> Buckets {
    let prefix = |six: Ipv6Addr, bits: u32| {
        Ipv6Addr::from_bits(six.to_bits() & (u128::MAX << (Ipv6Addr::BITS - bits)))
    };
    let keys: SmallVec<[RateKey; 2]> = match address.to_canonical() {
        IpAddr::V4(_) => smallvec![RateKey::Address(address.to_canonical())],
        IpAddr::V6(six) => smallvec![
            RateKey::Address(prefix(six, 64).into()),
            RateKey::Network(prefix(six, 48)),
        ],
    };
    keys.into_iter().map(|key| Bucket { key, class }).collect()
}
