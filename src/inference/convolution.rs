//! A convolution by the way that suits it.

use std::ops::Range;

use rayon::prelude::*;

use super::maps::{GROUP, Maps, Room, side_by_side};
use super::patches::Patches;
use super::pool::join;
use super::winograd::{Scratch, Winograd};

/// Multiplications below which a second thread costs more than it saves.
const WORTH_SHARING: usize = 1 << 18;

/// Factors for each number of the maps from which on threads share factors.
const FACTORS_A_NUMBER: usize = 8;

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
        let (bands, groups) = (maps.n * size[0].div_ceil(self.band()), self.outputs() / GROUP);
        let by_groups = self.is_heavy([maps.height, maps.width]);
        let threads = match maps.n == 1 && out.values.len() * self.products() > WORTH_SHARING {
            true => threads.min(if by_groups { groups } else { bands }),
            false => 1,
        };
        bench.helpers.resize_with(threads.max(bench.helpers.len()), Bench::default);
        if threads < 2 {
            self.part(maps, around, [0..bands, 0..groups], &mut out.values, bench);
        } else if by_groups {
            self.by_groups(maps, around, &mut out, bench, threads);
        } else {
            let each = bands.div_ceil(threads);
            let parts = out.values.par_chunks_mut(self.band() * each * size[1] * out.channels).zip(&mut bench.helpers);
            parts.enumerate().for_each(|(i, (out, bench))| {
                self.part(maps, around, [i * each..bands.min((i + 1) * each), 0..groups], out, bench);
            });
        }
        if let (Self::Patches(_), Some(around)) = (self, around) {
            join(&mut out.values, &around.values);
        }
        out
    }

    /// Rows that are made together.
    fn band(&self) -> usize {
        match self {
            Self::Winograd(w) => w.tile_side(),
            Self::Patches(_) => 1,
        }
    }

    /// Whether threads share its factors and not the rows of a picture (height and width): where there are many more factors than
    /// pixels, it takes less time to look at all pixels twice than to bring all factors twice.
    fn is_heavy(&self, size: [usize; 2]) -> bool {
        let ([height, width], out) = (size, self.size(size));
        let (inputs, factors) = match self {
            Self::Winograd(w) => (w.inputs(), w.factors()),
            Self::Patches(p) => (p.inputs(), p.factors()),
        };
        factors > FACTORS_A_NUMBER * (height * width * inputs + out[0] * out[1] * self.outputs())
    }

    /// Multiplications for each number that comes out.
    fn products(&self) -> usize {
        match self {
            Self::Winograd(w) => w.factors() / (w.outputs() * w.tile_side().pow(2)),
            Self::Patches(p) => p.products(),
        }
    }

    /// Some bands of rows, counted over all pictures: those of one picture, or all; and some groups of channels. Tiles add what a
    /// shortcut brings on the way.
    fn part(
        &self,
        maps: &Maps,
        around: Option<&Maps>,
        [bands, groups]: [Range<usize>; 2],
        out: &mut [f32],
        bench: &mut Bench,
    ) {
        match self {
            Self::Winograd(w) => w.run(maps, around, bands, groups, out, &mut bench.tiles),
            Self::Patches(p) => p.run(maps, bands, groups, out, &mut bench.patches),
        }
    }

    /// Shares the groups of channels of a single picture among threads.
    fn by_groups(&self, maps: &Maps, around: Option<&Maps>, out: &mut Maps, bench: &mut Bench, threads: usize) {
        let (bands, groups) = (out.height.div_ceil(self.band()), out.channels / GROUP);
        let each = groups.div_ceil(threads);
        let pixels = out.height * out.width;
        let parts: Vec<Vec<f32>> = bench.helpers[..groups.div_ceil(each)]
            .par_iter_mut()
            .enumerate()
            .map(|(i, bench)| {
                let own = i * each..groups.min((i + 1) * each);
                let mut part = vec![0.0; pixels * own.len() * GROUP];
                self.part(maps, around, [0..bands, own], &mut part, bench);
                part
            })
            .collect();
        side_by_side(&parts, each, out.channels, &mut out.values);
    }
}
