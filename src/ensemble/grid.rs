//! Weights of a weighted mean, chosen on the validation split.

use rayon::prelude::*;

use super::library::{Candidate, Library};
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
/// What [`super::check_alike`] and [`Predictions::check`] find.
pub(super) fn fit_weights(validation: &[&Predictions]) -> Result<Vec<f64>> {
    let library = Library::new(validation)?;
    let mut tried = vec![equal(&library, None)];
    tried.extend(grid(&library));
    Ok(library.best(&tried, |_| true).map(|best| tried[best].weights()).unwrap_or_default())
}

/// For each member the weights of the others, chosen in the same way; the grid has the steps that it has for all of them.
///
/// # Errors
/// As [`fit_weights`].
pub(super) fn fit_weights_without_each(validation: &[&Predictions]) -> Result<Vec<Vec<f64>>> {
    let library = Library::new(validation)?;
    // One walk over the grid serves all: without a member is where its weight is 0.
    let mut tried: Vec<Candidate> = (0..library.members()).map(|member| equal(&library, Some(member))).collect();
    tried.extend(grid(&library));
    let others = |member: usize| {
        let best = library.best(&tried, |c| c.times[member] == 0);
        let weights = best.map(|best| tried[best].weights()).unwrap_or_default();
        weights.into_iter().enumerate().filter(|&(i, _)| i != member).map(|(_, w)| w).collect()
    };
    Ok((0..library.members()).map(others).collect())
}

/// The plain mean of all members, or of all but one.
fn equal(library: &Library<'_>, without: Option<usize>) -> Candidate {
    let times: Vec<u32> = (0..library.members()).map(|member| u32::from(Some(member) != without)).collect();
    let mut sum = library.nothing();
    times.iter().enumerate().for_each(|(member, &times)| library.add(&mut sum, member, times));
    Candidate { correct: library.correct(&sum, (0, 0), times.iter().sum()), times }
}

/// Every point of the grid, in lexicographic order.
fn grid(library: &Library<'_>) -> Vec<Candidate> {
    let steps = [20, 10, 5, 4, 3, 2, 1].into_iter().find(|&k| points(library.members(), k) <= MOST).unwrap_or(1);
    walk(library, &vec![0; library.members()], (0, steps), steps, &library.nothing())
}

/// How many ways there are to give `steps` units to `members`: C(steps + members - 1, steps), saturating.
fn points(members: usize, steps: u32) -> usize {
    (1..=steps as usize).fold(1usize, |ways, k| ways.saturating_mul(members - 1 + k) / k)
}

/// Every way to give the units that are `left` to the members from `first`, in lexicographic order; the members before
/// it have the units `given`, and `sum` (c x n) is their part of the mean.
fn walk(library: &Library<'_>, given: &[u32], (first, left): (usize, u32), steps: u32, sum: &[f64]) -> Vec<Candidate> {
    let last = library.members() - 1;
    let choices = (first..=last).rev().flat_map(|member| (1..=left).map(move |units| (member, units)));
    let choices: Vec<(usize, u32)> = choices.filter(|&(member, units)| member < last || units == left).collect();
    let points = choices.into_par_iter().flat_map_iter(|(member, units)| {
        let mut times = given.to_vec();
        times[member] = units;
        if units == left {
            return vec![Candidate { times, correct: library.correct(sum, (member, units), steps) }];
        }
        let mut sum = sum.to_vec();
        library.add(&mut sum, member, units);
        walk(library, &times, (member + 1, left - units), steps, &sum)
    });
    points.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ensemble::Combination;
    use crate::evaluation::example::example;

    fn accuracy(members: &[&Predictions], weights: &[f64]) -> f64 {
        Combination::Weighted(weights.to_vec()).apply(members).unwrap().accuracy()
    }

    #[test]
    fn the_grid_has_every_point_once_with_the_score_of_its_mean() {
        let examples: Vec<Predictions> = (0..6).map(example).collect();
        for (members, steps, expected) in [(1, 20, 1), (2, 20, 21), (3, 20, 231), (4, 3, 20), (6, 4, 126)] {
            let members: Vec<&Predictions> = examples.iter().take(members).collect();
            let library = Library::new(&members).unwrap();
            let seen = walk(&library, &vec![0; members.len()], (0, steps), steps, &library.nothing());
            assert!(seen.iter().all(|c| c.times.len() == members.len() && c.times.iter().sum::<u32>() == steps));
            assert!(seen.windows(2).all(|pair| pair[0].times < pair[1].times));
            assert_eq!((seen.len(), points(members.len(), steps)), (expected, expected));
            for c in seen.iter().step_by(7) {
                assert_eq!(c.correct as f64 / 60.0, accuracy(&members, &c.weights()));
            }
        }
        assert_eq!(points(5, 20), 10_626);
        assert!(points(1000, 20) > MOST);
    }

    #[test]
    fn fitted_weights_are_the_best_of_the_grid_with_and_without_a_member() {
        let examples = [example(0), example(1), example(2)];
        let members: Vec<&Predictions> = examples.iter().collect();
        let weights = fit_weights(&members).unwrap();
        let fitted = accuracy(&members, &weights);
        assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        for a in 0..=20 {
            for b in 0..=20 - a {
                let w = [a, b, 20 - a - b].map(|u| f64::from(u) / 20.0);
                assert!(accuracy(&members, &w) <= fitted, "{w:?}");
            }
        }
        assert!(fitted >= accuracy(&members, &[1.0 / 3.0; 3]));
        // Two and three members have the same grid.
        let without = fit_weights_without_each(&members).unwrap();
        for (member, found) in without.iter().enumerate() {
            let mut others = members.clone();
            others.remove(member);
            assert_eq!(*found, fit_weights(&others).unwrap());
        }
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
