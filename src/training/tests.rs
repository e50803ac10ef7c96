//! Training as a whole, on pictures small enough for a moment's work.

use std::path::Path;

use ndarray::{Array2, Array3, s};
use rand::Rng;

use super::augmentation::generator;
use super::*;
use crate::Error;
use crate::artifact::read_tensors;
use crate::dataset::{Dataset, DatasetInfo, Split};
use crate::features::{Extractor, Vocabulary};
use crate::models::Start;
use crate::models::network::{Device, TrainedNetwork, one_at_a_time};
use crate::progress::{Progress, Silent, StopAfter};
use crate::recipe::{AugmentationRecipe, FeatureRecipe, NetworkRecipe, Recipe};

pub(super) const RECIPE: &str = r#"
title = "small"
[input]
standardise = true
[[block]]
filters = [4, 6]
padding = ["same", "valid"]
batch-norm = "after-pool"
dropout = 0.1
[[block]]
filters = [8]
padding = ["valid"]
batch-norm = "each"
[head]
hidden = [16]
dropout = 0.3
[training]
epochs = 4
batch = 16
optimiser = "adamw"
learning-rate = 0.01
weight-decay = 0.01
schedule = "one-cycle"
seed = 5
[augmentation]
rotation = 5
shift = 0.05
zoom = 0.05
flip = true
"#;

pub(super) const FUSION: &str =
    "[fusion]\nfeature = \"f\"\nhidden = 8\nl2 = 0.01\ndropout = 0.2\nscale = \"standardise\"\n[head]";

pub(super) fn recipe(text: &str) -> Recipe<NetworkRecipe> {
    let value = toml::from_str(text).unwrap();
    Recipe { name: "small".into(), origin: "test".into(), text: text.into(), value }
}

/// 90 noisy 12 x 12 pictures, bright above (class 0) or below (class 1).
pub(super) fn halves() -> Dataset {
    let mut rng = generator(1, 0, 0);
    let n = 90;
    let labels: Vec<u8> = (0..n).map(|i| (i % 2) as u8).collect();
    let mut images = Array3::from_shape_fn((n, 12, 12), |_| rng.random_range(0..150u8));
    for (i, &label) in labels.iter().enumerate() {
        let from = 6 * usize::from(label);
        images.slice_mut(s![i, from..from + 6, ..]).mapv_inplace(|v| v + 60);
    }
    let splits: Vec<Split> = (0..n).map(|i| Split::ALL[if i < 60 { 0 } else { 1 + i % 2 }]).collect();
    let classes = vec!["above".to_string(), "below".to_string()];
    let fingerprint = Dataset::content_fingerprint(&images, &labels, &splits, (None, None), &classes);
    let info = DatasetInfo {
        schema: crate::dataset::SCHEMA,
        name: "halves".into(),
        title: "halves".into(),
        classes,
        rows: n,
        height: 12,
        width: 12,
        synthetic: true,
        source: "a test".into(),
        split_rule: "by number".into(),
        resize: "none".into(),
        prepared: Default::default(),
        skipped: 0,
        recipe: String::new(),
        fingerprint,
        version: "0".into(),
    };
    // Odd rows are class 1: give both classes to both held-out splits.
    let splits =
        splits.into_iter().enumerate().map(|(i, s)| if i < 60 { s } else { Split::ALL[1 + (i / 2) % 2] }).collect();
    Dataset { info, images, labels, splits, subjects: None, shares: None }
}

pub(super) fn features() -> Array2<f32> {
    let mut rng = generator(2, 0, 0);
    Array2::from_shape_fn((90, 5), |_| rng.random_range(-1.0..1.0f32))
}

/// Dense SIFT at the four places that 12 x 12 pixels have room for.
pub(super) fn descriptors() -> FeatureRecipe {
    let text = "title = 'd'\nextractor = 'dense-sift'\nencoding = 'concatenate'\n[grid]\nbins = [2]\nstep = 4";
    toml::from_str(text).unwrap()
}

pub(super) fn options(start: Start) -> TrainOptions {
    TrainOptions { start, device: Device::CPU, threads: 1 }
}

fn train_in(folder: &Path, text: &str, start: Start, progress: &dyn Progress) -> crate::Result<TrainedNetwork> {
    let (dataset, features) = (halves(), features());
    let (made_by, vocabulary) = (descriptors(), Vocabulary::default());
    let fused =
        FusedFeature { vectors: features.view(), recipe: &made_by, vocabulary: &vocabulary, fingerprint: "abc" };
    let feature = text.contains("[fusion]").then_some(fused);
    train_network(
        &recipe(text),
        TrainingData { dataset: &dataset, feature, pretrained: None },
        folder,
        options(start),
        progress,
    )
}

#[test]
fn the_weights_of_the_last_epoch_are_kept_where_the_recipe_says_so() {
    let _lock = one_at_a_time();
    // A rate at which the last epoch is not the best one.
    let text =
        RECIPE.replace("learning-rate = 0.01", "learning-rate = 0.5\nkeep = 'last'").replace("one-cycle", "constant");
    let best = RECIPE.replace("learning-rate = 0.01", "learning-rate = 0.5").replace("one-cycle", "constant");
    let kept = |text: &str| {
        let folder = tempfile::tempdir().unwrap();
        let trained = train_in(folder.path(), text, Start::Fresh, &Silent).unwrap();
        (trained.description().best_epoch, read_tensors(&folder.path().join("weights.safetensors")).unwrap().0)
    };
    let (last, its_weights) = kept(&text);
    let (best, best_weights) = kept(&best);
    assert_eq!(last, 4);
    assert!(best < 4, "the test needs another rate");
    assert!(its_weights != best_weights);
}

#[test]
fn a_plain_and_a_hybrid_network_learn_the_halves_and_come_back_from_their_folder() {
    let _lock = one_at_a_time();
    let mixed = |text: &str| text.replace("epochs = 12", "epochs = 12\nmixed-precision = true");
    let [plain, hybrid] =
        [RECIPE.to_string(), RECIPE.replace("[head]", FUSION)].map(|text| text.replace("epochs = 4", "epochs = 12"));
    for text in [mixed(&plain), mixed(&hybrid), plain, hybrid] {
        let folder = tempfile::tempdir().unwrap();
        let network = train_in(folder.path(), &text, Start::Fresh, &Silent).unwrap();
        let d = network.description();
        assert_eq!(d.history.len(), 12);
        assert!(d.history[d.best_epoch - 1].validation_accuracy > Some(0.9), "{:?}", d.history);
        assert!(!folder.path().join("checkpoint.safetensors").exists());
        let (dataset, all) = (halves(), features());
        let given = text.contains("[fusion]").then(|| all.view());
        let p = network.predict_proba(dataset.images.view(), given, &Silent).unwrap();
        assert!(p.rows().into_iter().all(|r| (r.sum() - 1.0).abs() < 1e-5));
        let again = TrainedNetwork::load(folder.path(), Device::CPU).unwrap();
        assert_eq!(again.predict_proba(dataset.images.view(), given, &Silent).unwrap(), p);
        // 90 rows are six parts, which one thread or several go through; fewer are one, which they go through together.
        let of = |rows: usize| {
            let given = given.map(|f| f.slice_move(s![..rows, ..]));
            network.predict_proba(dataset.images.slice(s![..rows, .., ..]), given, &Silent).unwrap()
        };
        for rows in [90, 10, 1] {
            let all = [1, 2, 3].map(|threads| {
                tch::set_num_threads(threads);
                let p = of(rows);
                assert_eq!(tch::get_num_threads(), threads, "left as it was");
                p
            });
            assert!(all.iter().all(|p| *p == all[0]), "{rows} rows");
        }
        assert!(network.predict_proba(dataset.images.slice(s![.., ..11, ..]), given, &Silent).is_err());
        let embeddings = network.embed(dataset.images.view(), given, &Silent).unwrap();
        assert_eq!(embeddings.dim(), (90, network.description().recipe.head.hidden[0] as usize));
        // ReLU comes last, and dropout is for training only.
        assert!(embeddings.iter().all(|&v| v >= 0.0) && embeddings.iter().any(|&v| v > 0.0));
        assert_eq!(network.embed(dataset.images.view(), given, &Silent).unwrap(), embeddings);
        let stopped = network.embed(dataset.images.view(), given, &StopAfter::new(0)).unwrap_err();
        assert!(matches!(stopped, crate::Error::Interrupted { .. }));
    }
}

#[test]
fn an_interrupted_training_ends_with_the_weights_of_an_uninterrupted_one() {
    let _lock = one_at_a_time();
    for text in [RECIPE.replace("[head]", FUSION), RECIPE.replace("adamw", "sgd")] {
        let (whole, parts) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        train_in(whole.path(), &text, Start::Fresh, &Silent).unwrap();
        // 60 rows an epoch: stops in the middle of the third one.
        let stop = StopAfter::new(60 * 2 + 20);
        let stopped = train_in(parts.path(), &text, Start::Fresh, &stop).map(|_| ()).unwrap_err();
        assert!(matches!(&stopped, Error::Interrupted { kept } if kept.contains("epoch 2")), "{stopped}");
        assert!(!parts.path().join("model.json").exists());
        let refused = train_in(parts.path(), &text, Start::Fresh, &Silent).map(|_| ()).unwrap_err();
        assert!(refused.to_string().contains("--resume"), "{refused}");
        train_in(parts.path(), &text, Start::Resume, &Silent).unwrap();
        let weights = |folder: &Path| read_tensors(&folder.join("weights.safetensors")).unwrap().0;
        assert!(weights(whole.path()) == weights(parts.path()), "resumed weights differ");
    }
}

#[test]
fn a_checkpoint_of_another_recipe_is_refused_until_restart() {
    let _lock = one_at_a_time();
    let folder = tempfile::tempdir().unwrap();
    let stop = StopAfter::new(70);
    assert!(train_in(folder.path(), RECIPE, Start::Fresh, &stop).is_err());
    let other = RECIPE.replace("seed = 5", "seed = 6");
    let refused = train_in(folder.path(), &other, Start::Resume, &Silent).map(|_| ()).unwrap_err();
    assert!(refused.to_string().contains("--restart"), "{refused}");
    train_in(folder.path(), &other, Start::Restart, &Silent).unwrap();
}

#[test]
fn a_learning_rate_that_explodes_is_an_error_that_says_so() {
    let _lock = one_at_a_time();
    let folder = tempfile::tempdir().unwrap();
    let text = RECIPE.replace("\"adamw\"", "\"sgd\"").replace("learning-rate = 0.01", "learning-rate = 1e30");
    let failed = train_in(folder.path(), &text, Start::Fresh, &Silent).map(|_| ()).unwrap_err();
    assert!(failed.to_string().contains("learning-rate"), "{failed}");
}

#[test]
fn pictures_too_small_for_the_trunk_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let text =
        RECIPE.replace("filters = [8]\npadding = [\"valid\"]", "filters = [8, 8]\npadding = [\"valid\", \"valid\"]");
    let refused = train_in(folder.path(), &text, Start::Fresh, &Silent).map(|_| ()).unwrap_err();
    assert!(refused.to_string().contains("12 x 12"), "{refused}");
}

#[test]
fn votes_are_learned_where_the_recipe_asks_for_them() {
    let _lock = one_at_a_time();
    let mut dataset = halves();
    // All votes are for the other class.
    dataset.shares =
        Some(Array2::from_shape_fn(
            (90, 2),
            |(row, class)| {
                if usize::from(dataset.labels[row]) == class { 0.0 } else { 1.0 }
            },
        ));
    for targets in ["shares", "drawn"] {
        let text = RECIPE
            .replace("epochs = 4", "epochs = 12")
            .replace("[training]", &format!("[training]\ntargets = '{targets}'"));
        let train = |dataset: &Dataset| {
            let folder = tempfile::tempdir().unwrap();
            let data = TrainingData { dataset, feature: None, pretrained: None };
            train_network(&recipe(&text), data, folder.path(), options(Start::Fresh), &Silent)
                .map(|n| n.description().clone())
        };
        let history = train(&dataset).unwrap().history;
        assert!(history.last().unwrap().validation_accuracy < Some(0.2), "{targets}: {history:?}");
        let error = train(&halves()).unwrap_err().to_string();
        assert!(error.contains("votes"), "{error}");
    }
}

#[test]
fn averaged_weights_early_stopping_and_balance_resume_to_the_same_weights() {
    let _lock = one_at_a_time();
    for balance in ["sampling", "weights"] {
        let more = format!("[training]\nema = 0.9\nbalance = '{balance}'\nclip-norm = 1.0\nclip-value = 0.5");
        let text =
            RECIPE.replace("[training]", &more).replace("[augmentation]", "[augmentation]\nmixup = 0.4\ncutout = 0.3");
        let (whole, parts) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        train_in(whole.path(), &text, Start::Fresh, &Silent).unwrap();
        let stop = StopAfter::new(60 * 2 + 20);
        train_in(parts.path(), &text, Start::Fresh, &stop).map(|_| ()).unwrap_err();
        train_in(parts.path(), &text, Start::Resume, &Silent).unwrap();
        let read = |folder: &Path| std::fs::read(folder.join("weights.safetensors")).unwrap();
        assert_eq!(read(whole.path()), read(parts.path()));
        // The average is not the last weights.
        let plain = tempfile::tempdir().unwrap();
        train_in(plain.path(), &text.replace("ema = 0.9\n", ""), Start::Fresh, &Silent).unwrap();
        assert_ne!(read(whole.path()), read(plain.path()));
    }
    let folder = tempfile::tempdir().unwrap();
    let text = RECIPE.replace("epochs = 4", "epochs = 60").replace("[training]", "[training]\npatience = 2");
    let history = train_in(folder.path(), &text, Start::Fresh, &Silent).unwrap().description().history.clone();
    assert!(history.len() < 60, "{}", history.len());
}

#[test]
fn a_consistent_feature_is_that_of_the_picture_as_it_was_varied() {
    let _lock = one_at_a_time();
    let (dataset, made_by, vocabulary) = (halves(), descriptors(), Vocabulary::default());
    let mut extractor = Extractor::new(&made_by, vocabulary.clone(), 12, 12).unwrap();
    let mut vectors = Array2::zeros((90, extractor.dimensions()));
    for (image, mut row) in dataset.images.outer_iter().zip(vectors.outer_iter_mut()) {
        row.assign(&extractor.describe(image).unwrap());
    }
    let fused = FusedFeature { vectors: vectors.view(), recipe: &made_by, vocabulary: &vocabulary, fingerprint: "abc" };
    let train = |folder: &Path, flip: bool, mode: &str| {
        let text = RECIPE.replace("[head]", &FUSION.replace("hidden = 8", &format!("hidden = 8\nmode = \"{mode}\"")));
        let mut recipe = recipe(&text);
        recipe.value.augmentation = AugmentationRecipe { flip, ..AugmentationRecipe::default() };
        let data = TrainingData { dataset: &dataset, feature: Some(fused), pretrained: None };
        train_network(&recipe, data, folder, options(Start::Fresh), &Silent).unwrap()
    };
    let folders: Vec<_> = (0..4).map(|_| tempfile::tempdir().unwrap()).collect();
    let [as_it_is, consistent, flipped, flipped_consistent] =
        [(0, false, "static"), (1, false, "consistent"), (2, true, "static"), (3, true, "consistent")]
            .map(|(i, flip, mode)| train(folders[i].path(), flip, mode));
    let losses = |network: &TrainedNetwork| -> Vec<f64> {
        network.description().history.iter().map(|e| e.train_loss.unwrap()).collect()
    };
    let apart = |a: &TrainedNetwork, b: &TrainedNetwork| {
        losses(a).iter().zip(losses(b)).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
    };
    // Without variation the two modes are the same; a mirrored picture has other descriptors.
    assert!(apart(&as_it_is, &consistent) < 0.01, "{:?} {:?}", losses(&as_it_is), losses(&consistent));
    assert!(apart(&flipped, &flipped_consistent) > 0.01);
    // It needs no features to predict, and comes back with its own.
    let predict = |network: &TrainedNetwork| network.predict_proba(dataset.images.view(), None, &Silent);
    let p = predict(&consistent).unwrap();
    assert_eq!(predict(&TrainedNetwork::load(folders[1].path(), Device::CPU).unwrap()).unwrap(), p);
    assert!(predict(&as_it_is).is_err());
    let given = as_it_is.predict_proba(dataset.images.view(), Some(vectors.view()), &Silent).unwrap();
    assert!((&given - &p).iter().all(|d| d.abs() < 0.05));
}

#[test]
fn features_without_tensor_operations_are_refused_before_training() {
    let text = RECIPE.replace("[head]", &FUSION.replace("hidden = 8", "hidden = 8\nmode = \"consistent\""));
    let (dataset, features, vocabulary) = (halves(), features(), Vocabulary::default());
    let refused = |recipe_text: &str, change: &dyn Fn(&mut NetworkRecipe)| {
        let made_by: FeatureRecipe = toml::from_str(recipe_text).unwrap();
        let fused =
            FusedFeature { vectors: features.view(), recipe: &made_by, vocabulary: &vocabulary, fingerprint: "abc" };
        let mut recipe = recipe(&text);
        change(&mut recipe.value);
        let folder = tempfile::tempdir().unwrap();
        let data = TrainingData { dataset: &dataset, feature: Some(fused), pretrained: None };
        let error =
            train_network(&recipe, data, folder.path(), options(Start::Fresh), &Silent).map(|_| ()).unwrap_err();
        assert!(!folder.path().join("history.csv").exists());
        error.to_string()
    };
    let grid = "title = 'd'\nextractor = 'dense-sift'\nencoding = 'concatenate'\n";
    let message = refused(&format!("{grid}symmetric = true\n[grid]\nbins = [2]\nstep = 4"), &|_| {});
    assert!(message.contains("symmetric") && message.contains("mode = \"static\""), "{message}");
    let message = refused("title = 'h'\nextractor = 'hog'\nencoding = 'concatenate'\n[hog]\ncell = 4", &|_| {});
    assert!(message.contains("another extractor"), "{message}");
    // A crop has room for fewer descriptors.
    let message = refused(&format!("{grid}[grid]\nbins = [2]\nstep = 4"), &|network| network.input.crop = Some(8));
    assert!(message.contains("on 8 x 8 pixels") && message.contains("no crop"), "{message}");
}

#[test]
fn probabilities_are_the_mean_over_a_picture_and_its_mirror_image() {
    let _lock = one_at_a_time();
    let folder = tempfile::tempdir().unwrap();
    let text = RECIPE.replace("[training]", "[training]\nflip-at-prediction = true");
    let network = train_in(folder.path(), &text, Start::Fresh, &Silent).unwrap();
    assert!(network.has_several_views());
    let upright = halves().images;
    let turned = upright.slice(s![.., .., ..;-1]).to_owned();
    let middle = |images: &Array3<u8>| network.predict_proba_of_middle(images.view(), None, &Silent).unwrap();
    let mean = (middle(&upright) + middle(&turned)) / 2.0;
    let all = network.predict_proba(upright.view(), None, &Silent).unwrap();
    assert!((&all - &mean).iter().all(|d| d.abs() < 1e-6));
    assert!((&all - &middle(&upright)).iter().any(|d| d.abs() > 1e-4));
}
