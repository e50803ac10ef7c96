//! The learning rate over a run.

use crate::recipe::{ScheduleKind, TrainingRecipe};

/// The learning rate of `step` (from 0) of a run with so many steps in each epoch.
///
/// One-cycle rises from peak / 25 over the first 30 % of the steps and falls to peak / 10,000, both along half a
/// cosine (Smith and Topin 2018, with the numbers of PyTorch's `OneCycleLR`).
pub(crate) fn learning_rate(recipe: &TrainingRecipe, step: usize, steps_in_epoch: usize) -> f64 {
    let peak = recipe.learning_rate;
    let share = step as f64 / ((recipe.epochs * steps_in_epoch).max(2) - 1) as f64;
    let half_cosine =
        |from: f64, to: f64, share: f64| to + (from - to) * (1.0 + (std::f64::consts::PI * share).cos()) / 2.0;
    match (recipe.schedule, recipe.decay) {
        (ScheduleKind::Cosine, _) => half_cosine(peak, 0.0, share),
        (ScheduleKind::OneCycle, _) => {
            let warm = 0.3;
            match share < warm {
                true => half_cosine(peak / 25.0, peak, share / warm),
                false => half_cosine(peak, peak / 10_000.0, (share - warm) / (1.0 - warm)),
            }
        }
        (ScheduleKind::Decay, Some(decay)) => {
            let epochs = (step / steps_in_epoch.max(1)).saturating_sub(decay.after);
            peak * decay.factor.powi((epochs / decay.every.max(1)) as i32)
        }
        (ScheduleKind::Constant | ScheduleKind::Decay, _) => peak,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    fn recipe(schedule: &str, rate: f64, epochs: usize) -> TrainingRecipe {
        let text = format!(
            "epochs = {epochs}\nbatch = 2\noptimiser = 'sgd'\nlearning-rate = {rate:?}\nschedule = '{schedule}'"
        );
        toml::from_str(&text).unwrap()
    }

    #[test]
    fn one_cycle_starts_low_peaks_at_thirty_percent_and_ends_at_almost_nothing() {
        let recipe = recipe("one-cycle", 0.1, 7);
        let rate = |step| learning_rate(&recipe, step, 143);
        assert_relative_eq!(rate(0), 0.004, epsilon = 1e-12);
        assert_relative_eq!(rate(300), 0.1, epsilon = 1e-12);
        assert_relative_eq!(rate(1000), 1e-5, epsilon = 1e-12);
        assert!((1..300).all(|s| rate(s) > rate(s - 1)) && (301..1001).all(|s| rate(s) < rate(s - 1)));
    }

    #[test]
    fn cosine_halves_in_the_middle_and_constant_stays() {
        assert_relative_eq!(learning_rate(&recipe("cosine", 2.0, 1), 50, 101), 1.0, epsilon = 1e-12);
        assert_eq!(learning_rate(&recipe("constant", 2.0, 3), 7, 3), 2.0);
        assert!(learning_rate(&recipe("cosine", 2.0, 1), 0, 1).is_finite());
    }

    #[test]
    fn decay_multiplies_every_few_epochs() {
        let mut recipe = recipe("decay", 0.01, 250);
        recipe.decay = Some(crate::recipe::DecayRecipe { after: 80, every: 5, factor: 0.9 });
        // Ten steps in an epoch; epochs are counted from 0 here.
        let rate = |epoch: usize| learning_rate(&recipe, epoch * 10 + 9, 10);
        assert_eq!([rate(0), rate(79), rate(84)], [0.01; 3]);
        assert_relative_eq!(rate(85), 0.009, epsilon = 1e-15);
        assert_relative_eq!(rate(95), 0.01 * 0.9f64.powi(3), epsilon = 1e-15);
    }
}
