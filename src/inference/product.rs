//! Products of matrices, the inner loop of every layer.

use std::ops::Range;

use pulp::Simd;

use super::maps::GROUP;

/// Factors k x outputs in panels of [`GROUP`] outputs, each panel k x [`GROUP`]: it is read from one end to the other.
#[derive(Clone, Debug)]
pub(super) struct Panels {
    pub(super) k: usize,
    values: Vec<f32>,
}

impl Panels {
    /// `factor(i, output)`; outputs beyond those that are asked for are zero.
    pub(super) fn new(k: usize, outputs: usize, factor: impl Fn(usize, usize) -> f32) -> Self {
        let mut values = Vec::with_capacity(k * outputs.next_multiple_of(GROUP));
        for first in (0..outputs).step_by(GROUP) {
            for i in 0..k {
                values.extend((first..first + GROUP).map(|o| if o < outputs { factor(i, o) } else { 0.0 }));
            }
        }
        Self { k, values }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.values.len() / (self.k * GROUP).max(1)
    }

    /// One of them.
    #[inline(always)]
    pub(super) fn panel(&self, i: usize) -> &[f32] {
        &self.values[i * self.k * GROUP..][..self.k * GROUP]
    }
}

/// Rows (each k long, one behind the other in `a`) times a panel, to the first [`GROUP`] numbers of every `stride` of `out`.
#[inline(always)]
pub(super) fn multiply<S: Simd>(simd: S, rows: usize, a: &[f32], panel: &[f32], out: &mut [f32], stride: usize) {
    // As many sums as the registers hold, beside the factors.
    match lanes::<S>() {
        16 => blocks::<S, 12, 2>(simd, rows, a, panel, out, stride),
        8 => blocks::<S, 6, 2>(simd, rows, a, panel, out, stride),
        4 => blocks::<S, 6, 4>(simd, rows, a, panel, out, stride),
        _ => blocks::<S, 2, 4>(simd, rows, a, panel, out, stride),
    }
}

/// A single row times neighbouring panels, to the first numbers of `out`: several panels at once, because memory brings several streams
/// faster than one.
#[inline(always)]
pub(super) fn multiply_row<S: Simd>(simd: S, row: &[f32], panels: &Panels, which: Range<usize>, out: &mut [f32]) {
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
        for (i, &number) in row.iter().enumerate() {
            let number = simd.splat_f32s(number);
            for (panel, sums) in panels.iter().zip(&mut sums) {
                let factors = &panel[i * GROUP..(i + 1) * GROUP];
                sums[0] = simd.mul_add_e_f32s(number, load::<S>(factors, part), sums[0]);
                sums[1] = simd.mul_add_e_f32s(number, load::<S>(factors, part + lanes), sums[1]);
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

#[inline(always)]
fn blocks<S: Simd, const ROWS: usize, const WIDE: usize>(
    simd: S,
    rows: usize,
    a: &[f32],
    panel: &[f32],
    out: &mut [f32],
    stride: usize,
) {
    let mut row = 0;
    while row < rows {
        let left = rows - row;
        // A few rows twice are faster than one by one.
        let done = if left > ROWS / 2 {
            block::<S, ROWS, WIDE>(simd, row, rows, a, panel, out, stride)
        } else if left > 1 {
            block::<S, 3, WIDE>(simd, row, rows, a, panel, out, stride)
        } else {
            block::<S, 1, WIDE>(simd, row, rows, a, panel, out, stride)
        };
        row += done;
    }
}

/// Some rows from `first` on; where fewer are left, the last one stands for those that are missing.
#[inline(always)]
fn block<S: Simd, const ROWS: usize, const WIDE: usize>(
    simd: S,
    first: usize,
    rows: usize,
    a: &[f32],
    panel: &[f32],
    out: &mut [f32],
    stride: usize,
) -> usize {
    let (k, lanes) = (panel.len() / GROUP, lanes::<S>());
    let a: [&[f32]; ROWS] = std::array::from_fn(|r| &a[(first + r).min(rows - 1) * k..][..k]);
    for part in (0..GROUP).step_by(WIDE * lanes) {
        let mut sums = [[simd.splat_f32s(0.0); WIDE]; ROWS];
        for (i, factors) in panel.chunks_exact(GROUP).enumerate().take(k) {
            let mut wide = [simd.splat_f32s(0.0); WIDE];
            for (v, wide) in wide.iter_mut().enumerate() {
                *wide = load::<S>(factors, part + v * lanes);
            }
            for r in 0..ROWS {
                let number = simd.splat_f32s(a[r][i]);
                for v in 0..WIDE {
                    sums[r][v] = simd.mul_add_e_f32s(number, wide[v], sums[r][v]);
                }
            }
        }
        for (r, sums) in sums.iter().enumerate().take(rows - first) {
            for (v, &sum) in sums.iter().enumerate() {
                store::<S>(out, (first + r) * stride + part + v * lanes, sum);
            }
        }
    }
    ROWS.min(rows - first)
}
