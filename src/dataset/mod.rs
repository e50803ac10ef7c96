//! Labelled grey pictures of faces with their splits: importers, checks and the stored form.

mod ck_plus;
mod container;
mod counts;
mod counts_chart;
mod decode;
mod duplicates;
mod facts;
mod fer_csv;
#[cfg(test)]
mod fixture;
mod folds;
mod import;
mod near_duplicates;
mod partition;
mod pictures;
mod rows;
mod sample_sheet;
mod split;
mod store;
mod synthetic;
mod tree;
mod votes;

pub use counts_chart::{Chart, counts_chart};
pub use duplicates::{constant_images, identical_groups, identical_to_training, labels_of};
pub use facts::Facts;
pub use folds::Folds;
pub use import::{ImportOptions, Imported, Skipped, import};
pub use near_duplicates::{NEAR_DUPLICATE, near_training};
pub use sample_sheet::sample_sheet;
pub use split::Split;
pub use store::{Dataset, DatasetInfo, SCHEMA};
pub use synthetic::{draw, face};
