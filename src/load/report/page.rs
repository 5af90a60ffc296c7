//! The result as one page that opens without a network.

use super::Report;

/// The whole page.
pub(in crate::load) fn page(report: &Report) -> String {
    format!("<pre>{}</pre>", super::table(report))
}
