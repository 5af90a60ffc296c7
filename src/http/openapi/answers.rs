//! What routes answer with.

use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

/// The schemas of a document, by name.
pub type Schemas = Vec<(String, RefOr<Schema>)>;

/// Gives the schema of a value, and keeps those that it names.
pub type Shape = fn(&mut Schemas) -> RefOr<Schema>;

/// What is in an answer.
#[derive(Clone, Copy, Debug)]
pub enum Gives {
    /// Nothing.
    Nothing,
    /// The envelope without `data`.
    Meta,
    /// The envelope with one value.
    One(Shape),
    /// The envelope with a list that has no pages.
    List(Shape),
    /// The envelope with a page of a list.
    Page(Shape),
    /// A JSON value without the envelope.
    Bare(Shape),
    /// A feed.
    Rss,
    /// Bytes.
    Octets,
    /// Another address, in the header `Location`.
    Elsewhere,
}

/// An answer that is no refusal.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    /// The status.
    pub code: u16,
    /// When it comes, or what it holds.
    pub text: &'static str,
    /// What is in it.
    pub gives: Gives,
}

impl Answer {
    /// With another status.
    pub const fn code(self, code: u16) -> Self {
        Self { code, ..self }
    }

    /// Says when it comes.
    pub const fn when(self, text: &'static str) -> Self {
        Self { text, ..self }
    }
}

const fn ok(gives: Gives, text: &'static str) -> Answer {
    Answer {
        code: 200,
        text,
        gives,
    }
}

/// One value.
pub const fn one<T: ToSchema>() -> Answer {
    value(shape::<T>)
}

/// One value, by its shape.
pub const fn value(shape: Shape) -> Answer {
    ok(Gives::One(shape), "Done.")
}

/// What was made.
pub const fn created<T: ToSchema>() -> Answer {
    one::<T>().code(201).when("What was made.")
}

/// A list without pages.
pub const fn list<T: ToSchema>() -> Answer {
    ok(Gives::List(shape::<T>), "The list; it has no pages.")
}

/// A page of a list.
pub const fn page<T: ToSchema>() -> Answer {
    ok(Gives::Page(shape::<T>), "A page of the list.")
}

/// A value without the envelope.
pub const fn bare(shape: Shape) -> Answer {
    ok(Gives::Bare(shape), "Without the envelope.")
}

/// Nothing to say.
pub const NOTHING: Answer = Answer {
    code: 204,
    text: "Done; there is nothing to say.",
    gives: Gives::Nothing,
};

/// Taken; nothing is shown.
pub const TAKEN: Answer = Answer {
    code: 201,
    text: "Taken.",
    gives: Gives::Meta,
};

/// Leads to another address.
pub const ELSEWHERE: Answer = Answer {
    code: 302,
    text: "At the address in `Location`.",
    gives: Gives::Elsewhere,
};

/// The caller has it already.
pub const KNOWN: Answer = Answer {
    code: 304,
    text: "The `ETag` in `If-None-Match` is the one of what would be answered.",
    gives: Gives::Nothing,
};

/// A feed.
pub const RSS: Answer = Answer {
    code: 200,
    text: "RSS 2.0.",
    gives: Gives::Rss,
};

/// Bytes.
pub const OCTETS: Answer = Answer {
    code: 200,
    text: "The bytes.",
    gives: Gives::Octets,
};

/// The shape of a type, kept under its name.
pub fn shape<T: ToSchema>(schemas: &mut Schemas) -> RefOr<Schema> {
    let name = T::name();
    if !schemas.iter().any(|(known, _)| *known == name) {
        schemas.push((name.to_string(), T::schema()));
        T::schemas(schemas);
    }
    RefOr::Ref(utoipa::openapi::Ref::from_schema_name(name))
}
