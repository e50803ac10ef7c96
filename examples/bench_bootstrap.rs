//! Times the bootstrap of scores, for `scripts/bench_bootstrap.py`.
//!
//! `bench_bootstrap LABELS.npy PREDICTED.npy CLASSES RESAMPLES THREADS [CLUSTERS.npy]` reads true labels (n, bytes),
//! predicted ones (m x n, bytes) and, to draw whole clusters, the cluster of each row (n, u32). It prints one JSON line:
//! wall-clock seconds (the least of five) and processor seconds (their mean) of all intervals, and those of the first
//! model's accuracy.

#[path = "support/processor.rs"]
mod processor;

use std::path::Path;
use std::time::Instant;

use ferrofuse::artifact::{read_npy1, read_npy2};
use ferrofuse::evaluation::{Bootstrap, BootstrapInput, BootstrapPlan};
use processor::processor_seconds;

const TIMES: u32 = 5;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [labels, predicted, classes, resamples, threads, rest @ ..] = args.as_slice() else {
        return Err("usage: bench_bootstrap LABELS.npy PREDICTED.npy CLASSES RESAMPLES THREADS [CLUSTERS.npy]".into());
    };
    rayon::ThreadPoolBuilder::new().num_threads(threads.parse()?).build_global()?;
    let labels = read_npy1::<u8>(Path::new(labels))?.to_vec();
    let predicted = read_npy2::<u8>(Path::new(predicted))?;
    let predicted: Vec<Vec<u8>> = predicted.outer_iter().map(|row| row.to_vec()).collect();
    let clusters = rest.first().map(|path| read_npy1::<u32>(Path::new(path))).transpose()?.map(|c| c.to_vec());
    let input = BootstrapInput {
        labels: &labels,
        classes: classes.parse()?,
        predicted: &predicted,
        clusters: clusters.as_deref(),
        reference: Some(0),
    };
    let plan = BootstrapPlan { resamples: resamples.parse()?, seed: 1 };
    let before = processor_seconds();
    let mut wall = f64::INFINITY;
    let mut interval = [0.0; 2];
    for _ in 0..TIMES {
        let start = Instant::now();
        let found = Bootstrap::of(&input, plan)?;
        wall = wall.min(start.elapsed().as_secs_f64());
        interval = found.models.first().ok_or("no model")?.scores.accuracy;
    }
    let processor = (processor_seconds() - before) / f64::from(TIMES);
    println!("{{\"wall\": {wall}, \"processor\": {processor}, \"accuracy\": {interval:?}}}");
    Ok(())
}
