//! Recipes: TOML files that say what to import, extract, train and compare, without touching Rust.
//!
//! A file in the working folder wins over the built-in one of the same name.

mod builtin;
mod cells;
mod checks;
mod data;
mod experiment;
mod feature;
mod grid;
mod kernel_ridge;
mod linear;
mod load;
mod model;
mod svm;

pub use builtin::{BUILTIN, Builtin};
pub use cells::{HogRecipe, LbpRecipe};
pub use data::{DataFormat, DataRecipe, ResizeFilter, SplitRule, SyntheticRecipe};
pub use experiment::{AggregateMethod, AggregateRecipe, ExperimentRecipe, ExternalRecipe, IngredientRecipe};
pub use feature::{
    CodebookAlgorithm, CodebookRecipe, DESCRIPTOR_LENGTH, DetectorRecipe, Encoding, Extractor, FeatureRecipe,
    MixtureRecipe, Normalisation, PcaRecipe, SoftRecipe,
};
pub use grid::{Backend, GridRecipe, Window};
pub use kernel_ridge::{Combine, Kernel, KernelRidgeRecipe};
pub use linear::{LinearRecipe, Loss};
pub use load::{Check, Kind, Recipe, available, load};
pub use model::{
    AugmentationRecipe, BatchNorm, BlockRecipe, FeatureScale, FusionRecipe, HeadRecipe, InputRecipe, ModelRecipe,
    NetworkRecipe, OptimiserKind, Padding, ScheduleKind, TrainingRecipe,
};
pub use svm::{SvmMode, SvmRecipe};
