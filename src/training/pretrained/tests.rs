//! Which layers are taken over, and what is refused.

use ndarray::{Array2, s};
use tempfile::TempDir;

use super::*;
use crate::artifact::{Tensors, Workspace, read_tensors};
use crate::dataset::Dataset;
use crate::features::Vocabulary;
use crate::models::Start;
use crate::models::network::one_at_a_time;
use crate::progress::{Silent, StopAfter};
use crate::training::tests::{FUSION, RECIPE, descriptors, features, halves, options, recipe};
use crate::training::train_network;

/// The recipe of the other tests, starting from `models/halves/base`.
fn tuned(text: &str) -> Recipe<NetworkRecipe> {
    recipe(&format!("{}\n[pretrained]\nmodel = 'base'\ndataset = 'halves'", text.replace("seed = 5", "seed = 6")))
}

/// A working folder in which `base` is trained by a recipe.
fn base(text: &str) -> (TempDir, Pretrained) {
    let root = tempfile::tempdir().unwrap();
    let workspace = Workspace::new(root.path());
    let base = Recipe { name: "base".into(), ..recipe(text) };
    with_data(&base, &halves(), None, |data| {
        train_network(&base, data, &workspace.model("halves", "base"), options(Start::Fresh), &Silent).map(|_| ())
    })
    .unwrap();
    let named = tuned(text).value.pretrained.unwrap();
    (root, Pretrained::find(&workspace, &named).unwrap())
}

/// A dataset of halves, with their feature for a recipe with [fusion].
fn with_data<T>(
    recipe: &Recipe<NetworkRecipe>,
    dataset: &Dataset,
    pretrained: Option<&Pretrained>,
    with: impl FnOnce(TrainingData<'_>) -> T,
) -> T {
    let vectors = features();
    let (made_by, vocabulary) = (descriptors(), Vocabulary::default());
    let fused = FusedFeature { vectors: vectors.view(), recipe: &made_by, vocabulary: &vocabulary, fingerprint: "abc" };
    let feature = recipe.value.fusion.is_some().then_some(fused);
    with(TrainingData { dataset, feature, pretrained })
}

/// The weights of a fresh network for this dataset, and those after taking over.
fn before_and_after(
    recipe: &Recipe<NetworkRecipe>,
    data: TrainingData<'_>,
) -> Result<(Tensors, Tensors, Option<StartingPoint>)> {
    let (_, height, width) = data.dataset.images.dim();
    let (features, classes) = (data.feature.map_or(0, |f| f.vectors.ncols()), data.dataset.info.classes.len());
    let mut network = Network::new(&recipe.value, [height, width], features, classes, 6, tch::Device::Cpu)?;
    let fresh = network.weights()?;
    let point = take_over(&mut network, recipe, data)?;
    Ok((fresh, network.weights()?, point))
}

fn with_classes(classes: &[&str]) -> Dataset {
    let mut dataset = halves();
    dataset.info.classes = classes.iter().map(|c| c.to_string()).collect();
    dataset
}

#[test]
fn every_layer_is_taken_over_but_the_last_one_only_for_the_same_classes() {
    let _lock = one_at_a_time();
    for text in [RECIPE.to_string(), RECIPE.replace("[head]", FUSION)] {
        let (_root, pretrained) = base(&text);
        let theirs = pretrained.weights().unwrap();
        let recipe = tuned(&text);
        for (classes, same) in
            [(&["above", "below"][..], true), (&["below", "above"], false), (&["above", "below", "beside"], false)]
        {
            let dataset = with_classes(classes);
            let (fresh, after, point) =
                with_data(&recipe, &dataset, Some(&pretrained), |data| before_and_after(&recipe, data)).unwrap();
            let point = point.unwrap();
            assert_eq!((point.last_layer, point.best_epoch), (same, pretrained.description.best_epoch as u64));
            let said = in_words(&point, &dataset.info.classes);
            assert!(said.contains("starts from base trained on halves (epoch "), "{said}");
            assert_eq!(said.contains(&format!("fresh, for these classes: {}", classes.join(", "))), !same, "{said}");
            assert_eq!(fresh.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>());
            let mut kept = Vec::new();
            for (name, own) in &after {
                let from = if *own == fresh[name] { &fresh } else { &theirs };
                assert_eq!(*own, from[name], "{name}");
                // Of the other seed and trained: nothing is the same by chance.
                assert!(theirs.get(name) != Some(&fresh[name]), "{name}");
                if *own == fresh[name] {
                    kept.push(name.as_str());
                }
            }
            assert_eq!(kept, if same { vec![] } else { vec!["output.bias", "output.weight"] });
            assert!(after.keys().any(|name| name.contains("running") || name.contains("mean")), "{:?}", after.keys());
        }
    }
}

#[test]
fn the_first_tensor_that_differs_is_named_with_both_shapes() {
    let _lock = one_at_a_time();
    let (_root, pretrained) = base(RECIPE);
    let classes = ["above", "below", "beside"];
    let refused = |text: &str| {
        let (recipe, dataset) = (tuned(text), with_classes(&classes));
        let found = with_data(&recipe, &dataset, Some(&pretrained), |data| before_and_after(&recipe, data));
        let error = found.map(|_| ()).unwrap_err();
        assert!(matches!(error, Error::Mismatch { .. }), "{error}");
        error.to_string()
    };
    for (from, to, wanted) in [
        ("filters = [4, 6]", "filters = [4, 7]", ["`block.0.conv.1.bias` has shape [7] here", "has shape [6] in "]),
        ("hidden = [16]", "hidden = [16, 9]", ["`head.1.bias` has shape [9] here", "is missing in "]),
        ("hidden = [16]", "hidden = []", ["`head.0.bias` is missing here", "has shape [16] in "]),
        ("hidden = [16]", "hidden = [12]", ["`head.0.bias` has shape [12] here", "has shape [16] in "]),
        ("standardise = true", "standardise = true\ncrop = 10", ["crop = 10", "[input] standardise = true"]),
        ("standardise = true", "per-image = true", ["per-image = true here", "per-image = false there"]),
        ("[head]", FUSION, ["[fusion] feature = \"f\"", "no [fusion] there"]),
    ] {
        let said = refused(&RECIPE.replace(from, to));
        for part in wanted.iter().chain(&["`small` and `base`", "[[block]], [head], [fusion] and [input]"]) {
            assert!(said.contains(part), "{part}: {said}");
        }
    }
    // A mean over the picture lets weights fit any size.
    let recipe = tuned(RECIPE);
    let mut larger = halves();
    larger.images = ndarray::concatenate![ndarray::Axis(1), larger.images, larger.images.slice(s![.., ..2, ..])];
    let said = with_data(&recipe, &larger, Some(&pretrained), |data| {
        before_and_after(&recipe, data).map(|_| ()).unwrap_err().to_string()
    });
    assert!(said.contains("14 x 12") && said.contains("size = [12, 12]"), "{said}");
}

#[test]
fn a_recipe_that_names_a_network_is_not_trained_without_it_nor_the_other_way_round() {
    let _lock = one_at_a_time();
    let (_root, pretrained) = base(RECIPE);
    for (recipe, given) in [(tuned(RECIPE), None), (recipe(RECIPE), Some(&pretrained))] {
        let refused =
            with_data(&recipe, &halves(), given, |data| before_and_after(&recipe, data).map(|_| ()).unwrap_err());
        assert!(refused.to_string().contains("pretrained network of `small`"), "{refused}");
    }
}

#[test]
fn words_of_another_dataset_are_no_start() {
    let _lock = one_at_a_time();
    let text = RECIPE.replace("[head]", FUSION);
    let (_root, pretrained) = base(&text);
    let recipe = tuned(&text);
    let (dataset, vectors, made_by) = (halves(), features(), descriptors());
    let start = |fitted: bool, fingerprint: &str| {
        let words = fitted.then(|| Array2::zeros((2, 2)));
        let vocabulary = Vocabulary { codebook: words, ..Vocabulary::default() };
        let feature = FusedFeature { vectors: vectors.view(), recipe: &made_by, vocabulary: &vocabulary, fingerprint };
        let data = TrainingData { dataset: &dataset, feature: Some(feature), pretrained: Some(&pretrained) };
        before_and_after(&recipe, data).map(|_| ()).map_err(|e| e.to_string())
    };
    start(false, "other").unwrap();
    start(true, "abc").unwrap();
    let refused = start(true, "other").unwrap_err();
    assert!(refused.contains("fused feature") && refused.contains("fitted"), "{refused}");
}

#[test]
fn an_interrupted_fine_tuning_goes_on_from_its_checkpoint_and_not_from_the_start() {
    let _lock = one_at_a_time();
    let text = RECIPE.replace("[training]", "[training]\nema = 0.9");
    let (_root, pretrained) = base(&text);
    let recipe = tuned(&text);
    let train = |folder: &std::path::Path, start: Start, progress: &dyn crate::Progress| {
        with_data(&recipe, &halves(), Some(&pretrained), |data| {
            train_network(&recipe, data, folder, options(start), progress)
        })
    };
    let (whole, parts) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    train(whole.path(), Start::Fresh, &Silent).unwrap();
    // 60 rows an epoch: stops in the middle of the third one.
    assert!(train(parts.path(), Start::Fresh, &StopAfter::new(60 * 2 + 20)).is_err());
    let resumed = train(parts.path(), Start::Resume, &Silent).unwrap();
    let weights = |folder: &std::path::Path| read_tensors(&folder.join("weights.safetensors")).unwrap().0;
    assert!(weights(whole.path()) == weights(parts.path()), "resumed weights differ");
    assert_eq!(resumed.description().pretrained.as_ref().map(|p| p.model.as_str()), Some("base"));

    // What starts from this one knows both, and names what both learned from once.
    let mut third = Pretrained { description: resumed.description().clone(), ..pretrained };
    let fingerprint = halves().info.fingerprint;
    assert_eq!(third.datasets(), [("halves", fingerprint.as_str())]);
    third.description.dataset = "quarters".into();
    assert_eq!(third.datasets(), [("quarters", fingerprint.as_str()), ("halves", fingerprint.as_str())]);
    assert_eq!(third.starting_point(true).pretrained.unwrap().model, "base");
}
