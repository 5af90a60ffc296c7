//! What a route says of itself beside its row in the table: one call chain for each.

use super::answers::Answer;
use super::bodies::BodyForm;
use super::params::Set;
use crate::http::routes::row::{Route, Verb};
use crate::model::Refusal;

/// Routes about the same kind of thing.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    /// Its name.
    pub tag: &'static str,
    /// What it is about.
    pub text: &'static str,
    /// In the order of the page.
    pub routes: &'static [Described],
}

/// A route in words. Which tokens and scopes it takes is in its row; refusals that follow from the row, the path or the
/// body are not repeated.
#[derive(Clone, Copy, Debug)]
pub struct Described {
    /// The method.
    pub verb: Verb,
    /// The path, as the row has it.
    pub path: &'static str,
    /// What it does, in a few words.
    pub summary: &'static str,
    /// More, if there is more to say.
    pub text: &'static str,
    /// What its query may hold.
    pub takes: &'static [Set],
    /// Parameters that change how its answer looks.
    pub shows: &'static [Set],
    /// What its body may hold.
    pub body: Option<&'static BodyForm>,
    /// What it answers.
    pub gives: &'static [Answer],
    /// What it refuses besides.
    pub refuses: &'static [Refusal],
    /// It is there for older clients; another path does the same.
    pub is_older: bool,
}

const fn described(verb: Verb, path: &'static str, summary: &'static str) -> Described {
    Described {
        verb,
        path,
        summary,
        text: "",
        takes: &[],
        shows: &[],
        body: None,
        gives: &[],
        refuses: &[],
        is_older: false,
    }
}

macro_rules! verbs {
    ($($name:ident $verb:ident;)*) => {$(
        /// A route of this method.
        pub const fn $name(path: &'static str, summary: &'static str) -> Described {
            described(Verb::$verb, path, summary)
        }
    )*};
}

verbs! {
    get Get;
    post Post;
    put Put;
    patch Patch;
    delete Delete;
}

impl Described {
    /// Says more.
    pub const fn text(self, text: &'static str) -> Self {
        Self { text, ..self }
    }

    /// The sets of parameters that its handler reads.
    pub const fn takes(self, takes: &'static [Set]) -> Self {
        Self { takes, ..self }
    }

    /// The parameters that change how its answer looks.
    pub const fn shows(self, shows: &'static [Set]) -> Self {
        Self { shows, ..self }
    }

    /// Its body.
    pub const fn body(self, body: &'static BodyForm) -> Self {
        Self {
            body: Some(body),
            ..self
        }
    }

    /// Its answers.
    pub const fn gives(self, gives: &'static [Answer]) -> Self {
        Self { gives, ..self }
    }

    /// What it refuses beside what follows from its row, its path and its body.
    pub const fn refuses(self, refuses: &'static [Refusal]) -> Self {
        Self { refuses, ..self }
    }

    /// There for older clients.
    pub const fn older(self) -> Self {
        Self {
            is_older: true,
            ..self
        }
    }

    /// Whether it is about this row.
    pub fn is_of(&self, row: &Route) -> bool {
        self.verb == row.verb && self.path == row.path
    }
}
