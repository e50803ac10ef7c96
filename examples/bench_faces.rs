//! Milliseconds that finding faces takes in each of some pictures: `cargo run --release --example bench_faces -- ROUNDS PICTURE...`
//!
//! Prints the best of the rounds as JSON, with the boxes; scripts/bench_predict.py sets it beside OpenCV.

use std::time::Instant;

use ferrofuse::faces::{FaceDetector, Picture};
use ferrofuse::recipe::FaceRecipe;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [rounds, paths @ ..] = args.as_slice() else { return Err("usage: bench_faces ROUNDS PICTURE...".into()) };
    let pictures = paths.iter().map(|path| Picture::decode(&std::fs::read(path)?).map_err(Into::into));
    let pictures = pictures.collect::<Result<Vec<_>, Box<dyn std::error::Error>>>()?;
    let mut detector = FaceDetector::new(&FaceRecipe::default())?;
    let (mut best, mut boxes) = (f64::INFINITY, Vec::new());
    for _ in 0..rounds.parse::<usize>()?.max(1) {
        let clock = Instant::now();
        boxes = pictures.iter().map(|picture| detector.detect(picture)).collect::<Result<Vec<_>, _>>()?;
        best = best.min(clock.elapsed().as_secs_f64());
    }
    let boxes: Vec<Vec<_>> = boxes.iter().map(|faces| faces.iter().map(|f| f.face).collect()).collect();
    let milliseconds = 1e3 * best / pictures.len().max(1) as f64;
    println!("{}", serde_json::json!({ "milliseconds": milliseconds, "boxes": boxes }));
    Ok(())
}
