//! First centres by k-means++ (Arthur and Vassilvitskii 2007) on a random part of the points.

use ndarray::{Array2, Axis};
use rand::Rng;
use rayon::prelude::*;

use super::{Points, interrupted};
use crate::error::Result;
use crate::progress::Progress;

/// Candidates for each centre; k-means++ on all points would cost as much as k passes over them.
const CANDIDATES: usize = 8;
/// Distances to compute at the most. From k = 8,192 on this leaves k candidates, and seeding is a plain random draw.
const DISTANCES: usize = 1 << 26;
/// Candidates that one thread looks at in one go.
const BLOCK: usize = 2048;

/// Draws k different points; `points` must hold at least k. A point is chosen with a chance proportional to its
/// squared distance from the nearest one already chosen.
pub(super) fn k_means_plus_plus(
    points: &impl Points,
    k: usize,
    rng: &mut impl Rng,
    progress: &dyn Progress,
) -> Result<Array2<f32>> {
    let n = points.len();
    let m = (DISTANCES / k).clamp(k, k.saturating_mul(CANDIDATES).max(k)).min(n);
    let rows = rand::seq::index::sample(rng, n, m);
    let mut candidates = Array2::zeros((m, points.dimensions()));
    for (row, mut candidate) in rows.iter().zip(candidates.axis_iter_mut(Axis(0))) {
        if let Some(candidate) = candidate.as_slice_mut() {
            points.read(row, candidate);
        }
    }
    if m == k {
        return Ok(candidates);
    }
    progress.start("first centres", k as u64, "centres");
    let mut chosen: Vec<usize> = vec![rng.random_range(0..m)];
    let mut taken = vec![false; m];
    let mut nearest = vec![f32::INFINITY; m];
    taken[chosen[0]] = true;
    let flat = candidates.as_slice().unwrap_or_default();
    let d = points.dimensions();
    while chosen.len() < k {
        if chosen.len().is_multiple_of(64) {
            progress.advance(64);
            if progress.stop_requested() {
                progress.finish("");
                return Err(interrupted());
            }
        }
        let newest = chosen[chosen.len() - 1];
        let centre = &flat[newest * d..(newest + 1) * d];
        nearest.par_chunks_mut(BLOCK).zip(flat.par_chunks(BLOCK * d)).for_each(|(nearest, block)| {
            for (near, candidate) in nearest.iter_mut().zip(block.chunks_exact(d)) {
                *near = near.min(squared_distance(candidate, centre));
            }
        });
        let next = draw(&nearest, &taken, rng);
        taken[next] = true;
        chosen.push(next);
    }
    progress.finish("");
    Ok(candidates.select(Axis(0), &chosen))
}

/// Draws a candidate by its distance; when all distances are zero (only copies are left), the first one not taken.
fn draw(nearest: &[f32], taken: &[bool], rng: &mut impl Rng) -> usize {
    let total: f64 = nearest.iter().map(|&v| f64::from(v)).sum();
    let mut left = rng.random::<f64>() * total;
    let mut last = None;
    for (i, &distance) in nearest.iter().enumerate() {
        if distance > 0.0 && !taken[i] {
            last = Some(i);
            left -= f64::from(distance);
            if left < 0.0 {
                break;
            }
        }
    }
    last.or_else(|| taken.iter().position(|&t| !t)).unwrap_or_default()
}

/// In eight lanes: a fixed order of additions that vector instructions can follow.
fn squared_distance(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0f32; 8];
    let (a_runs, b_runs) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f32 = a_runs.remainder().iter().zip(b_runs.remainder()).map(|(x, y)| (x - y) * (x - y)).sum();
    for (x, y) in a_runs.zip(b_runs) {
        for lane in 0..8 {
            lanes[lane] += (x[lane] - y[lane]) * (x[lane] - y[lane]);
        }
    }
    lanes.iter().sum::<f32>() + rest
}
