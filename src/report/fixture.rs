//! Made-up comparisons for tests: the numbers are drawn, not measured.

use ndarray::Array2;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::dataset::Split;
use crate::evaluation::{
    Comparison, ConfusionMatrix, DatasetFacts, Entry, EntryKind, EpochRecord, FeatureFacts, Hits, IdenticalRows,
    Ingredient, Metrics, PairedTest, Scores, Seen, SingleView, SplitCounts, TrainingFacts,
};
use crate::recipe::AggregateMethod;
use crate::{Cost, Predictions};

/// Two networks, an SVM, an external result and two aggregates on three classes and few rows.
pub fn comparison() -> Comparison {
    drawn(&["angry", "happy", "sad"], [60, 24, 30])
}

fn drawn(classes: &[&str], rows: [usize; 3]) -> Comparison {
    let classes: Vec<String> = classes.iter().map(|c| c.to_string()).collect();
    let mut rng = ChaCha8Rng::seed_from_u64(20_261_121);
    let labels: Vec<Vec<u8>> =
        rows.iter().map(|n| (0..*n).map(|_| uneven(&mut rng, classes.len())).collect()).collect();
    let scores = |split: Split, share: f64, rng: &mut ChaCha8Rng| {
        let labels = &labels[split as usize];
        let predictions = guess(&classes, split, labels, share, rng);
        let identical: Vec<bool> = (0..labels.len()).map(|i| i % 12 == 0).collect();
        let near: Vec<bool> = (0..labels.len()).map(|i| i % 6 == 0).collect();
        Scores {
            metrics: Metrics::of(&predictions, Seen { identical: Some(&identical), near: Some(&near) }).unwrap(),
            confusion: ConfusionMatrix::of(&predictions).unwrap(),
        }
    };
    let mut entry = |name: &str, title: &str, kind: EntryKind, family: &str, share: f64| Entry {
        name: name.into(),
        title: title.into(),
        kind,
        family: family.into(),
        members: vec![],
        method: None,
        weights: None,
        weights_fitted: false,
        validation: scores(Split::Validation, share + 0.01, &mut rng),
        test: scores(Split::Test, share, &mut rng),
        versus_best_single: None,
        training: None,
    };
    let mut entries = vec![
        entry("cnn", "CNN", EntryKind::Single, "network", 0.63),
        entry("sift-cnn", "SIFT-CNN", EntryKind::Single, "network", 0.61),
        entry("dsift-svm", "Dense SIFT, local SVM", EntryKind::Single, "svm", 0.47),
        entry("elsewhere", "Network of another program", EntryKind::External, "external", 0.58),
        entry("cnn+sift-cnn", "CNN + SIFT-CNN", EntryKind::Aggregate, "aggregate", 0.66),
        entry("weighted", "CNN + SIFT-CNN, weighted", EntryKind::Aggregate, "aggregate", 0.665),
    ];
    for (i, entry) in entries.iter_mut().enumerate() {
        match entry.family.as_str() {
            "network" => entry.training = Some(network(i as u64)),
            "svm" => entry.training = Some(svm()),
            "aggregate" => entry.members = vec!["cnn".into(), "sift-cnn".into()],
            _ => {}
        }
    }
    entries[4].method = Some(AggregateMethod::Mean);
    entries[5].method = Some(AggregateMethod::Weighted);
    entries[5].weights = Some(vec![0.6, 0.4]);
    entries[5].weights_fitted = true;
    entries[3].test.metrics.accuracy_without_duplicates = None;
    let singles = entries.iter().filter(|e| e.kind == EntryKind::Single);
    let best = singles.max_by(|a, b| a.validation.metrics.accuracy.total_cmp(&b.validation.metrics.accuracy));
    let best = best.map(|e| (e.name.clone(), e.test.metrics.accuracy)).unwrap();
    for entry in entries.iter_mut().filter(|e| e.name != best.0) {
        let better = entry.test.metrics.accuracy > best.1;
        let gap = (entry.test.metrics.accuracy - best.1).abs() * entry.test.metrics.rows as f64;
        let (more, fewer) = (rows[2] as u64 / 20 + gap.round() as u64, rows[2] as u64 / 20);
        let p = (-gap * gap / (2.0 * (more + fewer).max(1) as f64)).exp();
        entry.versus_best_single = Some(PairedTest {
            reference: best.0.clone(),
            only_this_right: if better { more } else { fewer },
            only_reference_right: if better { fewer } else { more },
            p,
            p_holm: (p * 5.0).min(1.0),
        });
    }
    let counts = |split: Split| SplitCounts {
        split,
        per_class: (0..classes.len() as u8)
            .map(|c| labels[split as usize].iter().filter(|l| **l == c).count() as u64)
            .collect(),
    };
    Comparison {
        title: "Networks and handcrafted features on made-up numbers".into(),
        experiment: "made-up".into(),
        command: "ferrofuse run results/made-up.toml".into(),
        version: "0.0.0".into(),
        created: None,
        dataset: DatasetFacts {
            name: "made-up".into(),
            title: "Made-up faces".into(),
            synthetic: true,
            counts: Split::ALL.into_iter().map(counts).collect(),
            fingerprint: "0123456789abcdef".into(),
            source: "test data, no pictures".into(),
            split_rule: "drawn with a seed".into(),
            size: [48, 48],
            identical_to_training: Some(IdenticalRows { validation: rows[1] as u64 / 12, test: rows[2] as u64 / 12 }),
            near_training: Some(IdenticalRows { validation: rows[1] as u64 / 6, test: rows[2] as u64 / 6 }),
            classes,
        },
        best_single: Some(best.0),
        folds: None,
        ingredients: vec![
            Ingredient {
                name: "SIFT beside the network".into(),
                with: "sift-cnn".into(),
                without: "cnn".into(),
                validation_gain: 0.0125,
                test_gain: -0.0333,
                test_interval: Some([-0.09, 0.021]),
                p: 0.21,
                p_holm: 0.42,
                cost: None,
            },
            Ingredient {
                name: "an SVM in place of the network".into(),
                with: "dsift-svm".into(),
                without: "cnn".into(),
                validation_gain: -0.2,
                test_gain: -0.16,
                test_interval: Some([-0.25, -0.07]),
                p: 0.00001,
                p_holm: 0.00002,
                cost: entries.iter().find(|e| e.name == "dsift-svm").and_then(|e| e.training.as_ref()?.cost()),
            },
        ],
        entries,
    }
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

fn guess(classes: &[String], split: Split, labels: &[u8], share: f64, rng: &mut ChaCha8Rng) -> Predictions {
    let c = classes.len();
    let mut probabilities = Array2::from_elem((labels.len(), c), 0.4 / c as f32);
    for (mut row, &label) in probabilities.outer_iter_mut().zip(labels) {
        let harder = if label % 3 == 2 { 0.85 } else { 1.05 };
        let hit = rng.random::<f64>() < share * harder;
        row[if hit { usize::from(label) } else { rng.random_range(0..c) }] += 0.6;
    }
    Predictions {
        model: "drawn".into(),
        dataset: "made-up".into(),
        fingerprint: String::new(),
        classes: classes.to_vec(),
        split,
        rows: (0..labels.len() as u32).collect(),
        labels: labels.to_vec(),
        probabilities,
    }
}

fn network(seed: u64) -> TrainingFacts {
    let record = |epoch: u64| {
        let t = epoch as f64 / 12.0;
        let wobble = if epoch.is_multiple_of(2) { 0.012 } else { -0.006 };
        EpochRecord {
            epoch,
            train_loss: Some(1.9 * (-t).exp() + 0.4),
            train_accuracy: 0.8 - 0.6 * (-1.6 * t).exp(),
            validation_loss: if epoch == 3 { None } else { Some(1.2 * (-1.5 * t).exp() + 0.8 + 0.2 * t * t + wobble) },
            validation_accuracy: 0.63 - 0.42 * (-2.5 * t).exp() - 0.02 * (t - 0.9).powi(2) + wobble,
            learning_rate: 0.01,
            seconds: 31.5,
        }
    };
    TrainingFacts {
        seed,
        parameters: Some(1_234_567),
        epochs: Some(20),
        best_epoch: Some(14),
        seconds: Some(630.0),
        processor_seconds: None,
        peak_memory: None,
        single_view: Some(SingleView {
            validation: Hits { correct: 61, rows: 100 },
            test: Hits { correct: 59, rows: 100 },
        }),
        features: vec![],
        recipe_toml: "kind = \"network\"\ntitle = \"made-up\"\n\n[training]\nepochs = 20\n".into(),
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
