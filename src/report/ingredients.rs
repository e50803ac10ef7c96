//! The table of what single changes buy, the same in HTML, Markdown and CSV.

use super::format::{DASH, duration, p_value, points};
use crate::cost::show_memory;
use crate::evaluation::{Comparison, Entry, Ingredient};

/// The headings after that of the ingredient itself.
pub const COLUMNS: [&str; 8] = [
    "In",
    "Against",
    "Validation, points",
    "Test, points",
    "95 % interval",
    "p",
    "Processor time with it",
    "Peak memory with it",
];

/// What a reader must know of the table.
pub const NOTE: &str = "Differences of accuracy in percentage points between two models that differ in one thing, on the \
     same rows. The interval is that of paired shares (Bonett and Price 2012); p is that of the exact McNemar test, after \
     Holm's correction over this table. Processor time, of all cores \
     together, and peak memory are those of the model that has the ingredient: its features, extracted from all rows, \
     and its training, one after the other.";

/// The cells of an ingredient, for [`COLUMNS`].
pub fn cells(comparison: &Comparison, ingredient: &Ingredient) -> [String; 8] {
    let title = |name: &str| comparison.entry(name).map_or(name, |e: &Entry| &e.title).to_string();
    let dash = || DASH.to_string();
    let cost = ingredient.cost;
    [
        title(&ingredient.with),
        title(&ingredient.without),
        points(ingredient.validation_gain),
        points(ingredient.test_gain),
        ingredient.test_interval.map_or_else(dash, |[low, high]| format!("[{}, {}]", points(low), points(high))),
        p_value(ingredient.p_holm),
        cost.and_then(|c| c.processor_seconds).map_or_else(dash, duration),
        cost.and_then(|c| c.peak_memory).map_or_else(dash, show_memory),
    ]
}
