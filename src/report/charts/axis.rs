//! Round numbers for axes.

/// Ticks at round numbers (1, 2 or 5 times a power of ten) that cover `low` to `high`, about `wanted` of them.
///
/// The first is at or below `low`, the last at or above `high`. Without a usable range it is that around 0 and 1.
pub fn ticks(low: f64, high: f64, wanted: usize) -> Vec<f64> {
    // The difference of finite numbers may not be finite.
    let (low, high) = if low <= high && (high - low).is_finite() { (low, high) } else { (0.0, 1.0) };
    // A flat line gets room around it.
    let room = if high - low > 1e-9 * low.abs().max(high.abs()) { 0.0 } else { low.abs().max(1.0) * 0.1 };
    let (low, high) = (low - room, high + room);
    let rough = (high - low) / wanted.max(1) as f64;
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * power).find(|s| *s >= rough * 0.999).unwrap_or(rough);
    let (first, last) = ((low / step + 1e-9).floor(), (high / step - 1e-9).ceil());
    let count = (last - first).clamp(1.0, 1000.0) as usize;
    (0..=count).map(|i| (first + i as f64) * step).collect()
}

/// Whole numbers from `first` to `last`, about `wanted` of them at round steps.
pub fn whole_ticks(first: u64, last: u64, wanted: u64) -> Vec<u64> {
    let span = last.saturating_sub(first);
    let mut step = 1u64;
    let mut factors = [2, 5, 10].into_iter().cycle();
    let mut power = 1u64;
    while span / step > wanted.max(1) {
        let Some(factor) = factors.next() else { break };
        step = power.saturating_mul(factor);
        if factor == 10 {
            power = step;
        }
    }
    let mut at: Vec<u64> = vec![first];
    let mut next = (first / step + 1).checked_mul(step);
    while let Some(tick) = next.filter(|tick| *tick <= last) {
        // A tick right beside the first one would run into it.
        if tick - first >= step.div_ceil(2) {
            at.push(tick);
        }
        next = tick.checked_add(step);
    }
    at
}

/// A tick's text with as many decimals as its step needs.
pub fn tick_text(value: f64, step: f64) -> String {
    let decimals = (-step.abs().max(1e-9).log10().floor()).clamp(0.0, 6.0) as usize;
    let text = format!("{value:.decimals$}");
    if text.starts_with('-') && text[1..].chars().all(|c| c == '0' || c == '.') { text[1..].to_string() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_cover_the_range() {
        assert_eq!(ticks(0.0, 1.0, 5), [0.0, 0.2, 0.4, 0.6000000000000001, 0.8, 1.0]);
        assert_eq!(ticks(13.0, 47.0, 4), [10.0, 20.0, 30.0, 40.0, 50.0]);
        for (low, high) in [
            (1.5, 1.5),
            (f64::NAN, 2.0),
            (0.0, 0.0),
            (-1e300, 1e300),
            (f64::MIN, f64::MAX),
            (5.0, f64::INFINITY),
            (1.0, 1.0 + 1e-15),
        ] {
            let t = ticks(low, high, 5);
            assert!((2..=1001).contains(&t.len()), "{low} {high}: {t:?}");
        }
    }

    #[test]
    fn whole_ticks_start_at_the_first_epoch() {
        assert_eq!(whole_ticks(1, 5, 8), [1, 2, 3, 4, 5]);
        assert_eq!(whole_ticks(1, 30, 8), [1, 5, 10, 15, 20, 25, 30]);
        assert_eq!(whole_ticks(1, 1, 8), [1]);
        assert!(whole_ticks(1, u64::MAX, 8).len() <= 12);
    }

    #[test]
    fn tick_texts_have_the_decimals_of_their_step() {
        assert_eq!(tick_text(0.6000000000000001, 0.2), "0.6");
        assert_eq!(tick_text(40.0, 20.0), "40");
        assert_eq!(tick_text(-0.0, 0.5), "0.0");
    }
}
