//! Dense SIFT: descriptors at the points of a fixed grid, all upright.

mod gradient;
mod grid;
mod native;
#[cfg(feature = "opencv")]
pub(super) mod opencv;
mod scale;
mod smoothing;
#[cfg(test)]
mod tests;
mod window;

pub use grid::{GridPoint, grid_points};
pub use native::DenseSift;

/// Spatial bins along each side of a descriptor.
const BINS: usize = 4;
