//! How what arrived ends: by that a part of a next request is known, which actix keeps to itself.
//!
//! Behind a request without a body nothing follows its head. If what arrived does not end as a head does, a part of the
//! next one is there. Behind a body this cannot be told, and nothing is taken to be there.

/// The last bytes that arrived.
#[derive(Debug, Default)]
pub(super) struct Tail([u8; 3]);

impl Tail {
    pub(super) fn note(&mut self, bytes: &[u8]) {
        let [first, second, third] = self.0;
        self.0 = match bytes {
            [.., a, b, c] => [*a, *b, *c],
            [a, b] => [third, *a, *b],
            [a] => [second, third, *a],
            [] => [first, second, third],
        };
    }

    /// Whether something arrived, and its end is not that of a head.
    pub(super) fn is_amid_head(&self) -> bool {
        !matches!(
            self.0,
            [0, 0, 0] | [b'\n', b'\r', b'\n'] | [_, b'\n', b'\n']
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_amid_a_head_until_that_ends() {
        let mut tail = Tail::default();
        assert!(!tail.is_amid_head());
        for (bytes, is_amid) in [
            ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", false),
            ("G", true),
            ("ET / HTTP/1.1\r\n", true),
            ("\r", true),
            ("\n", false),
            ("", false),
            ("GET / HTTP/1.0\n", true),
            ("\n", false),
            ("GET / HTTP/1.1\r\n\r\nGE", true),
        ] {
            tail.note(bytes.as_bytes());
            assert_eq!(tail.is_amid_head(), is_amid, "{bytes:?}");
        }
    }
}
