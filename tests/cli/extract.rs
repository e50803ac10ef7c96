//! `ferrofuse extract` end to end.

use ferrofuse::dataset::{Dataset, DatasetInfo, SCHEMA, Split};
use ndarray::Array3;

use crate::support::Folder;

const RECIPE: &str = r#"
title = "small"
extractor = "dense-sift"
encoding = "bag-of-words"
normalisation = "l1"
grid = { first = 6, step = 9, count = 5, sizes = [3] }
codebook = { words = 16, algorithm = "full", iterations = 5, seed = 3 }
"#;

/// A folder with the dataset `drawn`: 30 pictures of waves, the last ten for testing.
fn with_dataset() -> Folder {
    let folder = Folder::new();
    let rows = 30;
    let images = Array3::from_shape_fn((rows, 48, 48), |(row, y, x)| {
        let wave = ((x * (row + 3)) as f64 / 20.0).sin() + ((y * (row % 7 + 2)) as f64 / 15.0).cos();
        (127.0 + 60.0 * wave) as u8
    });
    let splits: Vec<Split> = (0..rows).map(|row| if row < 20 { Split::Train } else { Split::Test }).collect();
    let (labels, classes) = (vec![0; rows], vec!["happy".to_string()]);
    let info = DatasetInfo {
        schema: SCHEMA,
        name: "drawn".into(),
        title: "drawn".into(),
        fingerprint: Dataset::content_fingerprint(&images, &labels, &splits, (None, None), &classes),
        classes,
        rows,
        height: 48,
        width: 48,
        synthetic: true,
        source: "test".into(),
        split_rule: "first twenty".into(),
        resize: "none".into(),
        prepared: Default::default(),
        skipped: 0,
        recipe: String::new(),
        version: "0".into(),
    };
    Dataset { info, images, labels, splits, subjects: None, shares: None }.save(&folder.path("data/drawn")).unwrap();
    folder.write("features/small.toml", RECIPE);
    folder
}

#[test]
fn a_missing_dataset_or_recipe_is_named() {
    let folder = with_dataset();
    assert!(folder.fails(1, &["extract", "sift", "--dataset", "nothing"]).contains("ferrofuse import nothing"));
    let unknown = folder.fails(1, &["extract", "gabor", "--dataset", "drawn"]);
    assert!(unknown.contains("dsift-bovw") && unknown.contains("small"), "{unknown}");
    assert!(folder.fails(2, &["extract", "small", "--dataset", "drawn", "--memory", "lots"]).contains("2GiB"));
    assert!(folder.fails(2, &["extract", "small"]).contains("--dataset"));
}

#[cfg(not(feature = "opencv"))]
#[test]
fn a_build_without_opencv_says_how_to_rebuild() {
    let folder = with_dataset();
    assert!(folder.fails(1, &["extract", "small", "--dataset", "drawn"]).contains("--features opencv"));
}

#[cfg(feature = "opencv")]
mod with_opencv {
    use super::*;

    fn json(folder: &Folder, more: &[&str]) -> serde_json::Value {
        let args = [&["extract", "small", "--dataset", "drawn", "--json"], more].concat();
        serde_json::from_str(&folder.ok(&args)).unwrap()
    }

    fn bytes(folder: &Folder, file: &str) -> Vec<u8> {
        std::fs::read(folder.path("features/drawn/small").join(file)).unwrap()
    }

    #[test]
    fn products_are_written_then_fresh_then_stale() {
        let folder = with_dataset();
        let first = json(&folder, &[]);
        assert_eq!(first["already_fresh"], false);
        assert_eq!(first["feature"]["descriptors"], 30 * 25);
        assert_eq!(first["feature"]["codebook"]["train_descriptors"], 20 * 25);
        assert_eq!(first["stages"].as_array().unwrap().len(), 4);
        let (features, codebook) = (bytes(&folder, "features.npy"), bytes(&folder, "codebook.npy"));
        assert!(features.len() > 30 * 16 * 4 && codebook.len() > 16 * 128 * 4);

        assert_eq!(json(&folder, &[])["already_fresh"], true);
        assert!(folder.ok(&["extract", "small", "-d", "drawn"]).contains("fresh"));
        let again = json(&folder, &["--force", "--threads", "1"]);
        assert_eq!(again["already_fresh"], false);
        let timeless = |printed: &serde_json::Value| {
            let mut feature = printed["feature"].clone();
            feature["cost"].take();
            feature
        };
        assert_eq!(timeless(&again), timeless(&first));
        assert!(bytes(&folder, "features.npy") == features && bytes(&folder, "codebook.npy") == codebook);

        folder.write("features/small.toml", RECIPE.replace("seed = 3", "seed = 4"));
        assert_eq!(json(&folder, &[])["already_fresh"], false);
        assert!(bytes(&folder, "codebook.npy") != codebook);
    }

    #[test]
    fn a_raw_feature_leaves_no_old_codebook_behind() {
        let folder = with_dataset();
        folder.ok(&["extract", "small", "--dataset", "drawn"]);
        let raw = r#"
            title = "raw"
            extractor = "dense-sift"
            encoding = "concatenate"
            grid = { first = 6, step = 9, count = 5, sizes = [3] }
        "#;
        folder.write("features/small.toml", raw);
        let shown = folder.ok(&["extract", "small", "--dataset", "drawn"]);
        assert!(shown.contains("30 x 3200") && shown.contains("images/s"), "{shown}");
        assert!(!folder.path("features/drawn/small/codebook.npy").exists());
    }

    #[test]
    fn a_failure_says_what_is_needed_and_writes_nothing() {
        let folder = with_dataset();
        let error = folder.fails(1, &["extract", "small", "--dataset", "drawn", "--memory", "100KiB"]);
        assert!(error.contains("memory budget") && error.contains("at least"), "{error}");
        folder.write("features/small.toml", RECIPE.replace("words = 16", "words = 900"));
        let error = folder.fails(1, &["extract", "small", "--dataset", "drawn"]);
        assert!(error.contains("found 500, expected at least 900"), "{error}");
        assert!(!folder.path("features/drawn").exists());
    }
}
