//! Weights of a mean by greedy forward selection with replacement.

use rayon::prelude::*;

use super::library::{Candidate, Library};
use crate::error::Result;
use crate::predictions::Predictions;

/// Members picked at the most, the same one as often as it helps.
const ROUNDS: u32 = 50;

/// Weights, summing to 1, by ensemble selection (Caruana, Niculescu-Mizil, Crew and Ksikes 2004).
///
/// Begins with the best member alone and 49 times adds the one, of all, after which the mean has the most validation rows
/// right; of equals that of the lowest log loss, then the first. Of the means on the way the best counts, of equals the
/// shortest, and how often it has a member is that member's weight. So the result is never worse on these rows than any
/// member alone; weights may be 0. The paper's bagging of the library is left out.
///
/// # Errors
/// What [`super::check_alike`] and [`Predictions::check`] find.
pub(super) fn greedy_weights(validation: &[&Predictions]) -> Result<Vec<f64>> {
    let library = Library::new(validation)?;
    let mut times = vec![0u32; library.members()];
    let mut sum = library.nothing();
    let mut path: Vec<Candidate> = Vec::new();
    for round in 1..=ROUNDS {
        let with = |member: usize| Candidate {
            times: times.iter().enumerate().map(|(i, &n)| n + u32::from(i == member)).collect(),
            correct: library.correct(&sum, (member, 1), round),
        };
        let mut candidates: Vec<Candidate> = (0..times.len()).into_par_iter().map(with).collect();
        let Some(picked) = library.best(&candidates, |_| true) else { break };
        path.push(candidates.swap_remove(picked));
        times[picked] += 1;
        library.add(&mut sum, picked, 1);
    }
    // The shortest of equals comes first.
    Ok(library.best(&path, |_| true).map(|best| path[best].weights()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ensemble::Combination;
    use crate::evaluation::example::example;

    #[test]
    fn the_picks_are_those_of_plain_python() {
        // python scripts/golden/ensembles.py
        let expected = [
            (vec![12.0 / 23.0, 11.0 / 23.0], 41),
            (vec![11.0 / 38.0, 6.0 / 19.0, 15.0 / 38.0], 50),
            (vec![0.0, 0.25, 0.25, 0.25, 0.25, 0.0, 0.0], 50),
        ];
        for (weights, correct) in expected {
            let examples: Vec<Predictions> = (0..weights.len()).map(example).collect();
            let members: Vec<&Predictions> = examples.iter().collect();
            assert_eq!(greedy_weights(&members).unwrap(), weights);
            let mean = Combination::Greedy(weights).apply(&members).unwrap();
            assert_eq!((mean.accuracy() * 60.0).round() as u64, correct);
        }
    }

    #[test]
    fn of_clones_the_first_is_picked_and_one_pick_is_enough() {
        let members = [example(0), example(0)];
        assert_eq!(greedy_weights(&[&members[0], &members[1]]).unwrap(), [1.0, 0.0]);
        assert_eq!(greedy_weights(&[&members[0]]).unwrap(), [1.0]);
    }
}
