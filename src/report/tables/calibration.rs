//! Whether probabilities are honest, and how well they rank.

use super::{Cell, Table};
use crate::evaluation::Comparison;

/// A row for each entry with probabilities: calibration on the test split before and after a temperature fitted on
/// validation.
pub fn table(comparison: &Comparison) -> Table {
    let rows = comparison.entries.iter().filter_map(|entry| {
        let calibration = entry.calibration.as_ref()?;
        let (before, after) = (&calibration.before, &calibration.after);
        let decimals = |value: f64| Cell::number(format!("{value:.4}"), value);
        let own = [
            Cell::words(&entry.title),
            Cell::points(Some(before.overconfidence)),
            Cell::share(Some(before.expected_calibration_error)),
            Cell::share(Some(before.maximum_calibration_error)),
            decimals(before.brier_score),
            decimals(before.log_loss),
        ];
        let with_temperature = match calibration.is_determined() {
            true => [
                Cell::number(format!("{:.2}", calibration.temperature), calibration.temperature),
                Cell::share(Some(after.expected_calibration_error)),
                decimals(after.brier_score),
                decimals(after.log_loss),
            ],
            false => std::array::from_fn(|_| Cell::dash()),
        };
        Some(own.into_iter().chain(with_temperature).collect())
    });
    let mut table = Table {
        id: "calibration",
        title: "Calibration on the test split",
        heading: [
            "Model",
            "Confidence minus accuracy, points",
            "ECE, %",
            "MCE, %",
            "Brier score",
            "Log loss",
            "Temperature",
            "ECE with it, %",
            "Brier score with it",
            "Log loss with it",
        ]
        .map(String::from)
        .into(),
        words: 1,
        rows: rows.collect(),
        note: "ECE and MCE: expected and maximum calibration error over 15 bins of equal width (Guo et al. 2017). Brier score: squared \
               error summed over the classes, 0 to 2. The temperature is fitted on validation by the log loss and changes no \
               prediction; a dash where the validation rows do not determine it. Lower is better everywhere."
            .into(),
    };
    for column in [2, 3, 4, 5, 7, 8, 9] {
        table.mark(column, false);
    }
    table
}
