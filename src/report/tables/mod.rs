//! The tables of a report, each made once and written as HTML, Markdown, LaTeX and CSV.

pub mod calibration;
pub mod classes;
pub mod csv;
pub mod folds;
pub mod gains;
pub mod ingredients;
pub mod intervals;
pub mod latex;
pub mod markdown;
pub mod members;
pub mod pairs;
pub mod scores;

use super::format::{DASH, percent, points};
use crate::evaluation::Comparison;

/// A table as readers see it.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// The name of its file and of the place in the page: `scores`, `pairs`.
    pub id: &'static str,
    /// Its title.
    pub title: &'static str,
    /// One heading for each column.
    pub heading: Vec<String>,
    /// Columns of words at its left; all others are numbers.
    pub words: usize,
    /// One cell for each column of each row.
    pub rows: Vec<Vec<Cell>>,
    /// What a reader must know of it.
    pub note: String,
}

/// A cell of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// As a reader sees it; a dash when undefined.
    pub text: String,
    /// The number itself, for sorting and CSV; `None` for words and for what is undefined.
    pub value: Option<f64>,
    /// The upper end of an interval, whose lower end is `value`.
    pub high: Option<f64>,
    /// Whether it is marked: the best of its column, or what the note says.
    pub best: bool,
}

impl Cell {
    /// Words.
    pub fn words(text: impl Into<String>) -> Self {
        Self { text: text.into(), value: None, high: None, best: false }
    }

    /// A number that is shown as `text`.
    pub fn number(text: impl Into<String>, value: f64) -> Self {
        Self { value: Some(value), ..Self::words(text) }
    }

    /// What stands for an undefined number.
    pub fn dash() -> Self {
        Self::words(DASH)
    }

    /// What `show` makes of a number, or a dash.
    pub fn or_dash(value: Option<f64>, show: impl Fn(f64) -> String) -> Self {
        value.map_or_else(Self::dash, |v| Self::number(show(v), v))
    }

    /// A share as percent with two decimals, or a dash.
    pub fn share(value: Option<f64>) -> Self {
        Self::or_dash(value, |v| percent(v, 2))
    }

    /// A difference of shares in percentage points, or a dash.
    pub fn points(value: Option<f64>) -> Self {
        Self::or_dash(value, points)
    }

    /// Both ends of an interval of shares in percent, sorted by the lower one.
    pub fn interval(value: Option<[f64; 2]>) -> Self {
        value.map_or_else(Self::dash, |ends| Self::ends(super::format::interval(ends), ends))
    }

    /// Both ends of an interval of differences in percentage points.
    pub fn interval_of_points(value: Option<[f64; 2]>) -> Self {
        value.map_or_else(Self::dash, |[low, high]| {
            Self::ends(format!("[{}, {}]", points(low), points(high)), [low, high])
        })
    }

    fn ends(text: String, [low, high]: [f64; 2]) -> Self {
        Self { high: Some(high), ..Self::number(text, low) }
    }

    /// A p value.
    pub fn p(value: Option<f64>) -> Self {
        Self::or_dash(value, super::format::p_value)
    }

    /// A count with commas.
    pub fn count(n: u64) -> Self {
        Self::number(super::format::count(n), n as f64)
    }
}

/// Every table of a comparison that has rows, in the order of the report.
pub fn all(comparison: &Comparison) -> Vec<Table> {
    let tables = [
        Some(scores::table(comparison)),
        Some(intervals::table(comparison)),
        folds::table(comparison),
        Some(ingredients::table(comparison)),
        Some(members::table(comparison)),
        Some(gains::table(comparison)),
        Some(pairs::table(comparison)),
        Some(calibration::table(comparison)),
        Some(classes::table(comparison)),
    ];
    tables.into_iter().flatten().filter(|table| !table.rows.is_empty()).collect()
}

impl Table {
    /// Marks the best of a column of numbers: the highest, or the lowest. Equal texts share it.
    pub fn mark(&mut self, column: usize, highest: bool) {
        let values = self.rows.iter().filter_map(|row| row.get(column)?.value);
        let Some(best) = values.reduce(|a, b| if (b > a) == highest { b } else { a }) else { return };
        let of = |row: &Vec<Cell>| row.get(column).filter(|c| c.value == Some(best)).map(|c| c.text.clone());
        let Some(text) = self.rows.iter().find_map(of) else { return };
        for cell in self.rows.iter_mut().filter_map(|row| row.get_mut(column)) {
            cell.best = cell.value.is_some() && cell.text == text;
        }
    }
}

#[cfg(test)]
pub(super) fn example() -> Table {
    Table {
        id: "example",
        title: "An example",
        heading: vec!["Model".into(), "Accuracy, %".into(), "p".into()],
        words: 1,
        rows: vec![
            vec![Cell::words("A_1 & B"), Cell::share(Some(0.625)), Cell::or_dash(None, |p| p.to_string())],
            vec![Cell::words("50 % | C"), Cell::share(Some(0.5)), Cell::number("< 0.0001", 1e-9)],
        ],
        note: "Made up.".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_is_marked_and_shared_by_equal_texts() {
        let mut table = example();
        table.rows.push(vec![Cell::words("as good"), Cell::share(Some(0.625_001)), Cell::words(DASH)]);
        table.mark(1, true);
        assert_eq!(table.rows.iter().map(|r| r[1].best).collect::<Vec<_>>(), [true, false, true]);
        table.mark(1, false);
        assert_eq!(table.rows.iter().map(|r| r[1].best).collect::<Vec<_>>(), [false, true, false]);
        table.mark(2, true);
        assert!(table.rows[1][2].best && !table.rows[0][2].best);
        table.mark(9, true);
    }
}
