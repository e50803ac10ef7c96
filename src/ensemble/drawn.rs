//! Made-up members for tests: the numbers are drawn, not measured.

use ndarray::Array2;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::dataset::Split;
use crate::predictions::Predictions;

/// Members that err partly together, the later ones more; `clear` lifts the score of the true class.
pub(super) fn drawn(seed: u64, members: usize, (rows, classes): (usize, usize), clear: f64) -> Vec<Predictions> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let labels: Vec<u8> = (0..rows).map(|_| rng.random_range(0..classes) as u8).collect();
    let mut noise = |width: f64| Array2::from_shape_fn((rows, classes), |_| rng.random_range(-width..width));
    let shared = noise(2.0);
    let member = |k: usize| {
        let mut scores = &shared + noise(2.0 + 0.1 * k as f64);
        scores.outer_iter_mut().zip(&labels).for_each(|(mut row, &label)| row[usize::from(label)] += clear);
        scores.mapv_inplace(f64::exp);
        for mut row in scores.outer_iter_mut() {
            row /= row.sum();
        }
        Predictions {
            model: format!("member-{k}"),
            dataset: "drawn".into(),
            fingerprint: "d".into(),
            classes: (0..classes).map(|c| format!("c{c}")).collect(),
            split: Split::Validation,
            rows: (0..rows as u32).collect(),
            labels: labels.clone(),
            probabilities: scores.mapv(|p| p as f32),
        }
    };
    (0..members).map(member).collect()
}
