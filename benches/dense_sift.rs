//! Native dense SIFT on one core: `cargo bench --bench dense_sift`. `scripts/bench_dense_sift.py` compares it with
//! VLFeat and OpenCV.

// The macros below make a public function without documentation.
#![allow(missing_docs)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ferrofuse::features::{DESCRIPTOR_LENGTH, DenseSift};
use ferrofuse::recipe::GridRecipe;
use ndarray::Array2;

fn dense_sift(c: &mut Criterion) {
    let picture = Array2::from_shape_fn((48, 48), |(y, x)| ((x * x * 3 + y * 5 + x * y * 7) % 251) as u8);
    let mut group = c.benchmark_group("dense SIFT, 48 x 48");
    group.throughput(Throughput::Elements(1));
    for (name, step, bins) in
        [("36 points", 7.0, vec![4]), ("144 points", 3.0, vec![4]), ("3 scales", 3.0, vec![3, 4, 6])]
    {
        let grid = GridRecipe { step, bins, ..GridRecipe::default() };
        let Ok(mut dense) = DenseSift::new(&grid, 48, 48) else { continue };
        let (mut descriptors, mut norms) = (vec![[0.0; DESCRIPTOR_LENGTH]; dense.len()], vec![0.0; dense.len()]);
        group.bench_function(name, |b| {
            b.iter(|| dense.describe(black_box(picture.view()), &mut descriptors, &mut norms));
        });
    }
    group.finish();
}

criterion_group!(benches, dense_sift);
criterion_main!(benches);
