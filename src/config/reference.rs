//! The commented default file that `groundnut config` prints.

use super::Config;

/// A TOML document with every setting as a comment with its default.
pub fn commented_defaults() -> String {
    let mut out = String::from(
        "# Groundnut settings. Each line that begins with \"#=\" is a default: remove the mark to change it.\n\
         # Every setting is also read from the environment: [streams] silence_ms is GROUNDNUT_STREAMS_SILENCE_MS.\n",
    );
    let mut section = "";
    for key in Config::keys() {
        if key.section != section {
            section = key.section;
            out.push_str(&format!("\n[{section}]\n"));
        }
        for line in key.doc.lines() {
            out.push_str(&format!("#{line}\n"));
        }
        out.push_str(&format!("#= {} = {}\n", key.name, key.default));
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_document_holds_what_is_printed() {
        let document = include_str!("../../docs/configuration.md");
        let printed = super::commented_defaults();
        assert!(
            document.contains(&format!("```toml\n{printed}```")),
            "put the output of `groundnut config` into docs/configuration.md"
        );
    }
}
