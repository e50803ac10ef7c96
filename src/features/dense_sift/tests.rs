//! The native descriptors against their definition; `scripts/golden/dense_sift.py` made `golden.json`.

use ndarray::{Array2, Axis};
use proptest::prelude::*;
use serde::Deserialize;

use super::*;
use crate::features::DESCRIPTOR_LENGTH;
use crate::recipe::{GridRecipe, Window};

type Descriptor = [f32; DESCRIPTOR_LENGTH];

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
    cv2: Cv2,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    height: usize,
    width: usize,
    pixels: Vec<u8>,
    bins: usize,
    step: f32,
    window: Window,
    magnification: f32,
    norms: Vec<f32>,
    descriptors: Vec<Vec<f32>>,
}

#[derive(Deserialize)]
struct Cv2 {
    descriptors: Vec<Vec<f32>>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("golden.json")).unwrap()
}

fn describe(grid: &GridRecipe, picture: &Array2<u8>) -> (Vec<Descriptor>, Vec<f32>) {
    let mut dense = DenseSift::new(grid, picture.nrows(), picture.ncols()).unwrap();
    let (mut descriptors, mut norms) = (vec![[7.0; DESCRIPTOR_LENGTH]; dense.len()], vec![7.0; dense.len()]);
    dense.describe(picture.view(), &mut descriptors, &mut norms).unwrap();
    (descriptors, norms)
}

fn grid(step: f32, bins: &[usize]) -> GridRecipe {
    GridRecipe { step, bins: bins.to_vec(), ..GridRecipe::default() }
}

fn picture(case: &Case) -> Array2<u8> {
    Array2::from_shape_vec((case.height, case.width), case.pixels.clone()).unwrap()
}

#[test]
fn descriptors_and_norms_are_those_of_the_definition() {
    for case in golden().cases {
        let recipe = GridRecipe {
            window: case.window,
            magnification: Some(case.magnification),
            ..grid(case.step, &[case.bins])
        };
        let (descriptors, norms) = describe(&recipe, &picture(&case));
        assert_eq!(descriptors.len(), case.descriptors.len(), "{}", case.name);
        for (i, (ours, theirs)) in descriptors.iter().zip(&case.descriptors).enumerate() {
            for (a, b) in ours.iter().zip(theirs) {
                assert!((a - b).abs() < 1e-4, "{}, descriptor {i}: {a}, not {b}", case.name);
            }
            assert!((norms[i] / case.norms[i] - 1.0).abs() < 1e-4, "{}: {} {}", case.name, norms[i], case.norms[i]);
        }
    }
}

/// OpenCV weights and resamples pixel by pixel, and its angles run the other way around.
#[test]
fn opencv_describes_the_same_places_alike() {
    let golden = golden();
    let (ours, _) = describe(&grid(7.0, &[4]), &picture(&golden.cases[0]));
    let mut correlations = Vec::new();
    for (ours, theirs) in ours.iter().zip(&golden.cv2.descriptors) {
        let turned: Vec<f32> = (0..DESCRIPTOR_LENGTH).map(|i| theirs[i - i % 8 + (8 - i % 8) % 8]).collect();
        let centred = |d: &[f32]| {
            let mean = d.iter().sum::<f32>() / d.len() as f32;
            d.iter().map(|v| v - mean).collect::<Vec<_>>()
        };
        let (a, b) = (centred(ours), centred(&turned));
        let dot = |x: &[f32], y: &[f32]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f32>();
        correlations.push(dot(&a, &b) / (dot(&a, &a) * dot(&b, &b)).sqrt());
    }
    let mean = correlations.iter().sum::<f32>() / correlations.len() as f32;
    assert!(mean > 0.9, "{mean}: {correlations:?}");
}

#[test]
fn several_scales_are_the_single_ones_one_after_the_other() {
    let picture = picture(&golden().cases[0]);
    let (both, norms) = describe(&grid(5.0, &[3, 6]), &picture);
    let (small, small_norms) = describe(&grid(5.0, &[3]), &picture);
    let (large, large_norms) = describe(&grid(5.0, &[6]), &picture);
    assert_eq!(both, [small, large].concat());
    assert_eq!(norms, [small_norms, large_norms].concat());
    assert_eq!(grid_points(&grid(5.0, &[3, 6]), 48, 48).unwrap().len(), both.len());
}

#[test]
fn flat_and_weak_regions_give_zeros() {
    let flat = Array2::from_elem((30, 40), 200);
    let (descriptors, norms) = describe(&grid(3.0, &[4]), &flat);
    assert!(descriptors.as_flattened().iter().chain(&norms).all(|&v| v == 0.0));
    // A ramp of one grey value a pixel has a mean gradient of 1 / 255, but for the Gaussian weights.
    let ramp = Array2::from_shape_fn((40, 40), |(_, x)| x as u8);
    let weak = |contrast_threshold| GridRecipe { contrast_threshold, ..grid(6.0, &[4]) };
    let (kept, norms) = describe(&weak(0.001), &ramp);
    assert!(norms.iter().all(|n| (0.002..0.008).contains(n)), "{norms:?}");
    assert!(kept.iter().all(|d| d.iter().any(|&v| v > 0.0)));
    let (dropped, again) = describe(&weak(0.01), &ramp);
    assert!(dropped.as_flattened().iter().all(|&v| v == 0.0));
    assert_eq!(norms, again);
}

#[test]
fn what_does_not_fit_is_refused() {
    let refusal = |result: crate::Result<DenseSift>| result.err().unwrap().to_string();
    assert!(refusal(DenseSift::new(&grid(3.0, &[4]), 12, 48)).contains("at least 13 pixels"));
    let mut dense = DenseSift::new(&grid(30.0, &[4]), 20, 20).unwrap();
    let mut describe = |side: usize, room: usize| {
        let (mut descriptors, mut norms) = (vec![[0.0; DESCRIPTOR_LENGTH]; room], vec![0.0; room]);
        dense.describe(Array2::zeros((side, 20)).view(), &mut descriptors, &mut norms).map_err(|e| e.to_string())
    };
    assert!(describe(21, 1).unwrap_err().contains("expected 20 x 20"));
    assert!(describe(20, 2).unwrap_err().contains("1 of both"));
    describe(20, 1).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn descriptors_have_unit_length_on_any_picture(
        height in 13usize..40, width in 13usize..40, bins in 1usize..5, step in 1u8..9, flat: bool, seed: u64,
    ) {
        use rand::{Rng, SeedableRng};
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
        let picture = Array2::from_shape_fn((height, width), |_| rng.random::<u8>());
        let window = if flat { Window::Flat } else { Window::Triangular };
        let recipe = GridRecipe { window, ..grid(f32::from(step), &[bins]) };
        let (descriptors, norms) = describe(&recipe, &picture);
        for (d, norm) in descriptors.iter().zip(&norms) {
            let length = d.iter().map(|v| v * v).sum::<f32>().sqrt();
            prop_assert!((length - 1.0).abs() < 1e-4 && d.iter().all(|v| *v >= 0.0) && *norm > 0.0);
        }
        // The same picture laid out column by column in memory changes nothing.
        let (turned, _) = describe(&recipe, &picture.t().as_standard_layout().t().to_owned());
        prop_assert_eq!(&descriptors, &turned);
    }

    #[test]
    fn a_mirrored_picture_has_mirrored_descriptors(seed: u64) {
        use rand::{Rng, SeedableRng};
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
        let picture = Array2::from_shape_fn((30, 31), |_| rng.random::<u8>());
        let mut mirrored = picture.clone();
        mirrored.invert_axis(Axis(1));
        // 31 columns, bins of 4: starts 0, 6, 12, 18, the mirror images of one another.
        let ((ours, _), (theirs, _)) = (describe(&grid(6.0, &[4]), &picture), describe(&grid(6.0, &[4]), &mirrored));
        let columns = 4;
        for (i, d) in ours.iter().enumerate() {
            let twin = &theirs[i - i % columns + (columns - 1 - i % columns)];
            for (k, v) in d.iter().enumerate() {
                let (row, column, orientation) = (k / 32, k / 8 % 4, k % 8);
                let k_twin = row * 32 + (3 - column) * 8 + (12 - orientation) % 8;
                prop_assert!((v - twin[k_twin]).abs() < 1e-4);
            }
        }
    }
}
