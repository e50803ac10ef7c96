//! The nearest centre of each point: blocks of points times tiles of centres, then the least of each row.

use ndarray::{Array2, ArrayViewMut2, Axis, s};
use rayon::prelude::*;

use super::{Codebook, Points};
use crate::matrix::product;

/// Points in a block: enough to make packing the centres cheap, few enough for the scores to stay in the cache.
const BLOCK: usize = 256;
/// Centres in a tile.
pub(super) const TILE: usize = 512;
/// Scores whose least is found before it is compared with the best so far.
const RUN: usize = 64;

/// The nearest word of each point.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// n word numbers.
    pub words: Vec<u32>,
    /// n squared Euclidean distances to the word's centre.
    pub distances: Vec<f32>,
}

/// Working memory of [`assign`] for each thread and each point.
pub(in crate::features) fn bytes_for_assignment(threads: usize, dimensions: usize) -> u64 {
    (threads * BLOCK * (TILE + dimensions) * size_of::<f32>()) as u64
}

struct Buffers {
    points: Array2<f32>,
    scores: Vec<f32>,
}

/// Points are checked by the caller: same dimensions as the codebook, all finite.
pub(super) fn assign(points: &impl Points, codebook: &Codebook) -> Assignment {
    let n = points.len();
    let mut words = vec![0; n];
    let mut distances = vec![0.0; n];
    let buffers = || Buffers {
        points: Array2::zeros((BLOCK, codebook.dimensions())),
        scores: vec![0.0; BLOCK * TILE.min(codebook.words())],
    };
    words
        .par_chunks_mut(BLOCK)
        .zip(distances.par_chunks_mut(BLOCK))
        .enumerate()
        .with_min_len(4)
        .for_each_init(buffers, |buffers, (block, (words, distances))| {
            assign_block(points, block * BLOCK, codebook, buffers, words, distances)
        });
    Assignment { words, distances }
}

fn assign_block(
    points: &impl Points,
    first: usize,
    codebook: &Codebook,
    buffers: &mut Buffers,
    words: &mut [u32],
    distances: &mut [f32],
) {
    let rows = words.len();
    for (i, mut row) in buffers.points.axis_iter_mut(Axis(0)).take(rows).enumerate() {
        if let Some(row) = row.as_slice_mut() {
            points.read(first + i, row);
        }
    }
    let block = buffers.points.slice(s![..rows, ..]);
    distances.fill(f32::INFINITY);
    for (i, (tile, half_squares)) in codebook.tiles.iter().zip(codebook.half_squares.chunks(TILE)).enumerate() {
        let width = half_squares.len();
        let scores = &mut buffers.scores[..rows * width];
        // The shapes fit by construction; were they not to, the points would keep word 0 at an infinite distance.
        let fits = ArrayViewMut2::from_shape((rows, width), &mut *scores)
            .is_ok_and(|s| product(block, tile.view(), s).is_ok());
        if !fits {
            return;
        }
        for ((scores, word), best) in scores.chunks_exact(width).zip(words.iter_mut()).zip(distances.iter_mut()) {
            least(scores, half_squares, (i * TILE) as u32, word, best);
        }
    }
    for (row, distance) in block.outer_iter().zip(distances) {
        let square: f32 = row.iter().map(|v| v * v).sum();
        *distance = (square + 2.0 * *distance).max(0.0);
    }
}

/// Finds the least |c|^2 / 2 - x.c; a later word must be strictly nearer to win.
fn least(products: &[f32], half_squares: &[f32], first: u32, word: &mut u32, best: &mut f32) {
    for (run, (products, half_squares)) in products.chunks(RUN).zip(half_squares.chunks(RUN)).enumerate() {
        // Eight independent minima, which the compiler turns into vector instructions.
        let mut lanes = [f32::INFINITY; 8];
        let whole = products.len() - products.len() % 8;
        for (p, h) in products[..whole].chunks_exact(8).zip(half_squares[..whole].chunks_exact(8)) {
            for lane in 0..8 {
                let score = h[lane] - p[lane];
                lanes[lane] = if score < lanes[lane] { score } else { lanes[lane] };
            }
        }
        let mut low = lanes.iter().copied().fold(f32::INFINITY, f32::min);
        for (p, h) in products[whole..].iter().zip(&half_squares[whole..]) {
            low = low.min(h - p);
        }
        if low < *best {
            *best = low;
            let place = products.iter().zip(half_squares).position(|(p, h)| h - p == low).unwrap_or_default();
            *word = first + (run * RUN + place) as u32;
        }
    }
}

impl Assignment {
    /// Mean squared distance; 0 for no points.
    pub(super) fn mean(&self) -> f64 {
        self.distances.iter().map(|&d| f64::from(d)).sum::<f64>() / self.distances.len().max(1) as f64
    }
}
