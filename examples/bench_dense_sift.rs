//! Times native dense SIFT, for `scripts/bench_dense_sift.py`.
//!
//! `bench_dense_sift IMAGES.npy STEP BIN ROUNDS THREADS` (n x h x w, u8) prints one JSON line: descriptors of a picture,
//! and pictures a second in the best of the rounds.

use std::time::Instant;

use ferrofuse::features::{DESCRIPTOR_LENGTH, DenseSift};
use ferrofuse::recipe::GridRecipe;
use ndarray::{Array3, Axis};
use rayon::prelude::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [images, step, bin, rounds, threads] = args.as_slice() else {
        return Err("usage: bench_dense_sift IMAGES.npy STEP BIN ROUNDS THREADS".into());
    };
    let threads: usize = threads.parse()?;
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
    let images: Array3<u8> = ferrofuse::artifact::read_npy3(images.as_ref())?;
    let grid = GridRecipe { step: step.parse()?, bins: vec![bin.parse()?], ..GridRecipe::default() };
    let points = DenseSift::new(&grid, images.dim().1, images.dim().2)?.len();
    let mut best = f64::INFINITY;
    for _ in 0..rounds.parse::<usize>()? {
        let start = Instant::now();
        images.axis_chunks_iter(Axis(0), images.len_of(Axis(0)).div_ceil(threads)).into_par_iter().try_for_each(
            |part| {
                let mut dense = DenseSift::new(&grid, part.dim().1, part.dim().2)?;
                let (mut descriptors, mut norms) = (vec![[0.0; DESCRIPTOR_LENGTH]; points], vec![0.0; points]);
                part.outer_iter().try_for_each(|image| dense.describe(image, &mut descriptors, &mut norms))
            },
        )?;
        best = best.min(start.elapsed().as_secs_f64());
    }
    println!("{{\"points\": {points}, \"images_per_second\": {}}}", images.len_of(Axis(0)) as f64 / best);
    Ok(())
}
