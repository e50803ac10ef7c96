use approx::assert_relative_eq;
use ndarray::array;
use proptest::prelude::*;

use super::*;
use crate::dataset::Split;
use crate::evaluation::example::example;
use crate::evaluation::{Metrics, Seen};

const METHODS: [AggregateMethod; 3] = [AggregateMethod::Mean, AggregateMethod::Geometric, AggregateMethod::Vote];

fn one_row(name: &str, row: [f32; 3]) -> Predictions {
    Predictions {
        model: name.into(),
        dataset: "d".into(),
        fingerprint: String::new(),
        classes: vec!["a".into(), "b".into(), "c".into()],
        split: Split::Test,
        rows: vec![0],
        labels: vec![0],
        probabilities: array![row],
    }
}

#[test]
fn means_score_as_numpy_and_scipy_say() {
    // python scripts/golden/evaluation.py; log loss there is a sum of f32.
    let examples = [example(0), example(1), example(2)];
    let members: Vec<&Predictions> = examples.iter().collect();
    for (method, weights, correct, macro_f1, log_loss) in [
        (AggregateMethod::Mean, None, 49, 0.5350619792725055, 1.361228108406067),
        (AggregateMethod::Weighted, Some([0.5, 0.3, 0.2]), 42, 0.4588278388278389, 1.3682724384820486),
        (AggregateMethod::Geometric, None, 44, 0.4804211748124197, 1.3408598899841309),
    ] {
        let p = aggregate(method, &members, weights.as_ref().map(|w| w.as_slice())).unwrap();
        p.check().unwrap();
        let m = Metrics::of(&p, Seen::default()).unwrap();
        assert_eq!(m.correct, correct, "{method:?}");
        assert_relative_eq!(m.macro_f1.unwrap(), macro_f1, max_relative = 1e-12);
        assert_relative_eq!(m.log_loss.unwrap(), log_loss, max_relative = 1e-6);
    }
    let geometric = aggregate(AggregateMethod::Geometric, &members, None).unwrap();
    let expected = [
        0.13313116035426437,
        0.3371156184900654,
        1.2808321335416364e-07,
        0.14447811506789518,
        0.024079685909435274,
        0.3611952920951266,
    ];
    for (found, expected) in geometric.probabilities.row(0).iter().zip(expected) {
        assert_relative_eq!(f64::from(*found), expected, max_relative = 1e-6);
    }
}

#[test]
fn a_tied_vote_goes_to_the_higher_mean_probability() {
    let (a, b) = (one_row("x", [0.6, 0.3, 0.1]), one_row("y", [0.1, 0.8, 0.1]));
    let tied = aggregate(AggregateMethod::Vote, &[&a, &b], None).unwrap();
    assert_eq!(tied.predicted(), [1]);
    assert_relative_eq!(tied.probabilities[[0, 0]], 0.5, epsilon = 1e-4);
    tied.check().unwrap();
    // Two votes beat one, however sure that one is.
    let c = one_row("z", [0.4, 0.35, 0.25]);
    let decided = aggregate(AggregateMethod::Vote, &[&a, &b, &c], None).unwrap();
    assert_eq!(decided.predicted(), [0]);
    assert_relative_eq!(decided.probabilities[[0, 0]], 2.0 / 3.0, epsilon = 1e-6);
    assert_eq!(decided.probabilities[[0, 2]], 0.0);
    assert_eq!(decided.model, "vote(x, y, z)");
}

#[test]
fn a_zero_is_no_veto_in_the_geometric_mean() {
    let (a, b) = (one_row("x", [0.0, 1.0, 0.0]), one_row("y", [1.0, 0.0, 0.0]));
    let p = aggregate(AggregateMethod::Geometric, &[&a, &b], None).unwrap();
    p.check().unwrap();
    assert_relative_eq!(p.probabilities[[0, 0]], 0.5, epsilon = 1e-3);
    let c = one_row("z", [0.98, 0.01, 0.01]);
    assert_eq!(aggregate(AggregateMethod::Geometric, &[&a, &c, &c], None).unwrap().predicted(), [1]);
    assert_eq!(aggregate(AggregateMethod::Geometric, &[&a, &c, &c, &c, &c, &c], None).unwrap().predicted(), [0]);
}

#[test]
fn the_member_that_differs_is_named_with_how() {
    let first = example(0);
    type Change = fn(&mut Predictions);
    let cases: [(&str, Change); 6] = [
        ("split test and validation", |p| p.split = Split::Validation),
        ("classes", |p| p.classes[0] = "other".into()),
        ("rows 7 and 99", |p| p.rows[7] = 99),
        ("labels 0 and 1 in row 0", |p| p.labels[0] = 1),
        ("(fedc)", |p| p.fingerprint = "fedc".into()),
        ("shape (60, 6) and (59, 6)", |p| p.probabilities = p.probabilities.slice(ndarray::s![..59, ..]).to_owned()),
    ];
    for (detail, change) in cases {
        let mut second = example(1);
        change(&mut second);
        let message = aggregate(AggregateMethod::Mean, &[&first, &second], None).unwrap_err().to_string();
        assert!(message.contains("`example-1`") && message.contains(detail), "{message}");
    }
    let mut unnamed = example(1);
    unnamed.fingerprint.clear();
    aggregate(AggregateMethod::Mean, &[&first, &unnamed], None).unwrap();
    let mut stranger = example(2);
    stranger.fingerprint = "fedc".into();
    let message = aggregate(AggregateMethod::Mean, &[&unnamed, &first, &stranger], None).unwrap_err().to_string();
    assert!(message.contains("`example-0` and `example-2`"), "{message}");
    assert!(aggregate(AggregateMethod::Mean, &[], None).is_err());
}

#[test]
fn weights_that_do_not_fit_are_refused() {
    let (a, b) = (example(0), example(1));
    let weighted = |w: Option<&[f64]>| aggregate(AggregateMethod::Weighted, &[&a, &b], w);
    for bad in [&[0.5][..], &[1.0, -0.1], &[0.0, 0.0], &[f64::NAN, 1.0], &[f64::INFINITY, 1.0], &[1.0, 1.0, 1.0]] {
        assert!(weighted(Some(bad)).unwrap_err().to_string().contains("weights"), "{bad:?}");
    }
    assert!(weighted(None).is_err());
    assert!(aggregate(AggregateMethod::Mean, &[&a, &b], Some(&[0.5, 0.5])).is_err());
    let only_b = weighted(Some(&[0.0, 3.0])).unwrap();
    assert_eq!(only_b.probabilities, b.probabilities);
}

proptest! {
    #[test]
    fn aggregates_are_probabilities_whatever_the_members(
        tables in prop::collection::vec(prop::collection::vec(0.0f32..1.0, 12), 1..6),
    ) {
        let members: Vec<Predictions> = tables.iter().map(|t| {
            let mut p = one_row("m", [1.0, 0.0, 0.0]);
            p.rows = (0..4).collect();
            p.labels = vec![0, 1, 2, 0];
            p.probabilities = Array2::from_shape_vec((4, 3), t.clone()).unwrap();
            for mut row in p.probabilities.rows_mut() {
                let sum = row.sum();
                if sum > 0.0 { row /= sum } else { row[0] = 1.0 }
            }
            p
        }).collect();
        let refs: Vec<&Predictions> = members.iter().collect();
        for method in METHODS {
            let p = aggregate(method, &refs, None).unwrap();
            p.check().unwrap();
            // A model aggregated with itself decides as it did.
            let twice = aggregate(method, &[refs[0], refs[0]], None).unwrap();
            prop_assert_eq!(twice.predicted(), refs[0].predicted());
        }
    }
}
