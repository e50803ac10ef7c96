//! Times Fisher vectors of dense SIFT, for `scripts/bench_fisher.py`.
//!
//! `bench_fisher RECIPE.toml PICTURES THREADS` extracts the feature of the recipe from drawn faces and prints one JSON
//! line: descriptors of a picture, numbers of its vector, and pictures a second of the encoding alone (projection,
//! posteriors, vector).

use ferrofuse::Silent;
use ferrofuse::artifact::Workspace;
use ferrofuse::dataset::{Dataset, DatasetInfo, Split};
use ferrofuse::features::extract;
use ferrofuse::recipe::{FeatureRecipe, Kind, Recipe, load};
use ndarray::Array3;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [recipe, pictures, threads] = args.as_slice() else {
        return Err("usage: bench_fisher RECIPE.toml PICTURES THREADS".into());
    };
    rayon::ThreadPoolBuilder::new().num_threads(threads.parse()?).build_global()?;
    let recipe: Recipe<FeatureRecipe> = load(&Workspace::new("."), Kind::Feature, recipe)?;
    let rows: usize = pictures.parse()?;
    // Waves of many directions and lengths: every orientation bin has something to hold.
    let images = Array3::from_shape_fn((rows, 48, 48), |(row, y, x)| {
        let (angle, length) = (row as f32 * 0.7, 3.0 + (row % 7) as f32);
        let along = x as f32 * angle.cos() + y as f32 * angle.sin() + (x * y % (row % 11 + 5)) as f32 * 0.4;
        (127.0 + 100.0 * (along / length).sin()) as u8
    });
    let info = DatasetInfo {
        schema: ferrofuse::dataset::SCHEMA,
        name: "waves".into(),
        title: "waves".into(),
        classes: vec!["wave".into()],
        rows,
        height: 48,
        width: 48,
        synthetic: true,
        source: "drawn".into(),
        split_rule: "all for training".into(),
        resize: "none".into(),
        prepared: Default::default(),
        skipped: 0,
        recipe: String::new(),
        fingerprint: "waves".into(),
        version: String::new(),
    };
    let dataset =
        Dataset { info, images, labels: vec![0; rows], splits: vec![Split::Train; rows], subjects: None, shares: None };
    let matrix = extract(&dataset, &recipe, 8 << 30, &Silent)?;
    let encode = matrix.stages.iter().find(|stage| stage.name == "encode").ok_or("no memory to encode apart")?;
    let rate = encode.rate().ok_or("too few pictures to be timed")?;
    let (points, numbers) = (matrix.info.descriptors / rows as u64, matrix.info.dimensions);
    println!("{{\"points\": {points}, \"numbers\": {numbers}, \"images_per_second\": {rate}}}");
    Ok(())
}
