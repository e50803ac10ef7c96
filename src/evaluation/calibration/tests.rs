use approx::{assert_abs_diff_eq, assert_relative_eq};
use ndarray::Array2;
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::evaluation::example::{classes_in, example, random, rows_in};
use crate::evaluation::{Metrics, Seen, wilson};

/// What scripts/golden/calibration.py prints of one table.
struct Golden {
    /// Place, rows, right rows and mean confidence of each bin with rows.
    bins: &'static [(usize, u64, u64, f64)],
    confidence: f64,
    overconfidence: f64,
    expected: f64,
    maximum: f64,
    brier: f64,
    log_loss: f64,
}

impl Golden {
    fn assert_eq(&self, found: &Reliability) {
        assert_eq!(found.bins.len(), RELIABILITY_BINS);
        for (place, bin) in found.bins.iter().enumerate() {
            match self.bins.iter().find(|b| b.0 == place) {
                Some(&(_, rows, right, confidence)) => {
                    assert_eq!((bin.rows, bin.accuracy), (rows, Some(right as f64 / rows as f64)), "bin {place}");
                    assert_relative_eq!(bin.confidence.unwrap(), confidence, max_relative = 1e-6);
                    assert_eq!(bin.accuracy_interval, wilson(right, rows));
                }
                None => {
                    assert_eq!((bin.rows, bin.confidence, bin.accuracy, bin.accuracy_interval), (0, None, None, None));
                }
            }
        }
        // The temperature is found to about 1e-8 in the script, and probabilities are rounded to f32 after it.
        for (found, golden) in [
            (found.confidence, self.confidence),
            (found.overconfidence, self.overconfidence),
            (found.expected_calibration_error, self.expected),
            (found.maximum_calibration_error, self.maximum),
            (found.brier_score, self.brier),
            (found.log_loss, self.log_loss),
        ] {
            assert_relative_eq!(found, golden, max_relative = 1e-6);
        }
        assert_relative_eq!(found.confidence - found.accuracy, found.overconfidence);
    }
}

#[test]
fn every_figure_equals_the_golden_script() {
    // python scripts/golden/calibration.py
    let before = Golden {
        bins: &[
            (3, 2, 0, 0.24390244483947754),
            (4, 5, 1, 0.3099047660827637),
            (5, 18, 11, 0.36634624666637844),
            (6, 19, 14, 0.42963491615496185),
            (7, 8, 4, 0.49841878190636635),
            (8, 5, 3, 0.5543469309806823),
            (9, 2, 2, 0.6545454561710358),
            (11, 1, 1, 0.75),
        ],
        confidence: 0.4268800064921379,
        overconfidence: -0.17311999350786206,
        expected: 0.20769761751095453,
        maximum: 0.34545454382896423,
        brier: 0.66955218820184,
        log_loss: 1.4489769317679062,
    };
    let after = Golden {
        bins: &[
            (3, 2, 0, 0.2378540188074112),
            (4, 18, 8, 0.3074909581078423),
            (5, 26, 19, 0.36245598930578965),
            (6, 11, 6, 0.42962936650622974),
            (7, 1, 1, 0.5100815296173096),
            (8, 2, 2, 0.5613842904567719),
        ],
        confidence: 0.36321956912676495,
        overconfidence: -0.23678043087323503,
        expected: 0.25263736546039584,
        maximum: 0.48991847038269043,
        brier: 0.6913398766557535,
        log_loss: 1.4238341119116324,
    };
    let p = example(0);
    let facts = CalibrationFacts::of(&p, fit_temperature(&p).unwrap()).unwrap();
    assert_relative_eq!(facts.temperature, 1.4496579001847743, max_relative = 1e-6);
    before.assert_eq(&facts.before);
    after.assert_eq(&facts.after);
    let metrics = Metrics::of(&p, Seen::default()).unwrap();
    assert_relative_eq!(facts.before.log_loss, metrics.log_loss.unwrap(), max_relative = 1e-12);
    assert_eq!(facts.before.accuracy, metrics.accuracy);
    let text = serde_json::to_string(&facts).unwrap();
    assert_eq!(serde_json::from_str::<CalibrationFacts>(&text).unwrap(), facts);
}

#[test]
fn a_probability_of_zero_for_the_true_class_is_floored() {
    // python scripts/golden/calibration.py
    assert_relative_eq!(fit_temperature(&example(1)).unwrap(), 1.4355818451032776, max_relative = 1e-6);
    let mut p = example(0);
    let label = usize::from(p.labels[0]);
    p.probabilities[[0, 2]] = p.probabilities[[0, label]];
    p.probabilities[[0, label]] = 0.0;
    assert_relative_eq!(fit_temperature(&p).unwrap(), 4.741614556881827, max_relative = 1e-6);
}

/// n rows of 3 classes whose labels are drawn from their probabilities.
fn calibrated(n: usize) -> Predictions {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let mut probabilities = Array2::from_shape_fn((n, 3), |_| random.random_range(-2.0f32..2.0).exp());
    let mut labels = Vec::with_capacity(n);
    for mut row in probabilities.rows_mut() {
        row /= row.sum();
        let u = random.random::<f32>();
        labels.push(u8::from(u >= row[0]) + u8::from(u >= row[0] + row[1]));
    }
    let classes = ["a", "b", "c"].map(String::from).into();
    Predictions { classes, rows: (0..n as u32).collect(), labels, probabilities, ..example(0) }
}

#[test]
fn honest_probabilities_have_a_small_error_and_need_no_temperature() {
    let p = calibrated(40_000);
    let temperature = fit_temperature(&p).unwrap();
    assert_abs_diff_eq!(temperature, 1.0, epsilon = 0.02);
    let found = Reliability::of(&p).unwrap();
    assert!(found.expected_calibration_error < 0.01, "{found:?}");
    assert!(found.overconfidence.abs() < 0.01, "{found:?}");
    // Accuracy lies inside the interval around it, and so does the mean confidence, nearly always.
    let outside = found.bins.iter().filter(|b| {
        b.accuracy_interval.is_some_and(|[low, high]| b.confidence.is_some_and(|c| !(low..=high).contains(&c)))
    });
    assert!(outside.count() <= 2, "{found:?}");
}

#[test]
fn the_temperature_that_was_put_on_is_taken_off() {
    let p = calibrated(40_000);
    for made in [0.25, 0.5, 2.0, 5.0] {
        let hidden = with_temperature(&p, made).unwrap();
        let found = fit_temperature(&hidden).unwrap();
        assert_relative_eq!(found, 1.0 / made, max_relative = 0.02);
        let facts = CalibrationFacts::of(&hidden, found).unwrap();
        assert_eq!(facts.before.overconfidence > 0.0, made < 1.0);
        assert!(facts.before.expected_calibration_error > 0.05, "{facts:?}");
        assert!(facts.after.expected_calibration_error < 0.01, "{facts:?}");
    }
}

#[test]
fn rows_that_are_all_right_or_all_wrong_get_the_ends_and_rows_that_say_nothing_get_one() {
    let mut p = calibrated(50);
    p.labels = p.predicted();
    assert_eq!(fit_temperature(&p).unwrap(), TEMPERATURES[0]);
    p.labels = p
        .probabilities
        .outer_iter()
        .map(|row| (0..3).min_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap() as u8)
        .collect();
    assert_eq!(fit_temperature(&p).unwrap(), TEMPERATURES[1]);
    p.probabilities.fill(1.0 / 3.0);
    assert_eq!(fit_temperature(&p).unwrap(), 1.0);
    // Certain of the right class, and of it alone.
    p.labels.fill(1);
    p.probabilities.rows_mut().into_iter().for_each(|mut row| row.assign(&ndarray::array![0.0, 1.0, 0.0]));
    assert_eq!(fit_temperature(&p).unwrap(), TEMPERATURES[0]);
    let facts = CalibrationFacts::of(&p, TEMPERATURES[1]).unwrap();
    assert_eq!((facts.before.expected_calibration_error, facts.before.brier_score), (0.0, 0.0));
    assert_eq!(facts.before.bins[14].rows, 50);
}

#[test]
fn what_cannot_be_scaled_is_refused() {
    let p = example(0);
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(with_temperature(&p, bad).unwrap_err().to_string().contains("temperature of `example-0`"), "{bad}");
    }
    let mut none = p.clone();
    (none.labels, none.rows, none.probabilities) = (Vec::new(), Vec::new(), Array2::zeros((0, 6)));
    assert!(fit_temperature(&none).is_err() && Reliability::of(&none).is_err());
    assert!(with_temperature(&none, 2.0).is_err());
}

#[test]
fn a_class_that_is_ahead_by_one_bit_stays_ahead() {
    let mut p = calibrated(1);
    let ahead = 0.4f32.next_up();
    p.probabilities = ndarray::array![[0.4, ahead, 0.2]];
    for temperature in [1e-6, 0.5, 1.5, 3.0, 100.0, 1e30] {
        assert_eq!(with_temperature(&p, temperature).unwrap().predicted(), [1], "{temperature}");
    }
    p.probabilities = ndarray::array![[0.4, 0.4, 0.2]];
    let scaled = with_temperature(&p, 3.0).unwrap().probabilities;
    assert_eq!(scaled[[0, 0]], scaled[[0, 1]]);
}

fn loss(p: &Predictions, temperature: f64) -> f64 {
    CalibrationFacts::of(p, temperature).unwrap().after.log_loss
}

fn close(a: &CalibrationFacts, b: &CalibrationFacts) {
    // Sums of other orders differ in their last bits; a temperature magnifies them where the likelihood is flat.
    assert_relative_eq!(a.temperature, b.temperature, max_relative = 1e-6);
    for (a, b) in [(&a.before, &b.before), (&a.after, &b.after)] {
        assert_eq!(a.accuracy, b.accuracy);
        assert_eq!(a.bins.iter().map(|b| b.rows).sum::<u64>(), b.bins.iter().map(|b| b.rows).sum::<u64>());
        assert_abs_diff_eq!(a.expected_calibration_error, b.expected_calibration_error, epsilon = 1e-5);
        assert_abs_diff_eq!(a.maximum_calibration_error, b.maximum_calibration_error, epsilon = 1e-5);
        assert_abs_diff_eq!(a.overconfidence, b.overconfidence, epsilon = 1e-5);
        assert_abs_diff_eq!(a.brier_score, b.brier_score, epsilon = 1e-5);
        assert_abs_diff_eq!(a.log_loss, b.log_loss, epsilon = 1e-5);
    }
}

fn fitted(p: &Predictions) -> CalibrationFacts {
    CalibrationFacts::of(p, fit_temperature(p).unwrap()).unwrap()
}

proptest! {
    #[test]
    fn the_order_of_rows_and_of_classes_changes_nothing((p, rows, classes) in random()) {
        let facts = fitted(&p);
        close(&facts, &fitted(&rows_in(&p, &rows)));
        close(&facts, &fitted(&classes_in(&p, &classes)));
    }

    #[test]
    fn figures_stay_in_their_ranges((p, _, _) in random(), temperature in 0.01f64..20.0) {
        let facts = CalibrationFacts::of(&p, temperature).unwrap();
        for r in [&facts.before, &facts.after] {
            let (expected, maximum) = (r.expected_calibration_error, r.maximum_calibration_error);
            prop_assert!((0.0..=1.0).contains(&expected) && expected <= maximum + 1e-12 && maximum <= 1.0);
            prop_assert!(r.overconfidence.abs() <= expected + 1e-12, "bins cannot cancel what the whole has");
            prop_assert!((0.0..=2.0).contains(&r.brier_score) && r.log_loss >= 0.0);
        }
        prop_assert_eq!(facts.before.accuracy, facts.after.accuracy);
    }

    #[test]
    fn decisions_outlive_any_temperature(
        rows in prop::collection::vec(prop::collection::vec(0u8..5, 4), 1..20),
        bits in prop::collection::vec(0u8..3, 80),
        exponent in -3.0f64..6.0,
    ) {
        // Few values, so that ties are many; some a few bits above others.
        let mut p = calibrated(rows.len());
        p.classes.push("d".into());
        let cell = |(i, j): (usize, usize)| {
            f32::from(rows[i][j]) * (1.0 + f32::from(bits[4 * i + j]) * f32::EPSILON)
        };
        p.probabilities = Array2::from_shape_fn((rows.len(), 4), cell);
        for mut row in p.probabilities.rows_mut() {
            let sum = row.sum();
            if sum > 0.0 { row /= sum } else { row.fill(0.25) }
        }
        let scaled = with_temperature(&p, 10f64.powf(exponent)).unwrap();
        scaled.check().unwrap();
        prop_assert_eq!(scaled.predicted(), p.predicted());
        prop_assert_eq!(with_temperature(&p, 1.0).unwrap(), p);
    }

    #[test]
    fn it_is_the_softmax_of_divided_logits(
        logits in prop::collection::vec(-9.0f64..9.0, 12),
        temperature in 0.3f64..10.0,
    ) {
        let logits = Array2::from_shape_vec((4, 3), logits).unwrap();
        let softmax = |t: f64| {
            let mut p = logits.mapv(|z| (z / t).exp());
            p.rows_mut().into_iter().for_each(|mut row| row /= row.sum());
            p
        };
        let mut p = calibrated(4);
        p.probabilities = softmax(1.0).mapv(|v| v as f32);
        let scaled = with_temperature(&p, temperature).unwrap();
        for (found, expected) in scaled.probabilities.iter().zip(&softmax(temperature)) {
            assert_abs_diff_eq!(f64::from(*found), expected, epsilon = 1e-6);
        }
    }

    #[test]
    fn no_temperature_near_the_fitted_one_is_better((p, _, _) in random()) {
        let fitted = fit_temperature(&p).unwrap();
        prop_assert!((TEMPERATURES[0]..=TEMPERATURES[1]).contains(&fitted));
        // Near the ends the clipping of the log loss hides what the fit sees.
        if (0.5..50.0).contains(&fitted) {
            for other in [fitted * 0.9, fitted * 0.99, fitted * 1.01, fitted * 1.1, 1.0] {
                prop_assert!(loss(&p, fitted) <= loss(&p, other) + 1e-6, "{fitted} {other}");
            }
        }
    }

    #[test]
    fn temperatures_multiply((p, _, _) in random(), made in 0.5f64..3.0) {
        let fitted = fit_temperature(&p).unwrap();
        if (0.1..20.0).contains(&fitted) {
            let again = fit_temperature(&with_temperature(&p, made).unwrap()).unwrap();
            assert_relative_eq!(again * made, fitted, max_relative = 1e-3);
        }
    }
}
