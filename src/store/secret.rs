//! Secrets: how they are generated, and what the database stores of them.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;

use super::Failure;

/// Longest password in bytes; a longer one is wrong without hashing it.
pub const PASSWORD_BYTES: usize = 1024;

/// 24 random bytes as base64url: 32 characters with 192 bits of entropy.
pub fn random_id() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 24]>())
}

/// What tells the processes of one database apart: 6 random bytes as base64url, 8 characters.
pub fn random_epoch() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 6]>())
}

/// An id that begins with this epoch, as long as any other: 144 random bits.
pub fn random_id_of(epoch: &str) -> String {
    let random = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 18]>());
    format!("{epoch}{random}")
}

/// The stored form of a token or client secret. Secrets are random, so a fast hash is enough.
pub fn hash_token(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// The stored form of a password (Argon2id). Slow on purpose: not for threads that serve requests or read.
pub fn hash_password(password: &str) -> Result<String, Failure> {
    Argon2::default()
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|error| Failure::trouble(format!("password hash: {error}")))
}

/// Whether this is the password. Slow on purpose, like [`hash_password`].
pub fn verify_password(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| {
        Argon2::default()
            .verify_password(password.as_bytes(), &hash)
            .is_ok()
    })
}

/// Compares in constant time: the duration reveals no position of a difference.
pub(super) fn same_bytes(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_long_and_fit_into_urls() {
        let id = random_id();
        assert_eq!(id.len(), 32);
        assert!(
            id.bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        );
        assert_ne!(id, random_id());
        let epoch = random_epoch();
        let id = random_id_of(&epoch);
        assert_eq!((epoch.len(), id.len()), (8, 32));
        assert!(id.starts_with(&epoch));
        assert_ne!(id, random_id_of(&epoch));
    }

    #[test]
    fn a_password_is_verified_by_its_hash_only() {
        let hash = hash_password("correct horse").unwrap();
        assert!(hash.starts_with("$argon2id$"));
        assert!(verify_password("correct horse", &hash));
        assert!(!verify_password("Correct horse", &hash));
        assert!(!verify_password("correct horse", "not a hash"));
    }

    #[test]
    fn bytes_are_compared_whole() {
        assert!(same_bytes(b"abc", b"abc"));
        assert!(!same_bytes(b"abc", b"abd"));
        assert!(!same_bytes(b"abc", b"ab"));
    }
}
