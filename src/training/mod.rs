//! The training loop: batches, augmentation, schedule, checkpoint and resume.

mod augmentation;
mod average;
mod checkpoint;
mod data;
mod epoch;
mod learner;
mod mixing;
mod optimiser;
mod pretrained;
mod schedule;
#[cfg(test)]
mod tests;
mod train;

pub use data::{FusedFeature, TrainingData};
pub use train::{TrainOptions, train_network};
