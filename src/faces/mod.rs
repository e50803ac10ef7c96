//! Faces in whole pictures: reading pictures, finding faces, cutting them out.
//!
//! What cuts faces out for a training set cuts them out at prediction as well, so that a model meets the same pixels.

mod cascade;
mod crop;
mod detector;
mod found;
mod haar;
#[cfg(feature = "opencv")]
mod opencv_cascade;
mod picture;
#[cfg(feature = "opencv")]
mod yunet;

pub use crop::FaceCrop;
pub use detector::{FaceDetector, FaceDetectors};
pub use found::{FaceBox, FoundFace};
pub use picture::Picture;
pub(crate) use picture::{decode, filter_name, grey_of, resized};
