//! Networks with hybrid heads, and classifiers on features: support vector machines and kernel ridge regression.

mod calibration;
mod description;
mod kernel;
pub mod linear;
#[cfg(feature = "torch")]
pub mod network;
mod outcome;
mod pretrained;
pub mod ridge;
mod scoring;
mod stored;
pub mod svm;
mod vectors;

pub use calibration::Calibration;
pub use description::{EpochRecord, NetworkDescription, SCHEMA, Start, StartingPoint, network_fingerprint};
pub use outcome::{Classifier, Outcome};
pub use pretrained::{Pretrained, exported_folder};
pub use vectors::{Pictures, VectorInput};
