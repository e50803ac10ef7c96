//! Products of matrices, the inner loop of every layer.

use std::ops::Range;

use prefetch_index::prefetch_index;
use pulp::{Simd, WithSimd};

use super::maps::GROUP;

/// Numbers in a line of the cache.
const LINE: usize = 16;

/// Factors k x outputs in panels of [`GROUP`] outputs, each panel k x [`GROUP`]: it is read from one end to the other.
#[derive(Clone, Debug)]
pub(super) struct Panels {
    pub(super) k: usize,
    values: Vec<f32>,
    /// Where the first panel begins: at the beginning of a line of the cache.
    begin: usize,
}

impl Panels {
    /// `factor(i, output)`; outputs beyond those that are asked for are zero.
    pub(super) fn new(k: usize, outputs: usize, factor: impl Fn(usize, usize) -> f32) -> Self {
        let mut values: Vec<f32> = Vec::with_capacity(k * outputs.next_multiple_of(GROUP) + LINE);
        let begin = values.as_ptr().align_offset(LINE * size_of::<f32>()).min(LINE);
        values.resize(begin, 0.0);
        for first in (0..outputs).step_by(GROUP) {
            for i in 0..k {
                values.extend((first..first + GROUP).map(|o| if o < outputs { factor(i, o) } else { 0.0 }));
            }
        }
        Self { k, values, begin }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        (self.values.len() - self.begin) / (self.k * GROUP).max(1)
    }

    /// One of them.
    #[inline(always)]
    pub(super) fn panel(&self, i: usize) -> &[f32] {
        &self.values[self.begin + i * self.k * GROUP..][..self.k * GROUP]
    }
}

/// Rows (each k long, one behind the other in `a`; what lies behind them there is not used) times a panel, to the first [`GROUP`]
/// numbers of every `stride` of `out`.
#[inline(always)]
pub(super) fn multiply<S: Simd>(simd: S, rows: usize, a: &[f32], panel: &[f32], out: &mut [f32], stride: usize) {
    // Apart from the rest: a function of its own keeps its sums in registers.
    simd.vectorize(Multiply { rows, a, panel, out, stride });
}

struct Multiply<'a> {
    rows: usize,
    a: &'a [f32],
    panel: &'a [f32],
    out: &'a mut [f32],
    stride: usize,
}

impl WithSimd for Multiply<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        // As many sums as the registers hold, beside the factors.
        match lanes::<S>() {
            16 => self.run::<S, 12, 2>(simd),
            8 => self.run::<S, 6, 2>(simd),
            4 => self.run::<S, 6, 4>(simd),
            _ => self.run::<S, 2, 4>(simd),
        }
    }
}

impl Multiply<'_> {
    #[inline(always)]
    fn run<S: Simd, const ROWS: usize, const WIDE: usize>(self, simd: S) {
        match self.panel.len() / GROUP {
            32 => self.blocks::<S, ROWS, WIDE, 32>(simd),
            64 => self.blocks::<S, ROWS, WIDE, 64>(simd),
            96 => self.blocks::<S, ROWS, WIDE, 96>(simd),
            128 => self.blocks::<S, ROWS, WIDE, 128>(simd),
            256 => self.blocks::<S, ROWS, WIDE, 256>(simd),
            512 => self.blocks::<S, ROWS, WIDE, 512>(simd),
            _ => self.blocks::<S, ROWS, WIDE, 0>(simd),
        }
    }

    #[inline(always)]
    fn blocks<S: Simd, const ROWS: usize, const WIDE: usize, const APART: usize>(self, simd: S) {
        let Self { rows, a, panel, out, stride } = self;
        let (k, mut row) = (panel.len() / GROUP, 0);
        while row < rows {
            let (left, a, out) = (rows - row, &a[row * k..], &mut out[row * stride..]);
            // Where there is room behind the last row, its neighbours are multiplied as well and not kept.
            if left >= ROWS || left > ROWS / 2 && a.len() >= ROWS * k {
                block::<S, ROWS, WIDE, APART>(simd, left, a, panel, out, stride);
                row += ROWS;
            } else if left >= 4 {
                block::<S, 4, WIDE, 0>(simd, left, a, panel, out, stride);
                row += 4;
            } else {
                block::<S, 1, WIDE, 0>(simd, left, a, panel, out, stride);
                row += 1;
            }
        }
    }
}

#[inline(always)]
fn block<S: Simd, const ROWS: usize, const WIDE: usize, const APART: usize>(
    simd: S,
    left: usize,
    a: &[f32],
    panel: &[f32],
    out: &mut [f32],
    stride: usize,
) {
    let (k, lanes) = (panel.len() / GROUP, lanes::<S>());
    for part in (0..GROUP).step_by(WIDE * lanes) {
        let mut sums = [[simd.splat_f32s(0.0); WIDE]; ROWS];
        add_products::<S, ROWS, WIDE, APART>(simd, a, k, panel, part, &mut sums);
        for (r, sums) in sums.iter().enumerate().take(left) {
            for (v, &sum) in sums.iter().enumerate() {
                store::<S>(out, r * stride + part + v * lanes, sum);
            }
        }
    }
}

/// How far ahead of the products the factors are fetched, in numbers. What the hardware fetches by itself comes too late where they
/// lie in memory: a single picture takes a third longer.
const AHEAD: usize = 32 * GROUP;

/// Adds the products of some rows, which begin `apart` numbers from each other, and of `WIDE` registers of each line of a panel from
/// `part` on. `APART` is the same number where it is known beforehand: rows are then found without a register for each; otherwise it
/// is zero.
#[inline(always)]
pub(super) fn add_products<S: Simd, const ROWS: usize, const WIDE: usize, const APART: usize>(
    simd: S,
    a: &[f32],
    apart: usize,
    panel: &[f32],
    part: usize,
    sums: &mut [[S::f32s; WIDE]; ROWS],
) {
    let apart = if APART == 0 { apart } else { APART };
    for (numbers, factors) in a.windows((ROWS - 1) * apart + 1).zip(panel.chunks_exact(GROUP)) {
        let mut wide = [simd.splat_f32s(0.0); WIDE];
        for (v, wide) in wide.iter_mut().enumerate() {
            *wide = load::<S>(factors, part + v * lanes::<S>());
            prefetch_index(factors, AHEAD + part + v * lanes::<S>());
        }
        for (r, sums) in sums.iter_mut().enumerate() {
            let number = simd.splat_f32s(numbers[r * apart]);
            for (sum, &wide) in sums.iter_mut().zip(&wide) {
                *sum = simd.mul_add_e_f32s(number, wide, *sum);
            }
        }
    }
}

/// Numbers of long rows that are multiplied at a time: those of many rows stay in the cache until all panels have them.
const SLICE: usize = 512;

/// Long rows (each as long as the panels, one behind the other) times neighbouring panels, to the rows of `out`, which have a group for
/// each panel and are clear. A row is multiplied in slices, the same ones however many rows there are: it gives the same sums alone and
/// among others.
#[inline(always)]
pub(super) fn multiply_rows<S: Simd>(
    simd: S,
    rows: usize,
    a: &[f32],
    panels: &Panels,
    which: Range<usize>,
    out: &mut [f32],
) {
    let (k, stride) = (panels.k, which.len() * GROUP);
    if rows == 1 {
        return multiply_row(simd, a, panels, which, out);
    }
    let (mut slices, mut products) = (vec![0.0; rows * SLICE.min(k)], vec![0.0; rows * GROUP]);
    for start in (0..k).step_by(SLICE) {
        let length = SLICE.min(k - start);
        for (row, to) in a.chunks_exact(k).zip(slices.chunks_exact_mut(length)) {
            to.copy_from_slice(&row[start..][..length]);
        }
        for (i, panel) in which.clone().enumerate() {
            let factors = &panels.panel(panel)[start * GROUP..][..length * GROUP];
            multiply(simd, rows, &slices, factors, &mut products, GROUP);
            for (row, products) in products.chunks_exact(GROUP).enumerate() {
                let sums = &mut out[row * stride + i * GROUP..][..GROUP];
                for at in (0..GROUP).step_by(lanes::<S>()) {
                    store::<S>(sums, at, simd.add_f32s(load::<S>(sums, at), load::<S>(products, at)));
                }
            }
        }
    }
}

/// A single row, in the same slices: several panels at once, because memory brings several streams faster than one.
#[inline(always)]
fn multiply_row<S: Simd>(simd: S, row: &[f32], panels: &Panels, which: Range<usize>, out: &mut [f32]) {
    let (mut panel, mut out) = (which.start, out);
    while panel < which.end {
        let together = if which.end - panel >= STREAMS { STREAMS } else { 1 };
        let (own, rest) = out.split_at_mut(together * GROUP);
        match together {
            STREAMS => streams::<S, STREAMS>(simd, row, panels, panel, own),
            _ => streams::<S, 1>(simd, row, panels, panel, own),
        }
        (panel, out) = (panel + together, rest);
    }
}

/// Panels that are read at once.
const STREAMS: usize = 4;

#[inline(always)]
fn streams<S: Simd, const N: usize>(simd: S, row: &[f32], panels: &Panels, first: usize, out: &mut [f32]) {
    let lanes = lanes::<S>();
    let panels: [&[f32]; N] = std::array::from_fn(|i| panels.panel(first + i));
    for part in (0..GROUP).step_by(2 * lanes) {
        let mut sums = [[simd.splat_f32s(0.0); 2]; N];
        for (slice, numbers) in row.chunks(SLICE).enumerate() {
            let mut of_slice = [[simd.splat_f32s(0.0); 2]; N];
            for (i, &number) in numbers.iter().enumerate() {
                let (number, line) = (simd.splat_f32s(number), (slice * SLICE + i) * GROUP);
                for (panel, sums) in panels.iter().zip(&mut of_slice) {
                    let factors = &panel[line..line + GROUP];
                    sums[0] = simd.mul_add_e_f32s(number, load::<S>(factors, part), sums[0]);
                    sums[1] = simd.mul_add_e_f32s(number, load::<S>(factors, part + lanes), sums[1]);
                }
            }
            for (sums, of_slice) in sums.iter_mut().zip(&of_slice) {
                sums[0] = simd.add_f32s(sums[0], of_slice[0]);
                sums[1] = simd.add_f32s(sums[1], of_slice[1]);
            }
        }
        for (sums, out) in sums.iter().zip(out.chunks_exact_mut(GROUP)) {
            store::<S>(out, part, sums[0]);
            store::<S>(out, part + lanes, sums[1]);
        }
    }
}

/// Numbers in a register.
#[inline(always)]
pub(super) const fn lanes<S: Simd>() -> usize {
    size_of::<S::f32s>() / size_of::<f32>()
}

#[inline(always)]
pub(super) fn load<S: Simd>(numbers: &[f32], at: usize) -> S::f32s {
    S::as_simd_f32s(&numbers[at..at + lanes::<S>()]).0[0]
}

#[inline(always)]
pub(super) fn store<S: Simd>(numbers: &mut [f32], at: usize, value: S::f32s) {
    S::as_mut_simd_f32s(&mut numbers[at..at + lanes::<S>()]).0[0] = value;
}
