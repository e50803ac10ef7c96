//! What k-means is fitted to: rows that can be read one by one, whatever they are stored as.

use ndarray::ArrayView2;
use rayon::prelude::*;

use crate::error::{Error, Result};

/// n points of d numbers each.
pub trait Points: Sync {
    /// Number of points, n.
    fn len(&self) -> usize;
    /// Numbers in a point, d.
    fn dimensions(&self) -> usize;
    /// Copies point `row` (below n) into `into` (d numbers).
    fn read(&self, row: usize, into: &mut [f32]);
    /// Whether no number can be NaN or infinite, so that nobody needs to look.
    fn always_finite(&self) -> bool {
        false
    }
    /// Whether there are no points.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Points for ArrayView2<'_, f32> {
    fn len(&self) -> usize {
        self.nrows()
    }

    fn dimensions(&self) -> usize {
        self.ncols()
    }

    fn read(&self, row: usize, into: &mut [f32]) {
        let row = self.row(row);
        match row.as_slice() {
            Some(slice) => into.copy_from_slice(slice),
            None => into.iter_mut().zip(row).for_each(|(to, from)| *to = *from),
        }
    }
}

/// Some of the points, in a stated order; a point may come more than once.
pub(super) struct Subset<'a, P> {
    pub(super) points: &'a P,
    pub(super) rows: &'a [u32],
}

impl<P: Points> Points for Subset<'_, P> {
    fn len(&self) -> usize {
        self.rows.len()
    }

    fn dimensions(&self) -> usize {
        self.points.dimensions()
    }

    fn read(&self, row: usize, into: &mut [f32]) {
        self.points.read(self.rows[row] as usize, into);
    }

    fn always_finite(&self) -> bool {
        self.points.always_finite()
    }
}

/// Refuses NaN and infinity, which would make every comparison of distances meaningless.
pub(super) fn check_finite(points: &impl Points) -> Result<()> {
    if u32::try_from(points.len()).is_err() {
        return Err(Error::invalid("number of descriptors", points.len(), "at most 4,294,967,295"));
    }
    if points.always_finite() {
        return Ok(());
    }
    let bad = (0..points.len()).into_par_iter().with_min_len(1024).map_init(
        || vec![0.0; points.dimensions()],
        |buffer, row| {
            points.read(row, buffer);
            (row, buffer.iter().copied().find(|v| !v.is_finite()))
        },
    );
    match bad.find_first(|(_, value)| value.is_some()) {
        Some((row, Some(value))) => Err(Error::invalid(format!("descriptor {row}"), value, "finite numbers")),
        _ => Ok(()),
    }
}
