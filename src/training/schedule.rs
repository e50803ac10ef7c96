//! The learning rate over a run.

use crate::recipe::ScheduleKind;

/// The learning rate of `step` (from 0) out of `total`, where `peak` is the recipe's rate.
///
/// One-cycle rises from peak / 25 over the first 30 % of the steps and falls to peak / 10,000, both along half a
/// cosine (Smith and Topin 2018, with the numbers of PyTorch's `OneCycleLR`).
pub(crate) fn learning_rate(kind: ScheduleKind, peak: f64, step: usize, total: usize) -> f64 {
    let share = step as f64 / (total.max(2) - 1) as f64;
    let half_cosine =
        |from: f64, to: f64, share: f64| to + (from - to) * (1.0 + (std::f64::consts::PI * share).cos()) / 2.0;
    match kind {
        ScheduleKind::Constant => peak,
        ScheduleKind::Cosine => half_cosine(peak, 0.0, share),
        ScheduleKind::OneCycle => {
            let warm = 0.3;
            match share < warm {
                true => half_cosine(peak / 25.0, peak, share / warm),
                false => half_cosine(peak, peak / 10_000.0, (share - warm) / (1.0 - warm)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    #[test]
    fn one_cycle_starts_low_peaks_at_thirty_percent_and_ends_at_almost_nothing() {
        let rate = |step| learning_rate(ScheduleKind::OneCycle, 0.1, step, 1001);
        assert_relative_eq!(rate(0), 0.004, epsilon = 1e-12);
        assert_relative_eq!(rate(300), 0.1, epsilon = 1e-12);
        assert_relative_eq!(rate(1000), 1e-5, epsilon = 1e-12);
        assert!((1..300).all(|s| rate(s) > rate(s - 1)) && (301..1001).all(|s| rate(s) < rate(s - 1)));
    }

    #[test]
    fn cosine_halves_in_the_middle_and_constant_stays() {
        assert_relative_eq!(learning_rate(ScheduleKind::Cosine, 2.0, 50, 101), 1.0, epsilon = 1e-12);
        assert_eq!(learning_rate(ScheduleKind::Constant, 2.0, 7, 9), 2.0);
        assert!(learning_rate(ScheduleKind::Cosine, 2.0, 0, 1).is_finite());
    }
}
