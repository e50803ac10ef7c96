//! Members and their aggregate as a table in the terminal.

use comfy_table::{CellAlignment, Table, presets};
use ferrofuse::evaluation::Metrics;
use serde::Serialize;

/// One line of the table.
#[derive(Serialize)]
pub struct Line {
    /// The member or the aggregate.
    pub name: String,
    /// Its scores.
    pub metrics: Metrics,
}

/// Scores in per cent, log loss in nats; a dash where a figure is not defined.
pub fn table(lines: &[Line]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_FULL_CONDENSED);
    table.set_header(["model", "accuracy %", "95 % interval", "balanced accuracy %", "macro-F1 %", "log loss"]);
    for Line { name, metrics: m } in lines {
        let [low, high] = m.accuracy_interval;
        table.add_row([
            name.clone(),
            per_cent(Some(m.accuracy)),
            format!("{:.2} to {:.2}", 100.0 * low, 100.0 * high),
            per_cent(m.balanced_accuracy),
            per_cent(m.macro_f1),
            m.log_loss.map_or("-".into(), |loss| format!("{loss:.4}")),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn per_cent(share: Option<f64>) -> String {
    share.map_or("-".into(), |share| format!("{:.2}", 100.0 * share))
}
