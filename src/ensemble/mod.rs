//! The probabilities of several models made into one: means, votes, chosen weights and stacking.

mod alike;
mod combination;
mod geometric;
mod greedy;
mod grid;
mod library;
mod logistic;
mod mean;
mod stacking;
mod vote;
mod weighted;

pub use alike::check_alike;
pub use combination::Combination;
pub use stacking::Stacker;

#[cfg(test)]
mod drawn;
#[cfg(test)]
mod tests;
