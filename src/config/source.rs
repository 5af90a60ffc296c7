//! Where settings come from: a TOML file, then the environment. The command line is laid over it by `cli`.

use std::fmt;
use std::path::Path;

use super::Config;

/// Prefix of every variable that is ours.
const PREFIX: &str = "GROUNDNUT_";

/// Variables that belong to flags and are read by the command line itself.
const FLAGS: &[&str] = &["BIND", "DATABASE_URL", "CONFIG", "DEMO", "LOG"];

/// A setting that cannot be used. The text says where it stands and what to do.
#[derive(Debug, PartialEq, Eq)]
pub struct ConfigError(String);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}

impl Config {
    /// Defaults, then the file, then the environment.
    ///
    /// # Errors
    /// A file that cannot be read, an unknown key (the nearest known one is named), a value of the wrong type.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the environment"
    )]
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let mut config = Self::default();
        if let Some(path) = file {
            let text = std::fs::read_to_string(path)
                .map_err(|e| ConfigError(format!("cannot read {}: {e}", path.display())))?;
            config
                .apply_toml(&text)
                .map_err(|e| ConfigError(format!("{}: {e}", path.display())))?;
        }
        let ours = std::env::vars_os().filter_map(|(name, value)| {
            let name = name.into_string().ok()?;
            Some((
                name.strip_prefix(PREFIX)?.to_owned(),
                value.to_string_lossy().into_owned(),
            ))
        });
        for (name, value) in ours {
            config.apply_variable(&name, &value)?;
        }
        Ok(config)
    }

    /// Lays a TOML document over the settings.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn apply_toml(&mut self, text: &str) -> Result<(), ConfigError> {
        let table: toml::Table = text.parse().map_err(|e| ConfigError(format!("{e}")))?;
        for (section, value) in table {
            let toml::Value::Table(entries) = value else {
                return Err(unknown(&section));
            };
            for (name, value) in entries {
                let text = match value {
                    toml::Value::String(text) => text,
                    toml::Value::Integer(number) => number.to_string(),
                    toml::Value::Boolean(flag) => flag.to_string(),
                    toml::Value::Float(_)
                    | toml::Value::Datetime(_)
                    | toml::Value::Array(_)
                    | toml::Value::Table(_) => {
                        return Err(ConfigError(format!(
                            "{section}.{name}: expected a single value"
                        )));
                    }
                };
                self.put(&section, &name, &text, &format!("{section}.{name}"))?;
            }
        }
        Ok(())
    }

    /// Lays one variable over the settings; the name comes without its prefix.
    fn apply_variable(&mut self, name: &str, text: &str) -> Result<(), ConfigError> {
        if FLAGS.contains(&name) {
            return Ok(());
        }
        let lower = name.to_lowercase();
        let key = Self::keys()
            .into_iter()
            .find(|key| format!("{}_{}", key.section, key.name) == lower);
        match key {
            Some(key) => self.put(key.section, key.name, text, &format!("{PREFIX}{name}")),
            None => {
                let known = Self::keys()
                    .into_iter()
                    .map(|key| format!("{PREFIX}{}_{}", key.section, key.name).to_uppercase());
                Err(ConfigError(format!(
                    "{PREFIX}{name}: unknown setting{}",
                    nearest(&format!("{PREFIX}{name}"), known)
                )))
            }
        }
    }

    fn put(
        &mut self,
        section: &str,
        name: &str,
        text: &str,
        shown: &str,
    ) -> Result<(), ConfigError> {
        self.set(section, name, text)
            .map_err(|expected| match expected {
                Some(expected) => {
                    ConfigError(format!("{shown}: expected {expected}, got {text:?}"))
                }
                None => unknown(shown),
            })
    }
}

fn unknown(key: &str) -> ConfigError {
    let known = Config::keys()
        .into_iter()
        .map(|key| format!("{}.{}", key.section, key.name));
    ConfigError(format!("{key}: unknown setting{}", nearest(key, known)))
}

fn nearest(key: &str, known: impl Iterator<Item = String>) -> String {
    known
        .map(|candidate| (strsim::jaro_winkler(key, &candidate), candidate))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map_or_else(String::new, |(_, candidate)| {
            format!("; did you mean {candidate}?")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_names_the_nearest_known_one() {
        let error = Config::default()
            .apply_toml("[streams]\nsilense_ms = 5")
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "streams.silense_ms: unknown setting; did you mean streams.silence_ms?"
        );
    }

    #[test]
    fn a_wrong_type_says_what_was_expected() {
        let error = Config::default()
            .apply_toml("[streams]\nsilence_ms = \"long\"")
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "streams.silence_ms: expected a whole number from 0, got \"long\""
        );
    }

    #[test]
    fn a_variable_overrides_the_default() {
        let mut config = Config::default();
        config.apply_variable("STREAMS_SILENCE_MS", "250").unwrap();
        assert_eq!(config.streams.silence_ms, 250);
    }

    #[test]
    fn an_unknown_variable_is_refused() {
        let error = Config::default()
            .apply_variable("STREAM_SILENCE_MS", "250")
            .unwrap_err();
        assert!(
            error
                .to_string()
                .ends_with("did you mean GROUNDNUT_STREAMS_SILENCE_MS?"),
            "{error}"
        );
    }

    #[test]
    fn the_printed_defaults_can_be_read_back() {
        let mut config = Config::default();
        let uncommented: String = crate::config::reference::commented_defaults()
            .lines()
            .map(|line| format!("{}\n", line.strip_prefix("#= ").unwrap_or(line)))
            .collect();
        config.apply_toml(&uncommented).unwrap();
    }
}
