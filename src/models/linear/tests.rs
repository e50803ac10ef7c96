//! The machines against their definition, and what must hold for any of them.

use ndarray::{Array2, Axis, concatenate, s};

use super::*;
use crate::dataset::Split;
use crate::models::Classifier;
use crate::models::vectors::rows_of;
use crate::progress::{Silent, StopAfter};
use crate::recipe::Normalisation;

const CLASSES: usize = 4;

fn recipe() -> LinearRecipe {
    LinearRecipe {
        title: "test".into(),
        features: vec!["f".into()],
        normalisation: Normalisation::None,
        mirrored: false,
        loss: Loss::SquaredHinge,
        c: 0.5,
        eps: 1e-4,
        passes: 2000,
        seed: 1,
    }
}

/// `n` rows of 40 numbers, many of them zeros when `thin`; classes overlap.
fn rows(n: usize, thin: bool) -> (Array2<f32>, Vec<u8>) {
    let mut state = 777u64;
    let mut draw = || {
        state = (1_103_515_245 * state + 12_345) % (1 << 31);
        (state >> 7) as f32 / (1 << 24) as f32
    };
    let mut rows = Array2::zeros((n, 40));
    for ((i, j), v) in rows.indexed_iter_mut() {
        let (there, value) = (draw(), draw());
        let lift = if j % CLASSES == i % CLASSES { 0.15 } else { 0.0 };
        *v = if thin && there > 0.1 { 0.0 } else { value + lift };
    }
    (rows, (0..n).map(|i| (i % CLASSES) as u8).collect())
}

fn run(n: usize, threads: usize) -> Outcome<LinearModel> {
    let (rows, labels) = rows(n, false);
    let splits = splits(n);
    let features = [rows.view()];
    let input = VectorInput {
        pictures: Pictures::new(&features),
        labels: &labels,
        splits: &splits,
        classes: CLASSES,
        calibration: None,
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| fit_predict(&recipe(), &input, &Silent).unwrap())
}

fn splits(n: usize) -> Vec<Split> {
    // Every class in each of them.
    (0..n).map(|i| if i < n / 2 { Split::Train } else { Split::ALL[1 + (i / CLASSES) % 2] }).collect()
}

/// The gradient of |w|^2 / 2 + b^2 / 2 + C sum of max(0, 1 - y f(x))^2 must vanish at the answer.
#[test]
fn the_answer_is_where_the_objective_is_least() {
    for thin in [false, true] {
        let (rows, labels) = rows(300, thin);
        let (planes, passes) = fit(&recipe(), rows.view(), &labels, CLASSES, &Silent).unwrap();
        assert!(passes < 2000, "{passes}");
        for class in 0..CLASSES {
            let w = planes.weights.column(class).mapv(f64::from);
            let b = f64::from(planes.biases[class]);
            let (mut of_w, mut of_b) = (w.clone(), b);
            let mut violations = 0;
            for (row, &label) in rows.outer_iter().zip(&labels) {
                let x = row.mapv(f64::from);
                let y = if usize::from(label) == class { 1.0 } else { -1.0 };
                let slack = 1.0 - y * (w.dot(&x) + b);
                if slack > 0.0 {
                    violations += 1;
                    of_w.scaled_add(-2.0 * 0.5 * slack * y, &x);
                    of_b -= 2.0 * 0.5 * slack * y;
                }
            }
            assert!(violations > 0);
            let length = of_w.dot(&of_w).sqrt();
            assert!(length < 0.02 && of_b.abs() < 0.02, "thin {thin}, class {class}: {length}, {of_b}");
        }
    }
}

#[test]
fn one_thread_and_three_give_the_same_bytes() {
    let (one, three) = (run(200, 1), run(200, 3));
    assert_eq!(one, three);
    let labels: Vec<usize> = (0..200).filter(|&i| splits(200)[i] == Split::Test).map(|i| i % CLASSES).collect();
    let best = |row: ndarray::ArrayView1<'_, f32>, label: usize| row.iter().all(|p| *p <= row[label]);
    let right = one.test.outer_iter().zip(&labels).filter(|(row, label)| best(*row, **label)).count();
    assert!(right * 10 > labels.len() * 5, "{right} of {}", labels.len());
}

#[test]
fn a_model_comes_back_from_its_folder() {
    let outcome = run(120, 2);
    let folder = tempfile::tempdir().unwrap();
    outcome.model.save(folder.path()).unwrap();
    let back = LinearModel::load(folder.path()).unwrap();
    assert_eq!(back, outcome.model);
    let (rows, _) = rows(120, false);
    let test = rows.select(Axis(0), &rows_of(&splits(120), Split::Test));
    let again = back.predict_proba(Pictures::new(&[test.view()])).unwrap();
    assert!(again.iter().zip(&outcome.test).all(|(a, b)| (a - b).abs() < 1e-6));
    assert!(back.predict_proba(Pictures::new(&[])).is_err());
    std::fs::write(folder.path().join("weights.npy"), b"no array").unwrap();
    assert!(LinearModel::load(folder.path()).is_err());
    std::fs::remove_file(folder.path().join("linear.json")).unwrap();
    assert!(LinearModel::load(folder.path()).unwrap_err().to_string().contains("train the model first"));
}

/// The gradient of |W|^2 / 2 - C sum of the log-probabilities must vanish at the answer.
#[test]
fn logistic_regression_is_where_its_objective_is_least() {
    let (rows, mut labels) = rows(300, false);
    // A class that no row has.
    labels.iter_mut().for_each(|label| *label += u8::from(*label == 3));
    let classes = CLASSES + 1;
    let recipe = LinearRecipe { loss: Loss::Logistic, ..recipe() };
    let planes = logistic::fit(&recipe, rows.view(), &labels, classes).unwrap();
    let scores = rows.dot(&planes.weights) + &planes.biases;
    let probabilities = scores.mapv(|s| f64::from(s).exp());
    let mut of_weights = planes.weights.mapv(f64::from);
    let mut of_biases = vec![0.0; classes];
    for ((p, row), &label) in probabilities.outer_iter().zip(rows.outer_iter()).zip(&labels) {
        for class in 0..classes {
            let residual = p[class] / p.sum() - if usize::from(label) == class { 1.0 } else { 0.0 };
            of_weights.column_mut(class).scaled_add(0.5 * residual, &row.mapv(f64::from));
            of_biases[class] += 0.5 * residual;
        }
    }
    assert!(of_weights.iter().chain(&of_biases).all(|g| g.abs() < 0.02), "{of_weights} {of_biases:?}");
    assert!(probabilities.column(3).iter().all(|p| *p < 1e-9));
    let one = logistic::fit(&recipe, rows.view(), &[2; 300], classes).unwrap();
    assert!((0..classes).all(|class| class == 2 || one.biases[class] < one.biases[2]));
}

/// Each row with its columns in reverse, as the mirror image of some feature.
fn turned(rows: &Array2<f32>) -> Array2<f32> {
    rows.slice(s![.., ..;-1]).to_owned()
}

#[test]
fn mirror_images_are_further_training_rows_and_are_scored_too() {
    let (rows, labels) = rows(200, false);
    let other = turned(&rows);
    let (features, mirror) = ([rows.view()], [other.view()]);
    let pictures = Pictures { features: &features, mirrored: &mirror };
    let input = VectorInput { pictures, labels: &labels, splits: &splits(200), classes: CLASSES, calibration: None };
    let recipe = LinearRecipe { mirrored: true, ..recipe() };
    let model = fit_predict(&recipe, &input, &Silent).unwrap().model;
    let training = rows_of(&splits(200), Split::Train);
    let doubled = concatenate![Axis(0), rows.select(Axis(0), &training), other.select(Axis(0), &training)];
    let labels = labels[..training.len()].repeat(2);
    let (planes, _) = fit(&recipe, doubled.view(), &labels, CLASSES, &Silent).unwrap();
    assert_eq!(model.planes, planes);
    let swapped = Pictures { features: &mirror, mirrored: &features };
    assert_eq!(model.predict_proba(pictures).unwrap(), model.predict_proba(swapped).unwrap());
    let error = model.predict_proba(Pictures::new(&features)).unwrap_err().to_string();
    assert!(error.contains("mirror images"), "{error}");
    let error = fit_predict(&recipe, &VectorInput { pictures: Pictures::new(&features), ..input }, &Silent);
    assert!(error.unwrap_err().to_string().contains("mirror images"));
}

#[test]
fn too_few_passes_are_said_and_a_stop_is_heard() {
    let (rows, labels) = rows(100, false);
    let recipe = LinearRecipe { passes: 2, ..recipe() };
    assert_eq!(fit(&recipe, rows.view(), &labels, CLASSES, &Silent).unwrap().1, 2);
    let stopped = fit(&recipe, rows.view(), &labels, CLASSES, &StopAfter::new(0));
    assert!(matches!(stopped, Err(Error::Interrupted { .. })));
}
