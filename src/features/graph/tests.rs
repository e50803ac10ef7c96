//! Tensor operations against the extractor, which has its own tests.

use ndarray::{Array2, Array3, ArrayView3, Axis};
use rand::{Rng, SeedableRng};
use tch::{Device, Kind, Tensor};

use super::GraphFeature;
use crate::features::{DESCRIPTOR_LENGTH, DenseSift, Extractor, Vocabulary};
use crate::recipe::{FeatureRecipe, GridRecipe};

/// Smooth pictures with noise, a flat one and one that is flat but for a corner.
fn pictures(height: usize, width: usize) -> Array3<u8> {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(3);
    let mut pictures = Array3::from_shape_fn((6, height, width), |(i, y, x)| {
        let wave = (0.21 * (x * (i + 1)) as f64).sin() + (0.13 * (y * (i + 2)) as f64).cos();
        (128.0 + 50.0 * wave + rng.random_range(-8.0..8.0)) as u8
    });
    pictures.index_axis_mut(Axis(0), 4).fill(77);
    pictures.index_axis_mut(Axis(0), 5).fill(200);
    pictures[[5, 2, 3]] = 0;
    pictures
}

fn tensor(pictures: ArrayView3<'_, u8>) -> Tensor {
    Tensor::try_from(pictures.mapv(f32::from)).unwrap().unsqueeze(1)
}

fn array(tensor: &Tensor) -> Array2<f32> {
    let flat: ndarray::ArrayD<f32> = (&tensor.to_kind(Kind::Float).contiguous()).try_into().unwrap();
    flat.into_dimensionality().unwrap()
}

#[test]
fn descriptors_are_those_of_the_extractor() {
    for (grid, height, width) in [
        ("bins = [4]\nstep = 7", 48, 48),
        ("bins = [3, 4, 6]\nstep = 5", 40, 52),
        ("bins = [4]\nstep = 3\nwindow = 'flat'\ncontrast-threshold = 0.02", 48, 48),
        ("bins = [5]\nstep = 4\nmagnification = 0.0\nfirst = 1.0\ncount = 3", 33, 30),
    ] {
        let grid: GridRecipe = toml::from_str(grid).unwrap();
        let pictures = pictures(height, width);
        let mut extractor = DenseSift::new(&grid, height, width).unwrap();
        let graph = super::dense_sift::DenseSiftGraph::new(&grid, height, width, Device::Cpu).unwrap();
        let points = extractor.len();
        assert_eq!(graph.len(), points);
        let found = array(&graph.describe(&tensor(pictures.view())).unwrap().flatten(1, -1));
        let (mut descriptors, mut norms) = (vec![[0.0; DESCRIPTOR_LENGTH]; points], vec![0.0; points]);
        for (picture, found) in pictures.outer_iter().zip(found.outer_iter()) {
            extractor.describe(picture, &mut descriptors, &mut norms).unwrap();
            for (i, (found, expected)) in found.iter().zip(descriptors.as_flattened()).enumerate() {
                // What is almost flat is almost noise: grey values of 200 are rounded to a hundred-thousandth.
                let norm = norms[i / DESCRIPTOR_LENGTH];
                let allowed = if norm > 1e-4 { 1e-4 } else { 1e-2 };
                assert!((found - expected).abs() < allowed, "{grid:?}: {found}, not {expected}, norm {norm}");
            }
        }
        assert!(found.row(4).iter().all(|&v| v == 0.0), "a flat picture has no descriptors");
    }
}

#[test]
fn features_are_those_of_the_extractor() {
    let pictures = pictures(48, 48);
    let codebook = {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(5);
        Array2::from_shape_fn((40, DESCRIPTOR_LENGTH), |_| rng.random_range(0.0..0.15f32))
    };
    let head = "title = 'x'\nextractor = 'dense-sift'\n";
    let grid = "[grid]\nbins = [4]\nstep = 7\n";
    let words = "encoding = 'bag-of-words'\nroot-sift = true\n";
    let fitted = "[codebook]\nwords = 40\nalgorithm = 'full'\niterations = 1\n";
    for (settings, rest) in [
        ("encoding = 'concatenate'\n".to_string(), ""),
        ("encoding = 'concatenate'\nroot-sift = true\nnormalisation = 'l2'\n".to_string(), ""),
        (words.to_string(), fitted),
        (format!("{words}normalisation = 'l1'\n"), fitted),
        (format!("{words}normalisation = 'hellinger'\n"), fitted),
        (format!("{words}presence = true\nnormalisation = 'l2'\n"), fitted),
    ] {
        let recipe: FeatureRecipe = toml::from_str(&format!("{head}{settings}{grid}{rest}")).unwrap();
        let vocabulary = Vocabulary { codebook: (!rest.is_empty()).then(|| codebook.clone()), ..Vocabulary::default() };
        let mut extractor = Extractor::new(&recipe, vocabulary.clone(), 48, 48).unwrap();
        let graph = GraphFeature::new(&recipe, &vocabulary, [48, 48], Device::Cpu).unwrap();
        assert_eq!(graph.dimensions(), extractor.dimensions());
        let found = array(&graph.of(&tensor(pictures.view())).unwrap());
        let expected: Vec<f32> = pictures.outer_iter().flat_map(|p| extractor.describe(p).unwrap()).collect();
        // A number of a descriptor that lies between two bytes may become either.
        let other = found.iter().zip(&expected).filter(|(a, b)| (**a - **b).abs() > 1e-4).count();
        assert!(other * 1000 <= expected.len(), "{settings}: {other} of {} differ", expected.len());
        assert!(expected.iter().any(|&v| v > 0.0));
    }
}
