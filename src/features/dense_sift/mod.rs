//! Dense SIFT: descriptors at the points of a fixed grid, all upright.

mod gradient;
mod grid;
mod native;
#[cfg(feature = "opencv")]
pub(super) mod opencv;
#[cfg(feature = "torch")]
mod operators;
mod scale;
mod smoothing;
#[cfg(test)]
mod tests;
mod window;

pub(super) use gradient::ORIENTATIONS;
pub use grid::{GridPoint, grid_points};
pub use native::DenseSift;
#[cfg(feature = "torch")]
pub(super) use operators::{Operators, operators};
#[cfg(feature = "torch")]
pub(super) use scale::{CLIP, FLAT};

/// Spatial bins along each side of a descriptor.
pub(super) const BINS: usize = 4;
