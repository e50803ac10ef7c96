//! Full k-means (Lloyd 1982).

use ndarray::Array2;

use super::update::{Members, reseed, with_sums};
use super::{Codebook, Fit, Points, assign, interrupted};
use crate::error::Result;
use crate::progress::Progress;

pub(super) fn fit(
    points: &impl Points,
    first: Array2<f32>,
    iterations: usize,
    progress: &dyn Progress,
) -> Result<(Codebook, Fit)> {
    let mut codebook = Codebook::new(first)?;
    let mut before: Vec<u32> = Vec::new();
    let mut fit = Fit { iterations: 0, mean_squared_distance: 0.0 };
    progress.start("k-means", iterations as u64, "iterations");
    for iteration in 1..=iterations {
        if progress.stop_requested() {
            progress.finish("");
            return Err(interrupted());
        }
        let assignment = assign::assign(points, &codebook);
        fit = Fit { iterations: iteration, mean_squared_distance: assignment.mean() };
        progress.advance(1);
        progress.note(&format!("mean squared distance {:.5}", fit.mean_squared_distance));
        if assignment.words == before {
            break;
        }
        let mut centres = codebook.centres;
        let members = Members::new(&assignment.words, centres.nrows());
        with_sums(points, &members, &mut centres, |_, rows, sum, centre| {
            for (c, s) in centre.iter_mut().zip(sum) {
                *c = (s / rows.len() as f64) as f32;
            }
        });
        let empty: Vec<usize> = (0..centres.nrows()).filter(|&w| members.of(w).is_empty()).collect();
        reseed(points, &assignment, &empty, &mut centres);
        codebook = Codebook::new(centres)?;
        before = assignment.words;
    }
    progress.finish("");
    Ok((codebook, fit))
}
