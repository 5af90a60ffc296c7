//! Regular expressions of filters, compiled to tables: a search takes one step for each byte of a text, whatever the
//! expression and the text are. An expression whose tables would be large is refused.

use regex_automata::Input;
use regex_automata::dfa::{Automaton as _, StartKind, dense};
use regex_automata::nfa::thompson;

use crate::model::{Refusal, Refused};

/// Bytes of the tables of an expression.
const TABLES: usize = 1024 * 1024;

/// Bytes that it takes to make them.
const MAKING: usize = 4 * 1024 * 1024;

/// Bytes of the form between the expression and its tables.
const BETWEEN: usize = 256 * 1024;

/// A compiled expression.
#[derive(Clone, Debug)]
pub(super) struct Pattern(dense::DFA<Vec<u32>>);

impl Pattern {
    /// Compiles an expression.
    ///
    /// # Errors
    /// It is none, or too large.
    pub(super) fn new(text: &str) -> Result<Self, Refused> {
        let tables = dense::Config::new()
            .start_kind(StartKind::Unanchored)
            .dfa_size_limit(Some(TABLES))
            .determinize_size_limit(Some(MAKING));
        let between = thompson::Config::new().nfa_size_limit(Some(BETWEEN));
        let compiled = dense::Builder::new()
            .configure(tables)
            .thompson(between)
            .build(&with_plain_boundaries(text));
        match compiled {
            Ok(tables) => Ok(Self(tables)),
            Err(_) => Err(Refusal::PatternInvalid.at("value")),
        }
    }

    /// Whether it is found in a text.
    pub(super) fn is_in(&self, text: &str) -> bool {
        let anywhere = Input::new(text).earliest(true);
        matches!(self.0.try_search_fwd(&anywhere), Ok(Some(_)))
    }
}

/// `\b` looks at ASCII alone: tables know no boundary of words of other scripts.
fn with_plain_boundaries(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            plain.push(c);
            continue;
        }
        match chars.next() {
            Some('b') => plain.push_str(r"(?-u:\b)"),
            Some(escaped) => plain.extend(['\\', escaped]),
            None => plain.push('\\'),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_in(pattern: &str, text: &str) -> bool {
        Pattern::new(pattern).unwrap().is_in(text)
    }

    #[test]
    fn an_expression_is_found_anywhere_in_any_script() {
        for (pattern, text, found) in [
            ("roll(out|s)", "many rolls", true),
            ("^rollout$", "rollouts", false),
            ("(?i)größe", "GRÖSSE GRÖßE", true),
            (r"\bnut\b", "a nut.", true),
            (r"\bnut\b", "groundnut", false),
            (r"\\b", r"a\b", true),
            (r"^\w+$", "größe", true),
            (r"^\p{Greek}+$", "λόγος", true),
            ("", "", true),
            ("x", "", false),
            (r"^\d+$", "42", true),
        ] {
            assert_eq!(is_in(pattern, text), found, "{pattern} in {text}");
        }
    }

    #[test]
    fn usual_expressions_are_small_enough_and_costly_ones_are_refused() {
        for pattern in [
            "rollout",
            r"(?i)\bgroundnut\b",
            r"^\w+@\w+$",
            r"(?i)^(yes|no|ja|nein|oui|non)[.!]*$",
            r"https?://[^\s/]+\.example(/|$)",
        ] {
            assert!(Pattern::new(pattern).is_ok(), "{pattern}");
        }
        for pattern in [
            "(",
            r"(a)\1",
            r"a(?=b)",
            "(?:a{1000}){1000}",
            r"(?:\pL{50}){50}",
            "[ab]*a[ab]{400}c",
            "(?:[ab]*a[ab]{20}){20}c",
        ] {
            let refused = Pattern::new(pattern).unwrap_err();
            assert_eq!(refused, Refusal::PatternInvalid.at("value"), "{pattern}");
        }
    }
}
