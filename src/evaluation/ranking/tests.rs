use approx::{assert_abs_diff_eq, assert_relative_eq};
use ndarray::Array2;
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::thinned::{MOST, TOLERANCE, square_distance};
use super::*;
use crate::evaluation::example::{classes_in, example, random, rows_in};

#[test]
fn areas_equal_scikit_learn_and_a_class_without_rows_has_none() {
    // python scripts/golden/ranking.py
    for (salt, areas, precisions, [area, precision, prevalence]) in [
        (
            0,
            [0.7941176470588236, 0.8240740740740741, 0.6742788461538461, 0.8262653898768809],
            [0.6241612362659082, 0.6812174465181098, 0.21116302991302988, 0.7187716288325674],
            [0.7796839892909062, 0.5588283353824037, 0.24999999999999997],
        ),
        (
            1,
            [0.7694938440492476, 0.7883597883597884, 0.6766826923076923, 0.820109439124487],
            [0.6938592242618499, 0.7275351082911141, 0.32020502645502646, 0.70151064438988],
            [0.7636614409603039, 0.6107775008494676, 0.24999999999999997],
        ),
    ] {
        let found = Ranking::of(&example(salt)).unwrap();
        for (class, i) in [0, 3, 4, 5].into_iter().zip(0..) {
            assert_relative_eq!(found.per_class[class].roc_auc.unwrap(), areas[i], max_relative = 1e-12);
            assert_relative_eq!(found.per_class[class].average_precision.unwrap(), precisions[i], max_relative = 1e-12);
        }
        for class in [1, 2] {
            let class = &found.per_class[class];
            assert_eq!((class.positives, class.negatives, class.prevalence), (0, 60, 0.0));
            assert_eq!((class.roc_auc, class.average_precision), (None, None));
            assert!(class.roc.is_empty() && class.precision_recall.is_empty());
        }
        assert_relative_eq!(found.macro_roc_auc.unwrap(), area, max_relative = 1e-12);
        assert_relative_eq!(found.macro_average_precision.unwrap(), precision, max_relative = 1e-12);
        assert_relative_eq!(found.macro_prevalence.unwrap(), prevalence, max_relative = 1e-12);
    }
}

#[test]
fn ties_count_as_scikit_learn_counts_them() {
    // python scripts/golden/ranking.py
    let labels = example(0).labels;
    let tied = Thresholds::of((0..60).map(|i| ((i * 7 % 5) as f32, labels[i] == 3)).collect());
    assert_relative_eq!(tied.roc_auc().unwrap(), 0.48412698412698413, max_relative = 1e-12);
    assert_relative_eq!(tied.average_precision().unwrap(), 0.300462962962963, max_relative = 1e-12);
    let false_positives = [0.0, 0.19047619047619047, 0.40476190476190477, 0.6190476190476191, 0.8095238095238095, 1.0];
    let recalls = [0.0, 0.2222222222222222, 0.3888888888888889, 0.5555555555555556, 0.7777777777777778, 1.0];
    let precisions = [1.0, 0.3333333333333333, 0.2916666666666667, 0.2777777777777778, 0.2916666666666667, 0.3];
    let points = curve::roc(&tied);
    assert_eq!(points.len(), 6);
    for (point, expected) in points.iter().zip(false_positives.into_iter().zip(recalls)) {
        assert_relative_eq!(point[0], expected.0, max_relative = 1e-12);
        assert_relative_eq!(point[1], expected.1, max_relative = 1e-12);
    }
    // Each of scikit-learn's precisions holds from the recall before it to its own.
    let points = curve::precision_recall(&tied);
    assert_eq!(points.len(), 10);
    for (i, step) in points.chunks(2).enumerate() {
        assert_relative_eq!(step[0][0], recalls[i], max_relative = 1e-12);
        assert_relative_eq!(step[1][0], recalls[i + 1], max_relative = 1e-12);
        for point in step {
            assert_relative_eq!(point[1], precisions[i + 1], max_relative = 1e-12);
        }
    }
}

#[test]
fn a_class_that_all_rows_belong_to_has_no_curve_and_nothing_is_refused() {
    let mut p = example(0);
    p.labels.fill(5);
    let found = Ranking::of(&p).unwrap();
    assert_eq!((found.per_class[5].negatives, found.per_class[5].prevalence), (0, 1.0));
    assert!(found.per_class.iter().all(|c| c.roc_auc.is_none() && c.average_precision.is_none() && c.roc.is_empty()));
    assert_eq!((found.macro_roc_auc, found.macro_average_precision, found.macro_prevalence), (None, None, None));
    (p.labels, p.rows, p.probabilities) = (Vec::new(), Vec::new(), Array2::zeros((0, 6)));
    assert!(Ranking::of(&p).is_err());
    assert!(Thresholds::of(Vec::new()).roc_auc().is_none());
}

#[test]
fn a_perfect_ranking_has_the_corners_alone() {
    let rows = (0..1000).map(|i| (i as f32, i >= 900)).collect();
    let perfect = Thresholds::of(rows);
    assert_eq!((perfect.roc_auc(), perfect.average_precision()), (Some(1.0), Some(1.0)));
    assert_eq!(thinned(&curve::roc(&perfect)), [[0.0, 0.0], [0.0, 1.0], [1.0, 1.0]]);
    assert_eq!(thinned(&curve::precision_recall(&perfect)), [[0.0, 1.0], [1.0, 1.0]]);
    assert!(thinned(&[]).is_empty());
    assert_eq!(thinned(&[[0.25, 1.0]]), [[0.25, 1.0]]);
}

#[test]
fn it_survives_json_with_and_without_curves() {
    let found = Ranking::of(&example(0)).unwrap();
    let text = serde_json::to_string(&found).unwrap();
    assert_eq!(serde_json::from_str::<Ranking>(&text).unwrap(), found);
    let figures = found.clone().without_curves();
    let text = serde_json::to_string(&figures).unwrap();
    assert!(!text.contains("\"roc\"") && !text.contains("precision_recall"), "{text}");
    assert_eq!(serde_json::from_str::<Ranking>(&text).unwrap(), figures);
    assert_eq!(figures.macro_roc_auc, found.macro_roc_auc);
}

#[test]
fn one_thread_and_many_give_the_same() {
    let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let [one, many] = [1, 4].map(|threads| pool(threads).install(|| Ranking::of(&example(2)).unwrap()));
    assert_eq!(one, many);
}

/// n rows, one in `each` of the class, that score one standard deviation of a logistic higher.
fn noisy(n: usize, each: usize) -> Thresholds {
    let mut random = ChaCha8Rng::seed_from_u64(11);
    let row = |i: usize| {
        let (u, of_class) = (random.random_range(1e-6f32..1.0 - 1e-6), i.is_multiple_of(each));
        ((u / (1.0 - u)).ln() + if of_class { 1.8 } else { 0.0 }, of_class)
    };
    Thresholds::of((0..n).map(row).collect())
}

/// Area under straight lines.
fn area(curve: &[[f64; 2]]) -> f64 {
    curve.windows(2).map(|w| (w[1][0] - w[0][0]) * (w[0][1] + w[1][1]) / 2.0).sum()
}

#[test]
fn thinned_curves_look_the_same() {
    for (n, each) in [(500, 7), (3589, 4), (3589, 65), (20_000, 2)] {
        let thresholds = noisy(n, each);
        for (curve, whole) in [
            (curve::roc(&thresholds), thresholds.roc_auc().unwrap()),
            (curve::precision_recall(&thresholds), thresholds.average_precision().unwrap()),
        ] {
            // All points hold the areas: those of straight lines under one, of steps under the other.
            assert_relative_eq!(area(&curve), whole, max_relative = 1e-9);
            let few = thinned(&curve);
            assert!(few.len() <= MOST && few.len() > 10, "{}", few.len());
            let ends = |c: &[[f64; 2]]| [c[0], c[c.len() - 1]].map(|p| p.map(|v| (v * 1e4).round()));
            assert_eq!(ends(&few), ends(&curve));
            // Also with no more points than are allowed, nothing is off by more than a line's width.
            let rounding = 1e-4;
            let allowed = if few.len() < MOST { TOLERANCE + rounding } else { 4e-3 };
            for point in &curve {
                let square = few.windows(2).map(|w| square_distance(*point, w[0], w[1])).fold(f64::INFINITY, f64::min);
                assert!(square.sqrt() <= allowed, "{} of {n}, {each}: {point:?}", square.sqrt());
            }
            assert_abs_diff_eq!(area(&few), whole, epsilon = 2e-3);
        }
    }
}

fn pairs(rows: &[(f32, bool)]) -> Option<f64> {
    let of = |class: bool| rows.iter().filter(move |r| r.1 == class).map(|r| r.0);
    let (mut won, mut all) = (0.0, 0.0);
    for positive in of(true) {
        for negative in of(false) {
            won += if positive > negative {
                1.0
            } else if positive == negative {
                0.5
            } else {
                0.0
            };
            all += 1.0;
        }
    }
    (all > 0.0).then(|| won / all)
}

proptest! {
    #[test]
    fn the_order_of_rows_changes_nothing((p, order, _) in random()) {
        prop_assert_eq!(Ranking::of(&p).unwrap(), Ranking::of(&rows_in(&p, &order)).unwrap());
    }

    #[test]
    fn the_order_of_classes_orders_the_classes_and_nothing_else((p, _, order) in random()) {
        let (a, b) = (Ranking::of(&p).unwrap(), Ranking::of(&classes_in(&p, &order)).unwrap());
        for (j, &i) in order.iter().enumerate() {
            prop_assert_eq!(&a.per_class[i], &b.per_class[j]);
        }
        prop_assert_eq!(a.macro_roc_auc.is_some(), b.macro_roc_auc.is_some());
        assert_relative_eq!(a.macro_roc_auc.unwrap_or(0.0), b.macro_roc_auc.unwrap_or(0.0), max_relative = 1e-12);
        assert_relative_eq!(
            a.macro_average_precision.unwrap_or(0.0),
            b.macro_average_precision.unwrap_or(0.0),
            max_relative = 1e-12
        );
    }

    #[test]
    fn the_area_is_the_share_of_pairs_won_and_that_of_reversed_scores_the_rest(
        rows in prop::collection::vec((-3i8..4, any::<bool>()), 0..40),
    ) {
        let rows: Vec<(f32, bool)> = rows.into_iter().map(|(score, of_class)| (f32::from(score), of_class)).collect();
        let area = Thresholds::of(rows.clone()).roc_auc();
        prop_assert_eq!(area.is_some(), pairs(&rows).is_some());
        // Zero turns into minus zero here, which is no other score.
        let reversed = Thresholds::of(rows.iter().map(|&(score, of_class)| (-score, of_class)).collect());
        if let (Some(area), Some(won), Some(lost)) = (area, pairs(&rows), reversed.roc_auc()) {
            assert_relative_eq!(area, won, max_relative = 1e-12);
            assert_abs_diff_eq!(area + lost, 1.0, epsilon = 1e-12);
        }
    }

    #[test]
    fn curves_rise_within_their_square((p, _, _) in random()) {
        for class in Ranking::of(&p).unwrap().per_class {
            for curve in [&class.roc, &class.precision_recall] {
                prop_assert!(curve.iter().flatten().all(|v| (0.0..=1.0).contains(v)));
                prop_assert!(curve.windows(2).all(|w| w[0][0] <= w[1][0]));
                prop_assert!(curve.len() <= MOST);
            }
            prop_assert!(class.roc.windows(2).all(|w| w[0][1] <= w[1][1]));
            if let (Some(area), Some(precision)) = (class.roc_auc, class.average_precision) {
                prop_assert!((0.0..=1.0).contains(&area) && (0.0..=1.0).contains(&precision));
                prop_assert_eq!((class.roc[0], class.roc[class.roc.len() - 1]), ([0.0; 2], [1.0; 2]));
                let ends = [class.precision_recall[0][0], class.precision_recall[class.precision_recall.len() - 1][0]];
                prop_assert_eq!(ends, [0.0, 1.0]);
            }
        }
    }
}
