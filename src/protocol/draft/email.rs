//! An e-mail address. It is a second name for signing in, and shown to apps with the scope `email`; the server sends no
//! mail, so only the form is checked.

use crate::model::{Refusal, Refused};
use crate::text::controls;

/// RFC 5321 §4.5.3.1.3: a path has 256 octets, with its angle brackets.
const BYTES_MAX: usize = 254;

/// Reads an address. An empty one is `None`.
///
/// # Errors
/// It is too long, or has not the form of one.
pub fn email(text: &str) -> Result<Option<String>, Refused> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    if text.len() > BYTES_MAX {
        return Err(Refusal::TooLong.at("email"));
    }
    let is_plain = |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace());
    let is_domain = |domain: &str| {
        is_plain(domain)
            && !domain.contains('@')
            && domain.split('.').all(|label| !label.is_empty())
    };
    // A name that begins with `@` is a user name.
    let fits = text
        .rsplit_once('@')
        .is_some_and(|(local, domain)| is_plain(local) && is_domain(domain));
    match fits && controls::is_name(text) {
        true => Ok(Some(text.to_owned())),
        false => Err(Refusal::Invalid.at("email")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_form_and_a_length() {
        assert_eq!(
            email(" Ada@Example.org "),
            Ok(Some(String::from("Ada@Example.org")))
        );
        assert_eq!(email("  "), Ok(None));
        assert!(email("a+b@localhost").is_ok());
        for wrong in [
            "ada",
            "@ada",
            "ada@",
            "a b@x.example",
            "a@x..example",
            "a@.x",
            "a\u{7}@x.example",
        ] {
            assert_eq!(email(wrong), Err(Refusal::Invalid.at("email")), "{wrong}");
        }
        let long = format!("{}@x.example", "a".repeat(BYTES_MAX));
        assert_eq!(email(&long), Err(Refusal::TooLong.at("email")));
    }
}
