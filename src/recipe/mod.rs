//! Recipes: TOML files that say what to import, extract, train and compare, without touching Rust.
//!
//! A file in the working folder wins over the built-in one of the same name.

mod block;
mod builtin;
mod cells;
mod checks;
mod data;
mod experiment;
mod external;
mod faces;
mod feature;
mod folds;
mod grid;
mod kernel_ridge;
mod linear;
mod load;
mod model;
mod network;
mod pretrained;
mod svm;
mod training;

pub use block::{BatchNorm, BlockKind, BlockRecipe, Padding};
pub use builtin::{BUILTIN, Builtin};
pub use cells::{HogRecipe, LbpRecipe};
pub use data::{DataFormat, DataRecipe, ResizeFilter, SplitRule, SyntheticRecipe, VoteLabels, VotesRecipe};
pub use experiment::{AggregateMethod, AggregateRecipe, ExperimentRecipe, IngredientRecipe};
pub use external::{ExternalRecipe, ExternalSource};
pub use faces::{FaceDetectorKind, FaceRecipe, Preparation};
pub use feature::{
    CodebookAlgorithm, CodebookRecipe, DESCRIPTOR_LENGTH, DetectorRecipe, Encoding, Extractor, FeatureRecipe,
    MixtureRecipe, Normalisation, PcaRecipe, SoftRecipe,
};
pub use folds::{FoldRule, FoldsRecipe};
pub use grid::{Backend, GridRecipe, Window};
pub use kernel_ridge::{Combine, Kernel, KernelRidgeRecipe};
pub use linear::{LinearRecipe, Loss};
pub use load::{Check, Kind, Recipe, available, load};
pub use model::ModelRecipe;
pub use network::{FeatureMode, FeatureScale, FusionRecipe, HeadRecipe, InputRecipe, Join, NetworkRecipe};
pub use pretrained::PretrainedRecipe;
pub use svm::{SvmMode, SvmRecipe};
pub use training::{
    AugmentationRecipe, Balance, DecayRecipe, Keep, OptimiserKind, ScheduleKind, Targets, TrainingRecipe,
};
