//! The windows over one piece of a copy.

use super::laid::{Laid, LaidStage};
use super::sums::{Grid, REACH, Sums};
use super::wide::{LANES, Lanes, Plain, Wide};

/// Rows of windows over one piece.
pub(super) struct Tile<'a> {
    pub(super) laid: &'a Laid,
    pub(super) grid: Grid,
    pub(super) sums: &'a Sums,
    /// Windows in a row.
    pub(super) columns: usize,
    /// For each row whether its first window is left out, as the piece to the left found; then the same for the piece to
    /// the right.
    pub(super) skip: &'a mut [bool],
}

/// A window that all stages let pass.
pub(super) struct Hit {
    pub(super) row: usize,
    pub(super) column: usize,
    /// What the last stage's trees say together.
    pub(super) votes: f64,
}

impl Tile<'_> {
    /// The windows that all stages let pass, from row to row.
    pub(super) fn search(self) -> Vec<Hit> {
        #[cfg(target_arch = "x86_64")]
        if let Some(wide) = pulp::x86::V3::try_new() {
            return pulp::Simd::vectorize(wide, By(wide, self));
        }
        self.run(Plain)
    }

    #[inline(always)]
    fn run(self, wide: impl Wide) -> Vec<Hit> {
        let Self { laid, grid, sums, columns, skip } = self;
        let mut hits = Vec::new();
        let Some((first, later)) = laid.stages.split_first() else { return hits };
        // The votes of a cascade of one stage are asked for again.
        let later = if later.is_empty() { laid.stages.as_slice() } else { later };
        let padded = columns.next_multiple_of(LANES);
        let mut contrast = vec![0.0f32; padded + LANES];
        let (mut enough, mut passed) = (vec![false; padded], vec![false; padded]);
        let mut awake = Vec::with_capacity(columns);
        for (row, skip) in skip.iter_mut().enumerate() {
            let start = grid.at(0, row * grid.step);
            for at in (0..padded).step_by(LANES) {
                let Some([pixels, squares]) = sums.from(start + at) else { break };
                let (factor, good) = laid.contrast(wide, pixels, squares);
                let votes = laid.votes(wide, first, pixels, wide.load_single(&factor));
                contrast[at..at + LANES].copy_from_slice(&factor);
                enough[at..at + LANES].copy_from_slice(&good);
                for lane in 0..LANES {
                    passed[at + lane] = first.is_convinced(votes[lane]);
                }
            }
            // OpenCV leaves out the window after one that the first stage drops.
            awake.clear();
            for (at, (&enough, &passed)) in enough.iter().zip(&passed).enumerate().take(columns) {
                let is_asked = enough && !*skip;
                *skip = is_asked && !passed;
                if is_asked && passed {
                    awake.push(at);
                }
            }
            let mut left = awake.as_slice();
            while let [at, ..] = *left {
                let (together, rest) = left.split_at(left.iter().take_while(|&&other| other < at + LANES).count());
                left = rest;
                let mut lanes = [false; LANES];
                for other in together {
                    lanes[other - at] = true;
                }
                let (Some([pixels, _]), Some(factor)) = (sums.from(start + at), contrast[at..].first_chunk()) else {
                    break;
                };
                let votes = ask(wide, laid, later, pixels, wide.load_single(factor), &mut lanes);
                let convinced = lanes.iter().zip(votes).enumerate().filter(|(_, (awake, _))| **awake);
                hits.extend(convinced.map(|(lane, (_, votes))| Hit { row, column: at + lane, votes }));
            }
        }
        hits
    }
}

/// Asks stage after stage as long as a window is left: those that all let pass stay awake, with the last stage's votes.
#[inline(always)]
fn ask<W: Wide>(
    wide: W,
    laid: &Laid,
    stages: &[LaidStage],
    sums: &[i32; REACH],
    contrast: W::Single,
    awake: &mut Lanes<bool>,
) -> Lanes<f64> {
    let mut votes = [0.0; LANES];
    for stage in stages {
        votes = laid.votes(wide, stage, sums, contrast);
        for lane in 0..LANES {
            awake[lane] &= stage.is_convinced(votes[lane]);
        }
        if !awake.contains(&true) {
            break;
        }
    }
    votes
}

/// A tile, with the instructions by which it is searched.
#[cfg(target_arch = "x86_64")]
struct By<'a>(pulp::x86::V3, Tile<'a>);

#[cfg(target_arch = "x86_64")]
impl pulp::NullaryFnOnce for By<'_> {
    type Output = Vec<Hit>;

    #[inline(always)]
    fn call(self) -> Vec<Hit> {
        self.1.run(self.0)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::faces::cascade::Cascade;
    use crate::faces::cascade::file::tests::SMALL;

    /// What the tile finds, window by window, as one reads it in the paper.
    fn one_by_one(cascade: &Cascade, picture: &[Vec<u8>], step: usize) -> Vec<(usize, usize, f64)> {
        use crate::faces::cascade::{Branch, Rectangle};
        let [width, height] = cascade.window;
        let mut found = Vec::new();
        for (row, y) in (0..=picture.len() - height).step_by(step).enumerate() {
            let mut skip = false;
            for (column, x) in (0..=picture[0].len() - width).step_by(step).enumerate() {
                if std::mem::take(&mut skip) {
                    continue;
                }
                let over = |r: &Rectangle, power: u32| {
                    let pixels = picture[y + r.y..][..r.height].iter().flat_map(|row| &row[x + r.x..][..r.width]);
                    pixels.map(|&p| i32::from(p).pow(power)).sum::<i32>()
                };
                let inner = Rectangle { x: 1, y: 1, width: width - 2, height: height - 2, weight: 1.0 };
                let area = (inner.width * inner.height) as f64;
                let contrast = area * f64::from(over(&inner, 2)) - f64::from(over(&inner, 1)).powi(2);
                let factor = (1.0 / contrast.sqrt()) as f32;
                if !(contrast > 0.0 && area * f64::from(factor) < 0.1) {
                    continue;
                }
                let mut votes = 0.0;
                let dropped = cascade.stages.iter().position(|stage| {
                    votes = stage.trees.iter().fold(0.0, |sum, tree| {
                        let mut at = 0;
                        loop {
                            let node = &tree.nodes[at];
                            let rectangles = node.feature.rectangles.iter();
                            let value = rectangles.map(|r| r.weight * over(r, 1) as f32).reduce(|a, b| a + b).unwrap();
                            match if value * factor < node.threshold { node.below } else { node.above } {
                                Branch::Node(next) => at = next,
                                Branch::Vote(vote) => break sum + f64::from(vote),
                            }
                        }
                    });
                    votes < f64::from(stage.threshold)
                });
                skip = dropped == Some(0);
                if dropped.is_none() {
                    found.push((row, column, votes));
                }
            }
        }
        found
    }

    #[test]
    fn many_windows_at_once_are_as_one_by_one() {
        // Noise passes the first stage as often as not.
        let text = SMALL.replace("2.5e-02", "1.0e-01").replace("-0.25", "-0.5");
        let cascade = Cascade::read(&text, Path::new("small.xml")).unwrap().unwrap();
        let mut state = 7u32;
        let mut pixel = |flat: bool| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            if flat { 90 } else { (state >> 24) as u8 }
        };
        let picture: Vec<Vec<u8>> = (0..40).map(|y| (0..91).map(|x| pixel(y < 9 && x < 30)).collect()).collect();
        for step in [1, 2] {
            let expected = one_by_one(&cascade, &picture, step);
            assert!(expected.len() > 20, "{}", expected.len());
            // In one piece, and in three that pass on which window is left out.
            for windows in [100, 31] {
                let grid = Grid::new(step, windows, cascade.window);
                let laid = Laid::new(&cascade, grid);
                let columns = (picture[0].len() - cascade.window[0]) / step + 1;
                let rows = (picture.len() - cascade.window[1]) / step + 1;
                let (mut by_vectors, mut plain) = (Vec::new(), Vec::new());
                for wide in [true, false] {
                    let mut skip = vec![false; rows];
                    for first in (0..columns).step_by(grid.windows) {
                        let columns = grid.windows.min(columns - first);
                        let right = (first + columns - 1) * step + cascade.window[0];
                        let mut sums = Sums::default();
                        sums.of(picture.iter().map(|row| &row[first * step..right]), grid);
                        let tile = Tile { laid: &laid, grid, sums: &sums, columns, skip: &mut skip };
                        let (hits, into) = match wide {
                            true => (tile.search(), &mut by_vectors),
                            false => (tile.run(Plain), &mut plain),
                        };
                        into.extend(hits.into_iter().map(|hit| (hit.row, first + hit.column, hit.votes)));
                    }
                }
                for mut found in [by_vectors, plain] {
                    found.sort_by_key(|&(row, column, _)| (row, column));
                    assert_eq!(found, expected, "step {step}, {windows} windows");
                }
            }
        }
    }
}
