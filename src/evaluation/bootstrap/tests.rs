//! Intervals against numpy, and what must not change them.

use super::*;
use crate::evaluation::example::example;
use crate::evaluation::{Metrics, Seen};

const PLAN: BootstrapPlan = BootstrapPlan { resamples: 1000, seed: 5 };

/// The tables of the golden script: labels, predictions of three models, clusters.
struct Tables {
    labels: Vec<u8>,
    predicted: Vec<Vec<u8>>,
    clusters: Vec<u32>,
}

impl Tables {
    fn new() -> Self {
        Self {
            labels: example(0).labels,
            predicted: (0..3).map(|salt| example(salt).predicted()).collect(),
            clusters: (0..60).map(|row| row % 14).collect(),
        }
    }

    fn within_classes(&self) -> BootstrapInput<'_> {
        let Self { labels, predicted, .. } = self;
        BootstrapInput { labels, classes: 6, predicted, clusters: None, reference: Some(0) }
    }

    fn by_cluster(&self) -> BootstrapInput<'_> {
        BootstrapInput { clusters: Some(&self.clusters), ..self.within_classes() }
    }

    /// The same rows in another order.
    fn turned(&self) -> Self {
        fn turn<T: Copy>(of: &[T]) -> Vec<T> {
            (0..of.len()).map(|i| of[(i * 7 + 3) % of.len()]).collect()
        }
        let predicted = self.predicted.iter().map(|p| turn(p)).collect();
        Self { labels: turn(&self.labels), predicted, clusters: turn(&self.clusters) }
    }
}

fn ends(of: ScoreIntervals) -> [[f64; 2]; 3] {
    [of.accuracy, of.balanced_accuracy, of.macro_f1]
}

/// Bounds of the low and of the high end of an interval, for each score.
type Bounds = [[[f64; 2]; 2]; 3];

fn within(found: ScoreIntervals, bounds: Bounds) {
    for (score, (ends, bounds)) in ends(found).into_iter().zip(bounds).enumerate() {
        for (end, [low, high]) in ends.into_iter().zip(bounds) {
            assert!((low - 1e-12..=high + 1e-12).contains(&end), "score {score}: {end}, not from {low} to {high}");
        }
    }
}

/// Four standard deviations of the share of resamples below a quantile; see scripts/golden/bootstrap.py.
fn equals_numpy(input: BootstrapInput<'_>, scores: [Bounds; 3], differences: [Bounds; 2]) {
    let found = Bootstrap::of(&input, BootstrapPlan { resamples: 100_000, seed: 1 }).unwrap();
    for (model, bounds) in found.models.iter().zip(scores) {
        within(model.scores, bounds);
    }
    assert_eq!(found.models[0].minus_reference, None);
    for (model, bounds) in found.models[1..].iter().zip(differences) {
        within(model.minus_reference.unwrap(), bounds);
    }
}

#[test]
fn intervals_within_classes_equal_a_bootstrap_in_numpy() {
    // python scripts/golden/bootstrap.py
    let tables = Tables::new();
    equals_numpy(
        tables.within_classes(),
        [
            [
                [[0.48333333333333334, 0.5], [0.7, 0.7]],
                [[0.4183006535947713, 0.4297385620915033], [0.6062091503267973, 0.6070261437908496]],
                [[0.32763594129447793, 0.3306162344009274], [0.47000000000000003, 0.4743500213682183]],
            ],
            [
                [[0.43333333333333335, 0.43333333333333335], [0.6666666666666666, 0.6666666666666666]],
                [[0.3741830065359477, 0.375], [0.5743464052287581, 0.5759803921568627]],
                [[0.3051282051282051, 0.308459595959596], [0.45351470203963884, 0.45660660660660657]],
            ],
            [
                [[0.5166666666666667, 0.5333333333333333], [0.7333333333333333, 0.7333333333333333]],
                [[0.45179738562091504, 0.4616013071895425], [0.6348039215686274, 0.6356209150326797]],
                [[0.35247126436781606, 0.35558285227235764], [0.524806426635695, 0.536036036036036]],
            ],
        ],
        [
            [
                [[-0.23333333333333328, -0.21666666666666667], [0.1166666666666667, 0.1333333333333333]],
                [[-0.19934640522875818, -0.18872549019607843], [0.10212418300653592, 0.1135620915032679]],
                [[-0.13783150128169766, -0.13216592536543412], [0.09184012159978931, 0.09616276050194433]],
            ],
            [
                [[-0.1333333333333333, -0.1333333333333333], [0.19999999999999996, 0.2]],
                [[-0.11601307189542487, -0.11356209150326801], [0.17401960784313708, 0.17647058823529405]],
                [[-0.09407622434451102, -0.08824306584239647], [0.1516416017105362, 0.15981831810278763]],
            ],
        ],
    );
}

#[test]
fn intervals_by_cluster_equal_a_bootstrap_in_numpy() {
    // python scripts/golden/bootstrap.py
    let tables = Tables::new();
    equals_numpy(
        tables.by_cluster(),
        [
            [
                [[0.4482758620689655, 0.4576271186440678], [0.7213114754098361, 0.7258064516129032]],
                [[0.46130952380952384, 0.4644444444444445], [0.716125475719933, 0.7215667448352052]],
                [[0.2895673547168634, 0.29603049011143384], [0.5487745098039216, 0.5523693133122067]],
            ],
            [
                [[0.40350877192982454, 0.4098360655737705], [0.6774193548387096, 0.6833333333333333]],
                [[0.4, 0.4027777777777778], [0.6684266700114645, 0.6752398428977964]],
                [[0.2794871794871795, 0.28480610627496256], [0.5195374800637959, 0.5250477783709514]],
            ],
            [
                [[0.4666666666666667, 0.4745762711864407], [0.7666666666666667, 0.7719298245614035]],
                [[0.4640804597701149, 0.46794871794871795], [0.7638888888888888, 0.7698412698412698]],
                [[0.3039262557819174, 0.31], [0.5878834893148491, 0.5946894420278777]],
            ],
        ],
        [
            [
                [[-0.15517241379310343, -0.15254237288135586], [0.051724137931034475, 0.06557377049180324]],
                [[-0.14425138675827856, -0.1403845716242145], [0.05716602807773086, 0.0625]],
                [[-0.0994901754693316, -0.0955456005540847], [0.06095238095238094, 0.06407313021509306]],
            ],
            [
                [[-0.09677419354838701, -0.08620689655172409], [0.14754098360655743, 0.15254237288135586]],
                [[-0.08333333333333337, -0.078125], [0.1268696581196581, 0.1308918414694927]],
                [[-0.06003892047652051, -0.056036269530118164], [0.11502086788807624, 0.1207990554463274]],
            ],
        ],
    );
}

#[test]
fn a_model_does_not_differ_from_its_clone_and_other_models_do_not_matter() {
    let mut tables = Tables::new();
    let alone = tables.predicted[2].clone();
    tables.predicted.push(tables.predicted[0].clone());
    for input in [tables.within_classes(), tables.by_cluster()] {
        let found = Bootstrap::of(&input, PLAN).unwrap();
        assert_eq!(found.models[3].scores, found.models[0].scores);
        assert_eq!(ends(found.models[3].minus_reference.unwrap()), [[0.0; 2]; 3]);
        let [low, high] = found.models[1].minus_reference.unwrap().accuracy;
        assert!(low < 0.0 && high > 0.0);
        let predicted = std::slice::from_ref(&alone);
        let single = Bootstrap::of(&BootstrapInput { predicted, reference: None, ..input }, PLAN).unwrap();
        assert_eq!(single.models, [ModelIntervals { minus_reference: None, ..found.models[2] }]);
    }
}

#[test]
fn a_seed_gives_the_same_intervals_on_one_thread_and_on_many() {
    let tables = Tables::new();
    for input in [tables.within_classes(), tables.by_cluster()] {
        let on = |threads: usize, plan: BootstrapPlan| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| Bootstrap::of(&input, plan).unwrap())
        };
        let one = on(1, PLAN);
        assert_eq!(one, on(3, PLAN));
        assert_ne!(one.models, on(1, BootstrapPlan { seed: 6, ..PLAN }).models);
    }
}

#[test]
fn the_order_of_rows_changes_intervals_by_chance_or_not_at_all() {
    let (tables, turned) = (Tables::new(), Tables::new().turned());
    let of = |input: BootstrapInput<'_>| Bootstrap::of(&input, BootstrapPlan { resamples: 20_000, seed: 1 }).unwrap();
    assert_eq!(of(tables.by_cluster()), of(turned.by_cluster()));
    close(&of(tables.within_classes()), &of(turned.within_classes()));
}

#[test]
fn names_of_classes_change_intervals_by_chance() {
    let tables = Tables::new();
    let renamed =
        |labels: &[u8]| -> Vec<u8> { labels.iter().map(|&label| [3, 5, 0, 1, 2, 4][usize::from(label)]).collect() };
    let other = Tables {
        labels: renamed(&tables.labels),
        predicted: tables.predicted.iter().map(|p| renamed(p)).collect(),
        clusters: tables.clusters.clone(),
    };
    let of = |input: BootstrapInput<'_>| Bootstrap::of(&input, BootstrapPlan { resamples: 20_000, seed: 1 }).unwrap();
    close(&of(tables.within_classes()), &of(other.within_classes()));
    // Clusters are drawn alike, whatever their rows are called; only the order of a sum differs.
    for (a, b) in of(tables.by_cluster()).models.iter().zip(of(other.by_cluster()).models) {
        for (a, b) in ends(a.scores).as_flattened().iter().zip(ends(b.scores).as_flattened()) {
            assert!((a - b).abs() < 1e-12);
        }
    }
}

/// Accuracies of 60 rows come in steps of 1/60, and between the bounds in the golden script lies one at most.
fn close(a: &Bootstrap, b: &Bootstrap) {
    assert_ne!(a.models, b.models);
    for (a, b) in a.models.iter().zip(&b.models) {
        for (a, b) in ends(a.scores).as_flattened().iter().zip(ends(b.scores).as_flattened()) {
            assert!((a - b).abs() < 1.0 / 60.0 + 1e-12, "{a} and {b}");
        }
    }
}

#[test]
fn rows_that_cannot_vary_leave_the_score_itself() {
    let tables = Tables::new();
    let once = BootstrapInput { clusters: Some(&[7; 60]), ..tables.within_classes() };
    let found = Bootstrap::of(&once, PLAN).unwrap();
    assert_eq!(found.clusters, Some(1));
    for (model, salt) in found.models.iter().zip(0..) {
        let metrics = Metrics::of(&example(salt), Seen::default()).unwrap();
        let scores = [metrics.accuracy, metrics.balanced_accuracy.unwrap(), metrics.macro_f1.unwrap()];
        assert_eq!(ends(model.scores), scores.map(|score| [score; 2]));
    }
    // One row of each class, the second wrong; then one row, one class, one resample.
    let predicted = [vec![0, 2, 2]];
    let input =
        BootstrapInput { labels: &[0, 1, 2], classes: 3, predicted: &predicted, clusters: None, reference: Some(0) };
    let found = Bootstrap::of(&input, PLAN).unwrap();
    assert_eq!(found.clusters, None);
    assert_eq!(ends(found.models[0].scores), [[2.0 / 3.0; 2], [2.0 / 3.0; 2], [(1.0 + 0.0 + 2.0 / 3.0) / 3.0; 2]]);
    let predicted = [vec![0]];
    let input = BootstrapInput { labels: &[0], classes: 1, predicted: &predicted, clusters: None, reference: None };
    let found = Bootstrap::of(&input, BootstrapPlan { resamples: 1, seed: 0 }).unwrap();
    assert_eq!(ends(found.models[0].scores), [[1.0; 2]; 3]);
    let found = Bootstrap::of(&BootstrapInput { predicted: &[], ..input }, PLAN).unwrap();
    assert_eq!(found.models, []);
}

#[test]
fn what_does_not_fit_is_named() {
    let tables = Tables::new();
    let (short, far) = ([vec![0; 60], vec![0; 59]], [vec![0; 60], [vec![0; 59], vec![6]].concat()]);
    let good = tables.by_cluster();
    let (none, few) = (BootstrapPlan { resamples: 0, seed: 1 }, BootstrapPlan { resamples: 2, seed: 1 });
    for (input, plan, detail) in [
        (good, none, "resamples: found 0, expected 1 to 1000000"),
        (good, BootstrapPlan { resamples: u32::MAX, seed: 1 }, "expected 1 to 1000000"),
        (BootstrapInput { labels: &[], predicted: &[], clusters: None, ..good }, few, "rows to draw from: found 0"),
        (BootstrapInput { classes: 0, ..good }, few, "classes of the rows to draw from: found 0, expected 1 to 256"),
        (BootstrapInput { classes: 257, ..good }, few, "found 257"),
        (BootstrapInput { classes: 5, ..good }, few, "true labels, row 2: found 5, expected below 5"),
        (BootstrapInput { predicted: &short, ..good }, few, "model 1: found 59, expected 60"),
        (BootstrapInput { predicted: &far, ..good }, few, "model 1, row 59: found 6, expected below 6"),
        (BootstrapInput { clusters: Some(&[1, 2]), ..good }, few, "clusters of rows: found 2, expected 60"),
        (BootstrapInput { reference: Some(3), ..good }, few, "compare with: found 3, expected below 3"),
    ] {
        let message = Bootstrap::of(&input, plan).unwrap_err().to_string();
        assert!(message.contains(detail), "{message}");
    }
}

#[test]
fn json_comes_back_equal_and_strange_fields_are_refused() {
    let tables = Tables::new();
    let found = Bootstrap::of(&tables.by_cluster(), PLAN).unwrap();
    let text = serde_json::to_string(&found).unwrap();
    assert!(text.starts_with(r#"{"plan":{"resamples":1000,"seed":5},"clusters":14,"models":[{"scores":{"accuracy":["#));
    assert_eq!(serde_json::from_str::<Bootstrap>(&text).unwrap(), found);
    for field in ["plan", "resamples", "scores", "accuracy"] {
        let strange = text.replacen(&format!("\"{field}\""), &format!("\"strange\":1,\"{field}\""), 1);
        assert!(serde_json::from_str::<Bootstrap>(&strange).is_err(), "{strange}");
    }
}
