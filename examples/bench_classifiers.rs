//! Times a classifier on all rows, for `scripts/bench_classifiers.py`.
//!
//! `bench_classifiers RECIPE.toml FEATURES.npy LABELS.npy QUERIES THREADS` fits the model of the recipe to all rows of the
//! features (n x d, f32) but the last QUERIES and scores those: one half as validation rows, the other as test rows.
//! It prints one JSON line: wall-clock and processor seconds of all that, and the share of both halves that is right.

#[path = "support/processor.rs"]
mod processor;

use std::path::Path;
use std::time::Instant;

use ferrofuse::Silent;
use ferrofuse::artifact::{Workspace, read_npy1, read_npy2};
use ferrofuse::dataset::Split;
use ferrofuse::models::{Pictures, VectorInput, linear, ridge};
use ferrofuse::recipe::{Kind, ModelRecipe, Recipe, load};
use ndarray::{Array1, Array2};
use processor::processor_seconds;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [recipe, features, labels, queries, threads] = args.as_slice() else {
        return Err("usage: bench_classifiers RECIPE.toml FEATURES.npy LABELS.npy QUERIES THREADS".into());
    };
    rayon::ThreadPoolBuilder::new().num_threads(threads.parse()?).build_global()?;
    let recipe: Recipe<ModelRecipe> = load(&Workspace::new("."), Kind::Model, recipe)?;
    let features: Array2<f32> = read_npy2(Path::new(features))?;
    let labels: Array1<u8> = read_npy1(Path::new(labels))?;
    let (n, queries) = (features.nrows(), queries.parse::<usize>()?);
    let splits: Vec<Split> = (0..n)
        .map(|row| match row {
            row if row < n - queries => Split::Train,
            row if row < n - queries / 2 => Split::Validation,
            _ => Split::Test,
        })
        .collect();
    let views = [features.view()];
    let labels = labels.to_vec();
    let classes = usize::from(labels.iter().copied().max().unwrap_or(0)) + 1;
    let input =
        VectorInput { pictures: Pictures::new(&views), labels: &labels, splits: &splits, classes, calibration: None };

    let (clock, processor) = (Instant::now(), processor_seconds());
    let [validation, test] = match &recipe.value {
        ModelRecipe::KernelRidge(recipe) => {
            let outcome = ridge::fit_predict(recipe, &input, u64::MAX, &Silent)?;
            [outcome.validation, outcome.test]
        }
        ModelRecipe::Linear(recipe) => {
            let outcome = linear::fit_predict(recipe, &input, &Silent)?;
            [outcome.validation, outcome.test]
        }
        _ => return Err("the recipe's kind must be \"kernel-ridge\" or \"linear\"".into()),
    };
    let (wall, processor) = (clock.elapsed().as_secs_f64(), processor_seconds() - processor);
    let scored = validation.outer_iter().chain(test.outer_iter()).zip(&labels[n - queries..]);
    let right = scored.filter(|(row, label)| row.iter().all(|p| *p <= row[usize::from(**label)])).count();
    let accuracy = right as f64 / queries as f64;
    println!("{{\"wall\": {wall}, \"processor\": {processor}, \"accuracy\": {accuracy}}}");
    Ok(())
}
