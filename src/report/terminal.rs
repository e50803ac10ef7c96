//! The table of scores for a terminal.

use comfy_table::{Attribute, Cell, CellAlignment, Color, ContentArrangement, Table, TableComponent, presets};

use super::tables::folds;
use super::{table, words};
use crate::evaluation::Comparison;

/// Models and aggregates with their scores, the best of each column marked with `*`, and below it what a reader must
/// know about them.
pub fn terminal_table(comparison: &Comparison) -> String {
    let mut shown = Table::new();
    shown.load_preset(presets::UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Disabled);
    shown.remove_style(TableComponent::HorizontalLines).remove_style(TableComponent::MiddleIntersections);
    let heading = |text: &str| Cell::new(text).add_attribute(Attribute::Bold);
    // A mark may follow each number; the heading stands over the number.
    let columns = table::COLUMNS.iter().filter_map(|c| c.short);
    let columns = columns.map(|short| heading(&format!("{short} ")).set_alignment(CellAlignment::Right));
    shown.set_header(std::iter::once(heading("Model")).chain(columns));
    for row in table::rows(comparison) {
        let cells = row.cells.iter().zip(&table::COLUMNS).filter(|(_, column)| column.short.is_some());
        let cells = cells.map(|(cell, _)| {
            let mark = if cell.best { "*" } else { " " };
            Cell::new(format!("{}{mark}", cell.text)).set_alignment(CellAlignment::Right)
        });
        shown.add_row(std::iter::once(Cell::new(&row.entry.title)).chain(cells));
    }
    let mut text = format!("{shown}\npercent; * best of its column; p against the best single model (McNemar, Holm)\n");
    text.push_str(&folds::terminal(comparison));
    for remark in table::remarks(comparison) {
        text.push_str(&format!("{remark}\n"));
    }
    if comparison.is_chosen_on_test() {
        text.push_str(&format!("{}\n", warning(words::CHOSEN_ON_TEST)));
    }
    if comparison.dataset.synthetic {
        text.push_str(&format!("{}\n", words::SYNTHETIC));
    }
    text
}

/// Words in red, where the terminal has colours.
pub fn warning(words: &str) -> String {
    let mut shown = Table::new();
    shown.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    shown.add_row([Cell::new(words).fg(Color::Red).add_attribute(Attribute::Bold)]);
    shown.to_string().trim().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn table_on_a_terminal() {
        insta::assert_snapshot!(terminal_table(&fixture::comparison()));
    }

    #[test]
    fn real_faces_get_no_remark() {
        let mut comparison = fixture::comparison();
        comparison.dataset.synthetic = false;
        assert!(!terminal_table(&comparison).contains("drawn"));
    }
}
