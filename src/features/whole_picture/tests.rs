//! HOG and LBP against scikit-image; `scripts/golden/whole_picture.py` made `golden.json`.

use ndarray::{Array2, s};
use serde::Deserialize;

use super::*;
use crate::recipe::{Check, HogRecipe, LbpRecipe, Normalisation};

#[derive(Deserialize)]
struct Golden {
    hog: Vec<Vec<f32>>,
    lbp: Vec<Vec<f32>>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("golden.json")).unwrap()
}

/// The picture of the script: noise on waves, with a flat corner.
fn picture() -> Array2<u8> {
    let mut state = 777u64;
    Array2::from_shape_fn((27, 34), |(y, x)| {
        state = (1_103_515_245 * state + 12_345) % (1 << 31);
        let wave = (y * y + 3 * x) % 90 + (5 * x + 2 * y) % 61;
        if y < 9 && x < 9 { 70 } else { (wave + (state >> 7) as usize % 23) as u8 }
    })
}

fn recipe(text: &str) -> FeatureRecipe {
    let recipe: FeatureRecipe = toml::from_str(&format!("title = \"t\"\nencoding = \"concatenate\"\n{text}")).unwrap();
    recipe.check().unwrap();
    recipe
}

fn vector(recipe: &FeatureRecipe, image: ArrayView2<'_, u8>) -> Vec<f32> {
    let whole = WholePicture::new(recipe, image.nrows(), image.ncols()).unwrap().unwrap();
    let mut vector = vec![9.0; whole.dimensions()];
    whole.describe(image, &mut vector).unwrap();
    vector
}

fn assert_close(found: &[f32], expected: &[f32], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (i, (a, b)) in found.iter().zip(expected).enumerate() {
        assert!((a - b).abs() < 1e-5, "{what}, number {i}: {a}, not {b}");
    }
}

#[test]
fn hog_is_scikit_images() {
    let golden = golden();
    for (i, (cell, block, orientations)) in [(8, 2, 9), (5, 3, 6)].into_iter().enumerate() {
        let text = format!("extractor = \"hog\"\n[hog]\ncell = {cell}\nblock = {block}\norientations = {orientations}");
        assert_close(&vector(&recipe(&text), picture().view()), &golden.hog[i], &text);
    }
}

#[test]
fn lbp_is_scikit_images() {
    let golden = golden();
    for (i, (cell, radius)) in [(8, 1.0), (13, 2.5)].into_iter().enumerate() {
        let text = format!("extractor = \"lbp\"\n[lbp]\ncell = {cell}\nradius = {radius:.1}");
        assert_close(&vector(&recipe(&text), picture().view()), &golden.lbp[i], &text);
    }
}

#[test]
fn a_flat_picture_has_no_gradients_and_one_pattern() {
    let flat = Array2::from_elem((24, 24), 50);
    assert!(vector(&recipe("extractor = \"hog\"\n[hog]"), flat.view()).iter().all(|v| *v == 0.0));
    let patterns = vector(&recipe("extractor = \"lbp\"\n[lbp]"), flat.view());
    assert!(patterns.chunks(59).all(|cell| cell[57] == 1.0 && cell.iter().sum::<f32>() == 1.0));
}

#[test]
fn a_symmetric_vector_is_that_of_the_mirror_image() {
    for text in ["extractor = \"hog\"\nsymmetric = true\n", "extractor = \"lbp\"\nsymmetric = true\n"] {
        for normalisation in ["none", "l2", "hellinger"] {
            let table = if text.contains("hog") { "[hog]" } else { "[lbp]" };
            let recipe = recipe(&format!("{text}normalisation = \"{normalisation}\"\n{table}\ncell = 6"));
            let image = picture();
            let (own, mirrored) = (vector(&recipe, image.view()), vector(&recipe, image.slice(s![.., ..;-1])));
            assert_close(&own, &mirrored, text);
            let one_sided = FeatureRecipe { symmetric: false, ..recipe.clone() };
            let mut mean = vector(&one_sided, image.view());
            let other = vector(&one_sided, image.slice(s![.., ..;-1]));
            mean.iter_mut().zip(other).for_each(|(m, o)| *m = (*m + o) / 2.0);
            if recipe.normalisation != Normalisation::None {
                normalise(&mut mean, Normalisation::L2);
            }
            assert_close(&own, &mean, text);
        }
    }
}

#[test]
fn pictures_that_are_too_small_or_of_another_size_are_refused() {
    let hog = FeatureRecipe {
        hog: Some(HogRecipe { cell: 8, block: 3, orientations: 9 }),
        ..recipe("extractor = \"hog\"\n[hog]")
    };
    let lbp = FeatureRecipe { lbp: Some(LbpRecipe { cell: 4, radius: 6.0 }), ..recipe("extractor = \"lbp\"\n[lbp]") };
    let error = |recipe, h, w| WholePicture::new(recipe, h, w).map(|_| ()).unwrap_err().to_string();
    assert!(error(&hog, 23, 40).contains("at least 24 x 24"));
    assert!(error(&lbp, 40, 12).contains("at least 13 x 13"));
    let whole = WholePicture::new(&hog, 24, 24).unwrap().unwrap();
    let error = whole.describe(picture().view(), &mut vec![0.0; whole.dimensions()]).unwrap_err().to_string();
    assert!(error.contains("27 x 34") && error.contains("24 x 24"), "{error}");
}
