use approx::assert_relative_eq;
use ndarray::{Array2, array};
use proptest::prelude::*;

use super::drawn::drawn;
use super::*;
use crate::dataset::Split;
use crate::error::Result;
use crate::evaluation::example::example;
use crate::evaluation::{Metrics, Seen};
use crate::predictions::Predictions;
use crate::recipe::AggregateMethod;

const METHODS: [AggregateMethod; 6] = [
    AggregateMethod::Mean,
    AggregateMethod::Geometric,
    AggregateMethod::Vote,
    AggregateMethod::Weighted,
    AggregateMethod::Greedy,
    AggregateMethod::Stacking,
];

/// Fitted and applied on the same rows.
fn aggregate(method: AggregateMethod, members: &[&Predictions], weights: Option<&[f64]>) -> Result<Predictions> {
    Combination::fit(method, members, weights)?.apply(members)
}

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
    assert!(aggregate(AggregateMethod::Mean, &[&a, &b], Some(&[0.5, 0.5])).is_err());
    let only_b = weighted(Some(&[0.0, 3.0])).unwrap();
    assert_eq!(only_b.probabilities, b.probabilities);
}

#[test]
fn what_was_fitted_to_some_members_is_not_applied_to_others() {
    let examples: Vec<Predictions> = (0..3).map(example).collect();
    let all: Vec<&Predictions> = examples.iter().collect();
    for method in [AggregateMethod::Weighted, AggregateMethod::Greedy, AggregateMethod::Stacking] {
        let fitted = Combination::fit(method, &all[..2], None).unwrap();
        fitted.apply(&all[1..]).unwrap();
        assert!(fitted.apply(&all).is_err(), "{method:?}");
        assert!(Combination::fit(method, &[], None).is_err(), "{method:?}");
        assert!(method.is_fitted(false) && Combination::fit(method, &all, None).is_ok());
    }
}

#[test]
fn without_a_member_is_as_if_it_had_never_been_there() {
    let members = drawn(11, 4, (70, 3), 1.0);
    let members: Vec<&Predictions> = members.iter().collect();
    for method in METHODS {
        let without = Combination::fit_without_each(method, &members, None).unwrap();
        assert_eq!(without.len(), 4);
        for (place, found) in without.into_iter().enumerate() {
            let mut others = members.clone();
            others.remove(place);
            // Three and four members have the same grid of weights.
            assert_eq!(found.unwrap(), Combination::fit(method, &others, None).unwrap(), "{method:?}");
        }
    }
    let given =
        Combination::fit_without_each(AggregateMethod::Weighted, &members, Some(&[0.0, 3.0, 0.0, 1.0])).unwrap();
    assert_eq!(given[1].as_ref().unwrap().weights().unwrap(), [0.0, 0.0, 1.0]);
    assert_eq!(given[2].as_ref().unwrap().weights().unwrap(), [0.0, 0.75, 0.25]);
    let alone =
        Combination::fit_without_each(AggregateMethod::Weighted, &members, Some(&[0.0, 1.0, 0.0, 0.0])).unwrap();
    assert!(alone[1].is_none() && alone[0].is_some());
}

#[test]
fn one_thread_and_three_give_the_same() {
    let members = drawn(12, 5, (90, 4), 1.0);
    let members: Vec<&Predictions> = members.iter().collect();
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            METHODS.map(|method| {
                let whole = Combination::fit(method, &members, None).unwrap();
                let without = Combination::fit_without_each(method, &members, None).unwrap();
                (whole.apply(&members).unwrap(), whole, without)
            })
        })
    };
    assert_eq!(on(1), on(3));
}

proptest! {
    #[test]
    fn aggregates_are_probabilities_whatever_the_members(
        tables in prop::collection::vec(prop::collection::vec(0.0f32..1.0, 21), 1..6),
    ) {
        let members: Vec<Predictions> = tables.iter().map(|t| {
            let mut p = one_row("m", [1.0, 0.0, 0.0]);
            p.rows = (0..7).collect();
            p.labels = vec![0, 1, 0, 0, 1, 1, 0];
            p.probabilities = Array2::from_shape_vec((7, 3), t.clone()).unwrap();
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
            if method == AggregateMethod::Stacking {
                // No row is of the last class.
                prop_assert!(p.probabilities.column(2).iter().all(|p| *p == 0.0));
                continue;
            }
            // A model aggregated with itself decides as it did.
            let twice = aggregate(method, &[refs[0], refs[0]], None).unwrap();
            prop_assert_eq!(twice.predicted(), refs[0].predicted());
        }
    }

    #[test]
    fn chosen_weights_sum_to_one_and_are_never_worse_than_a_member_alone(seed: u64, members in 1usize..6) {
        let members = drawn(seed, members, (40, 3), 1.0);
        let members: Vec<&Predictions> = members.iter().collect();
        let best = members.iter().map(|m| m.accuracy()).fold(0.0, f64::max);
        for method in [AggregateMethod::Weighted, AggregateMethod::Greedy] {
            let fitted = Combination::fit(method, &members, None).unwrap();
            let weights = fitted.weights().unwrap();
            prop_assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-12 && weights.iter().all(|w| *w >= 0.0));
            prop_assert!(fitted.apply(&members).unwrap().accuracy() >= best);
        }
    }

    #[test]
    fn the_order_of_members_orders_greedy_weights_and_nothing_else(
        seed: u64, order in Just(vec![0usize, 1, 2, 3, 4]).prop_shuffle(),
    ) {
        let members = drawn(seed, 5, (60, 3), 1.0);
        let fit = |members: &[&Predictions]| Combination::fit(AggregateMethod::Greedy, members, None).unwrap();
        let (straight, turned) = (
            fit(&members.iter().collect::<Vec<_>>()),
            fit(&order.iter().map(|&i| &members[i]).collect::<Vec<_>>()),
        );
        for (place, &i) in order.iter().enumerate() {
            prop_assert_eq!(turned.weights().unwrap()[place], straight.weights().unwrap()[i]);
        }
    }

    #[test]
    fn a_clone_changes_nothing_for_greedy_selection(seed: u64, which in 0usize..4) {
        let members = drawn(seed, 4, (50, 3), 1.0);
        let mut members: Vec<&Predictions> = members.iter().collect();
        let accuracy = |members: &[&Predictions]| aggregate(AggregateMethod::Greedy, members, None).unwrap().accuracy();
        let before = accuracy(&members);
        members.push(members[which]);
        prop_assert_eq!(accuracy(&members), before);
    }
}
