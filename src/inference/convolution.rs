//! A convolution by the way that suits it.

use std::ops::Range;

use rayon::prelude::*;

use super::maps::{GROUP, Maps, Room};
use super::patches::Patches;
use super::pool::join;
use super::winograd::{Scratch, Winograd};

/// Multiplications below which a second thread costs more than it saves.
const WORTH_SHARING: usize = 1 << 18;

#[derive(Clone, Debug)]
pub(super) enum Convolution {
    Winograd(Winograd),
    Patches(Patches),
}

/// What a thread works with, again and again.
#[derive(Debug, Default)]
pub(super) struct Bench {
    pub(super) room: Room,
    tiles: Scratch,
    patches: Vec<f32>,
    /// Of the threads that help.
    helpers: Vec<Bench>,
}

impl Convolution {
    fn size(&self, size: [usize; 2]) -> [usize; 2] {
        match self {
            Self::Winograd(w) => w.size(size),
            Self::Patches(p) => p.size(size),
        }
    }

    fn outputs(&self) -> usize {
        match self {
            Self::Winograd(w) => w.outputs(),
            Self::Patches(p) => p.outputs(),
        }
    }

    /// What comes out; that of a single picture is shared among threads. What a shortcut brings `around` is added, and what is below
    /// zero then taken away.
    pub(super) fn run(&self, maps: &Maps, around: Option<&Maps>, bench: &mut Bench, threads: usize) -> Maps {
        let size = self.size([maps.height, maps.width]);
        let mut out = bench.room.maps(maps.n, size, self.outputs());
        // Rows are dealt out in pairs, which are what tiles take.
        let pairs = maps.n * size[0].div_ceil(2);
        let work = out.values.len() * self.products();
        let threads = if maps.n == 1 && work > WORTH_SHARING { threads.min(pairs) } else { 1 };
        if threads < 2 {
            self.pairs(maps, around, 0..pairs, &mut out.values, bench);
            return out;
        }
        bench.helpers.resize_with(threads.max(bench.helpers.len()), Bench::default);
        match self {
            Self::Winograd(w) if w.is_heavy([maps.height, maps.width]) => {
                by_groups(w, maps, around, &mut out, bench, threads)
            }
            _ => {
                let each = pairs.div_ceil(threads);
                let parts = out.values.par_chunks_mut(2 * each * size[1] * out.channels).zip(&mut bench.helpers);
                parts.enumerate().for_each(|(i, (out, bench))| {
                    self.pairs(maps, around, i * each..pairs.min((i + 1) * each), out, bench);
                });
            }
        }
        out
    }

    /// Multiplications for each number that comes out.
    fn products(&self) -> usize {
        match self {
            Self::Winograd(w) => 4 * w.inputs(),
            Self::Patches(p) => p.products(),
        }
    }

    /// Some pairs of rows, counted over all pictures: those of one picture, or all.
    fn pairs(&self, maps: &Maps, around: Option<&Maps>, pairs: Range<usize>, out: &mut [f32], bench: &mut Bench) {
        match self {
            Self::Winograd(w) => w.run(maps, around, pairs, 0..w.outputs() / GROUP, out, &mut bench.tiles),
            Self::Patches(p) => {
                let row = p.size([maps.height, maps.width])[1] * p.outputs();
                let first = 2 * pairs.start;
                p.run(maps, first..first + out.len() / row, out, &mut bench.patches);
                if let Some(around) = around {
                    join(out, &around.values[first * row..]);
                }
            }
        }
    }
}

/// Shares the groups of channels of a single picture among threads.
fn by_groups(w: &Winograd, maps: &Maps, around: Option<&Maps>, out: &mut Maps, bench: &mut Bench, threads: usize) {
    let (groups, rows) = (w.outputs() / GROUP, 0..w.tile_rows([maps.height, maps.width]));
    let each = groups.div_ceil(threads);
    let pixels = out.height * out.width;
    let parts: Vec<Vec<f32>> = bench.helpers[..groups.div_ceil(each)]
        .par_iter_mut()
        .enumerate()
        .map(|(i, bench)| {
            let own = i * each..groups.min((i + 1) * each);
            let mut part = vec![0.0; pixels * own.len() * GROUP];
            w.run(maps, around, rows.clone(), own, &mut part, &mut bench.tiles);
            part
        })
        .collect();
    for (pixel, to) in out.values.chunks_exact_mut(out.channels).enumerate() {
        for (part, to) in parts.iter().zip(to.chunks_mut(each * GROUP)) {
            to.copy_from_slice(&part[pixel * to.len()..][..to.len()]);
        }
    }
}
