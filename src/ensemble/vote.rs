//! Majority vote.

use ndarray::Array2;

use super::mean::mean;
use crate::predictions::Predictions;

/// What the winner of a tie gets above its share, before the row is brought back to a sum of 1.
const NUDGE: f64 = 1e-4;

/// n x c shares of votes; each member votes for its most probable class.
///
/// Where the most votes are tied, the tied class with the highest mean probability wins (of equals the first) and
/// stands 1e-4 above the others, so that it is the predicted one.
pub(super) fn vote(members: &[&Predictions]) -> Array2<f64> {
    let means = mean(members);
    let share = 1.0 / members.len() as f64;
    let mut votes: Array2<u32> = Array2::zeros(means.dim());
    for member in members {
        for (i, &class) in member.predicted().iter().enumerate() {
            votes[[i, usize::from(class)]] += 1;
        }
    }
    let mut shares = votes.mapv(|v| f64::from(v) * share);
    for (i, row) in votes.outer_iter().enumerate() {
        let most = row.iter().copied().max().unwrap_or_default();
        let tied: Vec<usize> = (0..row.len()).filter(|&class| row[class] == most).collect();
        if tied.len() > 1 {
            let winner = tied
                .iter()
                .fold(tied[0], |best, &class| if means[[i, class]] > means[[i, best]] { class } else { best });
            shares[[i, winner]] += NUDGE;
            shares.row_mut(i).mapv_inplace(|v| v / (1.0 + NUDGE));
        }
    }
    shares
}
