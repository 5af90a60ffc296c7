//! Scopes in the words of the person that grants them.

use crate::model::{CHAT, PM, Scope};

/// One line of the consent page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::http) struct ScopeLine {
    /// As the app asked for it.
    pub scope: String,
    /// What it allows.
    pub words: String,
    /// Granted with every token.
    pub is_fixed: bool,
}

/// A scope in words.
pub(in crate::http) fn line(scope: &str) -> ScopeLine {
    let (base, kind) = match scope.split_once(':') {
        Some((base, kind)) => (base, Some(kind)),
        None => (scope, None),
    };
    let words = match base.parse::<Scope>() {
        Ok(known) => words(known, kind),
        // Nothing is granted that was not parsed before.
        Err(_) => scope.to_owned(),
    };
    ScopeLine {
        scope: scope.to_owned(),
        words,
        is_fixed: base == Scope::Basic.name(),
    }
}

/// What a scope allows.
pub fn scope_in_words(scope: &str) -> String {
    line(scope).words
}

fn words(scope: Scope, kind: Option<&str>) -> String {
    let channels = match kind {
        None => String::from("rooms and private messages"),
        Some(PM) => String::from("private messages"),
        Some(CHAT) => String::from("chat rooms"),
        Some(kind) => format!("channels of the type {kind}"),
    };
    match (scope, kind) {
        (Scope::Basic, _) => String::from("See your profile and what everybody may see"),
        (Scope::Email, _) => String::from("See your e-mail address"),
        (Scope::Files, None) => String::from("See, add, change and delete your files"),
        (Scope::Files, Some("core_image")) => {
            String::from("See, add, change and delete your pictures")
        }
        (Scope::Files, Some("core_audio")) => {
            String::from("See, add, change and delete your sound files")
        }
        (Scope::Files, Some(kind)) => {
            format!("See, add, change and delete your files of the type {kind}")
        }
        (Scope::Follow, _) => String::from("Follow, mute and block people for you"),
        (Scope::Messages, _) => format!("Read and write your {channels}"),
        (Scope::Polls, None) => {
            String::from("See, make and delete your polls, and answer polls for you")
        }
        (Scope::Polls, Some(kind)) => format!(
            "See, make and delete your polls of the type {kind}, and answer such polls for you"
        ),
        (Scope::Presence, _) => String::from("Show others that you are there"),
        (Scope::PublicMessages, None) => String::from("Read and write public rooms for you"),
        (Scope::PublicMessages, Some(_)) => format!("Read and write public {channels} for you"),
        (Scope::Stream, _) => String::from("Read the posts of the people that you follow"),
        (Scope::UpdateProfile, _) => String::from("Change your profile and your pictures"),
        (Scope::WritePost, _) => {
            String::from("Write, change and delete posts for you, repost and bookmark")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scope_has_words_of_its_own() {
        let mut all: Vec<String> = Scope::ALL
            .iter()
            .map(|scope| line(scope.name()).words)
            .collect();
        let narrow = [
            "messages:io.pnut.core.pm",
            "messages:io.pnut.core.chat",
            "messages:a.b",
            "public_messages:a.b",
            "files:a.b",
            "files:core_image",
            "files:core_audio",
            "polls:a.b",
        ];
        all.extend(narrow.map(|scope| line(scope).words));
        for scope in narrow.iter().filter(|scope| scope.ends_with(":a.b")) {
            let kind = scope.split(':').nth(1).unwrap();
            assert!(line(scope).words.contains(kind), "{scope}");
        }
        all.sort();
        all.windows(2).for_each(|pair| assert_ne!(pair[0], pair[1]));
        assert!(line("basic").is_fixed && !line("email").is_fixed);
    }
}
