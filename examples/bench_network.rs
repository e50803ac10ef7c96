//! Times training and prediction of a network, for `scripts/bench_network.py`.
//!
//! `bench_network RECIPE.toml SIDE ROWS THREADS` trains the network of the recipe on ROWS pictures of SIDE x SIDE random
//! pixels for two epochs and predicts them. It prints one JSON line: pictures a second of the faster epoch, of prediction
//! in batches of 64, and milliseconds for a single picture, both in single precision and in bfloat16.

use std::time::Instant;

use ferrofuse::Silent;
use ferrofuse::artifact::Workspace;
use ferrofuse::dataset::{Dataset, DatasetInfo, SCHEMA, Split};
use ferrofuse::models::Start;
use ferrofuse::models::network::{Device, TrainedNetwork};
use ferrofuse::recipe::{Kind, ModelRecipe, NetworkRecipe, Recipe, load};
use ferrofuse::training::{TrainOptions, TrainingData, train_network};
use ndarray::{Array3, s};

/// Pictures that are predicted together.
const PREDICTED: usize = 64;
/// Single pictures that are timed.
const SINGLES: usize = 50;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    ferrofuse::keep_freed_memory();
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [recipe, side, rows, threads] = args.as_slice() else {
        return Err("usage: bench_network RECIPE.toml SIDE ROWS THREADS".into());
    };
    let (side, rows, threads): (usize, usize, usize) = (side.parse()?, rows.parse()?, threads.parse()?);
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
    let recipe: Recipe<ModelRecipe> = load(&Workspace::new("."), Kind::Model, recipe)?;
    let ModelRecipe::Network(network) = recipe.value else { return Err("the recipe is no network".into()) };
    let mut network: NetworkRecipe = *network;
    network.training.epochs = 2;
    let recipe = Recipe { name: recipe.name, origin: recipe.origin, text: recipe.text, value: network };

    // As good as random, and the same on each machine. The last two rows are for validation.
    let n = rows + 2;
    let images = Array3::from_shape_fn((n, side, side), |(i, y, x)| {
        ((i * 7919 + y * 104_729 + x * 1_299_709).wrapping_mul(2_654_435_761) >> 13) as u8
    });
    let info = DatasetInfo {
        schema: SCHEMA,
        name: "noise".into(),
        title: "noise".into(),
        classes: (0..7).map(|c| c.to_string()).collect(),
        rows: n,
        height: side,
        width: side,
        synthetic: true,
        source: "drawn".into(),
        split_rule: "the last two rows validate".into(),
        resize: "none".into(),
        prepared: Default::default(),
        skipped: 0,
        recipe: String::new(),
        fingerprint: "noise".into(),
        version: String::new(),
    };
    let splits = (0..n).map(|i| if i < rows { Split::Train } else { Split::Validation }).collect();
    let labels = (0..n).map(|i| (i % 7) as u8).collect();
    let dataset = Dataset { info, images, labels, splits, subjects: None, shares: None };
    let folder = tempfile::tempdir()?;
    let options = TrainOptions { start: Start::Fresh, device: Device::CPU, threads };
    let data = TrainingData { dataset: &dataset, feature: None, pretrained: None };
    let trained = train_network(&recipe, data, folder.path(), options, &Silent)?;
    let seconds = trained.description().history.iter().map(|e| e.seconds).fold(f64::INFINITY, f64::min);

    let (all, single) = predict(&trained, &dataset.images, rows)?;
    let mut fast = trained.clone();
    fast.use_bfloat16()?;
    let (all_fast, single_fast) = predict(&fast, &dataset.images, rows)?;
    println!(
        "{{\"training\": {}, \"prediction\": {all}, \"single_ms\": {single}, \"bfloat16\": {{\"prediction\": {all_fast}, \
         \"single_ms\": {single_fast}}}}}",
        rows as f64 / seconds,
    );
    Ok(())
}

/// Pictures a second, and the median milliseconds of a single one.
fn predict(network: &TrainedNetwork, images: &Array3<u8>, rows: usize) -> Result<(f64, f64), ferrofuse::Error> {
    let timed = |from: usize, to: usize| -> Result<f64, ferrofuse::Error> {
        let clock = Instant::now();
        for first in (from..to).step_by(PREDICTED) {
            let part = images.slice(s![first..to.min(first + PREDICTED), .., ..]);
            network.predict_proba(part, None, &Silent)?;
        }
        Ok(clock.elapsed().as_secs_f64())
    };
    timed(0, rows)?;
    let all = timed(0, rows)?;
    let mut singles = (0..SINGLES.min(rows)).map(|i| timed(i, i + 1)).collect::<Result<Vec<f64>, _>>()?;
    singles.sort_by(f64::total_cmp);
    Ok((rows as f64 / all, 1e3 * singles[singles.len() / 2]))
}
