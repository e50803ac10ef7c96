//! What single changes buy, and what they cost.

use super::{Cell, Table};
use crate::cost::show_memory;
use crate::evaluation::Comparison;
use crate::report::format::duration;

/// A row for each ingredient; empty without any.
pub fn table(comparison: &Comparison) -> Table {
    let title = |name: &str| comparison.entry(name).map_or(name, |e| &e.title).to_string();
    let rows = comparison.ingredients.iter().map(|i| {
        let memory = i.cost.and_then(|c| c.peak_memory);
        vec![
            Cell::words(&i.name),
            Cell::words(title(&i.with)),
            Cell::words(title(&i.without)),
            Cell::points(Some(i.validation_gain)),
            Cell::points(Some(i.test_gain)),
            Cell::interval_of_points(i.test_interval),
            Cell::p(Some(i.p_holm)),
            Cell::or_dash(i.cost.and_then(|c| c.processor_seconds), duration),
            memory.map_or_else(Cell::dash, |bytes| Cell::number(show_memory(bytes), bytes as f64)),
        ]
    });
    Table {
        id: "ingredients",
        title: "What each ingredient buys",
        heading: [
            "Ingredient",
            "In",
            "Against",
            "Validation, points",
            "Test, points",
            "95 % interval",
            "p",
            "Processor time with it",
            "Peak memory with it",
        ]
        .map(String::from)
        .into(),
        words: 3,
        rows: rows.collect(),
        note: "Differences of accuracy in percentage points between two models that differ in one thing, on the same rows. The \
               interval is that of paired shares (Bonett and Price 2012); p is that of the exact McNemar test, after Holm's \
               correction over this table. Processor time, of all cores together, and peak memory are those of the model that has \
               the ingredient: its features, extracted from all rows, and its training, one after the other."
            .into(),
    }
}
