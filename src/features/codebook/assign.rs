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

/// The nearest word of each point, or its r nearest ones.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// n r word numbers, those of a point together.
    pub words: Vec<u32>,
    /// n r squared Euclidean distances to the words' centres.
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

impl Buffers {
    fn new(codebook: &Codebook) -> Self {
        Self {
            points: Array2::zeros((BLOCK, codebook.dimensions())),
            scores: vec![0.0; BLOCK * TILE.min(codebook.words())],
        }
    }

    /// Reads `rows` points and hands each of them, with every tile of words, to `see`: the point's number in the block,
    /// its products with the words, half of the words' squared norms and the number of the first word.
    fn compare(
        &mut self,
        points: &impl Points,
        first: usize,
        rows: usize,
        codebook: &Codebook,
        mut see: impl FnMut(usize, &[f32], &[f32], u32),
    ) {
        for (i, mut row) in self.points.axis_iter_mut(Axis(0)).take(rows).enumerate() {
            if let Some(row) = row.as_slice_mut() {
                points.read(first + i, row);
            }
        }
        let block = self.points.slice(s![..rows, ..]);
        for (i, (tile, half_squares)) in codebook.tiles.iter().zip(codebook.half_squares.chunks(TILE)).enumerate() {
            let width = half_squares.len();
            let scores = &mut self.scores[..rows * width];
            // The shapes fit by construction; were they not to, the points would keep word 0 at an infinite distance.
            let fits = ArrayViewMut2::from_shape((rows, width), &mut *scores)
                .is_ok_and(|s| product(block, tile.view(), s).is_ok());
            if !fits {
                return;
            }
            for (row, scores) in scores.chunks_exact(width).enumerate() {
                see(row, scores, half_squares, (i * TILE) as u32);
            }
        }
    }

    /// From |c|^2 / 2 - x.c to |x - c|^2, for the `each` numbers of each point.
    fn to_squared_distances(&self, distances: &mut [f32], each: usize) {
        for (row, distances) in self.points.outer_iter().zip(distances.chunks_exact_mut(each)) {
            let square: f32 = row.iter().map(|v| v * v).sum();
            distances.iter_mut().for_each(|d| *d = (square + 2.0 * *d).max(0.0));
        }
    }
}

/// Points are checked by the caller: same dimensions as the codebook, all finite.
pub(super) fn assign(points: &impl Points, codebook: &Codebook) -> Assignment {
    let n = points.len();
    let mut words = vec![0; n];
    let mut distances = vec![f32::INFINITY; n];
    words.par_chunks_mut(BLOCK).zip(distances.par_chunks_mut(BLOCK)).enumerate().with_min_len(4).for_each_init(
        || Buffers::new(codebook),
        |buffers, (block, (words, distances))| {
            buffers.compare(points, block * BLOCK, words.len(), codebook, |row, products, half_squares, first| {
                least(products, half_squares, first, &mut words[row], &mut distances[row]);
            });
            buffers.to_squared_distances(distances, 1);
        },
    );
    Assignment { words, distances }
}

/// The `each` nearest words of every point, nearest first; as [`assign`].
pub(super) fn assign_several(points: &impl Points, codebook: &Codebook, each: usize) -> Assignment {
    let n = points.len();
    let mut words = vec![0; n * each];
    let mut distances = vec![f32::INFINITY; n * each];
    words
        .par_chunks_mut(BLOCK * each)
        .zip(distances.par_chunks_mut(BLOCK * each))
        .enumerate()
        .with_min_len(4)
        .for_each_init(
            || Buffers::new(codebook),
            |buffers, (block, (words, distances))| {
                let rows = words.len() / each;
                buffers.compare(points, block * BLOCK, rows, codebook, |row, products, half_squares, first| {
                    let range = row * each..(row + 1) * each;
                    least_several(products, half_squares, first, &mut words[range.clone()], &mut distances[range]);
                });
                buffers.to_squared_distances(distances, each);
            },
        );
    Assignment { words, distances }
}

/// Keeps the least |c|^2 / 2 - x.c in ascending order; a later word must be strictly nearer to come before one.
fn least_several(products: &[f32], half_squares: &[f32], first: u32, words: &mut [u32], best: &mut [f32]) {
    let last = best.len() - 1;
    for (run, (products, half_squares)) in products.chunks(RUN).zip(half_squares.chunks(RUN)).enumerate() {
        if lowest(products, half_squares) >= best[last] {
            continue;
        }
        for (i, (product, half_square)) in products.iter().zip(half_squares).enumerate() {
            let score = half_square - product;
            if score < best[last] {
                let place = best.partition_point(|&b| b <= score);
                best[place..].rotate_right(1);
                words[place..].rotate_right(1);
                (best[place], words[place]) = (score, first + (run * RUN + i) as u32);
            }
        }
    }
}

/// Finds the least |c|^2 / 2 - x.c; a later word must be strictly nearer to win.
fn least(products: &[f32], half_squares: &[f32], first: u32, word: &mut u32, best: &mut f32) {
    for (run, (products, half_squares)) in products.chunks(RUN).zip(half_squares.chunks(RUN)).enumerate() {
        let low = lowest(products, half_squares);
        if low < *best {
            *best = low;
            let place = products.iter().zip(half_squares).position(|(p, h)| h - p == low).unwrap_or_default();
            *word = first + (run * RUN + place) as u32;
        }
    }
}

fn lowest(products: &[f32], half_squares: &[f32]) -> f32 {
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
    low
}

impl Assignment {
    /// Mean squared distance; 0 for no points.
    pub(super) fn mean(&self) -> f64 {
        self.distances.iter().map(|&d| f64::from(d)).sum::<f64>() / self.distances.len().max(1) as f64
    }
}
