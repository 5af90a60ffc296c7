//! What is wrong with a form, field by field.

use crate::model::{Failure, Refused};

/// Problems of a form; each is shown beside its field.
#[derive(Clone, Debug, Default)]
pub(in crate::http::pages) struct Problems(Vec<(&'static str, String)>);

impl Problems {
    /// One problem.
    pub(in crate::http::pages) fn one(field: &'static str, text: impl Into<String>) -> Self {
        let mut problems = Self::default();
        problems.add(field, text);
        problems
    }

    /// One more.
    pub(in crate::http::pages) fn add(&mut self, field: &'static str, text: impl Into<String>) {
        self.0.push((field, text.into()));
    }

    /// The problem of a field.
    pub(in crate::http::pages) fn of(&self, field: &str) -> Option<&str> {
        let mut problems = self.0.iter();
        problems
            .find(|(of, _)| *of == field)
            .map(|(_, text)| text.as_str())
    }

    /// Whether there are any.
    pub(in crate::http::pages) fn any(&self) -> bool {
        !self.0.is_empty()
    }

    /// The first problem, with its field.
    pub(in crate::http::pages) fn first(&self) -> Option<(&'static str, &str)> {
        self.0.first().map(|(field, text)| (*field, text.as_str()))
    }

    /// A refusal by a rule of the API, as a problem of one of these fields: the one that is named last in it, else the
    /// first of them. Any other failure is given back.
    pub(in crate::http::pages) fn of_failure(
        failure: Failure,
        fields: &[&'static str],
    ) -> Result<Self, Failure> {
        match failure {
            Failure::Refused(refused) => Ok(Self::of_refused(&refused, fields)),
            Failure::Busy
            | Failure::Away
            | Failure::Unsure
            | Failure::Stopping
            | Failure::Trouble(_) => Err(failure),
        }
    }

    /// The same for a refusal.
    pub(in crate::http::pages) fn of_refused(refused: &Refused, fields: &[&'static str]) -> Self {
        let named = refused.field.as_deref().unwrap_or_default();
        let named = named.rsplit('.').next().unwrap_or_default();
        let field = fields.iter().find(|field| **field == named);
        let field = field.or(fields.first()).copied().unwrap_or_default();
        Self::one(field, refused.refusal.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Refusal;

    #[test]
    fn a_refusal_is_shown_beside_the_field_that_it_names() {
        let fields = ["name", "text"];
        let beside = |refused: Refused| {
            let problems = Problems::of_failure(refused.into(), &fields).unwrap();
            fields.map(|field| problems.of(field).is_some())
        };
        assert_eq!(beside(Refusal::TooLong.at("content.text")), [false, true]);
        assert_eq!(beside(Refusal::TooLong.at("name")), [true, false]);
        assert_eq!(beside(Refusal::NoAccess.into()), [true, false]);
        assert!(Problems::of_failure(Failure::Busy, &fields).is_err());
        assert!(!Problems::default().any());
    }
}
