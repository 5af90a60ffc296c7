//! What a full-text index is asked, and the same in the syntax of each database. Words and marks hold letters, digits and
//! marks of letters only, so nothing in them is syntax.

use super::super::connect::Sql;
use super::entry::LONGEST;
use super::marks::Mark;
use crate::text::words::Phrase;

/// A question to an index. It finds what holds all phrases, of each group of marks any, and none of `without`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    phrases: Vec<Phrase>,
    groups: Vec<Vec<String>>,
    without: Vec<String>,
}

impl Wanted {
    /// `None`: it asks for nothing, which finds everything. An index takes something out of what it found, and finds
    /// nothing by what is not there.
    pub(super) fn of(phrases: &[Phrase], groups: &[Vec<Mark<'_>>]) -> Option<Self> {
        let words = |marks: &Vec<Mark<'_>>| marks.iter().map(Mark::word).collect();
        let is_empty = phrases.is_empty() && groups.is_empty();
        (!is_empty).then(|| Self {
            phrases: phrases.to_vec(),
            groups: groups.iter().map(words).collect(),
            without: Vec::new(),
        })
    }

    /// The same without what has any of these marks.
    pub(super) fn without(mut self, marks: &[Mark<'_>]) -> Self {
        self.without = marks.iter().map(Mark::word).collect();
        self
    }

    /// In the syntax of this database.
    pub(super) fn text(&self, sql: &Sql) -> String {
        match sql {
            Sql::Sqlite(_) => self.fts5(),
            Sql::Postgres(_) => self.tsquery(),
        }
    }

    fn fts5(&self) -> String {
        let phrases = self.phrases.iter().map(|phrase| {
            let open = if phrase.is_open { " *" } else { "" };
            format!("\"{}\"{open}", phrase.words.join(" "))
        });
        let phrases: Vec<String> = phrases.collect();
        let words = (!phrases.is_empty()).then(|| format!("words : ({})", phrases.join(" ")));
        let any = |marks: &Vec<String>| format!("marks : (\"{}\")", marks.join("\" OR \""));
        let parts: Vec<String> = words
            .into_iter()
            .chain(self.groups.iter().map(any))
            .collect();
        let found = parts.join(" AND ");
        match self.without.is_empty() {
            true => found,
            false => format!("({found}) NOT {}", any(&self.without)),
        }
    }

    /// Marks begin with `=` there: words and marks are in one column.
    fn tsquery(&self) -> String {
        let phrases = self.phrases.iter().map(|phrase| {
            let mut text = String::from("(");
            let last = phrase.words.len().saturating_sub(1);
            for (n, word) in phrase.words.iter().enumerate() {
                let (joint, open) = (
                    if n == 0 { "" } else { " <-> " },
                    if n == last && phrase.is_open {
                        ":*"
                    } else {
                        ""
                    },
                );
                let word: String = word.chars().take(LONGEST).collect();
                text.push_str(&format!("{joint}'{word}'{open}"));
            }
            text + ")"
        });
        let any = |marks: &Vec<String>| format!("('={}')", marks.join("' | '="));
        let without = (!self.without.is_empty()).then(|| format!("!{}", any(&self.without)));
        let parts: Vec<String> = phrases
            .chain(self.groups.iter().map(any))
            .chain(without)
            .collect();
        parts.join(" & ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::words::question;

    #[test]
    fn both_databases_are_asked_the_same() {
        let phrases = question("ice-cream van");
        let groups = [
            vec![Mark::Author(7)],
            vec![Mark::Channel(1), Mark::Channel(2)],
        ];
        let wanted = Wanted::of(&phrases, &groups).unwrap();
        let wanted = wanted.without(&[Mark::Active]);
        assert_eq!(
            wanted.fts5(),
            r#"(words : ("ice cream" "van") AND marks : ("u7") AND marks : ("b1" OR "b2")) NOT marks : ("j1")"#
        );
        assert_eq!(
            wanted.tsquery(),
            "('ice' <-> 'cream') & ('van') & ('=u7') & ('=b1' | '=b2') & !('=j1')"
        );
        assert_eq!(Wanted::of(&[], &[]), None);
    }

    #[test]
    fn a_word_may_go_on_where_the_question_says_so() {
        let phrases = [Phrase {
            words: vec![String::from("gro"), String::from("nu")],
            is_open: true,
        }];
        let wanted = Wanted::of(&phrases, &[]).unwrap();
        assert_eq!(wanted.fts5(), r#"words : ("gro nu" *)"#);
        assert_eq!(wanted.tsquery(), "('gro' <-> 'nu':*)");
    }
}
