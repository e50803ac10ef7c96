//! Labelled grey pictures of faces with their splits: importers, checks and the stored form.

mod container;
mod counts;
mod fer_csv;
mod import;
mod partition;
mod split;
mod store;

pub use import::{ImportOptions, Imported, Skipped, import};
pub use split::Split;
pub use store::{Dataset, DatasetInfo, SCHEMA};
