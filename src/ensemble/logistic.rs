//! Multinomial logistic regression with an L2 penalty, by a truncated Newton method.
//!
//! linfa-logistic minimises the same objective, but takes its log-sum-exp against the largest score of all rows, which is
//! wrong for a row whose scores lie more than 34 below that: on rows that can be separated it stops away from the
//! minimum and does not say so. And members of an aggregate are alike, so that their columns are nearly collinear and its
//! L-BFGS is slow. Here each step of Newton's method is found by conjugate gradients (Dembo and Steihaug 1983). The
//! Hessian is a sum of Kronecker products, of classes with numbers, one for each row; they are preconditioned by the one
//! Kronecker product that is nearest in kind: the mean over the classes' parts with the weighted sum of the numbers'.

use ndarray::{Array1, Array2, ArrayView2, Axis, Zip, s};

use crate::error::{Error, Result};
use crate::matrix::{Cholesky, symmetric_eigen};

/// Steps of Newton's method after which the fit counts as failed; about ten are usual.
const STEPS: usize = 100;
/// Products with the Hessian within one step.
const PRODUCTS: usize = 500;
/// What a row and a direction count at least, so that rows which are all certain leave something to solve.
const LEAST_WEIGHT: f64 = 1e-3;
/// A step is the last that promises less than this for each row, in nats.
const TOLERANCE: f64 = 1e-9;

/// A fitted regression.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Logistic {
    /// The classes that some row had, ascending.
    classes: Vec<u8>,
    /// d x as many: the weights of each class.
    weights: Array2<f64>,
}

impl Logistic {
    /// Probabilities (m x `classes`) of m rows of d numbers; 0 for a class that no row had.
    pub(super) fn probabilities(&self, rows: ArrayView2<'_, f64>, classes: usize) -> Array2<f64> {
        let found = log_softmax(rows.dot(&self.weights)).mapv_into(f64::exp);
        let mut all = Array2::zeros((rows.nrows(), classes));
        for (&class, column) in self.classes.iter().zip(found.columns()) {
            all.column_mut(usize::from(class)).assign(&column);
        }
        all
    }

    /// Numbers in a row.
    pub(super) fn width(&self) -> usize {
        self.weights.nrows()
    }
}

/// Rows to fit to.
pub(super) struct Problem<'a> {
    /// n x d; the last column is 1, and its weights, the intercepts, have no penalty.
    rows: ArrayView2<'a, f64>,
    classes: Vec<u8>,
    /// n places in `classes`.
    truth: Vec<usize>,
}

/// Where the search is.
struct Point {
    weights: Array2<f64>,
    /// n x classes.
    probabilities: Array2<f64>,
    objective: f64,
}

impl<'a> Problem<'a> {
    pub(super) fn new(rows: ArrayView2<'a, f64>, labels: &[u8]) -> Self {
        let mut classes = labels.to_vec();
        classes.sort_unstable();
        classes.dedup();
        let truth = labels.iter().filter_map(|label| classes.binary_search(label).ok()).collect();
        Self { rows, classes, truth }
    }

    /// The weights W for which the sum of the rows' log losses plus `penalty` / 2 |W|^2 is least, from those of `start`.
    ///
    /// # Errors
    /// [`Error::Invalid`] when they are not found.
    pub(super) fn fit(&self, penalty: f64, start: Option<&Logistic>) -> Result<Logistic> {
        let mut penalties = Array1::from_elem(self.rows.ncols(), penalty);
        if let Some(of_intercept) = penalties.last_mut() {
            *of_intercept = 0.0;
        }
        let penalties = penalties.insert_axis(Axis(1));
        let zeros = || Array2::zeros((self.rows.ncols(), self.classes.len()));
        let mut at = self.point(start.map_or_else(zeros, |s| s.weights.clone()), &penalties);
        for _ in 0..STEPS {
            let mut residuals = at.probabilities.clone();
            self.truth.iter().zip(residuals.outer_iter_mut()).for_each(|(&class, mut row)| row[class] -= 1.0);
            let gradient = self.rows.t().dot(&residuals) + &at.weights * &penalties;
            let step = self.step(&at, &gradient, &penalties)?;
            let promised = -inner(&gradient, &step);
            if promised < TOLERANCE * self.rows.nrows() as f64 {
                return Ok(Logistic { classes: self.classes.clone(), weights: at.weights + step });
            }
            // The objective is convex; halving the step until it falls enough makes each step safe.
            let mut length = 1.0;
            at = loop {
                let next = self.point(&at.weights + &(&step * length), &penalties);
                if next.objective <= at.objective - 1e-4 * length * promised {
                    break next;
                }
                length /= 2.0;
                if length < 1e-9 {
                    return Err(failed("no descent along Newton's step"));
                }
            };
        }
        Err(failed(&format!("no convergence in {STEPS} steps")))
    }

    fn point(&self, weights: Array2<f64>, penalties: &Array2<f64>) -> Point {
        let logs = log_softmax(self.rows.dot(&weights));
        let loss: f64 = self.truth.iter().zip(logs.outer_iter()).map(|(&class, row)| -row[class]).sum();
        let objective = loss + 0.5 * inner(&weights, &(&weights * penalties));
        Point { probabilities: logs.mapv_into(f64::exp), weights, objective }
    }

    /// About minus the inverse Hessian times the gradient, the nearer the smaller the gradient is.
    fn step(&self, at: &Point, gradient: &Array2<f64>, penalties: &Array2<f64>) -> Result<Array2<f64>> {
        let p = &at.probabilities;
        let inverse = NearInverse::new(self.rows, p, penalties)?;
        let mut step = Array2::zeros(gradient.dim());
        let mut residual = -gradient;
        let mut direction = inverse.times(&residual)?;
        let mut left = inner(&residual, &direction);
        let steepest = gradient.fold(0.0f64, |most, g| most.max(g.abs()));
        let enough = left * (steepest / self.rows.nrows() as f64).min(0.25);
        for _ in 0..PRODUCTS {
            let mut scores = self.rows.dot(&direction);
            for (mut row, p) in scores.outer_iter_mut().zip(p.outer_iter()) {
                let mean = row.dot(&p);
                Zip::from(&mut row).and(&p).for_each(|score, p| *score = p * (*score - mean));
            }
            let bent = self.rows.t().dot(&scores) + &direction * penalties;
            let along = inner(&direction, &bent);
            if !(left > enough && along > 0.0) {
                break;
            }
            step.scaled_add(left / along, &direction);
            residual.scaled_add(-left / along, &bent);
            let next = inverse.times(&residual)?;
            let before = std::mem::replace(&mut left, inner(&residual, &next));
            direction = next + direction * (left / before);
        }
        Ok(step)
    }
}

/// About the inverse of the Hessian: exact if the classes' probabilities told nothing about the numbers in a row.
struct NearInverse {
    /// classes x (classes - 1), with columns of length 1 at right angles to each other and to (1, ..., 1): to add the same
    /// to all classes changes nothing, and along there rounding alone would be followed.
    directions: Array2<f64>,
    /// What is solved along each of them, d x d.
    along: Vec<Cholesky<f64>>,
}

impl NearInverse {
    fn new(rows: ArrayView2<'_, f64>, probabilities: &Array2<f64>, penalties: &Array2<f64>) -> Result<Self> {
        // A row's part for the classes is diag(p) - p p^T, and its trace the weight of the row's numbers.
        let mut of_classes = -probabilities.t().dot(probabilities);
        of_classes.diag_mut().zip_mut_with(&probabilities.sum_axis(Axis(0)), |diagonal, sum| *diagonal += sum);
        let weights = probabilities.map_axis(Axis(1), |p| (1.0 - p.dot(&p)).max(LEAST_WEIGHT)).insert_axis(Axis(1));
        of_classes /= weights.sum();
        let of_numbers = rows.t().dot(&(&rows * &weights));
        // All its eigenvalues are at most 1, so that the direction (1, ..., 1), whose own is 0, becomes the first.
        let classes = of_classes.nrows();
        let (values, vectors) = symmetric_eigen((of_classes + 2.0 / classes as f64).view())?;
        let factor = |value: &f64| {
            let mut matrix = &of_numbers * value.max(LEAST_WEIGHT);
            matrix.diag_mut().zip_mut_with(&penalties.column(0), |diagonal, penalty| *diagonal += penalty);
            Cholesky::new(matrix)
        };
        let along = values.iter().skip(1).map(factor).collect::<Result<_>>()?;
        Ok(Self { directions: vectors.slice_move(s![.., 1..]), along })
    }

    fn times(&self, residual: &Array2<f64>) -> Result<Array2<f64>> {
        let mut turned = residual.dot(&self.directions);
        for (mut column, factor) in turned.columns_mut().into_iter().zip(&self.along) {
            let mut solved = column.to_owned().insert_axis(Axis(1));
            factor.solve(&mut solved)?;
            column.assign(&solved.column(0));
        }
        Ok(turned.dot(&self.directions.t()))
    }
}

fn failed(found: &str) -> Error {
    Error::invalid("logistic regression on the members' probabilities", found, "a minimum of its objective")
}

fn inner(a: &Array2<f64>, b: &Array2<f64>) -> f64 {
    Zip::from(a).and(b).fold(0.0, |sum, a, b| sum + a * b)
}

/// The logarithm of each row's softmax.
fn log_softmax(mut scores: Array2<f64>) -> Array2<f64> {
    for mut row in scores.outer_iter_mut() {
        let largest = row.fold(f64::NEG_INFINITY, |a, &b| a.max(b));
        let total: f64 = row.iter().map(|score| (score - largest).exp()).sum();
        row -= largest + total.ln();
    }
    scores
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;
    use ndarray::array;

    use super::*;
    use crate::ensemble::stacking::log_probabilities;
    use crate::evaluation::example::example;

    #[test]
    fn probabilities_are_those_of_scikit_learn() {
        // python scripts/golden/ensembles.py
        let examples = [example(0), example(1), example(2)];
        let rows = log_probabilities(&[&examples[0], &examples[1], &examples[2]]);
        let labels = &examples[0].labels;
        let others: Vec<usize> = (0..60).filter(|row| row % 5 != 0).collect();
        let learned = rows.select(Axis(0), &others);
        let labels_of_others: Vec<u8> = others.iter().map(|&row| labels[row]).collect();
        let (all, some) = (Problem::new(rows.view(), labels), Problem::new(learned.view(), &labels_of_others));
        let row_0 = [
            [0.2831045978730827, 0.2997670811729432, 0.13338518506832284, 0.2837431358856512],
            [0.2670661595176046, 0.27806116217266263, 0.13873933524403848, 0.3161333430656943],
            [0.4137063697938734, 0.11439723103475848, 0.20513263658833336, 0.2667637625830347],
            [0.968051292879705, 0.008294575504234219, 0.009932981168307951, 0.013721150447752692],
        ];
        let row_31 = [
            [0.2838885739978718, 0.3003226098727794, 0.1333370093061976, 0.28245180682315124],
            [0.3242164743249913, 0.32798916056179356, 0.13253704903162547, 0.21525731608158968],
            [0.12359586750174073, 0.767150281357904, 0.10506643353646562, 0.0041874176038896],
            [0.0004448068222968332, 0.9754290269723462, 0.024126141319902768, 2.4885454048064028e-08],
        ];
        let held_out = [15.763938419176696, 14.783594343216784, 6.433292920752783, 7.699137468255935];
        let mut before = None;
        for (i, c) in [0.0001, 0.01, 1.0, 100.0].into_iter().enumerate() {
            let fitted = all.fit(1.0 / c, before.as_ref()).unwrap();
            let found = fitted.probabilities(rows.view(), 6);
            for (row, expected) in [(0, row_0[i]), (31, row_31[i])] {
                for (class, expected) in [0, 3, 4, 5].into_iter().zip(expected) {
                    assert_relative_eq!(found[[row, class]], expected, epsilon = 1e-7);
                }
                assert_eq!((found[[row, 1]], found[[row, 2]]), (0.0, 0.0));
            }
            let p = some.fit(1.0 / c, None).unwrap().probabilities(rows.view(), 6);
            let loss: f64 = (0..60).step_by(5).map(|row| -p[[row, usize::from(labels[row])]].ln()).sum();
            assert_relative_eq!(loss, held_out[i], max_relative = 1e-6);
            before = Some(fitted);
        }
    }

    #[test]
    fn rows_that_can_be_separated_have_a_minimum_too() {
        // Far apart and near the border: the scores of the first rows lie hundreds above those of the last.
        let rows = Array2::from_shape_fn((40, 2), |(i, j)| match (i % 2, j) {
            (_, 1) => 1.0,
            (0, _) => -0.01 - (i as f64).powi(2),
            _ => 0.01 + (i as f64).powi(2),
        });
        let labels: Vec<u8> = (0..40).map(|i| (i % 2) as u8).collect();
        let fitted = Problem::new(rows.view(), &labels).fit(1e-3, None).unwrap();
        let mut residuals = fitted.probabilities(rows.view(), 2);
        labels.iter().enumerate().for_each(|(i, &label)| residuals[[i, usize::from(label)]] -= 1.0);
        let mut gradient = rows.t().dot(&residuals);
        gradient.row_mut(0).scaled_add(1e-3, &fitted.weights.row(0));
        assert!(gradient.iter().all(|g| g.abs() < 1e-5), "{gradient}");
        assert!(rows.dot(&fitted.weights).iter().any(|score| *score > 100.0));
    }

    #[test]
    fn one_class_is_certain_and_others_are_not_known() {
        let rows = array![[0.5, 1.0], [-0.5, 1.0]];
        let fitted = Problem::new(rows.view(), &[2, 2]).fit(1.0, None).unwrap();
        assert_eq!(fitted.probabilities(rows.view(), 4), array![[0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 1.0, 0.0]]);
    }
}
