//! Where the middle 95 % of values lie.

/// What is left out below and above.
const TAIL: f64 = 0.025;

/// The 2.5 % and the 97.5 % quantile, linear between order statistics (definition 7 of Hyndman and Fan 1996), to the
/// last bit as `numpy.quantile` gives them. Changes the order of the values; `None` without any.
pub(super) fn percentile_interval(values: &mut [f64]) -> Option<[f64; 2]> {
    if values.is_empty() {
        return None;
    }
    Some([quantile(values, TAIL), quantile(values, 1.0 - TAIL)])
}

fn quantile(values: &mut [f64], share: f64) -> f64 {
    let at = share * (values.len() - 1) as f64;
    let (_, low, above) = values.select_nth_unstable_by(at as usize, f64::total_cmp);
    let low = *low;
    let Some(high) = above.iter().copied().min_by(f64::total_cmp) else { return low };
    let (apart, along) = (high - low, at.fract());
    // From the nearer end, as numpy goes.
    if along < 0.5 { low + apart * along } else { high - apart * (1.0 - along) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_equal_numpy_to_the_bit() {
        // python scripts/golden/bootstrap.py
        for (n, expected) in [
            (1, [0.0, 0.0]),
            (2, [0.009536082474226805, 0.3719072164948453]),
            (3, [0.01907216494845361, 0.7438144329896906]),
            (41, [0.030927835051546393, 1.0]),
            (64, [0.026546391752577322, 1.0087628865979381]),
            (1000, [0.020618556701030927, 1.0103092783505154]),
        ] {
            let mut values: Vec<f64> = (0..n).map(|i| f64::from(37 * i % 101) / 97.0).collect();
            assert_eq!(percentile_interval(&mut values), Some(expected), "{n} values");
        }
        assert_eq!(percentile_interval(&mut []), None);
    }
}
