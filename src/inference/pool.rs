//! What stands between convolutions: pooling, means, normalisation.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::maps::{Maps, Room};
use super::product::{lanes, load, store};
use super::weights::EPSILON;

/// Numbers that come out below which a second thread costs more than it saves.
const WORTH_SHARING: usize = 8192;

/// Max pooling.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pool {
    pub(super) side: usize,
    pub(super) stride: usize,
    /// Pixels by which windows may begin before the edge and end behind it.
    pub(super) padding: usize,
    /// Whether the last windows may reach over the edge.
    pub(super) over_edge: bool,
}

impl Pool {
    /// Height and width of what comes out.
    fn size(&self, size: [usize; 2]) -> [usize; 2] {
        size.map(|length| {
            let free = length + 2 * self.padding - self.side;
            let last = if self.over_edge { free.div_ceil(self.stride) } else { free / self.stride };
            // A window that would begin behind the edge is none.
            if self.over_edge && last * self.stride >= length + self.padding { last } else { last + 1 }
        })
    }

    /// The largest numbers of all windows, for each channel; the rows are shared among threads.
    pub(super) fn run(&self, maps: &Maps, room: &mut Room, threads: usize) -> Maps {
        let mut out = room.maps(maps.n, self.size([maps.height, maps.width]), maps.channels);
        let (rows, row) = (out.n * out.height, out.row());
        let each = rows.div_ceil(threads.max(1)).max(1);
        let size = [out.height, out.width];
        let part = |(i, out): (usize, &mut [f32])| {
            pulp::Arch::new().dispatch(RunPool { pool: *self, maps, first: i * each, size, out });
        };
        match threads > 1 && rows * row > WORTH_SHARING {
            true => out.values.par_chunks_mut(each * row).enumerate().for_each(part),
            false => part((0, &mut out.values)),
        }
        out
    }
}

struct RunPool<'a> {
    pool: Pool,
    maps: &'a Maps,
    /// The first row that is made, counted over all pictures.
    first: usize,
    /// Height and width of what comes out of a picture.
    size: [usize; 2],
    out: &'a mut [f32],
}

impl WithSimd for RunPool<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { pool, maps, first, size: [height, width], out } = self;
        let c = maps.channels;
        let within = |at: usize, length: usize| {
            let first = at * pool.stride;
            first.saturating_sub(pool.padding)..(first + pool.side - pool.padding).min(length)
        };
        for (row, out) in (first..).zip(out.chunks_exact_mut(width * c)) {
            let (rows, picture) = (within(row % height, maps.height), row / height * maps.height);
            for (x, to) in out.chunks_exact_mut(c).enumerate() {
                let columns = within(x, maps.width);
                for channel in (0..c).step_by(lanes::<S>()) {
                    let mut most = simd.splat_f32s(f32::NEG_INFINITY);
                    for row in rows.clone() {
                        let start = (picture + row) * maps.row() + channel;
                        for column in columns.clone() {
                            most = simd.max_f32s(most, load::<S>(&maps.values, start + column * c));
                        }
                    }
                    store::<S>(to, channel, most);
                }
            }
        }
    }
}

/// The mean of each whole map.
pub(super) fn mean(maps: &Maps, room: &mut Room) -> Maps {
    let mut out = room.maps(maps.n, [1, 1], maps.channels);
    out.values.fill(0.0);
    let share = 1.0 / (maps.height * maps.width) as f32;
    let pictures = maps.values.chunks_exact(maps.height * maps.row());
    for (picture, to) in pictures.zip(out.values.chunks_exact_mut(maps.channels)) {
        for pixel in picture.chunks_exact(maps.channels) {
            to.iter_mut().zip(pixel).for_each(|(sum, value)| *sum += value);
        }
        to.iter_mut().for_each(|sum| *sum *= share);
    }
    out
}

/// A factor and a summand for each channel: batch normalisation by what was measured in training.
#[derive(Clone, Debug)]
pub(super) struct Affine {
    pub(super) factor: Vec<f32>,
    pub(super) summand: Vec<f32>,
}

impl Affine {
    pub(super) fn run(&self, values: &mut [f32]) {
        pulp::Arch::new().dispatch(RunAffine { affine: self, values });
    }
}

struct RunAffine<'a> {
    affine: &'a Affine,
    values: &'a mut [f32],
}

impl WithSimd for RunAffine<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Affine { factor, summand } = self.affine;
        for pixel in self.values.chunks_exact_mut(factor.len()) {
            for at in (0..factor.len()).step_by(lanes::<S>()) {
                let value = simd.mul_f32s(load::<S>(pixel, at), load::<S>(factor, at));
                store::<S>(pixel, at, simd.add_f32s(value, load::<S>(summand, at)));
            }
        }
    }
}

/// Layer normalisation over the channels and pixels of each picture (Ba, Kiros and Hinton 2016).
#[derive(Clone, Debug)]
pub(super) struct LayerNorm {
    /// Channels that are there; the others are filled up with zeros.
    pub(super) channels: usize,
    /// For each pixel and channel of a picture.
    pub(super) factor: Vec<f32>,
    pub(super) summand: Vec<f32>,
}

impl LayerNorm {
    pub(super) fn run(&self, maps: &mut Maps) {
        for picture in maps.values.chunks_exact_mut(self.factor.len()) {
            let (row, numbers) = (maps.width * maps.channels, maps.height * maps.width * self.channels);
            pulp::Arch::new().dispatch(RunLayerNorm { norm: self, row, numbers: numbers as f64, picture });
        }
    }
}

/// Sums that are made side by side: one would wait for itself.
const SUMS: usize = 2;

struct RunLayerNorm<'a> {
    norm: &'a LayerNorm,
    /// Numbers in a row of pixels.
    row: usize,
    /// How many there are in a picture, without those that fill up.
    numbers: f64,
    picture: &'a mut [f32],
}

impl WithSimd for RunLayerNorm<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { norm, row, numbers, picture } = self;
        let (mut total, mut total_squares) = (0.0, 0.0);
        for row in picture.chunks_exact(row) {
            // In single precision for a row, in double precision over all rows.
            let (mut sum, mut squares) = ([simd.splat_f32s(0.0); SUMS], [simd.splat_f32s(0.0); SUMS]);
            for some in row.chunks_exact(SUMS * lanes::<S>()) {
                for i in 0..SUMS {
                    let value = load::<S>(some, i * lanes::<S>());
                    sum[i] = simd.add_f32s(sum[i], value);
                    squares[i] = simd.mul_add_e_f32s(value, value, squares[i]);
                }
            }
            for i in 0..SUMS {
                total += f64::from(simd.reduce_sum_f32s(sum[i]));
                total_squares += f64::from(simd.reduce_sum_f32s(squares[i]));
            }
        }
        let mean = total / numbers;
        let scale = 1.0 / ((total_squares / numbers - mean * mean).max(0.0) + EPSILON).sqrt();
        let (factor, summand) = (simd.splat_f32s(scale as f32), simd.splat_f32s((-mean * scale) as f32));
        for at in (0..picture.len()).step_by(lanes::<S>()) {
            let value = simd.mul_add_e_f32s(load::<S>(picture, at), factor, summand);
            let value = simd.mul_add_e_f32s(value, load::<S>(&norm.factor, at), load::<S>(&norm.summand, at));
            store::<S>(picture, at, value);
        }
    }
}

/// Adds what a shortcut brings, and takes what is below zero away.
pub(super) fn join(inside: &mut [f32], around: &[f32]) {
    pulp::Arch::new().dispatch(Join { inside, around });
}

struct Join<'a> {
    inside: &'a mut [f32],
    around: &'a [f32],
}

impl pulp::NullaryFnOnce for Join<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for (inside, around) in self.inside.iter_mut().zip(self.around) {
            *inside = (*inside + around).max(0.0);
        }
    }
}
