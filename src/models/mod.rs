//! Networks with hybrid heads, and support vector machines.

mod description;
#[cfg(feature = "torch")]
pub mod network;
pub mod svm;

pub use description::{EpochRecord, NetworkDescription, SCHEMA, Start, network_fingerprint};
