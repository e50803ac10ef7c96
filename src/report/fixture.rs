//! Made-up comparisons for tests: the numbers are drawn, not measured.

use ndarray::Array2;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::dataset::Split;
use crate::evaluation::{
    Comparison, ComparisonInput, DatasetFacts, EntryInput, EntryKind, EpochRecord, FeatureFacts, Hits, IdenticalRows,
    Seen, SingleView, SplitCounts, TrainingFacts,
};
use crate::recipe::{AggregateMethod, AggregateRecipe, IngredientRecipe};
use crate::{Cost, Predictions};

/// Two networks, an SVM, an external result and two aggregates on three classes and few rows.
pub fn comparison() -> Comparison {
    drawn(&["angry", "happy", "sad"], [60, 24, 30])
}

fn drawn(classes: &[&str], counts: [usize; 3]) -> Comparison {
    let classes: Vec<String> = classes.iter().map(|c| c.to_string()).collect();
    let mut rng = ChaCha8Rng::seed_from_u64(20_261_121);
    let labels: Vec<Vec<u8>> =
        counts.iter().map(|n| (0..*n).map(|_| uneven(&mut rng, classes.len())).collect()).collect();
    let mut entry = |name: &str, title: &str, family: &str, share: f64| {
        let mut predictions = |split: Split, share: f64| {
            let first: usize = counts[..split as usize].iter().sum();
            guess(name, &classes, (split, first), &labels[split as usize], share, &mut rng)
        };
        EntryInput {
            name: name.into(),
            title: title.into(),
            kind: if family == "external" { EntryKind::External } else { EntryKind::Single },
            family: family.into(),
            validation: predictions(Split::Validation, share + 0.01),
            test: predictions(Split::Test, share),
            training: None,
        }
    };
    let mut entries = vec![
        entry("cnn", "CNN", "network", 0.63),
        entry("sift-cnn", "SIFT-CNN", "network", 0.61),
        entry("dsift-svm", "Dense SIFT, local SVM", "svm", 0.47),
        entry("elsewhere", "Network of another program", "external", 0.58),
    ];
    entries[0].training = Some(network(0));
    entries[1].training = Some(network(1));
    entries[2].training = Some(svm());
    let total: usize = counts.iter().sum();
    let flags =
        |every: usize| -> Vec<bool> { (0..total).map(|row| row >= counts[0] && row.is_multiple_of(every)).collect() };
    let (identical, near) = (flags(12), flags(6));
    let of_split = |flags: &[bool]| {
        let test = counts[0] + counts[1];
        let count = |flags: &[bool]| flags.iter().filter(|f| **f).count() as u64;
        IdenticalRows { validation: count(&flags[counts[0]..test]), test: count(&flags[test..]) }
    };
    let of_classes = |split: Split| SplitCounts {
        split,
        per_class: (0..classes.len() as u8)
            .map(|c| labels[split as usize].iter().filter(|l| **l == c).count() as u64)
            .collect(),
    };
    let ingredient =
        |name: &str, with: &str| IngredientRecipe { name: name.into(), with: with.into(), without: "cnn".into() };
    let aggregate = |name: &str, members: &[&str], method| AggregateRecipe {
        name: name.into(),
        members: members.iter().map(|m| m.to_string()).collect(),
        method,
        weights: None,
    };
    let comparison = Comparison::assemble(ComparisonInput {
        title: "Networks and handcrafted features on made-up numbers".into(),
        experiment: "made-up".into(),
        command: "ferrofuse run results/made-up.toml".into(),
        created: None,
        chosen_on: Split::Validation,
        dataset: DatasetFacts {
            name: "made-up".into(),
            title: "Made-up faces".into(),
            synthetic: true,
            counts: Split::ALL.into_iter().map(of_classes).collect(),
            fingerprint: "0123456789abcdef".into(),
            source: "test data, no pictures".into(),
            split_rule: "drawn with a seed".into(),
            size: [48, 48],
            identical_to_training: Some(of_split(&identical)),
            near_training: Some(of_split(&near)),
            classes: classes.clone(),
        },
        entries,
        aggregates: &[
            aggregate("cnn+sift-cnn", &["cnn", "sift-cnn"], AggregateMethod::Mean),
            aggregate("weighted", &["cnn", "sift-cnn", "dsift-svm"], AggregateMethod::Weighted),
        ],
        ingredients: &[
            ingredient("SIFT beside the network", "sift-cnn"),
            ingredient("an SVM in place of the network", "dsift-svm"),
        ],
        seen: Seen { identical: Some(&identical), near: Some(&near) },
        subjects: None,
        folds: None,
    });
    // The version changes with each release, what is shown of it does not.
    Comparison { version: "0.0.0".into(), ..comparison.unwrap() }
}

/// Labels as uneven as those of FER2013: the second class is rare, the fourth frequent.
fn uneven(rng: &mut ChaCha8Rng, classes: usize) -> u8 {
    let weight = |c: usize| match c {
        1 if classes > 3 => 0.11,
        3 => 1.8,
        _ => 1.0,
    };
    let mut left = rng.random::<f64>() * (0..classes).map(weight).sum::<f64>();
    for c in 0..classes {
        left -= weight(c);
        if left < 0.0 {
            return c as u8;
        }
    }
    0
}

fn guess(
    name: &str,
    classes: &[String],
    (split, first): (Split, usize),
    labels: &[u8],
    share: f64,
    rng: &mut ChaCha8Rng,
) -> Predictions {
    let c = classes.len();
    let mut probabilities = Array2::from_elem((labels.len(), c), 0.4 / c as f32);
    for (mut row, &label) in probabilities.outer_iter_mut().zip(labels) {
        let harder = if label % 3 == 2 { 0.85 } else { 1.05 };
        let hit = rng.random::<f64>() < share * harder;
        row[if hit { usize::from(label) } else { rng.random_range(0..c) }] += 0.6;
    }
    Predictions {
        model: name.into(),
        dataset: "made-up".into(),
        fingerprint: String::new(),
        classes: classes.to_vec(),
        split,
        rows: (first as u32..(first + labels.len()) as u32).collect(),
        labels: labels.to_vec(),
        probabilities,
    }
}

const TRUNK: &str = r#"kind = "network"
title = "made-up"

[[block]]
filters = [4]
padding = ["same"]

[head]
hidden = [8]

[training]
epochs = 20
batch = 12
optimiser = "adam"
learning-rate = 0.01
seed = 1
"#;

const FUSION: &str = "[fusion]\nfeature = \"sift\"\nhidden = 8\n\n[head]";

/// The second one is fused with a feature.
fn network(seed: u64) -> TrainingFacts {
    let record = |epoch: u64| {
        let t = epoch as f64 / 12.0;
        let wobble = if epoch.is_multiple_of(2) { 0.012 } else { -0.006 };
        EpochRecord {
            epoch,
            train_loss: Some(1.9 * (-t).exp() + 0.4),
            train_accuracy: 0.8 - 0.6 * (-1.6 * t).exp(),
            validation_loss: if epoch == 3 { None } else { Some(1.2 * (-1.5 * t).exp() + 0.8 + 0.2 * t * t + wobble) },
            validation_accuracy: Some(0.63 - 0.42 * (-2.5 * t).exp() - 0.02 * (t - 0.9).powi(2) + wobble),
            learning_rate: 0.01,
            seconds: 31.5,
        }
    };
    TrainingFacts {
        seed,
        parameters: Some(1_234_567),
        epochs: Some(20),
        best_epoch: Some(14),
        keep: Default::default(),
        pretrained: None,
        seconds: Some(630.0),
        processor_seconds: None,
        peak_memory: None,
        single_view: Some(SingleView {
            validation: Hits { correct: 61, rows: 100 },
            test: Hits { correct: 59, rows: 100 },
        }),
        features: vec![],
        recipe_toml: if seed == 1 { TRUNK.replace("[head]", FUSION) } else { TRUNK.to_string() },
        note: Some("a made-up remark".into()),
        history: (1..=20).map(record).collect(),
    }
}

fn svm() -> TrainingFacts {
    TrainingFacts {
        seed: 5,
        parameters: None,
        epochs: None,
        best_epoch: None,
        keep: Default::default(),
        pretrained: None,
        seconds: Some(75.4),
        processor_seconds: Some(140.2),
        peak_memory: Some(3 << 30),
        single_view: None,
        features: vec![FeatureFacts {
            name: "dsift-bovw".into(),
            title: "dense SIFT bag of words".into(),
            dimensions: 2048,
            learned: false,
            cost: Some(Cost { seconds: 84.0, processor_seconds: Some(160.0), peak_memory: Some(450 << 20) }),
            mirrored_cost: None,
        }],
        recipe_toml: "kind = \"svm\"\n".into(),
        note: None,
        history: vec![],
    }
}
