//! Weights of a weighted mean, chosen on the validation split.

use rayon::prelude::*;

use super::check_alike;
use crate::error::Result;
use crate::predictions::Predictions;

/// Grid points tried at the most.
const MOST: usize = 20_000;

/// Weights, summing to 1, of the highest validation accuracy; of equals those of the lowest log loss, then the first.
///
/// Tries equal weights first, then every point of a regular grid on the simplex: steps of 1/20 for up to 5 members,
/// coarser for more. So the result is never worse on these rows than the plain mean or any member alone, and the same
/// on any number of threads. It is fitted to these rows: only other rows say what it is worth.
///
/// # Errors
/// As [`super::aggregate`].
pub fn fit_weights(validation: &[&Predictions]) -> Result<Vec<f64>> {
    check_alike(validation)?;
    for member in validation {
        member.check()?;
    }
    let m = validation.len();
    let mut candidates = vec![vec![1.0 / m as f64; m]];
    let steps = [20, 10, 5, 4, 3, 2, 1].into_iter().find(|&k| points(m, k) <= MOST).unwrap_or(1);
    grid(m, steps, &mut Vec::with_capacity(m), &mut |units| {
        candidates.push(units.iter().map(|&u| f64::from(u) / f64::from(steps)).collect());
    });
    let scores: Vec<(u64, f64)> = candidates.par_iter().map(|weights| score(validation, weights)).collect();
    let mut best = 0;
    for (i, (correct, loss)) in scores.iter().enumerate() {
        let (most, least) = scores[best];
        if *correct > most || (*correct == most && *loss < least) {
            best = i;
        }
    }
    Ok(candidates.swap_remove(best))
}

/// How many ways there are to give `steps` units to `members`: C(steps + members - 1, steps), saturating.
fn points(members: usize, steps: u32) -> usize {
    (1..=steps as usize).fold(1usize, |ways, k| ways.saturating_mul(members - 1 + k) / k)
}

/// Calls `visit` with every way to give `steps` units to `members`, in lexicographic order.
fn grid(members: usize, steps: u32, given: &mut Vec<u32>, visit: &mut impl FnMut(&[u32])) {
    if given.len() + 1 == members {
        given.push(steps);
        visit(given);
        given.pop();
        return;
    }
    for units in 0..=steps {
        given.push(units);
        grid(members, steps - units, given, visit);
        given.pop();
    }
}

/// Rows right and mean log loss of one weighted mean, without making its table.
fn score(members: &[&Predictions], weights: &[f64]) -> (u64, f64) {
    let (n, c) = members[0].probabilities.dim();
    let epsilon = f64::from(f32::EPSILON);
    let (mut correct, mut loss) = (0, 0.0);
    let mut row = vec![0.0f64; c];
    for i in 0..n {
        row.fill(0.0);
        for (member, &weight) in members.iter().zip(weights) {
            for (sum, &p) in row.iter_mut().zip(member.probabilities.row(i)) {
                *sum += weight * f64::from(p);
            }
        }
        let label = usize::from(members[0].labels[i]);
        // As `Predictions::predicted` decides: in f32, of equals the first.
        let mut guess = 0;
        for class in 1..c {
            if row[class] as f32 > row[guess] as f32 {
                guess = class;
            }
        }
        correct += u64::from(guess == label);
        loss -= row[label].clamp(epsilon, 1.0 - epsilon).ln();
    }
    (correct, loss / n as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ensemble::aggregate;
    use crate::evaluation::example::example;
    use crate::recipe::AggregateMethod;

    #[test]
    fn the_grid_has_every_point_once() {
        for (members, steps, expected) in [(1, 20, 1), (2, 20, 21), (3, 20, 231), (5, 20, 10_626), (4, 3, 20)] {
            let mut seen = Vec::new();
            grid(members, steps, &mut Vec::new(), &mut |units| seen.push(units.to_vec()));
            assert!(seen.iter().all(|u| u.len() == members && u.iter().sum::<u32>() == steps));
            assert!(seen.windows(2).all(|pair| pair[0] < pair[1]));
            assert_eq!((seen.len(), points(members, steps)), (expected, expected));
        }
        assert!(points(1000, 20) > MOST);
    }

    #[test]
    fn fitted_weights_are_the_best_of_the_grid_and_its_score_is_the_aggregates() {
        let examples = [example(0), example(1), example(2)];
        let members: Vec<&Predictions> = examples.iter().collect();
        let weights = fit_weights(&members).unwrap();
        let accuracy = |w: &[f64]| aggregate(AggregateMethod::Weighted, &members, Some(w)).unwrap().accuracy();
        let fitted = accuracy(&weights);
        assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        for a in 0..=20 {
            for b in 0..=20 - a {
                let w = [a, b, 20 - a - b].map(|u| f64::from(u) / 20.0);
                assert!(accuracy(&w) <= fitted, "{w:?}");
            }
        }
        assert!(fitted >= aggregate(AggregateMethod::Mean, &members, None).unwrap().accuracy());
        assert_eq!(score(&members, &weights).0 as f64 / 60.0, fitted);
    }

    #[test]
    fn a_member_that_knows_nothing_gets_nothing_and_clones_are_shared_evenly() {
        let good = example(0);
        let mut noise = example(0);
        // Every row says another class than the label, with certainty.
        for (i, mut row) in noise.probabilities.outer_iter_mut().enumerate() {
            row.fill(0.0);
            row[(usize::from(noise.labels[i]) + 1) % 6] = 1.0;
        }
        assert_eq!(fit_weights(&[&good, &noise]).unwrap(), [1.0, 0.0]);
        assert_eq!(fit_weights(&[&good, &good]).unwrap(), [0.5, 0.5]);
        assert_eq!(fit_weights(&[&good]).unwrap(), [1.0]);
    }
}
