//! The layers of the settings: TOML file, environment, command line.
//!
//! The crate `config` parses and merges them and keeps the origin of each value; the table in [`super`] says which
//! keys exist and what they may hold.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use config::{FileFormat, Map, Source, Value, ValueKind};

use super::{Config, Key};

/// Prefix of every variable that is ours.
const PREFIX: &str = "GROUNDNUT_";

/// Variables of command-line flags, which `cli` reads. Its tests compare the two.
pub(crate) const FLAGS: &[&str] = &[
    "BIND",
    "CONFIG",
    "DATABASE_URL",
    "DEMO",
    "LOG",
    "NODE_NAME",
    "REDIS_URL",
];

/// Settings of before, and what there is in their place.
const REPLACED: &[(&str, &str)] = &[(
    "server.behind_proxy",
    "replaced by server.trusted_proxies, a list of your proxies' addresses or networks, such as [\"127.0.0.1\"]",
)];

/// A setting that cannot be used. The text says where it is written and what to do.
#[derive(Debug, PartialEq, Eq)]
pub struct ConfigError(pub(super) String);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}

/// Settings that each have an origin of their own: variables, flags.
#[derive(Clone, Debug, Default)]
pub struct Named(Vec<(String, Value)>);

impl Named {
    /// Adds a setting, if it was given. `key` is `section.name`.
    #[must_use]
    pub fn with(mut self, key: &str, origin: &str, text: Option<String>) -> Self {
        let origin = origin.to_owned();
        let value = text.map(|text| Value::new(Some(&origin), text));
        self.0.extend(value.map(|value| (key.to_owned(), value)));
        self
    }

    /// The variables that begin with the prefix. The crate's own reader would take each `_` for a step into a table,
    /// but names of settings contain some.
    fn of_environment(
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let keys = Config::keys();
        let mut found = Self::default();
        for (variable, text) in variables {
            let Some(name) = variable.strip_prefix(PREFIX) else {
                continue;
            };
            if FLAGS.contains(&name) {
                continue;
            }
            let replaced = REPLACED
                .iter()
                .find(|(path, _)| variable_of(path) == variable);
            if let Some((_, instead)) = replaced {
                return Err(ConfigError(format!("{variable}: {instead}")));
            }
            let key = keys.iter().find(|key| key.variable() == variable);
            let key = key.ok_or_else(|| unknown(&variable, keys.iter().map(Key::variable)))?;
            found = found.with(&key.path(), &variable, Some(text));
        }
        Ok(found)
    }
}

impl Source for Named {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, config::ConfigError> {
        Ok(self.0.iter().cloned().collect())
    }
}

impl Key {
    /// `section.name`
    pub fn path(&self) -> String {
        format!("{}.{}", self.section, self.name)
    }

    /// `GROUNDNUT_SECTION_NAME`
    fn variable(&self) -> String {
        variable_of(&self.path())
    }
}

/// `GROUNDNUT_SECTION_NAME` of `section.name`.
fn variable_of(path: &str) -> String {
    format!("{PREFIX}{}", path.replace('.', "_")).to_uppercase()
}

impl Config {
    /// Defaults, then the file, the environment, the flags.
    ///
    /// # Errors
    /// A file that cannot be read, an unknown key (the nearest known one is named), a value of the wrong type.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the environment"
    )]
    pub fn load(file: Option<&Path>, flags: Named) -> Result<Self, ConfigError> {
        let text = match file {
            None => String::new(),
            Some(path) => std::fs::read_to_string(path)
                .map_err(|e| ConfigError(format!("cannot read {}: {e}", path.display())))?,
        };
        let file = file.map_or_else(String::new, |path| path.display().to_string());
        let variables = std::env::vars_os().filter_map(|(name, value)| {
            Some((
                name.into_string().ok()?,
                value.to_string_lossy().into_owned(),
            ))
        });
        Self::merged(&file, &text, Named::of_environment(variables)?, flags)
    }

    /// `file` is the name of the file with this text, for errors.
    fn merged(
        file: &str,
        text: &str,
        environment: Named,
        flags: Named,
    ) -> Result<Self, ConfigError> {
        let layers = config::Config::builder()
            .add_source(config::File::from_str(text, FileFormat::Toml))
            .add_source(environment)
            .add_source(flags)
            .build()
            .map_err(|e| ConfigError(format!("{file}: {e}")))?;
        let mut settings = Self::default();
        for (section, value) in sorted(layers.cache.kind) {
            let at = |key: &str| format!("{file}: {key}");
            let ValueKind::Table(entries) = value.kind else {
                return Err(unknown(&at(&section), known_paths()));
            };
            for (name, value) in sorted(ValueKind::Table(entries)) {
                // Only the file's values have no origin of their own.
                let key = format!("{section}.{name}");
                let shown = value.origin().map_or_else(|| at(&key), str::to_owned);
                settings.put(&section, &name, value.kind, &shown)?;
            }
        }
        match settings.contradiction() {
            Some(wrong) => Err(ConfigError(wrong)),
            None => Ok(settings),
        }
    }

    fn put(
        &mut self,
        section: &str,
        name: &str,
        value: ValueKind,
        shown: &str,
    ) -> Result<(), ConfigError> {
        let path = format!("{section}.{name}");
        if let Some((_, instead)) = REPLACED.iter().find(|(known, _)| *known == path) {
            return Err(ConfigError(format!("{shown}: {instead}")));
        }
        let is_list = Self::keys()
            .iter()
            .any(|key| key.is_list && key.path() == path);
        let text = match is_list {
            true => joined(value),
            false => single(value),
        };
        let text = text.ok_or_else(|| ConfigError(format!("{shown}: expected a single value")))?;
        self.set(section, name, &text)
            .map_err(|expected| match expected {
                Some(expected) => {
                    ConfigError(format!("{shown}: expected {expected}, got {text:?}"))
                }
                None => unknown(shown, known_paths()),
            })
    }
}

/// A single value as text.
fn single(value: ValueKind) -> Option<String> {
    match value {
        ValueKind::String(text) => Some(text),
        ValueKind::Boolean(flag) => Some(flag.to_string()),
        ValueKind::I64(number) => Some(number.to_string()),
        ValueKind::I128(number) => Some(number.to_string()),
        ValueKind::U64(number) => Some(number.to_string()),
        ValueKind::U128(number) => Some(number.to_string()),
        ValueKind::Nil | ValueKind::Float(_) | ValueKind::Table(_) | ValueKind::Array(_) => None,
    }
}

/// The items of a list, with commas between them; a single value is such a text already.
fn joined(value: ValueKind) -> Option<String> {
    let ValueKind::Array(items) = value else {
        return single(value);
    };
    let items = items.into_iter().map(|item| single(item.kind));
    Some(items.collect::<Option<Vec<_>>>()?.join(","))
}

/// The entries of a table by name, so that the first error is always the same one.
fn sorted(kind: ValueKind) -> BTreeMap<String, Value> {
    match kind {
        ValueKind::Table(table) => table.into_iter().collect(),
        ValueKind::Nil
        | ValueKind::Boolean(_)
        | ValueKind::I64(_)
        | ValueKind::I128(_)
        | ValueKind::U64(_)
        | ValueKind::U128(_)
        | ValueKind::Float(_)
        | ValueKind::String(_)
        | ValueKind::Array(_) => BTreeMap::new(),
    }
}

fn known_paths() -> impl Iterator<Item = String> {
    Config::keys().into_iter().map(|key| key.path())
}

/// `shown` ends in the key, perhaps after the name of a file.
fn unknown(shown: &str, known: impl Iterator<Item = String>) -> ConfigError {
    let key = shown.rsplit(": ").next().unwrap_or(shown);
    let nearest = known
        .map(|candidate| (strsim::jaro_winkler(key, &candidate), candidate))
        .max_by(|a, b| a.0.total_cmp(&b.0));
    let hint = nearest.map_or_else(String::new, |(_, candidate)| {
        format!("; did you mean {candidate}?")
    });
    ConfigError(format!("{shown}: unknown setting{hint}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> Result<Config, ConfigError> {
        Config::merged("x.toml", text, Named::default(), Named::default())
    }

    fn environment(variables: &[(&str, &str)]) -> Result<Named, ConfigError> {
        let owned = |(name, text): &(&str, &str)| (format!("GROUNDNUT_{name}"), (*text).to_owned());
        Named::of_environment(variables.iter().map(owned))
    }

    fn complaint<T: fmt::Debug>(result: Result<T, ConfigError>) -> String {
        result.unwrap_err().to_string()
    }

    #[test]
    fn an_unknown_key_names_the_nearest_known_one() {
        assert_eq!(
            complaint(file("[streams]\nsilense_ms = 5")),
            "x.toml: streams.silense_ms: unknown setting; did you mean streams.silence_ms?"
        );
        for text in ["stream = 5", "[stream]\nsilence_ms = 5"] {
            let said = complaint(file(text));
            assert!(
                said.contains("unknown setting; did you mean streams."),
                "{said}"
            );
        }
        assert_eq!(
            complaint(environment(&[("STREAM_SILENCE_MS", "250")])),
            "GROUNDNUT_STREAM_SILENCE_MS: unknown setting; did you mean GROUNDNUT_STREAMS_SILENCE_MS?"
        );
    }

    #[test]
    fn a_value_of_the_wrong_type_says_what_was_expected() {
        for (text, said) in [
            (
                "\"long\"",
                "expected a whole number from 100 to 86400000, got \"long\"",
            ),
            (
                "-1",
                "expected a whole number from 100 to 86400000, got \"-1\"",
            ),
            (
                "0",
                "expected a whole number from 100 to 86400000, got \"0\"",
            ),
            ("4.5", "expected a single value"),
            ("[4]", "expected a single value"),
        ] {
            assert_eq!(
                complaint(file(&format!("[streams]\nsilence_ms = {text}"))),
                format!("x.toml: streams.silence_ms: {said}")
            );
        }
        let flags = Named::default().with("server.workers", "--workers", Some("two".into()));
        assert_eq!(
            complaint(Config::merged("", "", Named::default(), flags)),
            "--workers: expected a whole number from 0 to 512, got \"two\""
        );
        let control = complaint(file("[store]\ndatabase_url = \"a\\u0000\""));
        assert!(control.contains("control characters"), "{control}");
    }

    #[test]
    fn the_command_line_wins_over_the_environment_and_that_over_the_file() {
        let text = "[server]\nbind = \"file:1\"\nlog = \"error\"\npublic_url = \"http://file\"";
        let environment = environment(&[
            ("BIND", "read by the command line"),
            ("SERVER_BIND", "variable:1"),
            ("SERVER_LOG", "debug"),
        ]);
        let flags = Named::default()
            .with("server.bind", "--bind", Some("flag:1".into()))
            .with("server.log", "--log", None);
        let merged = Config::merged("x.toml", text, environment.unwrap(), flags).unwrap();
        let server = merged.server;
        assert_eq!(
            (server.bind, server.log, server.public_url),
            ("flag:1".into(), "debug".into(), "http://file".into())
        );
        assert_eq!(server.workers, Config::default().server.workers);
    }

    #[test]
    fn numbers_and_flags_may_be_written_as_texts() {
        let text = "[server]\nworkers = \"3\"\ndemo = 1\n[rate_limits]\nenabled = \"false\"";
        let settings = file(text).unwrap();
        assert_eq!(
            (
                settings.server.workers,
                settings.server.demo,
                settings.rate_limits.enabled
            ),
            (3, true, false)
        );
    }

    #[test]
    fn a_demo_that_others_can_reach_wants_a_switch() {
        let demo = "[server]\ndemo = true\nbind = \"0.0.0.0:80\"\n";
        let said = complaint(file(demo));
        assert!(
            said.contains("--demo-on-network") && said.contains("0.0.0.0:80"),
            "{said}"
        );
        assert!(file(&format!("{demo}demo_on_network = true")).is_ok());
        assert!(file("[server]\ndemo = true\nbind = \"[::1]:80\"").is_ok());
    }

    #[test]
    fn a_list_is_a_list_in_the_file_and_has_commas_in_a_variable() {
        let trusted = |settings: Config| settings.server.trusted_proxies;
        let written = |text: &str| file(&format!("[server]\ntrusted_proxies = {text}"));
        let two = written("[\"10.0.0.0/8\", \"::1\"]").map(trusted).unwrap();
        assert!(two.contain([10, 0, 0, 1].into()) && !two.contain([127, 0, 0, 1].into()));
        assert_eq!(written("\"10.0.0.0/8, ::1\"").map(trusted).unwrap(), two);
        let variables = environment(&[("SERVER_TRUSTED_PROXIES", "10.0.0.0/8,::1")]).unwrap();
        let merged = Config::merged("", "", variables, Named::default()).map(trusted);
        assert_eq!(merged.unwrap(), two);
        for wrong in ["[\"proxy\"]", "true"] {
            let said = complaint(written(wrong));
            assert!(said.contains("such as [\"127.0.0.1\""), "{said}");
        }
        assert!(complaint(written("[[\"::1\"]]")).contains("expected"));
    }

    #[test]
    fn a_setting_of_before_names_the_one_that_replaced_it() {
        let in_file = complaint(file("[server]\nbehind_proxy = true"));
        let variable = complaint(environment(&[("SERVER_BEHIND_PROXY", "true")]));
        for (said, place) in [
            (in_file, "x.toml: server.behind_proxy: "),
            (variable, "GROUNDNUT_SERVER_BEHIND_PROXY: "),
        ] {
            assert!(said.starts_with(place), "{said}");
            assert!(said.contains("server.trusted_proxies"), "{said}");
        }
    }

    #[test]
    fn the_printed_defaults_can_be_read_back() {
        let uncommented: String = crate::config::reference::commented_defaults()
            .lines()
            .map(|line| format!("{}\n", line.strip_prefix("#= ").unwrap_or(line)))
            .collect();
        let read = file(&uncommented).unwrap();
        assert_eq!(format!("{read:?}"), format!("{:?}", Config::default()));
    }
}
