//! Every two entries: who beats whom, and whether one could help the other.

use super::{Cell, Table};
use crate::evaluation::Comparison;

/// A row for each pair; empty with fewer than two entries.
pub fn table(comparison: &Comparison) -> Table {
    let title = |name: &str| comparison.entry(name).map_or(name, |e| &e.title).to_string();
    let rows = comparison.pairs.iter().map(|pair| {
        vec![
            Cell::words(title(&pair.first)),
            Cell::words(title(&pair.second)),
            Cell::points(pair.difference()),
            Cell::interval_of_points(pair.interval()),
            Cell::count(pair.only_first_right),
            Cell::count(pair.only_second_right),
            Cell::p(Some(pair.p_holm)),
            Cell::share(pair.only_one_right()),
            Cell::share(pair.oracle()),
            Cell::or_dash(pair.error_correlation(), signed),
        ]
    });
    Table {
        id: "pairs",
        title: "Every two of them on the same test rows",
        heading: [
            "One",
            "Other",
            "Difference, points",
            "95 % interval",
            "Only one right",
            "Only other right",
            "p",
            "Just one right, %",
            "Either right, %",
            "Correlation of errors",
        ]
        .map(String::from)
        .into(),
        words: 2,
        rows: rows.collect(),
        note: "Difference of accuracy, the first minus the second, with the interval of paired shares (Bonett and Price 2012). \
               p is that of the exact McNemar test after Holm's correction over all pairs. “Either right” is what a perfect choice \
               between the two would reach; the less their errors correlate, the more a fusion can gain."
            .into(),
    }
}

/// A correlation with the minus sign of the other numbers.
fn signed(value: f64) -> String {
    format!("{value:.2}").replace('-', "−")
}
