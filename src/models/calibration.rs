//! From the decision values of c machines to probabilities of c classes.
//!
//! Vector scaling (Guo et al. 2017): softmax(a_j f_j + b_j) with one slope and one offset for each class, fitted by
//! Newton's method on the validation rows. Decision values of training rows would be too good, as the machines have
//! seen those rows (that is what linfa-svm's own Platt scaling is fitted on).

use std::path::Path;

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};
use serde::{Deserialize, Serialize};

use super::stored::read_description;
use crate::error::{Error, Result};
use crate::matrix::Cholesky;

/// Slopes and offsets of the classes; 2 c numbers.
///
/// Validation probabilities are in-sample for these few numbers; test probabilities are not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// a, one for each class.
    pub slopes: Vec<f64>,
    /// b, one for each class.
    pub offsets: Vec<f64>,
    /// Validation rows it was fitted on.
    pub rows: usize,
    /// Mean negative log-likelihood of those rows, in nats.
    pub log_loss: f64,
}

/// Weight of the pull towards slope 1 and offset 0; against thousands of rows it is nothing, and it keeps a
/// small or separable validation split from running to infinity.
const PULL: f64 = 1.0;
/// Steps after which the fit counts as failed; ten are usual.
const STEPS: usize = 100;

impl Calibration {
    /// Fits on the decision values (n x c) of rows with these labels.
    ///
    /// # Errors
    /// [`Error::Invalid`] without rows, or when Newton's method does not converge.
    pub(super) fn fit(decisions: ArrayView2<'_, f64>, labels: &[u8]) -> Result<Self> {
        let (n, c) = decisions.dim();
        if n == 0 {
            let expected = "at least one: probabilities are calibrated on the validation split";
            return Err(Error::invalid("validation rows", 0, expected));
        }
        let mut at = Array1::from_shape_fn(2 * c, |i| if i < c { 1.0 } else { 0.0 });
        let mut loss = objective(at.view(), decisions, labels);
        for _ in 0..STEPS {
            let (gradient, hessian) = derivatives(at.view(), decisions, labels);
            let step = solve(hessian, &gradient).map_err(|_| diverged("a singular Hessian"))?;
            let decrement = gradient.dot(&step);
            if decrement < 1e-10 * n as f64 {
                let likelihood = negative_log_likelihood(at.view(), decisions, labels);
                return Ok(Self {
                    slopes: at.iter().take(c).copied().collect(),
                    offsets: at.iter().skip(c).copied().collect(),
                    rows: n,
                    log_loss: likelihood / n as f64,
                });
            }
            // The objective is convex; halving the step until it falls enough makes each step safe.
            let mut length = 1.0;
            loop {
                let next = &at - &(&step * length);
                let lower = objective(next.view(), decisions, labels);
                if lower <= loss - 1e-4 * length * decrement {
                    (at, loss) = (next, lower);
                    break;
                }
                length /= 2.0;
                if length < 1e-12 {
                    return Err(diverged("no descent along Newton's step"));
                }
            }
        }
        Err(diverged(&format!("no convergence in {STEPS} steps")))
    }

    /// That of a classifier in a model folder, from its description.
    ///
    /// # Errors
    /// [`Error::Missing`] without one, [`Error::Malformed`] when it is no calibration of this many classes.
    pub fn stored(description: &Path, classes: usize) -> Result<Self> {
        /// The rest of a description is its own model's affair.
        #[derive(Deserialize)]
        struct Calibrated {
            calibration: Calibration,
        }
        let Calibrated { calibration } = read_description(description)?;
        calibration.check(description, classes)?;
        Ok(calibration)
    }

    /// Checks what was read from `path`.
    ///
    /// # Errors
    /// [`Error::Malformed`] when it is not one of this many classes.
    pub(super) fn check(&self, path: &Path, classes: usize) -> Result<()> {
        let fits = |v: &[f64]| v.len() == classes && v.iter().all(|x| x.is_finite());
        if classes < 2 || !fits(&self.slopes) || !fits(&self.offsets) {
            let found = format!("{} slopes, {} offsets", self.slopes.len(), self.offsets.len());
            let expected = format!("{classes} finite numbers of each, for at least 2 classes");
            return Err(Error::malformed(path, "calibration", found, expected));
        }
        Ok(())
    }

    /// Probabilities (n x c, rows sum to 1) from decision values (n x c).
    pub(super) fn probabilities(&self, decisions: ArrayView2<'_, f64>) -> Array2<f32> {
        let parameters: Array1<f64> = self.slopes.iter().chain(&self.offsets).copied().collect();
        let mut out = Array2::zeros(decisions.dim());
        for (mut target, row) in out.outer_iter_mut().zip(decisions.outer_iter()) {
            target.assign(&softmax(parameters.view(), row).0.mapv(|p| p as f32));
        }
        out
    }
}

fn diverged(found: &str) -> Error {
    Error::invalid("calibration on the validation split", found, "finite decision values that it can be fitted on")
}

/// Class probabilities and the logarithm of the normaliser's inverse at the largest logit.
fn softmax(at: ArrayView1<'_, f64>, decisions: ArrayView1<'_, f64>) -> (Array1<f64>, Array1<f64>) {
    let c = decisions.len();
    let logits = Array1::from_shape_fn(c, |j| at[j] * decisions[j] + at[c + j]);
    let largest = logits.fold(f64::NEG_INFINITY, |a, &b| a.max(b));
    let total: f64 = logits.iter().map(|l| (l - largest).exp()).sum();
    let logs = logits.mapv(|l| l - largest - total.ln());
    (logs.mapv(f64::exp), logs)
}

fn negative_log_likelihood(at: ArrayView1<'_, f64>, decisions: ArrayView2<'_, f64>, labels: &[u8]) -> f64 {
    decisions.outer_iter().zip(labels).map(|(row, &l)| -softmax(at, row).1[usize::from(l)]).sum()
}

/// The distance of each number from where the pull draws it.
fn pulled(at: ArrayView1<'_, f64>) -> Array1<f64> {
    let c = at.len() / 2;
    Array1::from_shape_fn(2 * c, |i| at[i] - if i < c { 1.0 } else { 0.0 })
}

fn objective(at: ArrayView1<'_, f64>, decisions: ArrayView2<'_, f64>, labels: &[u8]) -> f64 {
    let away = pulled(at);
    negative_log_likelihood(at, decisions, labels) + 0.5 * PULL * away.dot(&away)
}

fn derivatives(at: ArrayView1<'_, f64>, decisions: ArrayView2<'_, f64>, labels: &[u8]) -> (Array1<f64>, Array2<f64>) {
    let c = decisions.ncols();
    let mut gradient = pulled(at) * PULL;
    let mut hessian = Array2::from_diag(&Array1::from_elem(2 * c, PULL));
    for (row, &label) in decisions.outer_iter().zip(labels) {
        let p = softmax(at, row).0;
        for i in 0..c {
            let miss = p[i] - f64::from(u8::from(usize::from(label) == i));
            gradient[i] += miss * row[i];
            gradient[c + i] += miss;
            for j in 0..c {
                let curvature = p[i] * (f64::from(u8::from(i == j)) - p[j]);
                hessian[[i, j]] += curvature * row[i] * row[j];
                hessian[[i, c + j]] += curvature * row[i];
                hessian[[c + i, j]] += curvature * row[j];
                hessian[[c + i, c + j]] += curvature;
            }
        }
    }
    (gradient, hessian)
}

/// Solves H x = g for a positive definite H.
fn solve(hessian: Array2<f64>, gradient: &Array1<f64>) -> Result<Array1<f64>> {
    let mut x = gradient.to_owned().insert_axis(Axis(1));
    Cholesky::new(hessian)?.solve(&mut x)?;
    Ok(x.remove_axis(Axis(1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// Decision values and labels drawn from softmax(a f + b).
    fn drawn(n: usize, slopes: [f64; 3], offsets: [f64; 3]) -> (Array2<f64>, Vec<u8>) {
        let mut random = ChaCha8Rng::seed_from_u64(5);
        let decisions = Array2::from_shape_fn((n, 3), |_| random.random_range(-2.0..2.0));
        let at: Array1<f64> = slopes.into_iter().chain(offsets).collect();
        let labels = decisions.outer_iter().map(|row| {
            let (p, mut u) = (softmax(at.view(), row).0, random.random::<f64>());
            let mut label = 0;
            while label < 2 && u >= p[label] {
                u -= p[label];
                label += 1;
            }
            label as u8
        });
        let labels = labels.collect();
        (decisions, labels)
    }

    #[test]
    fn the_numbers_that_made_the_labels_are_found() {
        let (decisions, labels) = drawn(40_000, [2.0, 1.0, 3.0], [0.5, 0.0, -0.5]);
        let fitted = Calibration::fit(decisions.view(), &labels).unwrap();
        for (found, made) in fitted.slopes.iter().zip([2.0, 1.0, 3.0]) {
            assert!((found - made).abs() < 0.1, "{fitted:?}");
        }
        for (found, made) in fitted.offsets.iter().zip([0.5, 0.0, -0.5]) {
            assert!((found - made).abs() < 0.1, "{fitted:?}");
        }
    }

    #[test]
    fn the_gradient_vanishes_at_the_answer() {
        let (decisions, labels) = drawn(300, [1.0, 2.0, 0.5], [0.0, 1.0, 0.0]);
        let fitted = Calibration::fit(decisions.view(), &labels).unwrap();
        let at: Array1<f64> = fitted.slopes.iter().chain(&fitted.offsets).copied().collect();
        // By central differences, so that the derivatives themselves are tested too.
        for i in 0..6 {
            let mut shifted = [at.clone(), at.clone()];
            shifted[0][i] += 1e-4;
            shifted[1][i] -= 1e-4;
            let [up, down] = shifted.map(|p| objective(p.view(), decisions.view(), &labels));
            assert!(((up - down) / 2e-4).abs() < 1e-2, "parameter {i}");
        }
    }

    #[test]
    fn separable_and_one_sided_validation_rows_stay_finite() {
        let decisions = array![[1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]];
        for labels in [[0, 1, 0], [0, 0, 0]] {
            let fitted = Calibration::fit(decisions.view(), &labels).unwrap();
            let p = fitted.probabilities(decisions.view());
            assert!(p.outer_iter().all(|r| (r.sum() - 1.0).abs() < 1e-6 && r.iter().all(|v| v.is_finite())));
        }
        assert!(Calibration::fit(Array2::zeros((0, 2)).view(), &[]).unwrap_err().to_string().contains("validation"));
    }
}
