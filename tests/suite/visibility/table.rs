//! Tables of what each viewer sees: lines of a text, columns under the names of the viewers. A viewer without a column
//! sees what another one sees, unless the line says otherwise behind a second bar (`manager=PW keeper=.`).

use super::scene::LIKE;

/// One line.
#[derive(Debug)]
pub(super) struct Row {
    /// What is looked at, as the table names it.
    pub(super) name: String,
    /// What each viewer with a column sees of it.
    cells: Vec<String>,
    /// What viewers without a column see of it.
    other: Vec<(String, String)>,
}

/// The rows of a table. Lines with `#` are for readers.
pub(super) fn rows(table: &str) -> Vec<Row> {
    let lines = table.lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let mut parts = line.split('|');
            let mut words = || parts.next().unwrap_or_default().split_whitespace();
            let name = words().collect::<Vec<_>>().join(" ");
            let cells = words().map(str::to_owned).collect();
            let other = words().filter_map(|word| word.split_once('='));
            let other = other.map(|(viewer, cell)| (viewer.to_owned(), cell.to_owned()));
            Row {
                name,
                cells,
                other: other.collect(),
            }
        })
        .collect()
}

impl Row {
    /// The first word of its name.
    pub(super) fn kind(&self) -> &str {
        self.name.split(' ').next().unwrap_or_default()
    }

    /// What a viewer should see.
    fn expects(&self, viewers: &[&str], viewer: &str) -> &str {
        let own = self.other.iter().find(|(name, _)| name == viewer);
        if let Some((_, cell)) = own {
            return cell;
        }
        let column = like(viewer).unwrap_or(viewer);
        let at = viewers.iter().position(|known| *known == column);
        let cell = at.and_then(|at| self.cells.get(at));
        cell.map_or("nothing", String::as_str)
    }
}

/// The viewer whose column is also this one's.
fn like(viewer: &str) -> Option<&'static str> {
    let found = LIKE.iter().find(|(name, _)| *name == viewer);
    found.map(|(_, column)| *column)
}

/// Lines of what is found to be otherwise, as they would be in the table.
#[derive(Default)]
pub(super) struct Differences(Vec<String>);

impl Differences {
    /// Compares one row with what was seen.
    pub(super) fn note(&mut self, row: &Row, viewers: &[&str], seen: &[String]) {
        let changed: Vec<String> = viewers
            .iter()
            .zip(seen)
            .filter_map(|(viewer, seen)| {
                let expected = row.expects(viewers, viewer);
                let words = format!("{viewer} sees {seen} and should see {expected}");
                (expected != seen).then_some(words)
            })
            .collect();
        if !changed.is_empty() {
            let line = line(&row.name, viewers, seen);
            self.0.push(format!("{line}\n    {}", changed.join("; ")));
        }
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

fn line(name: &str, viewers: &[&str], seen: &[String]) -> String {
    let (mut cells, mut other) = (String::new(), String::new());
    for (viewer, cell) in viewers.iter().zip(seen) {
        match like(viewer) {
            None => cells.push_str(&format!("{cell:<9}")),
            Some(column) => {
                let at = viewers.iter().position(|known| *known == column);
                if at.and_then(|at| seen.get(at)) != Some(cell) {
                    other.push_str(&format!(" {viewer}={cell}"));
                }
            }
        }
    }
    let bar = if other.is_empty() { "" } else { "|" };
    format!("{name:<76} | {cells}{bar}{other}")
        .trim_end()
        .to_owned()
}
