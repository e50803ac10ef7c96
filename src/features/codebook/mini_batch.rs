//! Mini-batch k-means (Sculley 2010): each centre is the running mean of all points it ever won.

use ndarray::Array2;
use rand::Rng;

use super::points::Subset;
use super::update::{Members, reseed, with_sums};
use super::{Codebook, Fit, Points, assign, interrupted};
use crate::error::Result;
use crate::progress::Progress;

/// Centres that won nothing are looked for each time this many points per centre were drawn.
const PATIENCE: usize = 10;

pub(super) fn fit(
    points: &impl Points,
    first: Array2<f32>,
    batch: usize,
    iterations: usize,
    rng: &mut impl Rng,
    progress: &dyn Progress,
) -> Result<(Codebook, Fit)> {
    let k = first.nrows();
    let mut codebook = Codebook::new(first)?;
    // Points won by each centre so far: the learning rate of a centre is one over its count.
    let mut won = vec![0u64; k];
    let mut fit = Fit { iterations: 0, mean_squared_distance: 0.0 };
    let (check_every, mut drawn) = (PATIENCE * k, 0);
    progress.start("k-means", iterations as u64, "mini-batches");
    for iteration in 1..=iterations {
        if progress.stop_requested() {
            progress.finish("");
            return Err(interrupted());
        }
        let rows: Vec<u32> = (0..batch).map(|_| rng.random_range(0..points.len()) as u32).collect();
        let drawn_points = Subset { points, rows: &rows };
        let assignment = assign::assign(&drawn_points, &codebook);
        fit = Fit { iterations: iteration, mean_squared_distance: assignment.mean() };
        let mut centres = codebook.centres;
        let members = Members::new(&assignment.words, k);
        // One step for all members of a centre is the same as one step after the other: both end at the mean.
        with_sums(&drawn_points, &members, &mut centres, |word, rows, sum, centre| {
            let (before, now) = (won[word] as f64, rows.len() as f64);
            for (c, s) in centre.iter_mut().zip(sum) {
                *c = ((f64::from(*c) * before + s) / (before + now)) as f32;
            }
        });
        (0..k).for_each(|w| won[w] += members.of(w).len() as u64);
        drawn += batch;
        if drawn >= check_every {
            drawn = 0;
            let idle: Vec<usize> = (0..k).filter(|&w| won[w] == 0).collect();
            reseed(&drawn_points, &assignment, &idle, &mut centres);
        }
        codebook = Codebook::new(centres)?;
        progress.advance(1);
        progress.note(&format!("mean squared distance {:.5}", fit.mean_squared_distance));
    }
    progress.finish("");
    Ok((codebook, fit))
}
