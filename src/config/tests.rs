//! What holds of all settings.

use super::Config;

#[test]
fn every_number_has_a_least_and_a_greatest_value() {
    for key in Config::keys() {
        let is_number = key.default.parse::<u64>().is_ok();
        assert_eq!(key.has_range, is_number, "{}.{}", key.section, key.name);
    }
}

#[test]
fn every_default_is_within_its_range() {
    let mut config = Config::default();
    for key in Config::keys() {
        let text = key.default.trim_matches(['"', '[', ']']);
        assert_eq!(
            config.set(key.section, key.name, text),
            Ok(()),
            "{}",
            key.name
        );
    }
    assert_eq!(config.values(), Config::default().values());
}
