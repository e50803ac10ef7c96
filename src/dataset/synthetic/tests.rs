use std::collections::{HashMap, HashSet};

use ndarray::{Array2, s};

use super::geometry::Features;
use super::*;
use crate::dataset::{Dataset, Split};
use crate::progress::{Silent, StopAfter};
use crate::recipe::SyntheticRecipe;

fn classes() -> Vec<String> {
    Expression::fer2013().iter().map(|e| e.name().to_owned()).collect()
}

fn recipe(seed: u64) -> SyntheticRecipe {
    SyntheticRecipe { train: 140, validation: 45, test: 38, seed, difficulty: 1.0 }
}

fn dataset(seed: u64, threads: usize) -> Dataset {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| draw("synthetic", "synthetic faces", &recipe(seed), &classes(), [48, 48], &Silent).unwrap())
}

#[test]
fn a_seed_gives_the_same_bytes_on_any_number_of_threads() {
    assert_eq!(dataset(3, 1), dataset(3, 2));
    assert_ne!(dataset(3, 2).images, dataset(4, 2).images);
}

#[test]
fn a_dataset_says_that_it_is_synthetic_and_survives_the_disk() {
    let set = dataset(5, 2);
    assert!(set.info.synthetic && set.info.source.contains("synthetic") && set.info.source.contains("seed 5"));
    assert_eq!((set.info.rows, set.info.height, set.info.width), (223, 48, 48));
    let folder = tempfile::tempdir().unwrap();
    set.save(folder.path()).unwrap();
    assert_eq!(Dataset::load(folder.path()).unwrap(), set);
}

#[test]
fn splits_have_the_stated_sizes_and_every_class_with_disgust_the_rarest() {
    let set = dataset(1, 2);
    for (split, rows) in Split::ALL.into_iter().zip([140, 45, 38]) {
        assert_eq!(set.rows(split).len(), rows);
        let mut counts = [0_usize; 7];
        set.rows(split).iter().for_each(|&row| counts[usize::from(set.labels[row])] += 1);
        assert_eq!(counts.iter().min(), Some(&counts[Expression::Disgust as usize]), "{counts:?}");
        assert_eq!(counts.iter().max(), Some(&counts[Expression::Happy as usize]), "{counts:?}");
        assert!(counts.iter().all(|&n| n > 0), "{counts:?}");
    }
}

#[test]
fn no_person_is_in_two_splits_and_people_show_several_expressions() {
    let set = dataset(1, 2);
    let mut home: HashMap<u32, Split> = HashMap::new();
    let mut shown: HashMap<u32, HashSet<u8>> = HashMap::new();
    for (row, &person) in set.subjects.as_ref().unwrap().iter().enumerate() {
        assert_eq!(*home.entry(person).or_insert(set.splits[row]), set.splits[row], "person {person}");
        shown.entry(person).or_default().insert(set.labels[row]);
    }
    assert!(home.len() > 25);
    assert!(shown.values().filter(|labels| labels.len() > 2).count() > home.len() / 2);
}

#[test]
fn no_picture_is_constant_or_drawn_twice() {
    let set = dataset(1, 2);
    let mut seen = HashSet::new();
    for picture in set.images.outer_iter() {
        let (low, high) = picture.iter().fold((255, 0), |(low, high), &p| (p.min(low), p.max(high)));
        assert!(high - low > 20, "tones from {low} to {high}");
        assert!(seen.insert(picture.iter().copied().collect::<Vec<_>>()));
    }
}

/// Mean of clear, nearly frontal faces of one expression.
fn mean_face(expression: Expression, seeds: std::ops::Range<u64>) -> Array2<f64> {
    let n = (seeds.end - seeds.start) as f64;
    seeds.fold(Array2::zeros((48, 48)), |sum, seed| sum + face(expression, seed, 0.1, [48, 48]).mapv(f64::from) / n)
}

#[test]
fn expressions_move_the_regions_that_define_them() {
    let rest = mean_face(Expression::Neutral, 0..80);
    let (brows, mouth) = (s![10..24, 10..38], s![30..46, 12..36]);
    for expression in Expression::fer2013().iter().copied().filter(|&e| e != Expression::Neutral) {
        // The same people as at rest, so that only the expression differs.
        let change = (&mean_face(expression, 0..80) - &rest).mapv(f64::abs);
        let in_mouth = change.slice(mouth).mean().unwrap();
        assert!(in_mouth > 1.5, "{expression}: mouth moves by {in_mouth}");
        if expression != Expression::Happy {
            let in_brows = change.slice(brows).mean().unwrap();
            assert!(in_brows > 1.5, "{expression}: brows move by {in_brows}");
        }
        let elsewhere = change.slice(s![0..8, 0..8]).mean().unwrap();
        assert!(in_mouth > 2.0 * elsewhere, "{expression}: {in_mouth} against {elsewhere} in the corner");
    }
}

#[test]
fn prototypes_have_the_geometry_that_names_them() {
    let person = Identity::draw(&mut random::generator(1, random::Purpose::Person, 1), 0.0);
    let shown = |e: Expression, open: bool| Features::new(&person, &ActionUnits::prototype(e, open));
    let corner = |f: &Features| f.mouth.upper_outer[0][1];
    let inner_brow = |f: &Features| f.brows[0][0][1];
    let opening = |f: &Features| f.eyes[0].lower[6][1] - f.eyes[0].upper[6][1];
    let rest = shown(Expression::Neutral, false);
    // y grows downwards.
    assert!(corner(&shown(Expression::Happy, false)) < corner(&rest) - 0.05);
    assert!(corner(&shown(Expression::Sad, false)) > corner(&rest) + 0.05);
    assert!(inner_brow(&shown(Expression::Angry, false)) > inner_brow(&rest) + 0.05);
    assert!(inner_brow(&shown(Expression::Sad, false)) < inner_brow(&rest) - 0.04);
    assert!(opening(&shown(Expression::Fear, false)) > opening(&rest) + 0.02);
    assert!(opening(&shown(Expression::Disgust, false)) < opening(&rest) - 0.01);
    assert!(shown(Expression::Surprise, true).mouth.gap > 0.2);
    assert!(shown(Expression::Disgust, false).nostrils[0][1] < rest.nostrils[0][1] - 0.02);
    let contempt = shown(Expression::Contempt, false).mouth.upper_outer;
    assert!((contempt[0][1] - contempt[20][1]).abs() > 0.05, "contempt is one-sided");
}

#[test]
fn a_head_that_looks_ahead_lies_in_the_middle_and_is_symmetric() {
    let pose = Pose::frontal();
    let (left, right) = (pose.surface([-0.3, 0.1], 0.0), pose.surface([0.3, 0.1], 0.0));
    assert!((left[0] + right[0]).abs() < 1e-6 && (left[1] - right[1]).abs() < 1e-6);
}

#[test]
fn unusual_sizes_and_difficulties_are_drawn() {
    for size in [[1, 1], [8, 8], [8, 64], [100, 31], [1024, 1024]] {
        assert_eq!(face(Expression::Fear, 9, 1.0, size).dim(), (size[0], size[1]));
    }
    for difficulty in [-1.0, 0.0, 10.0, 1e9, f64::INFINITY, f64::NAN] {
        for expression in Expression::ALL {
            assert_eq!(face(expression, 2, difficulty, [24, 24]).len(), 576);
        }
    }
}

#[test]
fn what_cannot_be_drawn_is_refused() {
    let refuse = |recipe: &SyntheticRecipe, classes: &[&str], size| {
        let classes: Vec<String> = classes.iter().map(|&c| c.to_owned()).collect();
        draw("s", "s", recipe, &classes, size, &Silent).unwrap_err().to_string()
    };
    let good = recipe(1);
    assert!(refuse(&good, &["happy", "bored"], [48, 48]).contains("`bored`"));
    assert!(refuse(&good, &["happy", "Joy"], [48, 48]).contains("happy twice (`Joy`)"));
    assert!(refuse(&good, &[], [48, 48]).contains("none"));
    assert!(refuse(&good, &["happy"], [0, 48]).contains("[0, 48]"));
    assert!(refuse(&SyntheticRecipe { test: 0, ..good.clone() }, &["happy"], [48, 48]).contains("+ 0 rows"));
    assert!(refuse(&SyntheticRecipe { train: usize::MAX, ..good.clone() }, &["happy"], [48, 48]).contains("rows"));
    assert!(refuse(&SyntheticRecipe { difficulty: f64::NAN, ..good }, &["happy"], [48, 48]).contains("NaN"));
}

#[test]
fn a_wish_to_stop_is_heard() {
    let outcome = draw("s", "s", &recipe(1), &classes(), [48, 48], &StopAfter::new(0));
    assert!(matches!(outcome, Err(crate::error::Error::Interrupted { .. })));
}
