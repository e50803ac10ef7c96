//! Convolutions of any kernel and stride, as products of patches and weights. Patches are read where they lie: a row of one is a
//! stretch of a row of pixels.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::maps::{GROUP, Maps, filled_up, full};
use super::product::{Panels, lanes, load, multiply, store};

/// Pixels of a row that comes out below which patches of several rows are taken together.
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

    /// Some rows of what comes out, counted over all pictures.
    pub(super) fn run(&self, maps: &Maps, rows: Range<usize>, out: &mut [f32], scratch: &mut Vec<f32>) {
        pulp::Arch::new().dispatch(Run { convolution: self, maps, rows, out, scratch });
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

    /// The same for rows of few pixels: the patches of many rows, one behind the other, so that the weights are read once for all.
    #[inline(always)]
    fn run_narrow<S: Simd>(&self, simd: S, maps: &Maps, rows: Range<usize>, out: &mut [f32], scratch: &mut Vec<f32>) {
        let [height, width] = self.size([maps.height, maps.width]);
        let (k, pixels) = (self.weights.k, rows.len() * width);
        scratch.resize((TOGETHER * k).max(scratch.len()), 0.0);
        for first in (0..pixels).step_by(TOGETHER) {
            let together = TOGETHER.min(pixels - first);
            for (i, patch) in scratch.chunks_exact_mut(k).take(together).enumerate() {
                let (row, x) = (rows.start + (first + i) / width, (first + i) % width);
                self.patch(maps, row / height, [row % height, x], patch);
            }
            let out = &mut out[first * self.outputs..][..together * self.outputs];
            for panel in 0..self.weights.len() {
                let from = panel * GROUP;
                multiply(simd, together, scratch, self.weights.panel(panel), &mut out[from..], self.outputs);
            }
            add_bias(simd, out, &self.bias, self.relu);
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

    /// One row of what comes out, one group of channels.
    #[inline(always)]
    fn multiply<S: Simd, const PIXELS: usize, const WIDE: usize>(
        &self,
        simd: S,
        seen: &[f32],
        row: usize,
        panel: usize,
        out: &mut [f32],
    ) {
        let (width, lanes) = (out.len() / self.outputs, lanes::<S>());
        let (step, length) = (self.kernel.stride * self.inputs, self.kernel.side * self.inputs);
        let zero = simd.splat_f32s(0.0);
        for first in (0..width).step_by(PIXELS) {
            for part in (0..GROUP).step_by(WIDE * lanes) {
                let channel = panel * GROUP + part;
                let mut sums = [[zero; WIDE]; PIXELS];
                let weights = self.weights.panel(panel).chunks_exact(length * GROUP);
                for (seen, weights) in seen.chunks_exact(row).zip(weights) {
                    // Where fewer pixels are left, the last one stands for those that are missing.
                    let stretch: [&[f32]; PIXELS] =
                        std::array::from_fn(|p| &seen[(first + p).min(width - 1) * step..][..length]);
                    for (i, factors) in weights.chunks_exact(GROUP).enumerate().take(length) {
                        let mut wide = [zero; WIDE];
                        for (v, wide) in wide.iter_mut().enumerate() {
                            *wide = load::<S>(factors, part + v * lanes);
                        }
                        for p in 0..PIXELS {
                            let number = simd.splat_f32s(stretch[p][i]);
                            for v in 0..WIDE {
                                sums[p][v] = simd.mul_add_e_f32s(number, wide[v], sums[p][v]);
                            }
                        }
                    }
                }
                for (p, sums) in sums.iter().enumerate().take(width - first) {
                    for (v, &sum) in sums.iter().enumerate() {
                        let channel = channel + v * lanes;
                        let sum = simd.add_f32s(sum, load::<S>(&self.bias, channel));
                        let sum = if self.relu { simd.max_f32s(sum, zero) } else { sum };
                        store::<S>(out, (first + p) * self.outputs + channel, sum);
                    }
                }
            }
        }
    }
}

struct Run<'a> {
    convolution: &'a Patches,
    maps: &'a Maps,
    rows: Range<usize>,
    out: &'a mut [f32],
    scratch: &'a mut Vec<f32>,
}

impl WithSimd for Run<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { convolution: c, maps, rows, out, scratch } = self;
        let [height, width] = c.size([maps.height, maps.width]);
        if width < NARROW {
            return c.run_narrow(simd, maps, rows, out, scratch);
        }
        let row = c.row(maps);
        scratch.resize((c.kernel.side * row).max(scratch.len()), 0.0);
        let seen = &mut scratch[..c.kernel.side * row];
        for (y, out) in rows.zip(out.chunks_exact_mut(width * c.outputs)) {
            c.gather(maps, y / height, y % height, seen);
            for panel in 0..c.weights.len() {
                // As many sums as the registers hold, beside the factors.
                match lanes::<S>() {
                    16 => c.multiply::<S, 12, 2>(simd, seen, row, panel, out),
                    8 => c.multiply::<S, 6, 2>(simd, seen, row, panel, out),
                    4 => c.multiply::<S, 6, 4>(simd, seen, row, panel, out),
                    _ => c.multiply::<S, 2, 4>(simd, seen, row, panel, out),
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
