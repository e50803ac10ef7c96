//! Handcrafted features: SIFT and dense SIFT, encoded by codebooks or mixtures of Gaussians; HOG and LBP.
//!
//! A picture has local *descriptors* (128 numbers each), taken at detected keypoints (SIFT) or on a grid
//! (dense SIFT). They become one vector: one after the other, as a bag of words or VLAD over a [`Codebook`], or as a
//! Fisher vector over a [`Mixture`]. [`extract`] does it for a dataset, [`Extractor`] for single pictures.
//! [`from_embeddings`] takes what a trained network makes of pictures as a feature like the others.

mod bag_of_words;
pub mod codebook;
mod dense_sift;
mod descriptors;
mod embedding;
mod encoder;
mod extract;
mod extractor;
mod fisher;
#[cfg(feature = "torch")]
mod graph;
mod local;
mod matches;
mod memory;
mod mirrored;
mod mixture;
mod normalise;
mod projection;
mod pyramid;
mod reservoir;
#[cfg(feature = "opencv")]
mod sift;
mod store;
mod vlad;
mod vocabulary;
mod whole_picture;

pub use codebook::Codebook;
pub use dense_sift::{DenseSift, GridPoint, grid_points};
pub use descriptors::{DESCRIPTOR_LENGTH, DescriptorSet};
pub use embedding::{embedding_fingerprint, from_embeddings, normalise_embeddings};
pub use extract::{Stage, extract};
pub use extractor::{Extractor, describe_pictures};
#[cfg(feature = "torch")]
pub(crate) use graph::GraphFeature;
pub use matches::{Match, WordShape};
pub use memory::parse_memory;
pub use mirrored::{extract_mirrored, mirrored_fingerprint};
pub use mixture::Mixture;
pub use normalise::{normalise, root_sift};
pub use projection::Projection;
pub use store::{CodebookInfo, FeatureInfo, FeatureMatrix, MixtureInfo, SCHEMA, fingerprint_of};
pub use vocabulary::Vocabulary;

#[cfg(test)]
#[cfg(feature = "opencv")]
mod golden;
#[cfg(test)]
mod golden_encodings;
#[cfg(test)]
#[cfg(feature = "opencv")]
mod tests;
