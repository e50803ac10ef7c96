//! Labelled grey pictures of faces with their splits: importers, checks and the stored form.

mod split;
mod store;
mod synthetic;

pub use split::Split;
pub use store::{Dataset, DatasetInfo, SCHEMA};
pub use synthetic::{draw, face};
