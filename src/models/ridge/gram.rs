//! The kernel matrix of all training rows.

use ndarray::{Array2, ArrayViewMut2, Axis, s};
use rayon::prelude::*;

use super::interrupted;
use super::training::Training;
use crate::cost::show_memory;
use crate::error::{Error, Result};
use crate::progress::Progress;

/// Rows and columns of a tile; one of 512 x 512 is 1 MB.
const TILE: usize = 512;

/// The kernel matrix (n x n); only what lies on and right of the tiles on the diagonal is filled.
///
/// # Errors
/// [`Error::Interrupted`] when asked to stop.
pub(super) fn matrix(training: &Training, progress: &dyn Progress) -> Result<Array2<f32>> {
    let n = training.len();
    let tiles = n.div_ceil(TILE);
    let mut out = Array2::<f32>::zeros((n, n));
    progress.start("kernel matrix", (tiles * (tiles + 1) / 2) as u64, "tiles");
    let outcome = out
        .axis_chunks_iter_mut(Axis(0), TILE)
        .into_par_iter()
        .enumerate()
        .try_for_each(|(number, mut rows)| fill(training, number * TILE, rows.view_mut(), progress));
    progress.finish("");
    outcome.map(|()| out)
}

/// Rows `first` and following, from the tile on the diagonal on.
fn fill(training: &Training, first: usize, rows: ArrayViewMut2<'_, f32>, progress: &dyn Progress) -> Result<()> {
    let (height, n) = rows.dim();
    let mut right = rows.slice_move(s![.., first..]);
    let starts: Vec<usize> = (first..n).step_by(TILE).collect();
    right.axis_chunks_iter_mut(Axis(1), TILE).into_par_iter().zip(starts).try_for_each(|(mut tile, start)| {
        if progress.stop_requested() {
            return Err(interrupted());
        }
        training.add_own_kernels(first..first + height, start..start + tile.ncols(), tile.view_mut())?;
        progress.advance(1);
        Ok(())
    })
}

/// Checks that the kernel matrix of `n` rows and the rows themselves (`width` numbers each) fit `memory` bytes.
///
/// # Errors
/// [`Error::Invalid`] with the amount that is needed.
pub(super) fn check_memory(n: usize, width: usize, memory: u64) -> Result<()> {
    let needed = 4 * n as u64 * (n as u64 + width as u64);
    if needed <= memory {
        return Ok(());
    }
    let expected = format!(
        "at least {} for the kernels of {n} x {n} training rows and the rows themselves (`--kernel-memory`), or an SVM",
        show_memory(needed)
    );
    Err(Error::invalid("memory for kernel ridge", show_memory(memory), expected))
}
