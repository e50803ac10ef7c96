//! Prediction by trained networks on a processor, without libtorch: what a network says of a face takes half the time, and a single
//! picture less than half.
//!
//! The layers are those of `models::network`, with the same weights and, but for rounding, the same probabilities. Batch
//! normalisation goes into the weights of the convolution before it. Maps lie channels last, in groups of channels that fill
//! the registers.

mod block;
mod convolution;
mod dense;
mod head;
mod maps;
mod network;
mod patches;
mod pool;
mod product;
#[cfg(test)]
mod tests;
mod tiles;
mod views;
mod weights;
mod winograd;

pub(crate) use network::{CpuNetwork, Wanted};
pub(crate) use weights::EPSILON;
