//! Tables as Markdown.

use super::super::markdown::{grid, text};
use super::Table;

/// The rows alone, without title and note; the best of a column is bold.
pub fn render(out: &mut String, table: &Table) {
    let heading: Vec<String> = table.heading.iter().map(|h| text(h)).collect();
    let cell = |c: &super::Cell| if c.best { format!("**{}**", text(&c.text)) } else { text(&c.text) };
    grid(out, &heading, table.words, table.rows.iter().map(|row| row.iter().map(cell).collect()));
}
