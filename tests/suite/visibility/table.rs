//! Tables of what each viewer sees: lines of a text, columns under the names of the viewers.

/// One line.
#[derive(Debug)]
pub(super) struct Row {
    /// What is looked at, as the table names it.
    pub(super) name: String,
    /// What each viewer sees of it.
    pub(super) cells: Vec<String>,
}

/// The rows of a table. Lines with `#` are for readers.
pub(super) fn rows(table: &str) -> Vec<Row> {
    let lines = table.lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let (name, cells) = line.split_once('|').unwrap_or((line, ""));
            let words = name.split_whitespace().collect::<Vec<_>>();
            Row {
                name: words.join(" "),
                cells: cells.split_whitespace().map(str::to_owned).collect(),
            }
        })
        .collect()
}

/// Lines of what is found to be otherwise, as they would be in the table.
#[derive(Default)]
pub(super) struct Differences(Vec<String>);

impl Differences {
    /// Compares one row with what was seen.
    pub(super) fn note(&mut self, row: &Row, viewers: &[&str], seen: &[String]) {
        if row.cells == seen {
            return;
        }
        let cells = viewers.iter().zip(seen).enumerate();
        let changed: Vec<String> = cells
            .filter(|(at, (_, seen))| row.cells.get(*at) != Some(seen))
            .map(|(at, (viewer, seen))| {
                let expected = row.cells.get(at).map_or("nothing", String::as_str);
                format!("{viewer} sees {seen} and should see {expected}")
            })
            .collect();
        self.0.push(format!(
            "{}\n    {}",
            line(&row.name, seen),
            changed.join("; ")
        ));
    }

    /// There must be none.
    pub(super) fn are_none(self) {
        assert!(
            self.0.is_empty(),
            "other than the table says:\n{}",
            self.0.join("\n")
        );
    }
}

fn line(name: &str, cells: &[String]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| format!("{cell:<9}")).collect();
    format!("{name:<76} | {}", cells.join("").trim_end())
}
