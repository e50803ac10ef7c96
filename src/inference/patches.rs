//! Convolutions of any kernel and stride, as products of patches and weights. Patches are read where they lie: a row of one is a
//! stretch of a row of pixels.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::maps::{GROUP, Maps, filled_up, full};
use super::product::{Panels, add_products, lanes, load, multiply, store};

/// Pixels of a row that comes out below which patches of several rows are taken together; not fewer than are multiplied together.
const NARROW: usize = 12;
/// Patches that are taken together.
const TOGETHER: usize = 48;

/// Where the kernel stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kernel {
    pub(super) side: usize,
    pub(super) stride: usize,
    /// Zeros above and to the left.
    pub(super) before: usize,
    /// Zeros below and to the right.
    pub(super) behind: usize,
}

impl Kernel {
    /// Height and width of what comes out of maps of this size.
    pub(super) fn size(&self, size: [usize; 2]) -> [usize; 2] {
        size.map(|length| (length + self.before + self.behind - self.side) / self.stride + 1)
    }
}

/// A convolution, with the ReLU behind it or without.
#[derive(Clone, Debug)]
pub(super) struct Patches {
    kernel: Kernel,
    /// Channels of the maps that come in, filled up to a group or not.
    inputs: usize,
    outputs: usize,
    weights: Panels,
    bias: Vec<f32>,
    relu: bool,
}

impl Patches {
    /// `weight(output, input, y, x)` and a bias for each output. Maps come in with `channels` channels, of which the weights
    /// know the first `inputs`.
    pub(super) fn new(
        kernel: Kernel,
        channels: usize,
        [inputs, outputs]: [usize; 2],
        weight: impl Fn(usize, usize, usize, usize) -> f32,
        bias: &[f32],
        relu: bool,
    ) -> Self {
        let side = kernel.side;
        let weights = Panels::new(side * side * channels, outputs, |i, output| {
            let (tap, input) = (i / channels, i % channels);
            if input < inputs { weight(output, input, tap / side, tap % side) } else { 0.0 }
        });
        let bias = filled_up(bias.iter().copied());
        Self { kernel, inputs: channels, outputs: full(outputs), weights, bias, relu }
    }

    /// Height and width of what comes out.
    pub(super) fn size(&self, size: [usize; 2]) -> [usize; 2] {
        self.kernel.size(size)
    }

    /// Channels of what comes out.
    pub(super) fn outputs(&self) -> usize {
        self.outputs
    }

    /// Multiplications for each number that comes out.
    pub(super) fn products(&self) -> usize {
        self.weights.k
    }

    /// Some rows of what comes out, counted over all pictures, and some groups of channels; `out` has these channels alone.
    pub(super) fn run(
        &self,
        maps: &Maps,
        rows: Range<usize>,
        groups: Range<usize>,
        out: &mut [f32],
        scratch: &mut Vec<f32>,
    ) {
        pulp::Arch::new().dispatch(Run { convolution: self, maps, rows, groups, out, scratch });
    }

    /// Channels of what comes in.
    pub(super) fn inputs(&self) -> usize {
        self.inputs
    }

    /// How many factors there are.
    pub(super) fn factors(&self) -> usize {
        self.weights.k * self.outputs
    }

    /// The rows of pixels that the kernel sees for one row of what comes out, with zeros around the picture.
    fn gather(&self, maps: &Maps, picture: usize, y: usize, seen: &mut [f32]) {
        let Kernel { side, stride, before, .. } = self.kernel;
        for (tap, to) in seen.chunks_exact_mut(self.row(maps)).enumerate().take(side) {
            let y = (y * stride + tap).wrapping_sub(before);
            if y >= maps.height {
                to.fill(0.0);
                continue;
            }
            let (left, rest) = to.split_at_mut(before * self.inputs);
            let (middle, right) = rest.split_at_mut(maps.row());
            left.fill(0.0);
            middle.copy_from_slice(&maps.values[(picture * maps.height + y) * maps.row()..][..maps.row()]);
            right.fill(0.0);
        }
    }

    /// What the kernel sees for one pixel of what comes out.
    fn patch(&self, maps: &Maps, picture: usize, [y, x]: [usize; 2], patch: &mut [f32]) {
        let (Kernel { side, stride, before, .. }, c) = (self.kernel, self.inputs);
        for (tap_y, row) in patch.chunks_exact_mut(side * c).enumerate() {
            let y = (y * stride + tap_y).wrapping_sub(before);
            for (tap_x, to) in row.chunks_exact_mut(c).enumerate() {
                let x = (x * stride + tap_x).wrapping_sub(before);
                match y < maps.height && x < maps.width {
                    true => to.copy_from_slice(&maps.values[((picture * maps.height + y) * maps.width + x) * c..][..c]),
                    false => to.fill(0.0),
                }
            }
        }
    }

    /// Numbers in a row of pixels with zeros around it.
    fn row(&self, maps: &Maps) -> usize {
        (maps.width + self.kernel.before + self.kernel.behind) * self.inputs
    }
}

struct Run<'a> {
    convolution: &'a Patches,
    maps: &'a Maps,
    rows: Range<usize>,
    groups: Range<usize>,
    out: &'a mut [f32],
    scratch: &'a mut Vec<f32>,
}

impl WithSimd for Run<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let [_, width] = self.convolution.size([self.maps.height, self.maps.width]);
        if width < NARROW { self.narrow(simd) } else { self.wide(simd) }
    }
}

impl Run<'_> {
    /// Row by row.
    #[inline(always)]
    fn wide<S: Simd>(self, simd: S) {
        let Self { convolution: c, maps, rows, groups, out, scratch } = self;
        let [height, width] = c.size([maps.height, maps.width]);
        let row = c.row(maps);
        scratch.resize((c.kernel.side * row).max(scratch.len()), 0.0);
        let seen = &mut scratch[..c.kernel.side * row];
        for (y, out) in rows.zip(out.chunks_exact_mut(width * groups.len() * GROUP)) {
            c.gather(maps, y / height, y % height, seen);
            simd.vectorize(Row { convolution: c, seen, row, groups: &groups, out });
        }
    }

    /// For rows of few pixels: the patches of many rows, one behind the other, so that the weights are read once for all.
    #[inline(always)]
    fn narrow<S: Simd>(self, simd: S) {
        let Self { convolution: c, maps, rows, groups, out, scratch } = self;
        let [height, width] = c.size([maps.height, maps.width]);
        let (k, pixels, channels) = (c.weights.k, rows.len() * width, groups.len() * GROUP);
        scratch.resize((TOGETHER * k).max(scratch.len()), 0.0);
        for first in (0..pixels).step_by(TOGETHER) {
            let together = TOGETHER.min(pixels - first);
            for (i, patch) in scratch.chunks_exact_mut(k).take(together).enumerate() {
                let (row, x) = (rows.start + (first + i) / width, (first + i) % width);
                c.patch(maps, row / height, [row % height, x], patch);
            }
            let out = &mut out[first * channels..][..together * channels];
            for (i, panel) in groups.clone().enumerate() {
                multiply(simd, together, scratch, c.weights.panel(panel), &mut out[i * GROUP..], channels);
            }
            add_bias(simd, out, &c.bias[groups.start * GROUP..][..channels], c.relu);
        }
    }
}

/// One row of what comes out.
struct Row<'a> {
    convolution: &'a Patches,
    /// What the kernel sees: rows of `row` numbers.
    seen: &'a [f32],
    row: usize,
    groups: &'a Range<usize>,
    out: &'a mut [f32],
}

impl WithSimd for Row<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        // As many sums as the registers hold, beside the factors.
        match lanes::<S>() {
            16 => self.by_step::<S, 12, 2>(simd),
            8 => self.by_step::<S, 6, 2>(simd),
            4 => self.by_step::<S, 6, 4>(simd),
            _ => self.by_step::<S, 2, 4>(simd),
        }
    }
}

impl Row<'_> {
    #[inline(always)]
    fn by_step<S: Simd, const PIXELS: usize, const WIDE: usize>(self, simd: S) {
        match self.step() {
            // Of a picture.
            1 => self.run::<S, PIXELS, WIDE, 1>(simd),
            2 => self.run::<S, PIXELS, WIDE, 2>(simd),
            32 => self.run::<S, PIXELS, WIDE, 32>(simd),
            64 => self.run::<S, PIXELS, WIDE, 64>(simd),
            128 => self.run::<S, PIXELS, WIDE, 128>(simd),
            256 => self.run::<S, PIXELS, WIDE, 256>(simd),
            288 => self.run::<S, PIXELS, WIDE, 288>(simd),
            _ => self.run::<S, PIXELS, WIDE, 0>(simd),
        }
    }

    /// Numbers from a patch to the next.
    #[inline(always)]
    fn step(&self) -> usize {
        self.convolution.kernel.stride * self.convolution.inputs
    }

    #[inline(always)]
    fn run<S: Simd, const PIXELS: usize, const WIDE: usize, const STEP: usize>(self, simd: S) {
        let (step, Self { convolution: c, seen, row, groups, out }) = (self.step(), self);
        let (channels, lanes, zero) = (groups.len() * GROUP, lanes::<S>(), simd.splat_f32s(0.0));
        let (width, length) = (out.len() / channels, c.kernel.side * c.inputs);
        for panel in groups.clone() {
            for first in (0..width).step_by(PIXELS) {
                // Where fewer pixels are left, some are made a second time.
                let first = first.min(width - PIXELS);
                for part in (0..GROUP).step_by(WIDE * lanes) {
                    let mut sums = [[zero; WIDE]; PIXELS];
                    let weights = c.weights.panel(panel).chunks_exact(length * GROUP);
                    for (seen, weights) in seen.chunks_exact(row).zip(weights) {
                        let stretch = &seen[first * step..][..(PIXELS - 1) * step + length];
                        add_products::<S, PIXELS, WIDE, STEP>(simd, stretch, step, weights, part, &mut sums);
                    }
                    for (p, sums) in sums.iter().enumerate() {
                        for (v, &sum) in sums.iter().enumerate() {
                            let channel = part + v * lanes;
                            let sum = simd.add_f32s(sum, load::<S>(&c.bias, panel * GROUP + channel));
                            let sum = if c.relu { simd.max_f32s(sum, zero) } else { sum };
                            store::<S>(out, (first + p) * channels + (panel - groups.start) * GROUP + channel, sum);
                        }
                    }
                }
            }
        }
    }
}

/// Adds a number to each channel, and takes what is below zero away where a ReLU follows.
#[inline(always)]
pub(super) fn add_bias<S: Simd>(simd: S, values: &mut [f32], bias: &[f32], relu: bool) {
    let zero = simd.splat_f32s(0.0);
    for pixel in values.chunks_exact_mut(bias.len()) {
        for channel in (0..bias.len()).step_by(lanes::<S>()) {
            let sum = simd.add_f32s(load::<S>(pixel, channel), load::<S>(bias, channel));
            store::<S>(pixel, channel, if relu { simd.max_f32s(sum, zero) } else { sum });
        }
    }
}
