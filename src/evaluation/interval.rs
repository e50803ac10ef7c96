//! The interval of a share that was counted in a sample.

/// The 97.5 % point of the standard normal distribution.
pub(super) const Z: f64 = 1.959_963_984_540_054;

/// The 95 % score interval of a share (Wilson 1927): `correct` of `rows`, both ends from 0 to 1.
///
/// Unlike the textbook interval it stays inside 0 to 1 and is honest near both ends. `None` without rows, or when more
/// are correct than there are.
pub fn wilson(correct: u64, rows: u64) -> Option<[f64; 2]> {
    if rows == 0 || correct > rows {
        return None;
    }
    let n = rows as f64;
    let share = correct as f64 / n;
    let shrink = 1.0 + Z * Z / n;
    let centre = (share + Z * Z / (2.0 * n)) / shrink;
    let half = Z / shrink * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    // At the ends the two terms are equal in exact arithmetic; rounding must not leave the range.
    let low = if correct == 0 { 0.0 } else { (centre - half).max(0.0) };
    let high = if correct == rows { 1.0 } else { (centre + half).min(1.0) };
    Some([low, high])
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    #[test]
    fn intervals_equal_statsmodels() {
        // python scripts/golden/evaluation.py: proportion_confint(method="wilson")
        for (correct, rows, low, high) in [
            (0, 10, 0.0, 0.27753279986288926),
            (10, 10, 0.7224672001371106, 1.0),
            (7, 10, 0.39677814746114537, 0.8922087325936989),
            (2366, 3589, 0.6435673460307182, 0.6745652554493303),
        ] {
            let [found_low, found_high] = wilson(correct, rows).unwrap();
            assert_relative_eq!(found_low, low, max_relative = 1e-12);
            assert_relative_eq!(found_high, high, max_relative = 1e-12);
        }
    }

    #[test]
    fn nothing_counted_has_no_interval() {
        assert_eq!(wilson(0, 0), None);
        assert_eq!(wilson(3, 2), None);
    }
}
