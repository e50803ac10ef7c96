//! Predictions for tests: the tables of scripts/golden/example.py, and random ones.

use ndarray::{Array2, Axis};
use proptest::prelude::*;

use crate::dataset::Split;
use crate::predictions::Predictions;

const ROWS: usize = 60;
const CLASSES: usize = 6;

/// `example(salt)` of the script: class 1 is predicted but never true, class 2 neither, class 4 true but never predicted.
pub(crate) fn example(salt: usize) -> Predictions {
    let labels: Vec<u8> = (0..ROWS).map(|i| [0, 3, 5, 3, 4, 0, 5][i % 7]).collect();
    let mut scores = Array2::from_shape_fn((ROWS, CLASSES), |(i, j)| match j {
        2 => 0.0,
        4 => 1.0,
        _ => {
            let lift = if !(i + salt).is_multiple_of(3) && usize::from(labels[i]) == j { 12 } else { 0 };
            ((i * (7 + salt) + j * 13 + i * j * 5) % 17 + 1 + lift) as f64
        }
    });
    for mut row in scores.rows_mut() {
        row /= row.sum();
    }
    Predictions {
        model: format!("example-{salt}"),
        dataset: "golden".into(),
        fingerprint: "0123456789abcdef".into(),
        classes: (0..CLASSES).map(|j| format!("c{j}")).collect(),
        split: Split::Test,
        rows: (0..ROWS as u32).collect(),
        labels,
        probabilities: scores.mapv(|p| p as f32),
    }
}

/// Predictions of 1 to 29 rows and 4 classes, an order of the rows and one of the classes.
pub(crate) fn random() -> impl Strategy<Value = (Predictions, Vec<usize>, Vec<usize>)> {
    let rows = prop::collection::vec((prop::collection::vec(0.001f32..1.0, 4), 0u8..4), 1..30);
    rows.prop_flat_map(|rows| {
        let mut p = example(0);
        p.classes.truncate(4);
        p.labels = rows.iter().map(|r| r.1).collect();
        p.rows = (0..rows.len() as u32).collect();
        let flat: Vec<f32> = rows.iter().flat_map(|(r, _)| r.iter().map(|v| v / r.iter().sum::<f32>())).collect();
        p.probabilities = Array2::from_shape_vec((rows.len(), 4), flat).unwrap();
        let order = Just((0..rows.len()).collect::<Vec<_>>()).prop_shuffle();
        (Just(p), order, Just(vec![0usize, 1, 2, 3]).prop_shuffle())
    })
}

/// The same rows in another order.
pub(crate) fn rows_in(p: &Predictions, order: &[usize]) -> Predictions {
    let labels = order.iter().map(|&i| p.labels[i]).collect();
    Predictions { labels, probabilities: p.probabilities.select(Axis(0), order), ..p.clone() }
}

/// The same classes in another order.
pub(crate) fn classes_in(p: &Predictions, order: &[usize]) -> Predictions {
    let place = |label: u8| order.iter().position(|&i| i == usize::from(label)).unwrap() as u8;
    Predictions {
        classes: order.iter().map(|&i| p.classes[i].clone()).collect(),
        labels: p.labels.iter().map(|&label| place(label)).collect(),
        probabilities: p.probabilities.select(Axis(1), order),
        ..p.clone()
    }
}
