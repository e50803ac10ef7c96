//! The whole way from pictures to feature vectors.

use ndarray::{Array2, Array3, Axis, s};

use super::golden::picture;
use super::*;
use crate::artifact::Workspace;
use crate::dataset::{Dataset, DatasetInfo, Split};
use crate::progress::{Silent, StopAfter};
use crate::recipe::{Check, Encoding, FeatureRecipe, Kind, Normalisation, PcaRecipe, Recipe, SoftRecipe, load};
use crate::{Error, Result};

const AMPLE: u64 = 1 << 30;

/// `rows` shifted and shaded variants of the drawn face, the last one flat; each third row is a test row.
fn dataset(rows: usize) -> Dataset {
    let face = picture();
    let mut images = Array3::zeros((rows, 48, 48));
    for (row, mut image) in images.outer_iter_mut().enumerate() {
        image.assign(&face);
        if row % 2 == 1 {
            image.invert_axis(Axis(1));
        }
        let turned = image.to_owned();
        for ((y, x), value) in image.indexed_iter_mut() {
            let from = turned[[(y + row * 3) % 48, (x + row * 5) % 48]];
            *value = from.saturating_sub((x * row % 37) as u8);
        }
    }
    images.slice_mut(s![rows - 1, .., ..]).fill(90);
    let splits = (0..rows).map(|row| if row % 3 == 2 { Split::Test } else { Split::Train }).collect();
    let info = DatasetInfo {
        schema: crate::dataset::SCHEMA,
        name: "drawn".into(),
        title: "drawn".into(),
        classes: vec!["happy".into()],
        rows,
        height: 48,
        width: 48,
        synthetic: true,
        source: "test".into(),
        split_rule: "every third".into(),
        resize: "none".into(),
        prepared: Default::default(),
        skipped: 0,
        recipe: String::new(),
        fingerprint: "0123456789abcdef".into(),
        version: "0".into(),
    };
    Dataset { info, images, labels: vec![0; rows], splits, subjects: None, shares: None }
}

/// A built-in recipe, or a variation on one, with a vocabulary small enough for a test.
fn recipe(name: &str, sample: usize) -> Recipe<FeatureRecipe> {
    let built_in =
        if ["vlad", "pyramid", "soft", "presence", "symmetric"].contains(&name) { "dsift-bovw" } else { name };
    let mut recipe = load::<FeatureRecipe>(&Workspace::new("nowhere"), Kind::Feature, built_in).unwrap();
    if let Some(codebook) = &mut recipe.value.codebook {
        (codebook.words, codebook.batch, codebook.sample) = (24, 64, sample);
        codebook.iterations = codebook.iterations.min(20);
    }
    if let Some(mixture) = &mut recipe.value.mixture {
        (mixture.components, mixture.sample) = (3, sample.max(100));
    }
    match name {
        "vlad" => {
            recipe.value.encoding = Encoding::Vlad;
            recipe.value.pca = Some(PcaRecipe { dimensions: 20, whiten: true });
        }
        "soft" => recipe.value.soft = Some(SoftRecipe { nearest: 3, sigma: 0.3 }),
        "presence" => recipe.value.presence = true,
        "pyramid" => (recipe.value.pyramid, recipe.value.position) = (vec![1, 2], true),
        "symmetric" => recipe.value.symmetric = true,
        "dsift-fisher" => recipe.value.pyramid = vec![1, 3],
        _ => {}
    }
    recipe.value.check().unwrap();
    recipe
}

/// With OpenCV's SIFT and dense SIFT, and with the native one.
const RECIPES: [&str; 11] =
    ["sift", "dsift", "dsift-bovw", "soft", "presence", "symmetric", "vlad", "pyramid", "dsift-fisher", "hog", "lbp"];

fn on_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
}

#[test]
fn the_same_bytes_on_any_number_of_threads_and_with_little_memory() {
    let dataset = dataset(40);
    for name in RECIPES {
        let recipe = recipe(name, 200);
        let one = on_threads(1, || extract(&dataset, &recipe, AMPLE, &Silent).unwrap());
        let three = on_threads(3, || extract(&dataset, &recipe, AMPLE, &Silent).unwrap());
        assert_eq!(one.features, three.features, "{name}");
        assert_eq!(one.vocabulary, three.vocabulary, "{name}");
        let timeless = |info: &FeatureInfo| FeatureInfo { cost: None, ..info.clone() };
        assert_eq!(timeless(&one.info), timeless(&three.info));
        if let Some(draw) = memory::Draw::new(&recipe.value) {
            // Just enough for the sample: nothing is left to keep descriptors in.
            let refused = on_threads(1, || extract(&dataset, &recipe, 1000, &Silent).unwrap_err().to_string());
            let needed = refused.split("at least ").nth(1).and_then(|t| t.split(" for").next()).unwrap();
            let mut budget = parse_memory(needed).unwrap();
            budget -= on_threads(1, || {
                let points = local::points_of(&recipe.value, 48, 48).unwrap();
                let plan = memory::Plan::new(&recipe.value, &draw, points, 27, budget).unwrap();
                plan.cache
            });
            let little = on_threads(1, || extract(&dataset, &recipe, budget, &Silent).unwrap());
            assert_eq!(little.stages[2].name, "describe and encode", "{name}");
            assert_eq!(one.stages[2].name, "encode", "{name}");
            assert_eq!(little.features, one.features, "{name}");
        }
    }
}

#[test]
fn histograms_are_normalised_and_a_flat_picture_gives_zeros() {
    let dataset = dataset(13);
    let mut recipe = recipe("sift", 0);
    let matrix = extract(&dataset, &recipe, AMPLE, &Silent).unwrap();
    assert_eq!(matrix.info.rows_without_descriptors, 1);
    assert!(matrix.features.row(12).iter().all(|&v| v == 0.0));
    for row in matrix.features.outer_iter().take(12) {
        assert!((row.sum() - 1.0).abs() < 1e-5);
    }
    recipe.value.normalisation = Normalisation::None;
    let counts = extract(&dataset, &recipe, AMPLE, &Silent).unwrap();
    assert_eq!(counts.features.sum() as u64, counts.info.descriptors);
    for (count, share) in counts.features.outer_iter().zip(matrix.features.outer_iter()).take(12) {
        let descriptors = count.sum();
        assert!(count.iter().zip(share).all(|(c, s)| (c / descriptors - s).abs() < 1e-6));
    }
}

#[test]
fn test_rows_have_no_say_in_the_codebook() {
    let (recipe, mut dataset) = (recipe("dsift-bovw", 0), dataset(21));
    let before = extract(&dataset, &recipe, AMPLE, &Silent).unwrap();
    for row in dataset.rows(Split::Test) {
        dataset.images.slice_mut(s![row, .., ..]).mapv_inplace(|v| 255 - v / 2);
    }
    let after = extract(&dataset, &recipe, AMPLE, &Silent).unwrap();
    assert_eq!(before.vocabulary, after.vocabulary);
    assert_ne!(before.features.row(2), after.features.row(2));
    assert_eq!(before.features.row(1), after.features.row(1));
    let info = after.info.codebook.unwrap();
    assert_eq!((info.train_descriptors, info.fitted_on), (14 * 36, 14 * 36));
}

#[test]
fn each_encoding_has_its_length_and_each_cell_its_part() {
    let dataset = dataset(12);
    for (name, length) in [("vlad", 24 * 20), ("pyramid", 5 * 24), ("dsift-fisher", 10 * 2 * 3 * 82)] {
        let mut recipe = recipe(name, 300);
        let matrix = extract(&dataset, &recipe, AMPLE, &Silent).unwrap();
        assert_eq!(matrix.features.dim(), (12, length), "{name}");
        for row in matrix.features.outer_iter() {
            assert!((row.dot(&row).sqrt() - 1.0).abs() < 1e-4, "{name}");
        }
        // Without normalisation the histograms of the four quarters add up to that of the whole.
        if name == "pyramid" {
            recipe.value.normalisation = Normalisation::None;
            let counts = extract(&dataset, &recipe, AMPLE, &Silent).unwrap().features;
            for row in counts.outer_iter() {
                assert_eq!(row.slice(s![..24]).sum(), 36.0);
                for word in 0..24 {
                    assert_eq!(row[word], (1..5).map(|cell| row[cell * 24 + word]).sum::<f32>());
                }
            }
        }
    }
}

#[test]
fn single_pictures_give_the_rows_of_the_matrix() {
    let dataset = dataset(15);
    let folder = tempfile::tempdir().unwrap();
    for name in RECIPES {
        let matrix = extract(&dataset, &recipe(name, 0), AMPLE, &Silent).unwrap();
        matrix.save(folder.path()).unwrap();
        let back = FeatureMatrix::load(folder.path()).unwrap();
        assert_eq!((&back.features, &back.vocabulary), (&matrix.features, &matrix.vocabulary));
        assert_eq!(back.info, matrix.info);
        assert!(FeatureMatrix::is_fresh(folder.path(), &matrix.info.fingerprint));
        assert!(!FeatureMatrix::is_fresh(folder.path(), "another"));
        let mut extractor = Extractor::load(folder.path()).unwrap();
        assert_eq!(extractor.dimensions(), matrix.features.ncols());
        for (image, row) in dataset.images.outer_iter().zip(matrix.features.outer_iter()) {
            assert_eq!(extractor.describe(image).unwrap(), row);
        }
        assert!(extractor.describe(dataset.images.slice(s![0, ..40, ..])).is_err());
    }
}

#[test]
fn a_spoilt_folder_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let refusal = || FeatureMatrix::load(folder.path()).unwrap_err().to_string();
    assert!(refusal().contains("ferrofuse extract"));
    let mut matrix = extract(&dataset(9), &recipe("dsift-bovw", 0), AMPLE, &Silent).unwrap();
    matrix.features[[4, 7]] = f32::NAN;
    matrix.save(folder.path()).unwrap();
    assert!(refusal().contains("row 4, column 7: found NaN"), "{}", refusal());
    matrix.features = matrix.features.slice(s![..8, ..]).to_owned();
    matrix.save(folder.path()).unwrap();
    assert!(refusal().contains("(9, 24)"), "{}", refusal());
    std::fs::remove_file(folder.path().join("features.npy")).unwrap();
    assert!(!FeatureMatrix::is_fresh(folder.path(), &matrix.info.fingerprint));
}

#[test]
fn what_cannot_be_extracted_says_why() {
    let refusal = |outcome: Result<FeatureMatrix>| outcome.map(|_| ()).unwrap_err().to_string();
    let all = dataset(12);
    let mut many_words = recipe("sift", 0);
    many_words.value.codebook.as_mut().unwrap().words = 5000;
    let few = refusal(extract(&all, &many_words, AMPLE, &Silent));
    assert!(few.contains("expected at least 5000") && few.contains("words"), "{few}");
    let mut no_train = all.clone();
    no_train.splits.fill(Split::Test);
    assert!(refusal(extract(&no_train, &recipe("sift", 0), AMPLE, &Silent)).contains("found 0, expected at least 24"));
    let mut tiny = all.clone();
    tiny.images = tiny.images.slice(s![.., ..4, ..4]).to_owned();
    (tiny.info.height, tiny.info.width) = (4, 4);
    assert!(refusal(extract(&tiny, &recipe("sift", 0), AMPLE, &Silent)).contains("4 x 4"));
    let mut small = all;
    small.images = small.images.slice(s![.., ..40, ..40]).to_owned();
    (small.info.height, small.info.width) = (40, 40);
    assert!(refusal(extract(&small, &recipe("dsift", 0), AMPLE, &Silent)).contains("grid"));
}

#[test]
fn work_stops_when_asked_to() {
    let outcome = extract(&dataset(9), &recipe("sift", 0), AMPLE, &StopAfter::new(0));
    assert!(matches!(outcome, Err(Error::Interrupted { .. })));
}

#[test]
fn the_smallest_pictures_can_be_described() {
    for side in [8, 9, 16] {
        let image = ndarray::Array2::from_shape_fn((side, side), |(y, x)| ((x * 31 + y * 17) % 256) as u8);
        let mut local = local::Local::new(&recipe("sift", 0).value, side, side).unwrap();
        local.describe(image.view(), &mut DescriptorSet::new(false)).unwrap();
    }
}

#[test]
fn mirror_images_are_described_by_the_vocabulary_of_the_pictures() {
    let data = dataset(9);
    for name in ["dsift-bovw", "dsift-fisher", "dsift"] {
        let upright = extract(&data, &recipe(name, 200), AMPLE, &Silent).unwrap();
        let turned = extract_mirrored(&data, &upright, &Silent).unwrap();
        let info = &upright.info;
        let mut extractor = Extractor::new(&info.recipe, upright.vocabulary.clone(), info.height, info.width).unwrap();
        for (image, found) in data.images.outer_iter().zip(turned.features.outer_iter()) {
            let image = image.slice(s![.., ..;-1]).to_owned();
            assert_eq!(extractor.describe(image.view()).unwrap(), found, "{name}");
        }
        assert_ne!(turned.info.fingerprint, info.fingerprint);
        let other = FeatureMatrix {
            info: FeatureInfo { dataset_fingerprint: "other".into(), ..info.clone() },
            ..upright.clone()
        };
        let error = extract_mirrored(&data, &other, &Silent).unwrap_err().to_string();
        assert!(error.contains("extract the feature again"), "{error}");
    }
}

#[test]
fn a_symmetric_feature_is_the_mean_over_a_picture_and_its_mirror_image() {
    let data = dataset(9);
    for (name, normalisation) in [
        ("dsift-fisher", Normalisation::Hellinger),
        ("dsift-bovw", Normalisation::L2),
        ("dsift-bovw", Normalisation::L1),
        ("dsift", Normalisation::None),
    ] {
        let mut recipe = recipe(name, 200);
        (recipe.value.symmetric, recipe.value.normalisation) = (true, normalisation);
        let matrix = extract(&data, &recipe, AMPLE, &Silent).unwrap();
        let one_sided = FeatureRecipe { symmetric: false, ..recipe.value.clone() };
        let mut extractor = Extractor::new(&one_sided, matrix.vocabulary.clone(), 48, 48).unwrap();
        let mut both = Extractor::new(&recipe.value, matrix.vocabulary.clone(), 48, 48).unwrap();
        for (image, found) in data.images.outer_iter().zip(matrix.features.outer_iter()) {
            let turned = image.slice(s![.., ..;-1]).to_owned();
            let mut mean = extractor.describe(image).unwrap() + extractor.describe(turned.view()).unwrap();
            mean /= match normalisation {
                Normalisation::None | Normalisation::L1 => 2.0,
                Normalisation::L2 | Normalisation::Hellinger => mean.dot(&mean).sqrt().max(1e-30),
            };
            assert!(mean.iter().zip(found).all(|(a, b)| (a - b).abs() < 1e-5), "{name} {normalisation:?}");
            assert_eq!(both.describe(image).unwrap(), found);
            let other = both.describe(turned.view()).unwrap();
            assert!(other.iter().zip(found).all(|(a, b)| (a - b).abs() < 1e-5), "{name} {normalisation:?}");
        }
    }
}

#[test]
fn embeddings_are_normalised_and_averaged_with_those_of_the_mirror_images() {
    let (info, mut recipe) = (dataset(2).info, recipe("cnn-embedding", 0));
    let upright = ndarray::array![[3.0f32, 4.0], [0.0, 2.0]];
    let turned = ndarray::array![[0.0f32, 5.0], [0.0, 0.0]];
    let make = |recipe: &Recipe<FeatureRecipe>, upright: &Array2<f32>, turned: Option<&Array2<f32>>| {
        from_embeddings(&info, (&recipe.name, &recipe.value), upright.clone(), turned.cloned(), "mine".into())
    };
    let both = make(&recipe, &upright, Some(&turned)).unwrap();
    // (0.6, 0.8) and (0, 1): along (0.6, 1.8).
    let length = (0.6f32 * 0.6 + 1.8 * 1.8).sqrt();
    let expected = ndarray::array![[0.6 / length, 1.8 / length], [0.0, 1.0]];
    assert!(both.features.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-6), "{}", both.features);
    assert_eq!((both.info.dimensions, both.info.fingerprint.as_str()), (2, "mine"));
    assert!(make(&recipe, &upright, None).unwrap_err().to_string().contains("mirror"));
    assert!(make(&recipe, &upright.slice(s![..1, ..]).to_owned(), Some(&turned)).is_err());
    assert!(make(&recipe, &upright.mapv(|v| v / 0.0), Some(&turned)).unwrap_err().to_string().contains("finite"));
    recipe.value.symmetric = false;
    assert_eq!(make(&recipe, &upright, None).unwrap().features, ndarray::array![[0.6, 0.8], [0.0, 1.0]]);
    // The pictures alone do not give them.
    let alone = extract(&dataset(2), &recipe, AMPLE, &Silent).unwrap_err();
    assert!(alone.to_string().contains("network"), "{alone}");
}
