//! SIFT and dense SIFT against cv2; `scripts/golden/sift.py` made `golden/sift.json` (opencv-python 4.11).
//!
//! Versions of OpenCV and processors differ in the order and fusing of additions in the scale space and in the
//! histograms. A number of a descriptor is rounded to 0..=255 at the end, so such differences show as steps of one,
//! rarely of two: up to 2 for each number, and 0.2 on average, is agreement.

use ndarray::Array2;
use serde::Deserialize;

use super::codebook::Points;
use super::{DESCRIPTOR_LENGTH, DescriptorSet, Extractor, Vocabulary};
use crate::recipe::{Encoding, Extractor as Where, FeatureRecipe, GridRecipe, Normalisation};

#[derive(Deserialize)]
struct Golden {
    pixel_sum: u64,
    sift: GoldenSift,
    dense_12: Vec<Vec<f32>>,
    dense_2_67: Vec<Vec<f32>>,
}

#[derive(Deserialize)]
struct GoldenSift {
    keypoints: usize,
    descriptors: Vec<Vec<f32>>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("golden/sift.json")).unwrap()
}

/// The picture that the script draws.
pub(super) fn picture() -> Array2<u8> {
    let ellipses =
        [(24, 26, 17, 20, 190), (17, 20, 4, 3, 40), (31, 20, 4, 2, 30), (24, 37, 8, 3, 70), (24, 28, 2, 5, 150)];
    Array2::from_shape_fn((48, 48), |(y, x)| {
        let (x, y) = (x as i64, y as i64);
        let mut grey = 60 + 2 * x + y;
        for (cx, cy, a, b, value) in ellipses {
            if (x - cx).pow(2) * b * b + (y - cy).pow(2) * a * a <= a * a * b * b {
                grey = value + (x - cx) - (y - cy);
            }
        }
        (grey + (x * 7 + y * 13 + x * y) % 11).clamp(0, 255) as u8
    })
}

fn assert_close(ours: &[f32], theirs: &[f32], what: &str) {
    let differences: Vec<f32> = ours.iter().zip(theirs).map(|(a, b)| (a - b).abs()).collect();
    let mean = differences.iter().sum::<f32>() / differences.len() as f32;
    let most = differences.iter().copied().fold(0.0, f32::max);
    assert!(ours.len() == theirs.len() && most <= 2.0 && mean <= 0.2, "{what}: at most {most}, {mean} on average");
}

#[test]
fn the_picture_is_the_same() {
    assert_eq!(picture().iter().map(|&v| u64::from(v)).sum::<u64>(), golden().pixel_sum);
}

#[test]
fn dense_sift_equals_cv2() {
    let golden = golden();
    for (first, step, count, size, theirs) in
        [(6.0, 12.0, 4, 12.0, golden.dense_12), (6.5, 7.0, 6, 2.67, golden.dense_2_67)]
    {
        let recipe = FeatureRecipe {
            title: "raw dense SIFT".into(),
            extractor: Where::DenseSift,
            root_sift: false,
            detector: None,
            grid: Some(GridRecipe {
                first: Some(first),
                step,
                count: Some(count),
                sizes: vec![size],
                ..GridRecipe::default()
            }),
            encoding: Encoding::Concatenate,
            codebook: None,
            soft: None,
            hog: None,
            network: None,
            lbp: None,
            symmetric: false,
            presence: false,
            normalisation: Normalisation::None,
            pca: None,
            position: false,
            mixture: None,
            pyramid: Vec::new(),
        };
        let mut extractor = Extractor::new(&recipe, Vocabulary::default(), 48, 48).unwrap();
        let ours = extractor.describe(picture().view()).unwrap();
        assert_close(&ours.to_vec(), &theirs.concat(), &format!("grid of size {size}"));
    }
}

#[test]
fn detected_sift_equals_cv2() {
    let golden = golden().sift;
    let mut sift = super::sift::Sift::new(&Default::default()).unwrap();
    let mut set = DescriptorSet::new(false);
    sift.detect_and_describe(picture().view(), &mut set).unwrap();
    assert!(set.places().iter().flatten().all(|v| (0.0..=1.0).contains(v)));
    let read = |row| {
        let mut numbers = vec![0.0; DESCRIPTOR_LENGTH];
        set.read(row, &mut numbers);
        numbers
    };
    let mut ours: Vec<Vec<f32>> = (0..set.len()).map(read).collect();
    assert_eq!(ours.len(), golden.keypoints);
    // The order of keypoints is not promised: each of theirs takes the nearest of ours, which leaves.
    for theirs in golden.descriptors {
        let distance = |d: &Vec<f32>| d.iter().zip(&theirs).map(|(a, b)| (a - b).powi(2)).sum::<f32>();
        let nearest = (0..ours.len()).min_by(|&a, &b| distance(&ours[a]).total_cmp(&distance(&ours[b]))).unwrap();
        assert_close(&ours.swap_remove(nearest), &theirs, "keypoint");
    }
}
