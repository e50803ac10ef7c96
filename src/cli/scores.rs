//! One model's scores on one split, for the terminal and as JSON.

use comfy_table::{CellAlignment, Table, presets};
use ferrofuse::Predictions;
use ferrofuse::evaluation::{ConfusionMatrix, Metrics, Seen};
use serde_json::{Value, json};

/// Accuracy and companions, the table of classes and the confusion matrix; `rows` says in words which rows were scored.
pub fn as_text(predictions: &Predictions, rows: &str, synthetic: bool) -> anyhow::Result<String> {
    let metrics = Metrics::of(predictions, Seen::default())?;
    let confusion = ConfusionMatrix::of(predictions)?;
    let percent = |v: Option<f64>| v.map_or("–".to_string(), |v| format!("{:.2}", 100.0 * v));
    let [low, high] = metrics.accuracy_interval;
    let mut text = format!(
        "{rows}: accuracy {} % [{}, {}], balanced accuracy {} %, macro-F1 {} %, {} rows\n",
        percent(Some(metrics.accuracy)),
        percent(Some(low)),
        percent(Some(high)),
        percent(metrics.balanced_accuracy),
        percent(metrics.macro_f1),
        metrics.rows
    );
    if synthetic {
        text.push_str("the faces are synthetic: drawn by ferrofuse\n");
    }
    let mut table = Table::new();
    table.load_preset(presets::UTF8_FULL_CONDENSED);
    let names = predictions.classes.iter().map(|c| format!("→ {c}"));
    table.set_header(["true class", "precision", "recall", "F1", "rows"].into_iter().map(String::from).chain(names));
    for (i, class) in metrics.per_class.iter().enumerate() {
        let scores = [percent(class.precision), percent(class.recall), percent(class.f1), class.support.to_string()];
        let counts = confusion.counts().row(i).iter().map(u64::to_string).collect::<Vec<_>>();
        table.add_row(std::iter::once(class.name.clone()).chain(scores).chain(counts));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    text.push_str(&table.to_string());
    Ok(text)
}

/// The same as JSON.
pub fn as_json(predictions: &Predictions, synthetic: bool) -> anyhow::Result<Value> {
    Ok(json!({
        "model": predictions.model,
        "dataset": predictions.dataset,
        "synthetic_faces": synthetic,
        "split": predictions.split,
        "metrics": Metrics::of(predictions, Seen::default())?,
        "confusion": ConfusionMatrix::of(predictions)?,
    }))
}
