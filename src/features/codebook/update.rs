//! New centres from an assignment, with sums in a fixed order whatever the number of threads.

use ndarray::Array2;
use rayon::prelude::*;

use super::{Assignment, Points};

/// The points of each word, ascending: word w has `rows[starts[w]..starts[w + 1]]`.
pub(super) struct Members {
    starts: Vec<usize>,
    rows: Vec<u32>,
}

impl Members {
    /// Sorts the points by word (counting sort).
    pub(super) fn new(words: &[u32], k: usize) -> Self {
        let mut starts = vec![0usize; k + 1];
        for &word in words {
            starts[word as usize + 1] += 1;
        }
        for w in 0..k {
            starts[w + 1] += starts[w];
        }
        let mut next = starts.clone();
        let mut rows = vec![0u32; words.len()];
        for (row, &word) in words.iter().enumerate() {
            rows[next[word as usize]] = row as u32;
            next[word as usize] += 1;
        }
        Self { starts, rows }
    }

    pub(super) fn of(&self, word: usize) -> &[u32] {
        &self.rows[self.starts[word]..self.starts[word + 1]]
    }
}

/// Calls `change(word, members, sum, centre)` for each word that has members, `sum` being the sum of its points.
pub(super) fn with_sums(
    points: &impl Points,
    members: &Members,
    centres: &mut Array2<f32>,
    change: impl Fn(usize, &[u32], &[f64], &mut [f32]) + Sync,
) {
    let d = points.dimensions();
    let Some(flat) = centres.as_slice_mut() else { return };
    flat.par_chunks_mut(d).enumerate().with_min_len(8).for_each_init(
        || (vec![0f32; d], vec![0f64; d]),
        |(point, sum), (word, centre)| {
            let rows = members.of(word);
            if rows.is_empty() {
                return;
            }
            sum.fill(0.0);
            for &row in rows {
                points.read(row as usize, point);
                sum.iter_mut().zip(point.iter()).for_each(|(s, v)| *s += f64::from(*v));
            }
            change(word, rows, sum, centre);
        },
    );
}

/// Moves each centre of `empty` onto a point far from its own centre: the farthest first, of equally far ones the
/// first. Points that lie on their centre are left alone, so fewer may be moved; returns the words that were.
pub(super) fn reseed(
    points: &impl Points,
    assignment: &Assignment,
    empty: &[usize],
    centres: &mut Array2<f32>,
) -> Vec<usize> {
    if empty.is_empty() {
        return Vec::new();
    }
    let distances = &assignment.distances;
    let mut far: Vec<u32> = (0..distances.len() as u32).filter(|&i| distances[i as usize] > 0.0).collect();
    far.sort_by(|&a, &b| distances[b as usize].total_cmp(&distances[a as usize]).then(a.cmp(&b)));
    let mut moved = Vec::new();
    for (&word, &row) in empty.iter().zip(&far) {
        if let Some(centre) = centres.row_mut(word).as_slice_mut() {
            points.read(row as usize, centre);
            moved.push(word);
        }
    }
    moved
}
