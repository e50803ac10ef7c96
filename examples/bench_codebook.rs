//! Times full k-means on a matrix of descriptors, for `scripts/bench_codebook.py`.
//!
//! `bench_codebook POINTS.npy WORDS PASSES THREADS` prints one JSON line: wall-clock and processor seconds a pass
//! (assignment and update, without the draw of first centres) and the mean squared distance in the last pass.

#[path = "support/processor.rs"]
mod processor;

use std::sync::Mutex;
use std::time::Instant;

use ferrofuse::Progress;
use ferrofuse::features::Codebook;
use ferrofuse::recipe::{CodebookAlgorithm, CodebookRecipe};
use processor::processor_seconds;

/// Notes the time at the beginning and after each pass.
struct Clock(Mutex<Vec<(Instant, f64)>>);

impl Progress for Clock {
    fn start(&self, _: &str, _: u64, _: &str) {
        if let Ok(mut times) = self.0.lock() {
            *times = vec![(Instant::now(), processor_seconds())];
        }
    }
    fn advance(&self, _: u64) {
        if let Ok(mut times) = self.0.lock() {
            times.push((Instant::now(), processor_seconds()));
        }
    }
    fn note(&self, _: &str) {}
    fn finish(&self, _: &str) {}
    fn say(&self, _: &str) {}
    fn stop_requested(&self) -> bool {
        false
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [points, words, passes, threads] = args.as_slice() else {
        return Err("usage: bench_codebook POINTS.npy WORDS PASSES THREADS".into());
    };
    rayon::ThreadPoolBuilder::new().num_threads(threads.parse()?).build_global()?;
    let points = ferrofuse::artifact::read_npy2::<f32>(points.as_ref())?;
    let recipe = CodebookRecipe {
        words: words.parse()?,
        algorithm: CodebookAlgorithm::Full,
        batch: 4096,
        iterations: passes.parse()?,
        sample: 0,
        seed: 1,
    };
    let clock = Clock(Mutex::new(Vec::new()));
    let begin = Instant::now();
    let (_, fit) = Codebook::fit(&points.view(), &recipe, &clock)?;
    let total = begin.elapsed().as_secs_f64();
    let times = clock.0.into_inner()?;
    let (first, last) = (times[0], times[times.len() - 1]);
    let passes = (times.len() - 1) as f64;
    let wall = (last.0 - first.0).as_secs_f64();
    println!(
        "{{\"wall\": {}, \"processor\": {}, \"seeding\": {}, \"mean_squared_distance\": {}}}",
        wall / passes,
        (last.1 - first.1) / passes,
        total - wall,
        fit.mean_squared_distance
    );
    Ok(())
}
