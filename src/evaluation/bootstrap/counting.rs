//! Whatever is drawn, the scores are those of [`Metrics`] on as many rows.

use super::BootstrapInput;
use super::clusters::Clusters;
use super::strata::{Room, Strata};
use super::tally::{SCORES, Tally};
use crate::evaluation::example::example;
use crate::evaluation::{Metrics, Seen};
use crate::predictions::Predictions;
use approx::assert_relative_eq;
use ndarray::Array2;
use proptest::prelude::*;

fn input<'a>(labels: &'a [u8], classes: usize, predicted: &'a [Vec<u8>]) -> BootstrapInput<'a> {
    let input = BootstrapInput { labels, classes, predicted, clusters: None, reference: None };
    input.check().unwrap();
    input
}

/// What is counted when each row is drawn as often as `counts` says.
fn tally_of_rows(input: &BootstrapInput<'_>, counts: &[usize]) -> Tally {
    let (mut drawn, mut sizes) = (vec![Vec::new(); input.classes], vec![0u32; input.classes]);
    for (&label, &count) in input.labels.iter().zip(counts) {
        let class = usize::from(label);
        drawn[class].extend(std::iter::repeat_n(sizes[class], count));
        sizes[class] += 1;
    }
    let (mut tally, mut drawn) = (Tally::new(input.predicted.len(), input.classes), drawn.into_iter());
    Strata::new(input).count(&mut Room::default(), &mut tally, |_, rows| *rows = drawn.next().unwrap());
    tally
}

/// What is counted when each cluster, numbered from 0, is drawn as often as `counts` says.
fn tally_of_clusters(input: &BootstrapInput<'_>, clusters: &[u32], counts: &[usize]) -> Tally {
    let drawn = counts.iter().zip(0..).flat_map(|(&count, cluster)| std::iter::repeat_n(cluster, count)).collect();
    let mut tally = Tally::new(input.predicted.len(), input.classes);
    Clusters::new(input, clusters).count_of(drawn, &mut tally);
    tally
}

/// The scores of all models when each row is drawn as often as `counts` says.
fn scores(input: &BootstrapInput<'_>, counts: &[usize]) -> Vec<[f64; SCORES]> {
    let tally = tally_of_rows(input, counts);
    (0..input.predicted.len()).map(|model| tally.scores(model)).collect()
}

fn of_metrics(metrics: &Metrics) -> [f64; SCORES] {
    [metrics.accuracy, metrics.balanced_accuracy.unwrap(), metrics.macro_f1.unwrap()]
}

#[test]
fn each_row_once_gives_the_metrics_of_the_predictions() {
    let examples = [example(0), example(1), example(2)];
    let predicted: Vec<Vec<u8>> = examples.iter().map(Predictions::predicted).collect();
    let found = scores(&input(&examples[0].labels, 6, &predicted), &[1; 60]);
    for (found, example) in found.into_iter().zip(&examples) {
        assert_eq!(found, of_metrics(&Metrics::of(example, Seen::default()).unwrap()));
    }
}

#[test]
fn scores_of_weighted_rows_equal_scikit_learn() {
    // python scripts/golden/bootstrap.py
    type Count = fn(usize, u8) -> usize;
    let cases: [(Count, [[f64; 3]; 3]); 3] = [
        (
            |i, _| (7 * i * i + 3 * i) % 4,
            [
                [0.5, 0.43402777777777773, 0.33532851737186103],
                [0.5333333333333333, 0.4618055555555555, 0.37598039215686274],
                [0.7, 0.6076388888888888, 0.4641304347826087],
            ],
        ),
        (
            |i, label| if label == 4 { 0 } else { 11 * i % 23 },
            [
                [0.6450511945392492, 0.6506507605470552, 0.5066781055877577],
                [0.6911262798634812, 0.6832024375234957, 0.5505910418126806],
                [0.7713310580204779, 0.7826741381350987, 0.5976491376345872],
            ],
        ),
        (
            |i, _| 1000 * (i % 5),
            [
                [0.5833333333333334, 0.5145912910618793, 0.39424812328038134],
                [0.5333333333333333, 0.4723771326712503, 0.3748917748917749],
                [0.6833333333333333, 0.6032722179781003, 0.46043290043290047],
            ],
        ),
    ];
    let predicted: Vec<Vec<u8>> = (0..3).map(|salt| example(salt).predicted()).collect();
    let labels = example(0).labels;
    for (count, expected) in cases {
        let counts: Vec<usize> = labels.iter().enumerate().map(|(i, &label)| count(i, label)).collect();
        for (found, expected) in scores(&input(&labels, 6, &predicted), &counts).into_iter().zip(expected) {
            for (found, expected) in found.into_iter().zip(expected) {
                assert_relative_eq!(found, expected, max_relative = 1e-12);
            }
        }
    }
}

type Case = (usize, Vec<u8>, Vec<Vec<u8>>, Vec<usize>);

fn case() -> impl Strategy<Value = Case> {
    (2usize..=20, 1usize..=40, 1usize..=12).prop_flat_map(|(classes, rows, models)| {
        let label = move || 0..classes as u8;
        let labels = prop::collection::vec(label(), rows);
        let predicted = prop::collection::vec(prop::collection::vec(label(), rows), models);
        // More than a lane of four bits, a byte, and both many times over.
        let counts = prop::collection::vec(prop_oneof![0usize..4, 0usize..40, 250usize..260], rows);
        (Just(classes), labels, predicted, counts)
    })
}

proptest! {
    #[test]
    fn rows_drawn_any_number_of_times_give_the_metrics_of_as_many_rows((c, labels, predicted, counts) in case()) {
        prop_assume!(counts.iter().any(|&count| count > 0));
        let found = scores(&input(&labels, c, &predicted), &counts);
        let repeated = |of: &[u8]| -> Vec<u8> {
            of.iter().zip(&counts).flat_map(|(&label, &count)| std::iter::repeat_n(label, count)).collect()
        };
        for (found, predicted) in found.into_iter().zip(&predicted) {
            let (labels, predicted) = (repeated(&labels), repeated(predicted));
            let mut p = example(0);
            p.classes = (0..c).map(|class| class.to_string()).collect();
            p.rows = (0..labels.len() as u32).collect();
            p.probabilities = Array2::from_shape_fn((labels.len(), c), |(row, class)| {
                f32::from(usize::from(predicted[row]) == class)
            });
            p.labels = labels;
            prop_assert_eq!(found, of_metrics(&Metrics::of(&p, Seen::default()).unwrap()));
        }
    }

    #[test]
    fn clusters_drawn_any_number_of_times_count_as_their_rows((c, labels, predicted, counts) in case(), step in 1u32..40) {
        // From clusters of one row to one cluster of all.
        let clusters: Vec<u32> = (0..labels.len() as u32).map(|row| row / step).collect();
        let of_row: Vec<usize> = clusters.iter().map(|&cluster| counts[cluster as usize]).collect();
        let number = clusters.last().map_or(0, |&last| last as usize + 1);
        let input = input(&labels, c, &predicted);
        let (found, expected) =
            (tally_of_clusters(&input, &clusters, &counts[..number]), tally_of_rows(&input, &of_row));
        prop_assert_eq!(found.counts(), expected.counts());
    }
}
