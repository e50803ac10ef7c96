//! Sums over pairs of numbers that no matrix product gives.

use ndarray::{ArrayView2, ArrayViewMut2};

use crate::error::{Error, Result};

/// What is summed over the d numbers of two vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sum {
    /// (x - y)^2 / (x + y), 0 for two zeros.
    ChiSquared,
    /// The smaller one.
    Smaller,
}

/// Numbers that are summed side by side; wide enough for the vector registers of any processor.
const LANES: usize = 16;
/// Rows of `b` that share a walk over a row of `a`.
const TOGETHER: usize = 4;
/// Numbers of a row that are walked over at a time, so that a tile of rows stays in the nearest cache.
const DEPTH: usize = 512;
/// Rows of `a` that meet the same tile of `b`.
const TILE: usize = 32;

/// Writes the sums over the rows of `a` (m x d) and `b` (n x d) into `out` (m x n, zeros before), which lies in memory
/// row by row.
///
/// # Errors
/// [`Error::Invalid`] when the shapes do not fit together.
pub(super) fn sums(
    what: Sum,
    a: ArrayView2<'_, f32>,
    b: ArrayView2<'_, f32>,
    mut out: ArrayViewMut2<'_, f32>,
) -> Result<()> {
    let dims = (a.dim(), b.dim(), out.dim());
    let (a, b) = (a.as_standard_layout(), b.as_standard_layout());
    let (Some(a), Some(b), Some(out)) = (a.as_slice(), b.as_slice(), out.as_slice_mut()) else {
        return Err(Error::invalid("sums of pairs", format!("{dims:?}"), "matrices without gaps"));
    };
    let ((m, d), (n, depth), to) = dims;
    if depth != d || to != (m, n) {
        return Err(Error::invalid("sums of pairs", format!("{dims:?}"), "m x d and n x d into m x n"));
    }
    if m * n * d > 0 {
        let work = Work { a, b, out, d, n };
        match what {
            Sum::ChiSquared => pulp::Arch::new().dispatch(ChiSquared(work)),
            Sum::Smaller => pulp::Arch::new().dispatch(Smaller(work)),
        }
    }
    Ok(())
}

struct Work<'a> {
    a: &'a [f32],
    b: &'a [f32],
    out: &'a mut [f32],
    d: usize,
    n: usize,
}

struct ChiSquared<'a>(Work<'a>);
struct Smaller<'a>(Work<'a>);

impl pulp::NullaryFnOnce for ChiSquared<'_> {
    type Output = ();
    #[inline(always)]
    fn call(self) {
        // Two zeros give 0 / the smallest number.
        walk(self.0, |x, y| {
            let (apart, both) = (x - y, x + y);
            apart * apart / if both > f32::MIN_POSITIVE { both } else { f32::MIN_POSITIVE }
        });
    }
}

impl pulp::NullaryFnOnce for Smaller<'_> {
    type Output = ();
    #[inline(always)]
    fn call(self) {
        walk(self.0, |x, y| if x < y { x } else { y });
    }
}

/// Rows of `a` against tiles of `b`, a stretch of the numbers at a time.
#[inline(always)]
fn walk(work: Work<'_>, term: impl Fn(f32, f32) -> f32 + Copy) {
    let Work { a, b, out, d, n } = work;
    let rows = a.len() / d;
    for from in (0..d).step_by(DEPTH) {
        let to = (from + DEPTH).min(d);
        for first in (0..rows).step_by(TILE) {
            for start in (0..n).step_by(TOGETHER) {
                let wide = TOGETHER.min(n - start);
                // Behind the last row, the last one is taken again and its sum thrown away.
                let ys: [&[f32]; TOGETHER] = std::array::from_fn(|j| &b[(start + j.min(wide - 1)) * d..][from..to]);
                for i in first..(first + TILE).min(rows) {
                    let found = four(&a[i * d..][from..to], ys, term);
                    for (sum, found) in out[i * n + start..][..wide].iter_mut().zip(found) {
                        *sum += found;
                    }
                }
            }
        }
    }
}

/// The sums of one vector with four others.
#[inline(always)]
fn four(x: &[f32], ys: [&[f32]; TOGETHER], term: impl Fn(f32, f32) -> f32 + Copy) -> [f32; TOGETHER] {
    let mut lanes = [[0.0f32; LANES]; TOGETHER];
    let whole = x.len() / LANES * LANES;
    for at in (0..whole).step_by(LANES) {
        let x = &x[at..at + LANES];
        for (sums, y) in lanes.iter_mut().zip(ys) {
            let y = &y[at..at + LANES];
            for l in 0..LANES {
                sums[l] += term(x[l], y[l]);
            }
        }
    }
    std::array::from_fn(|j| {
        let rest = x[whole..].iter().zip(&ys[j][whole..]);
        lanes[j].iter().sum::<f32>() + rest.map(|(&x, &y)| term(x, y)).sum::<f32>()
    })
}
