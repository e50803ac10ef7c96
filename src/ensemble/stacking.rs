//! Stacking: a logistic regression that learns from the members' probabilities.

use std::collections::HashMap;

use ndarray::{Array2, Axis};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::alike::check_members;
use super::logistic::{Logistic, Problem};
use crate::dataset::Split;
use crate::error::{Error, Result};
use crate::predictions::Predictions;

/// Folds of the rows that a stacker is fitted on.
const FOLDS: usize = 5;
/// The seed with which rows are dealt to them.
const SEED: u64 = 1992;
/// What the regularisation is chosen from: C of scikit-learn's LogisticRegression, the strongest first.
const GRID: [f64; 5] = [1e-4, 1e-3, 1e-2, 1e-1, 1.0];

/// Stacked generalisation (Wolpert 1992): a multinomial logistic regression on the members' log-probabilities.
///
/// Logarithms, because a weighted geometric mean, and with weight 1 the member itself, is then among what can be learned;
/// on the probabilities themselves it is not. They are floored at the f32 epsilon, as in the geometric mean.
///
/// The L2 penalty 1 / (2 C) is chosen among C = 0.0001, 0.001, 0.01, 0.1 and 1, from the strongest on, by the log loss of
/// rows held out in five stratified folds, as long as it falls. The stackers of these folds are kept: a row that it was
/// fitted on is predicted by the one that was fitted without it, so that a score on these rows is not too good, but for the
/// choice of C among five. All other rows are predicted by a stacker fitted on all folds together. A class that no row has
/// gets probability 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Stacker {
    c: f64,
    classes: usize,
    split: Split,
    fingerprint: String,
    /// The fold of each row that it was fitted on.
    fold_of: HashMap<u32, usize>,
    /// Fitted without the rows of each fold.
    without_fold: Vec<Logistic>,
    whole: Logistic,
}

/// Rows to fit to, and rows that are held out; each with its labels.
struct Part {
    learned: (Array2<f64>, Vec<u8>),
    held_out: (Array2<f64>, Vec<u8>),
}

impl Part {
    /// A regression, and its summed log loss on the rows that are held out.
    fn fit(&self, penalty: f64, before: Option<&Logistic>, classes: usize) -> Result<(Logistic, f64)> {
        let fitted = Problem::new(self.learned.0.view(), &self.learned.1).fit(penalty, before)?;
        let loss = log_loss(&fitted.probabilities(self.held_out.0.view(), classes), &self.held_out.1);
        Ok((fitted, loss))
    }
}

impl Stacker {
    /// Fits to the members' predictions of validation rows. The same on any number of threads.
    ///
    /// # Errors
    /// [`Error::Mismatch`] names the member that differs and how, [`Error::Invalid`] probabilities that are none or fewer
    /// rows than folds.
    pub fn fit(validation: &[&Predictions]) -> Result<Self> {
        check_members(validation)?;
        let first = validation[0];
        let (rows, labels) = (log_probabilities(validation), &first.labels);
        let (n, classes) = first.probabilities.dim();
        if n < FOLDS {
            return Err(Error::invalid(
                "validation rows",
                n,
                format!("at least {FOLDS}: stacking deals them to folds"),
            ));
        }
        let fold_of = deal(labels, classes);
        let of = |fold: usize, inside: bool| -> Vec<usize> {
            (0..n).filter(|&row| (fold_of[row] == fold) == inside).collect()
        };
        let labels_of = |places: &[usize]| -> Vec<u8> { places.iter().map(|&row| labels[row]).collect() };
        // The last is without no rows: all of them, of which none is held out.
        let parts: Vec<Part> = (0..=FOLDS)
            .map(|fold| {
                let (others, held_out) = (of(fold, false), of(fold, true));
                Part {
                    learned: (rows.select(Axis(0), &others), labels_of(&others)),
                    held_out: (rows.select(Axis(0), &held_out), labels_of(&held_out)),
                }
            })
            .collect();
        let mut best: Option<(f64, f64, Vec<Logistic>)> = None;
        for c in GRID {
            let before = |part: usize| best.as_ref().map(|(.., fitted)| &fitted[part]);
            let fitted: Vec<(Logistic, f64)> = parts
                .par_iter()
                .enumerate()
                .map(|(i, part)| part.fit(1.0 / c, before(i), classes))
                .collect::<Result<_>>()?;
            let loss = fitted.iter().map(|(_, loss)| loss).sum();
            let fitted: Vec<Logistic> = fitted.into_iter().map(|(fitted, _)| fitted).collect();
            // From where it rises, weaker penalties only fit what does not hold elsewhere; they also take the longest.
            if best.as_ref().is_some_and(|(least, ..)| loss >= *least) {
                break;
            }
            best = Some((loss, c, fitted));
        }
        let Some((c, without_fold, whole)) = best.and_then(|(_, c, mut all)| {
            let whole = all.pop()?;
            Some((c, all, whole))
        }) else {
            return Err(Error::invalid("log loss of stackers on held-out rows", "no number", "one"));
        };
        Ok(Self {
            c,
            classes,
            split: first.split,
            fingerprint: fingerprint(validation),
            fold_of: first.rows.iter().copied().zip(fold_of).collect(),
            without_fold,
            whole,
        })
    }

    /// The C that was chosen.
    pub fn c(&self) -> f64 {
        self.c
    }

    /// Number of rows that it was fitted on.
    pub fn rows(&self) -> usize {
        self.fold_of.len()
    }

    /// n x c probabilities of any rows.
    ///
    /// # Errors
    /// [`Error::Invalid`] for another number of members or classes.
    pub(super) fn probabilities(&self, members: &[&Predictions]) -> Result<Array2<f64>> {
        let (n, c) = members[0].probabilities.dim();
        if c != self.classes || members.len() * c + 1 != self.whole.width() {
            let found = format!("{} of {c} classes", members.len());
            let expected = format!("{} of {}, as it was fitted", (self.whole.width() - 1) / self.classes, self.classes);
            return Err(Error::invalid("members of a stacker", found, expected));
        }
        // Without fingerprints, rows of one split are taken for the same rows.
        let dataset = fingerprint(members);
        let known = match dataset.is_empty() || self.fingerprint.is_empty() {
            true => members[0].split == self.split,
            false => dataset == self.fingerprint,
        };
        let rows = log_probabilities(members);
        let fold = |row: u32| if known { self.fold_of.get(&row).copied() } else { None };
        let folds: Vec<Option<usize>> = members[0].rows.iter().map(|&row| fold(row)).collect();
        let mut out = Array2::zeros((n, c));
        let stackers = self.without_fold.iter().enumerate().map(|(fold, stacker)| (Some(fold), stacker));
        for (fold, stacker) in stackers.chain([(None, &self.whole)]) {
            let places: Vec<usize> = (0..n).filter(|&row| folds[row] == fold).collect();
            let found = stacker.probabilities(rows.select(Axis(0), &places).view(), c);
            places.iter().zip(found.outer_iter()).for_each(|(&row, p)| out.row_mut(row).assign(&p));
        }
        Ok(out)
    }
}

/// n x (m c + 1): the log-probabilities of all members side by side, then 1.
pub(super) fn log_probabilities(members: &[&Predictions]) -> Array2<f64> {
    let (n, c) = members[0].probabilities.dim();
    let floor = f64::from(f32::EPSILON);
    Array2::from_shape_fn((n, members.len() * c + 1), |(row, column)| match members.get(column / c) {
        Some(member) => f64::from(member.probabilities[[row, column % c]]).max(floor).ln(),
        None => 1.0,
    })
}

/// What the members say of their dataset; empty when none says anything.
fn fingerprint(members: &[&Predictions]) -> String {
    members.iter().map(|m| m.fingerprint.clone()).find(|f| !f.is_empty()).unwrap_or_default()
}

/// A fold for each row: the rows of each class are shuffled and dealt in turn, and where one class ends the next goes on.
fn deal(labels: &[u8], classes: usize) -> Vec<usize> {
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let mut fold_of = vec![0; labels.len()];
    let mut next = 0;
    for class in 0..classes {
        let mut rows: Vec<usize> = (0..labels.len()).filter(|&row| usize::from(labels[row]) == class).collect();
        rows.shuffle(&mut rng);
        for row in rows {
            fold_of[row] = next % FOLDS;
            next += 1;
        }
    }
    fold_of
}

/// Summed log loss, clipped as [`crate::evaluation::Metrics::log_loss`] is.
fn log_loss(probabilities: &Array2<f64>, truth: &[u8]) -> f64 {
    let epsilon = f64::from(f32::EPSILON);
    let of_truth = probabilities.outer_iter().zip(truth).map(|(row, &label)| row[usize::from(label)]);
    of_truth.map(|p| -p.clamp(epsilon, 1.0 - epsilon).ln()).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ensemble::drawn::drawn;

    fn elsewhere(members: &[Predictions], split: Split, fingerprint: &str) -> Vec<Predictions> {
        let moved = |m: &Predictions| Predictions { split, fingerprint: fingerprint.into(), ..m.clone() };
        members.iter().map(moved).collect()
    }

    #[test]
    fn a_row_is_predicted_by_a_stacker_that_was_not_fitted_on_it() {
        let members = drawn(3, 3, (90, 4), 1.0);
        let members: Vec<&Predictions> = members.iter().collect();
        let stacker = Stacker::fit(&members).unwrap();
        assert_eq!(stacker.rows(), 90);
        let rows = log_probabilities(&members);
        let labels = &members[0].labels;
        let fold_of = deal(labels, 4);
        let found = stacker.probabilities(&members).unwrap();
        let out_of_fold = |c: f64| {
            let mut out = Array2::zeros((90, 4));
            for fold in 0..FOLDS {
                let others: Vec<usize> = (0..90).filter(|&row| fold_of[row] != fold).collect();
                let truth: Vec<u8> = others.iter().map(|&row| labels[row]).collect();
                let learned = rows.select(Axis(0), &others);
                let fitted = Problem::new(learned.view(), &truth).fit(1.0 / c, None).unwrap();
                let all = fitted.probabilities(rows.view(), 4);
                (0..90).filter(|&row| fold_of[row] == fold).for_each(|row| out.row_mut(row).assign(&all.row(row)));
            }
            out
        };
        let expected = out_of_fold(stacker.c());
        assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-6));
        for c in GRID.into_iter().filter(|c| *c != stacker.c()) {
            assert!(log_loss(&out_of_fold(c), labels) > log_loss(&expected, labels), "C = {c}");
        }
    }

    #[test]
    fn other_rows_are_predicted_by_the_stacker_of_all() {
        let members = drawn(4, 3, (60, 3), 1.0);
        let stacker = Stacker::fit(&members.iter().collect::<Vec<_>>()).unwrap();
        let rows = log_probabilities(&members.iter().collect::<Vec<_>>());
        let whole = stacker.whole.probabilities(rows.view(), 3);
        let own = stacker.probabilities(&members.iter().collect::<Vec<_>>()).unwrap();
        assert_ne!(own, whole);
        // Which rows are the same: those of the dataset, also where folds test what others validate.
        for (split, fingerprint, known) in [
            (Split::Test, "d", true),
            (Split::Validation, "", true),
            (Split::Test, "", false),
            (Split::Validation, "other", false),
        ] {
            let moved = elsewhere(&members, split, fingerprint);
            let found = stacker.probabilities(&moved.iter().collect::<Vec<_>>()).unwrap();
            assert_eq!(found, if known { &own } else { &whole }.clone(), "{split} `{fingerprint}`");
        }
        let mut others = members.clone();
        others.iter_mut().for_each(|m| m.rows = (60..120).collect());
        assert_eq!(stacker.probabilities(&others.iter().collect::<Vec<_>>()).unwrap(), whole);
    }

    #[test]
    fn too_few_rows_are_said_to_be() {
        let few = drawn(1, 2, (4, 3), 1.0);
        let error = Stacker::fit(&few.iter().collect::<Vec<_>>()).unwrap_err().to_string();
        assert!(error.contains("validation rows: found 4, expected at least 5"), "{error}");
        let enough = drawn(1, 2, (5, 3), 1.0);
        let members: Vec<&Predictions> = enough.iter().collect();
        assert!(Stacker::fit(&members).unwrap().probabilities(&members).unwrap().iter().all(|p| p.is_finite()));
    }

    #[test]
    fn members_that_are_certain_can_be_stacked() {
        let mut members = drawn(2, 3, (200, 4), 1.0);
        for member in &mut members[..2] {
            for (i, mut row) in member.probabilities.outer_iter_mut().enumerate() {
                row.fill(0.0);
                row[usize::from(member.labels[i])] = 1.0;
            }
        }
        let members: Vec<&Predictions> = members.iter().collect();
        let found = Stacker::fit(&members).unwrap().probabilities(&members).unwrap();
        let of_truth = found.outer_iter().zip(&members[0].labels).map(|(row, &label)| row[usize::from(label)]);
        assert!(of_truth.into_iter().all(|p| p > 0.99));
    }

    proptest! {
        #[test]
        fn folds_have_their_share_of_every_class(labels in prop::collection::vec(0u8..4, 5..80)) {
            let fold_of = deal(&labels, 5);
            prop_assert_eq!(&fold_of, &deal(&labels, 5));
            let count = |fold: usize, class: Option<u8>| {
                fold_of.iter().zip(&labels).filter(|&(&f, &l)| f == fold && class.is_none_or(|c| c == l)).count()
            };
            for class in [None, Some(0), Some(1), Some(2), Some(3)] {
                let counts: Vec<usize> = (0..FOLDS).map(|fold| count(fold, class)).collect();
                prop_assert!(counts.iter().max().unwrap() - counts.iter().min().unwrap() <= 1, "{:?}", counts);
            }
        }

        #[test]
        fn rows_sum_to_one_whatever_classes_are_missing(
            seed: u64, rows in 5usize..40, classes in 2usize..7, clear in 0.0f64..20.0,
        ) {
            let members = drawn(seed, 2, (rows, classes), clear);
            let members: Vec<&Predictions> = members.iter().collect();
            let found = Stacker::fit(&members).unwrap().probabilities(&members).unwrap();
            for row in found.outer_iter() {
                prop_assert!((row.sum() - 1.0).abs() < 1e-9 && row.iter().all(|p| (0.0..=1.0).contains(p)));
            }
        }
    }
}
