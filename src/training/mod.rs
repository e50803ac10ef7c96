//! The training loop: batches, augmentation, schedule, checkpoint and resume.

mod augmentation;
mod average;
mod checkpoint;
mod epoch;
mod learner;
mod mixing;
mod optimiser;
mod schedule;
#[cfg(test)]
mod tests;
mod train;

pub use train::{TrainOptions, TrainingData, train_network};
