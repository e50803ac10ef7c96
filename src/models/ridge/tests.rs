//! The machine against its definition, and what must hold for any of them.

use ndarray::{Array2, ArrayView2, s};

use super::*;
use crate::models::Classifier;
use crate::progress::Silent;
use crate::recipe::{Combine, Kernel, Normalisation};

const CLASSES: usize = 3;

fn recipe(kernel: Kernel) -> KernelRidgeRecipe {
    KernelRidgeRecipe {
        title: "test".into(),
        features: vec!["f".into(), "g".into()],
        normalisation: Normalisation::L2,
        mirrored: false,
        kernel,
        gamma: 0.7,
        combine: Combine::Concatenate,
        lambda: 0.3,
    }
}

/// `n` rows of 12 and 5 numbers from 0 to 1; a class raises every third number.
fn rows(n: usize) -> ([Array2<f32>; 2], Vec<u8>) {
    let mut state = 12345u64;
    let mut draw = |columns: usize| {
        let mut rows = Array2::from_shape_simple_fn((n, columns), || {
            state = (1_103_515_245 * state + 12_345) % (1 << 31);
            (state >> 7) as f32 / (1 << 24) as f32
        });
        for ((i, j), v) in rows.indexed_iter_mut() {
            *v += if j % CLASSES == i % CLASSES { 0.4 } else { 0.0 };
        }
        rows
    };
    ([draw(12), draw(5)], (0..n).map(|i| (i % CLASSES) as u8).collect())
}

fn splits(n: usize) -> Vec<Split> {
    (0..n).map(|i| if i < n / 2 { Split::Train } else { Split::ALL[1 + i % 2] }).collect()
}

fn run(recipe: &KernelRidgeRecipe, n: usize) -> Result<Outcome<KernelRidge>> {
    let (features, labels) = rows(n);
    let views: Vec<ArrayView2<f32>> = features.iter().map(|f| f.view()).collect();
    let input = VectorInput {
        pictures: Pictures::new(&views),
        labels: &labels,
        splits: &splits(n),
        classes: CLASSES,
        calibration: None,
    };
    fit_predict(recipe, &input, 1 << 30, &Silent)
}

/// K(x, y) as the recipe's documentation says.
fn by_definition(recipe: &KernelRidgeRecipe, x: &[f64], y: &[f64]) -> f64 {
    let pairs = || x.iter().zip(y);
    match recipe.kernel {
        Kernel::Linear => pairs().map(|(a, b)| a * b).sum(),
        Kernel::Rbf => (-recipe.gamma * pairs().map(|(a, b)| (a - b).powi(2)).sum::<f64>()).exp(),
        Kernel::ChiSquared => (-recipe.gamma * pairs().map(|(a, b)| (a - b).powi(2) / (a + b)).sum::<f64>()).exp(),
        Kernel::Intersection => pairs().map(|(a, b)| a.min(*b)).sum(),
    }
}

#[test]
fn the_dual_variables_solve_the_system_of_the_definition() {
    // More rows than one tile of the kernel matrix has.
    let n = 2 * 530;
    for kernel in [Kernel::Linear, Kernel::Rbf, Kernel::ChiSquared, Kernel::Intersection] {
        for combine in [Combine::Concatenate, Combine::Sum] {
            let recipe = KernelRidgeRecipe { combine, ..recipe(kernel) };
            let machine = run(&recipe, n).unwrap().model.machine;
            let tables: Vec<Array2<f64>> =
                machine.training.versions[0].iter().map(|t| t.view().rows.mapv(f64::from)).collect();
            assert_eq!(tables.len(), if combine == Combine::Sum { 2 } else { 1 });
            for i in [0, 1, 511, 512, 529] {
                let kernels = (0..n / 2).map(|j| {
                    let of = |t: &Array2<f64>| by_definition(&recipe, &t.row(i).to_vec(), &t.row(j).to_vec());
                    tables.iter().map(of).sum::<f64>() / tables.len() as f64
                });
                let kernels: Vec<f64> = kernels.collect();
                for class in 0..CLASSES {
                    let sum: f64 =
                        kernels.iter().zip(machine.alpha.column(class)).map(|(k, a)| k * f64::from(*a)).sum();
                    let found = sum + recipe.lambda * f64::from(machine.alpha[[i, class]]);
                    let target = if i % CLASSES == class { 1.0 } else { -1.0 };
                    assert!((found - target).abs() < 2e-3, "{kernel:?} {combine:?} row {i}: {found}, {target}");
                }
            }
        }
    }
}

/// Mirror images whose kernels with each other are those of the pictures: columns in reverse.
#[test]
fn mirror_images_make_the_machine_of_twice_the_rows() {
    let n = 200;
    let (features, labels) = rows(n);
    let turned = features.each_ref().map(|f| f.slice(s![.., ..;-1]).to_owned());
    let (views, mirror) = (features.each_ref().map(|f| f.view()), turned.each_ref().map(|f| f.view()));
    let pictures = Pictures { features: &views, mirrored: &mirror };
    let splits = splits(n);
    let input = VectorInput { pictures, labels: &labels, splits: &splits, classes: CLASSES, calibration: None };
    for kernel in [Kernel::Rbf, Kernel::Intersection] {
        for combine in [Combine::Concatenate, Combine::Sum] {
            let recipe = KernelRidgeRecipe { mirrored: true, combine, ..recipe(kernel) };
            let model = fit_predict(&recipe, &input, 1 << 30, &Silent).unwrap().model;

            // The training rows twice; the others are scored as they are.
            let order: Vec<usize> = (0..n / 2).chain(0..n).collect();
            let mut doubled = features.each_ref().map(|f| f.select(Axis(0), &order));
            for (all, turned) in doubled.iter_mut().zip(&turned) {
                all.slice_mut(s![..n / 2, ..]).assign(&turned.slice(s![..n / 2, ..]));
            }
            let views = doubled.each_ref().map(|f| f.view());
            let labels: Vec<u8> = order.iter().map(|&row| labels[row]).collect();
            let splits: Vec<Split> = order.iter().map(|&row| splits[row]).collect();
            let input = VectorInput {
                pictures: Pictures::new(&views),
                labels: &labels,
                splits: &splits,
                classes: CLASSES,
                calibration: None,
            };
            let recipe = KernelRidgeRecipe { mirrored: false, lambda: 2.0 * recipe.lambda, ..recipe };
            let twice = fit_predict(&recipe, &input, 1 << 30, &Silent).unwrap().model;

            let rows: Vec<usize> = (n / 2..n).collect();
            let found = model.machine.decisions(pictures, &rows, true, &Silent).unwrap();
            let expected = twice.machine.decisions(pictures, &rows, true, &Silent).unwrap();
            let far = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(far < 1e-3, "{kernel:?} {combine:?}: {far}");
        }
    }
}

#[test]
fn probabilities_sum_to_one_and_beat_chance_on_any_number_of_threads() {
    let n = 240;
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| run(&recipe(Kernel::Rbf), n).unwrap())
    };
    let (one, two) = (on(1), on(2));
    assert!(one.test.iter().zip(&two.test).all(|(a, b)| (a - b).abs() < 1e-4));
    let labels: Vec<usize> = (0..n).filter(|&i| splits(n)[i] == Split::Test).map(|i| i % CLASSES).collect();
    let mut right = 0;
    for (row, &label) in one.test.outer_iter().zip(&labels) {
        assert!((row.sum() - 1.0).abs() < 1e-5 && row.iter().all(|p| (0.0..=1.0).contains(p)));
        right += usize::from(row.iter().all(|p| *p <= row[label]));
    }
    assert!(right * 10 > labels.len() * 6, "{right} of {}", labels.len());
}

#[test]
fn a_model_comes_back_from_its_folder() {
    let n = 120;
    let folder = tempfile::tempdir().unwrap();
    let recipe = KernelRidgeRecipe { combine: Combine::Sum, ..recipe(Kernel::ChiSquared) };
    let outcome = run(&recipe, n).unwrap();
    outcome.model.save(folder.path()).unwrap();
    let (features, labels) = rows(n);
    let views: Vec<ArrayView2<f32>> = features.iter().map(|f| f.view()).collect();
    let splits = splits(n);
    let other: Vec<u8> = [1, 0].into_iter().chain(labels[2..].iter().copied()).collect();
    let input = VectorInput {
        pictures: Pictures::new(&views),
        labels: &labels,
        splits: &splits,
        classes: CLASSES,
        calibration: None,
    };
    let load = |input: &VectorInput<'_>| KernelRidge::load(folder.path(), input);
    let back = load(&input).unwrap();
    assert_eq!(back, outcome.model);
    let test: Vec<ArrayView2<f32>> = views.iter().map(|v| v.slice(s![n / 2 + 1..;2, ..])).collect();
    let again = back.predict_proba(Pictures::new(&test), &Silent).unwrap();
    assert!(again.iter().zip(&outcome.test).all(|(a, b)| (a - b).abs() < 1e-6));
    let narrow = [test[0], test[0]];
    assert!(back.predict_proba(Pictures::new(&narrow), &Silent).unwrap_err().to_string().contains("[12, 5] columns"));

    assert!(load(&VectorInput { labels: &other, ..input }).unwrap_err().to_string().contains("train the model again"));
    std::fs::write(folder.path().join("alpha.npy"), b"no array").unwrap();
    assert!(load(&input).is_err());
    std::fs::remove_file(folder.path().join("kernel-ridge.json")).unwrap();
    assert!(load(&input).unwrap_err().to_string().contains("train the model first"));
}

#[test]
fn wrong_input_is_refused_by_name() {
    let (features, labels) = rows(60);
    let views: Vec<ArrayView2<f32>> = features.iter().map(|f| f.view()).collect();
    let splits = splits(60);
    let input = VectorInput {
        pictures: Pictures::new(&views),
        labels: &labels,
        splits: &splits,
        classes: CLASSES,
        calibration: None,
    };
    let refusal = |recipe: &KernelRidgeRecipe, input: &VectorInput<'_>, memory| {
        fit_predict(recipe, input, memory, &Silent).unwrap_err().to_string()
    };
    let rbf = recipe(Kernel::Rbf);
    // 30 rows: kernels of 30 x 30 and 17 numbers each, 4 bytes a number.
    assert!(refusal(&rbf, &input, 5639).contains("30 x 30 training rows"));
    assert!(fit_predict(&rbf, &input, 5640, &Silent).is_ok());
    assert!(refusal(&rbf, &VectorInput { splits: &[Split::Train; 60], ..input }, 1 << 20).contains("validation rows"));
    assert!(refusal(&rbf, &VectorInput { splits: &[Split::Test; 60], ..input }, 1 << 20).contains("training rows"));
    let below = features[0].mapv(|v| v - 0.5);
    let views = [below.view(), views[1]];
    assert!(
        refusal(&recipe(Kernel::Intersection), &VectorInput { pictures: Pictures::new(&views), ..input }, 1 << 20)
            .contains("histograms")
    );
    let mut hole = features[0].clone();
    hole[[7, 3]] = f32::NAN;
    let views = [hole.view(), views[1]];
    assert!(
        refusal(&rbf, &VectorInput { pictures: Pictures::new(&views), ..input }, 1 << 20).contains("row 7, column 3")
    );
}
