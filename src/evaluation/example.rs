//! The tables of scripts/golden/evaluation.py, for tests.

use ndarray::Array2;

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
