//! What a mapping finds, says and does to probabilities.

use ndarray::{Array2, ArrayView2, array};
use proptest::prelude::*;

use super::*;

fn names(of: &[&str]) -> Vec<String> {
    of.iter().map(|name| (*name).to_string()).collect()
}

fn mapping(source: &[&str], target: &[&str]) -> ClassMapping {
    ClassMapping::by_name(&names(source), &names(target)).unwrap()
}

#[test]
fn what_differs_is_said_in_words() {
    for (source, target, words) in [
        (&["angry", "sad"][..], &["angry", "sad"][..], "the same classes in the same order"),
        (&["anger", "sad"], &["angry", "sad"], "angry <- anger"),
        (&["sad", "angry"], &["angry", "sad"], "in the order sad, angry"),
        (
            &["happiness", "contempt", "sad"],
            &["sad", "happy", "neutral"],
            "happy <- happiness; in the order happy, sad; contempt has no counterpart; neutral <- nothing",
        ),
        (&["a", "b"], &["c"], "a, b have no counterpart; c <- nothing"),
        (&[], &[], "the same classes in the same order"),
    ] {
        assert_eq!(mapping(source, target).to_string(), words);
    }
}

#[test]
fn common_and_lone_classes_are_listed() {
    let m = mapping(&["happiness", "contempt", "sad"], &["sad", "neutral", "happy"]);
    assert_eq!(m.common(), [0, 2]);
    assert_eq!((m.only_in_source(), m.only_in_target()), (vec!["contempt"], vec!["neutral"]));
    assert_eq!([0, 1, 2, 3].map(|class| m.counterpart(class)), [Some(2), None, Some(0), None]);
    assert!(!m.is_identity() && mapping(&["Anger", "b"], &["angry", "B"]).is_identity());
}

#[test]
fn two_names_of_one_class_are_refused() {
    for (source, target) in [
        (["happy", "Happiness"], ["happy", "sad"]),
        (["contempt", "Contemptuous"], ["happy", "sad"]),
        (["other", "other"], ["happy", "sad"]),
    ] {
        let message = ClassMapping::by_name(&names(&source), &names(&target)).unwrap_err().to_string();
        assert!(message.contains(source[0]) && message.contains(source[1]) && message.contains("once"), "{message}");
    }
    // Names that differ in nothing but their case are two where the target has both.
    assert!(mapping(&["a", "A"], &["a", "A"]).is_identity());
}

#[test]
fn rows_are_shared_out_anew_where_a_class_is_left_out() {
    let m = mapping(&["contempt", "sadness", "happy"], &["happy", "neutral", "sad"]);
    let theirs = array![[0.5, 0.125, 0.375], [0.0, 0.25, 0.75], [1.0, 0.0, 0.0]];
    let mapped = m.onto_target(theirs.view()).unwrap();
    assert_eq!(mapped.probabilities, array![[0.75, 0.0, 0.25], [0.75, 0.0, 0.25], [0.5, 0.0, 0.5]]);
    assert_eq!(mapped.undecided, 1);

    // The third row is neutral: its class is not common.
    let common = m.onto_common(theirs.view(), &[2, 0, 1]).unwrap();
    assert_eq!(common.classes, ["happy", "sad"]);
    assert_eq!((common.rows, common.labels, common.undecided), (vec![0, 1], vec![1, 0], 0));
    assert_eq!(common.probabilities, array![[0.75, 0.25], [0.75, 0.25]]);
    let none = m.onto_common(theirs.view(), &[1, 1, 1]).unwrap();
    assert_eq!((none.rows.len(), none.probabilities.dim()), (0, (0, 2)));
}

#[test]
fn a_trace_of_probability_still_decides() {
    let m = mapping(&["contempt", "sad", "happy"], &["happy", "sad"]);
    let mapped = m.onto_target(array![[1.0, 1e-42, 3e-42]].view()).unwrap();
    assert_eq!(mapped.undecided, 0);
    assert!((mapped.probabilities[[0, 0]] - 0.75).abs() < 1e-3, "{}", mapped.probabilities);
}

#[test]
fn bad_input_is_named() {
    let m = mapping(&["sad", "happy"], &["happy", "sad", "fear"]);
    let good = array![[0.25, 0.75]];
    let target = |p: ArrayView2<'_, f32>| m.onto_target(p).unwrap_err().to_string();
    assert!(target(array![[1.0]].view()).contains("columns of probabilities: found 1, expected 2"));
    assert!(target(array![[f32::NAN, 0.5]].view()).contains("row 0"));
    assert!(target(array![[0.25, 0.75], [0.5, 0.1]].view()).contains("row 1: found a sum of 0.6"));
    assert_eq!(m.onto_target(Array2::zeros((0, 2)).view()).unwrap().probabilities.dim(), (0, 3));
    let common = |m: &ClassMapping, labels: &[u8]| m.onto_common(good.view(), labels).unwrap_err().to_string();
    assert!(common(&m, &[0, 1]).contains("labels: found 2, expected 1"));
    assert!(common(&m, &[3]).contains("label in row 0: found 3, expected 0 to 2"));
    let one = mapping(&["sad", "other"], &["happy", "sad"]);
    assert!(common(&one, &[0]).contains("at least 2"));
    assert!(mapping(&["x", "y"], &["a", "b"]).onto_target(good.view()).unwrap_err().to_string().contains("at least 1"));
}

/// Distinct names, some of them spellings of expressions, and rows of probabilities for them.
fn classes_and_rows() -> impl Strategy<Value = (Vec<String>, Array2<f32>)> {
    let name = prop_oneof!["[a-cA-C]{1,2}", "(happy|HAPPY|joy|Happiness|sad|anger|angry)"];
    (prop::collection::btree_set(name, 2..7), 0usize..6).prop_flat_map(|(names, n)| {
        let (names, c) = (names.into_iter().collect::<Vec<_>>(), 7);
        let row = prop::collection::vec(0.001f32..1.0, c);
        (Just(names).prop_shuffle(), prop::collection::vec(row, n)).prop_map(|(names, rows)| {
            let mut p = Array2::from_shape_fn((rows.len(), names.len()), |(i, j)| rows[i][j]);
            for mut row in p.rows_mut() {
                row /= row.sum();
            }
            (names, p)
        })
    })
}

proptest! {
    #[test]
    fn a_mapping_to_itself_changes_nothing((classes, p) in classes_and_rows()) {
        let m = ClassMapping::by_name(&classes, &classes).unwrap();
        prop_assert!(m.is_identity());
        prop_assert_eq!(m.to_string(), "the same classes in the same order");
        prop_assert_eq!(m.common(), (0..classes.len()).collect::<Vec<_>>());
        let mapped = m.onto_target(p.view()).unwrap();
        prop_assert_eq!((&mapped.probabilities, mapped.undecided), (&p, 0));
        let labels: Vec<u8> = (0..p.nrows()).map(|i| (i % classes.len()) as u8).collect();
        let common = m.onto_common(p.view(), &labels).unwrap();
        prop_assert_eq!((&common.classes, &common.labels, &common.probabilities), (&classes, &labels, &p));
    }

    #[test]
    fn permuted_classes_give_permuted_columns(
        ((classes, p), order) in classes_and_rows().prop_flat_map(|(classes, p)| {
            let order: Vec<usize> = (0..classes.len()).collect();
            (Just((classes, p)), Just(order).prop_shuffle())
        })
    ) {
        let permuted: Vec<String> = order.iter().map(|&class| classes[class].clone()).collect();
        let mapped = ClassMapping::by_name(&permuted, &classes).unwrap().onto_target(p.view()).unwrap();
        prop_assert_eq!(mapped.probabilities.select(Axis(1), &order), p);
        prop_assert_eq!(mapped.undecided, 0);
    }

    #[test]
    fn what_is_left_is_shared_out_in_proportion((classes, p) in classes_and_rows()) {
        // Without the last class.
        let target = &classes[..classes.len() - 1];
        let Ok(m) = ClassMapping::by_name(&classes, target) else { return Ok(()) };
        let mapped = m.onto_target(p.view()).unwrap();
        for (row, theirs) in mapped.probabilities.outer_iter().zip(p.outer_iter()) {
            prop_assert!((row.sum() - 1.0).abs() < 1e-5);
            let rest = 1.0 - theirs[target.len()];
            prop_assert!(row.iter().zip(theirs).all(|(a, b)| (a * rest - b).abs() < 1e-5));
        }
    }
}
