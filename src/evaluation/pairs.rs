//! Every two entries on the same test rows: who beats whom, and whether they are wrong on the same rows.

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{discordant, holm, mcnemar, paired_interval};
use crate::error::Result;

/// How two entries did on the same rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    /// Name of one entry.
    pub first: String,
    /// Name of the other.
    pub second: String,
    /// Rows that both have right.
    pub both_right: u64,
    /// Rows that only the first has right.
    pub only_first_right: u64,
    /// Rows that only the second has right.
    pub only_second_right: u64,
    /// Rows that neither has right.
    pub neither_right: u64,
    /// Two-sided p of the exact McNemar test.
    pub p: f64,
    /// `p` after Holm's correction over all pairs of the comparison.
    pub p_holm: f64,
}

impl Pair {
    /// Rows that both were scored on.
    pub fn rows(&self) -> u64 {
        self.both_right + self.only_first_right + self.only_second_right + self.neither_right
    }

    /// [`Pair::rows`] of counts that come from a file; `None` where no row count is that large.
    pub(crate) fn checked_rows(&self) -> Option<u64> {
        [self.only_first_right, self.only_second_right, self.neither_right]
            .iter()
            .try_fold(self.both_right, |sum, &n| sum.checked_add(n))
    }

    /// Accuracy of the first minus that of the second, from -1 to 1; `None` without rows.
    pub fn difference(&self) -> Option<f64> {
        let rows = self.rows();
        (rows > 0).then(|| (self.only_first_right as f64 - self.only_second_right as f64) / rows as f64)
    }

    /// The 95 % interval of the difference ([`paired_interval`]).
    pub fn interval(&self) -> Option<[f64; 2]> {
        paired_interval(self.only_first_right, self.only_second_right, self.rows())
    }

    /// Share of the rows that only one of them has right (disagreement measure, Skalak 1996): what a perfect choice
    /// between them could use. `None` without rows.
    pub fn only_one_right(&self) -> Option<f64> {
        let rows = self.rows();
        (rows > 0).then(|| (self.only_first_right + self.only_second_right) as f64 / rows as f64)
    }

    /// Share of the rows that at least one of them has right: what a perfect choice between them would reach.
    pub fn oracle(&self) -> Option<f64> {
        let rows = self.rows();
        (rows > 0).then(|| (rows - self.neither_right) as f64 / rows as f64)
    }

    /// Correlation of their mistakes, from -1 to 1 (the phi coefficient of being wrong): 1 when they are wrong on the
    /// same rows, 0 when mistakes fall independently. `None` when one of them is never or always wrong.
    pub fn error_correlation(&self) -> Option<f64> {
        let [a, b, c, d] = [self.both_right, self.only_first_right, self.only_second_right, self.neither_right]
            .map(|count| count as f64);
        let spread = (a + b) * (c + d) * (a + c) * (b + d);
        (spread > 0.0).then(|| ((a * d - b * c) / spread.sqrt()).clamp(-1.0, 1.0))
    }
}

/// All pairs in the order of `names`, the earlier one first; `predicted` holds the labels that each entry gave to n rows.
///
/// # Errors
/// [`crate::Error::Invalid`] when an entry has another number of rows.
pub(super) fn pairs(names: &[&str], predicted: &[Vec<u8>], labels: &[u8]) -> Result<Vec<Pair>> {
    let of: Vec<(usize, usize)> = (0..names.len()).flat_map(|i| (i + 1..names.len()).map(move |j| (i, j))).collect();
    let mut found = of
        .into_par_iter()
        .map(|(i, j)| {
            let (only_first_right, only_second_right) = discordant(labels, &predicted[i], &predicted[j])?;
            let right = predicted[i].iter().zip(labels).filter(|(guess, label)| guess == label).count() as u64;
            let both_right = right - only_first_right;
            let neither_right = labels.len() as u64 - both_right - only_first_right - only_second_right;
            let p = mcnemar(only_first_right, only_second_right);
            let (first, second) = (names[i].to_string(), names[j].to_string());
            Ok(Pair { first, second, both_right, only_first_right, only_second_right, neither_right, p, p_holm: p })
        })
        .collect::<Result<Vec<Pair>>>()?;
    let corrected = holm(&found.iter().map(|pair| pair.p).collect::<Vec<_>>());
    found.iter_mut().zip(corrected).for_each(|(pair, p)| pair.p_holm = p);
    Ok(found)
}

/// Rows that at least one of several entries has right.
pub(super) fn any_right(predicted: &[&Vec<u8>], labels: &[u8]) -> u64 {
    labels.iter().enumerate().filter(|&(i, label)| predicted.iter().any(|p| p.get(i) == Some(label))).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::example::example;
    use approx::assert_relative_eq;
    use proptest::prelude::*;

    fn examples() -> (Vec<Vec<u8>>, Vec<u8>) {
        let tables = [example(0), example(1), example(2)];
        (tables.iter().map(|t| t.predicted()).collect(), tables[0].labels.clone())
    }

    #[test]
    fn pairs_equal_numpy_and_statsmodels() {
        // python scripts/golden/evaluation.py, "-- pairs"
        let (predicted, labels) = examples();
        let found = pairs(&["a", "b", "c"], &predicted, &labels).unwrap();
        let golden = [
            ("a", "b", [20, 16, 13, 11], 0.013676832331036936, 0.8166666666666667, 1.0),
            ("a", "c", [23, 13, 15, 9], 0.014119562368122583, 0.85, 1.0),
            ("b", "c", [21, 12, 17, 10], 0.0069519919354715624, 0.8333333333333334, 1.0),
        ];
        assert_eq!(found.len(), 3);
        for (pair, (first, second, counts, correlation, oracle, p_holm)) in found.iter().zip(golden) {
            assert_eq!((pair.first.as_str(), pair.second.as_str()), (first, second));
            let own = [pair.both_right, pair.only_first_right, pair.only_second_right, pair.neither_right];
            assert_eq!(own, counts);
            assert_relative_eq!(pair.error_correlation().unwrap(), correlation, max_relative = 1e-9);
            assert_relative_eq!(pair.oracle().unwrap(), oracle, max_relative = 1e-12);
            assert_relative_eq!(pair.p_holm, p_holm, max_relative = 1e-9);
        }
        assert_eq!(any_right(&predicted.iter().collect::<Vec<_>>(), &labels), 51);
    }

    #[test]
    fn who_is_never_wrong_has_no_correlation() {
        let labels = vec![0, 1, 2];
        let found = pairs(&["right", "wrong"], &[labels.clone(), vec![0, 0, 0]], &labels).unwrap();
        assert_eq!((found[0].error_correlation(), found[0].oracle()), (None, Some(1.0)));
        assert!(pairs(&["one", "short"], &[labels.clone(), vec![0]], &labels).is_err());
        assert!(pairs(&["alone"], std::slice::from_ref(&labels), &labels).unwrap().is_empty());
    }

    proptest! {
        #[test]
        fn a_pair_turned_round_says_the_same(rows in prop::collection::vec((0u8..3, 0u8..3, 0u8..3), 1..60)) {
            let labels: Vec<u8> = rows.iter().map(|r| r.0).collect();
            let (a, b): (Vec<u8>, Vec<u8>) = rows.iter().map(|r| (r.1, r.2)).unzip();
            let one = &pairs(&["a", "b"], &[a.clone(), b.clone()], &labels).unwrap()[0];
            let other = &pairs(&["b", "a"], &[b.clone(), a.clone()], &labels).unwrap()[0];
            prop_assert_eq!(one.difference().unwrap(), -other.difference().unwrap());
            prop_assert_eq!((one.p, one.oracle(), one.rows()), (other.p, other.oracle(), rows.len() as u64));
            prop_assert_eq!(one.error_correlation(), other.error_correlation());
            // A clone of a model never differs from it.
            let clone = &pairs(&["a", "a2"], &[a.clone(), a], &labels).unwrap()[0];
            prop_assert_eq!((clone.p, clone.difference(), clone.only_one_right()), (1.0, Some(0.0), Some(0.0)));
            prop_assert!(clone.error_correlation().is_none_or(|c| (c - 1.0).abs() < 1e-12));
        }
    }
}
