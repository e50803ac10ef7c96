//! Whether two classifiers scored on the same rows really differ.

use statrs::distribution::{Binomial, DiscreteCDF};

use super::interval::Z;
use crate::error::{Error, Result};

/// Counts the rows that only `a` has right and those that only `b` has right.
///
/// # Errors
/// [`Error::Invalid`] when the three are not of one length.
pub fn discordant(labels: &[u8], a: &[u8], b: &[u8]) -> Result<(u64, u64)> {
    if a.len() != labels.len() || b.len() != labels.len() {
        let found = format!("{} and {} predicted labels", a.len(), b.len());
        return Err(Error::invalid("paired test", found, format!("{} each, one a row", labels.len())));
    }
    Ok(labels.iter().zip(a).zip(b).fold((0, 0), |(only_a, only_b), ((label, a), b)| {
        (only_a + u64::from(a == label && b != label), only_b + u64::from(b == label && a != label))
    }))
}

/// Two-sided p value of the exact McNemar test (McNemar 1947): how likely rows that one classifier alone has right
/// would fall at least this unevenly if each were a fair coin. 1 without such rows.
pub fn mcnemar(only_a: u64, only_b: u64) -> f64 {
    match Binomial::new(0.5, only_a + only_b) {
        Ok(coin) if only_a != only_b => (2.0 * coin.cdf(only_a.min(only_b))).clamp(0.0, 1.0),
        _ => 1.0,
    }
}

/// The 95 % interval of the difference of two shares counted on the same rows (Bonett and Price 2012): `only_a` and
/// `only_b` of `rows` are those that one classifier alone has right. `None` without rows, or with fewer than those.
///
/// The textbook interval (Wald's) with one row more on both sides, which keeps it honest where few rows differ.
pub fn paired_interval(only_a: u64, only_b: u64, rows: u64) -> Option<[f64; 2]> {
    if rows == 0 || only_a + only_b > rows {
        return None;
    }
    let n = rows as f64 + 2.0;
    let (a, b) = ((only_a + 1) as f64 / n, (only_b + 1) as f64 / n);
    let half = Z * ((a + b - (a - b) * (a - b)) / n).sqrt();
    Some([(a - b - half).max(-1.0), (a - b + half).min(1.0)])
}

/// Holm's step-down correction (Holm 1979) of a family of p values, in the order given.
///
/// The chance of even one false alarm among those below a level stays below that level.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&i, &j| p[i].total_cmp(&p[j]));
    let mut corrected = vec![1.0; p.len()];
    let mut highest = 0.0f64;
    for (rank, &i) in order.iter().enumerate() {
        highest = highest.max((p[i] * (p.len() - rank) as f64).min(1.0));
        corrected[i] = highest;
    }
    corrected
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::example::example;
    use approx::assert_relative_eq;

    #[test]
    fn mcnemar_equals_scipy_and_statsmodels() {
        // python scripts/golden/evaluation.py; statrs evaluates the tail by a continued fraction, hence 1e-9.
        for (only_a, only_b, p) in [
            (10, 4, 0.1795654296875),
            (0, 5, 0.0625),
            (6, 6, 1.0),
            (3, 2, 1.0),
            (312, 241, 0.0028801413921376896),
            (1500, 1200, 8.412086328628609e-09),
        ] {
            assert_relative_eq!(mcnemar(only_a, only_b), p, max_relative = 1e-9);
            assert_eq!(mcnemar(only_a, only_b), mcnemar(only_b, only_a));
        }
        assert_eq!(mcnemar(0, 0), 1.0);
        let huge = mcnemar(0, 1_000_000);
        assert!((0.0..1e-300).contains(&huge));
    }

    #[test]
    fn paired_intervals_equal_the_published_ones() {
        // python scripts/golden/evaluation.py writes the formula out.
        for (only_a, only_b, rows, low, high) in [
            (10, 4, 50, -0.0320840023277847, 0.26285323309701547),
            (312, 241, 3589, 0.006929752611918883, 0.032613550089278555),
            (0, 5, 12, -0.6768243300757468, -0.03746138420996731),
            (1500, 1200, 3589, 0.0553030278365743, 0.11178134977411909),
        ] {
            let [found_low, found_high] = paired_interval(only_a, only_b, rows).unwrap();
            assert_relative_eq!(found_low, low, max_relative = 1e-12);
            assert_relative_eq!(found_high, high, max_relative = 1e-12);
        }
        assert_eq!((paired_interval(0, 0, 0), paired_interval(2, 2, 3)), (None, None));
        let [low, high] = paired_interval(0, 0, 3589).unwrap();
        assert!(low < 0.0 && high == -low && high < 0.001);
    }

    #[test]
    fn discordant_rows_equal_the_golden_script() {
        let (a, b) = (example(0), example(1));
        let counts = discordant(&a.labels, &a.predicted(), &b.predicted()).unwrap();
        assert_eq!(counts, (16, 13));
        assert_eq!(discordant(&a.labels, &a.predicted(), &a.predicted()).unwrap(), (0, 0));
        assert!(discordant(&a.labels, &[0], &b.predicted()).is_err());
    }

    #[test]
    fn holm_equals_statsmodels() {
        // python scripts/golden/evaluation.py
        for (family, corrected) in [
            (vec![0.01, 0.04, 0.03, 0.005], vec![0.03, 0.06, 0.06, 0.02]),
            (vec![0.5, 0.9, 0.02], vec![1.0, 1.0, 0.06]),
            (vec![0.2], vec![0.2]),
            (vec![0.001, 0.001, 0.04, 0.04, 1.0], vec![0.005, 0.005, 0.12, 0.12, 1.0]),
        ] {
            for (found, expected) in holm(&family).iter().zip(&corrected) {
                assert_relative_eq!(found, expected, max_relative = 1e-12);
            }
        }
        assert!(holm(&[]).is_empty());
    }
}
