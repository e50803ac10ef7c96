//! How rows are given to splits: as the source says, stratified by class, or whole subjects at a time.

use std::collections::BTreeMap;
use std::path::Path;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::Split;
use super::rows::Rows;
use crate::error::{Error, Result};
use crate::recipe::SplitRule;

/// The split of each row and the rule in words. The same seed gives the same splits on any machine.
///
/// # Errors
/// [`Error::Malformed`] when the source lacks what the rule needs.
pub(super) fn assign(path: &Path, rule: &SplitRule, rows: &Rows) -> Result<(Vec<Split>, String)> {
    let official = |needed: &[Split]| {
        let splits = rows.splits.clone().ok_or_else(|| no_splits(path))?;
        match needed.iter().find(|s| !splits.is_empty() && !splits.contains(s)) {
            Some(empty) => Err(lacks(path, *empty)),
            None => Ok(splits),
        }
    };
    match *rule {
        SplitRule::Official => Ok((official(&Split::ALL)?, "official: as the source says".to_string())),
        SplitRule::OfficialTest { validation, seed } => {
            let mut splits = official(&[Split::Train, Split::Test])?;
            let rest: Vec<usize> = (0..splits.len()).filter(|&row| splits[row] != Split::Test).collect();
            stratify(&rows.labels, rest, validation, 0.0, seed, &mut splits);
            let words = format!("test as the source says; validation {validation} of the rest, by class, seed {seed}");
            Ok((splits, words))
        }
        SplitRule::Stratified { validation, test, seed } => {
            let mut splits = vec![Split::Train; rows.labels.len()];
            stratify(&rows.labels, (0..splits.len()).collect(), validation, test, seed, &mut splits);
            Ok((splits, format!("stratified by class: validation {validation}, test {test}, seed {seed}")))
        }
        SplitRule::BySubject { validation, test, seed } => {
            let subjects = rows.subjects.as_deref().ok_or_else(|| {
                let expected =
                    "the format \"ck-plus\", whose names hold the subject, or another rule than \"by-subject\"";
                Error::malformed(path, "", "no subject numbers", expected)
            })?;
            let splits = by_subject(subjects, validation, test, seed);
            Ok((splits, format!("whole subjects: validation {validation}, test {test} of them, seed {seed}")))
        }
    }
}

fn no_splits(path: &Path) -> Error {
    let expected = "a split for each row (a Usage column, or train, val and test folders) as rule = \"official\" asks for; \
         split = { rule = \"stratified\", validation = 0.1, test = 0.1, seed = 1 } in the recipe draws them";
    Error::malformed(path, "", "no official splits", expected)
}

fn lacks(path: &Path, empty: Split) -> Error {
    let hint = match empty {
        Split::Validation => {
            "{ rule = \"official-test\", validation = 0.1, seed = 1 } draws validation rows from train"
        }
        _ => "{ rule = \"stratified\", validation = 0.1, test = 0.1, seed = 1 } draws all splits anew",
    };
    let expected = format!("rows for each split; in the recipe, split = {hint}");
    Error::malformed(path, "", format!("no {empty} rows"), expected)
}

/// Gives `rows` to splits, the same share of each class to each.
fn stratify(labels: &[u8], rows: Vec<usize>, validation: f64, test: f64, seed: u64, splits: &mut [Split]) {
    let mut classes: BTreeMap<u8, Vec<usize>> = BTreeMap::new();
    for row in rows {
        classes.entry(labels[row]).or_default().push(row);
    }
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    for rows in classes.values_mut() {
        rows.shuffle(&mut rng);
        deal(rows, validation, test, |&row, split| splits[row] = split);
    }
}

fn by_subject(subjects: &[u32], validation: f64, test: f64, seed: u64) -> Vec<Split> {
    let mut people: Vec<u32> = subjects.to_vec();
    people.sort_unstable();
    people.dedup();
    people.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    let mut split_of = BTreeMap::new();
    deal(&people, validation, test, |&subject, split| {
        split_of.insert(subject, split);
    });
    subjects.iter().map(|s| split_of.get(s).copied().unwrap_or(Split::Train)).collect()
}

/// Gives the first items to validation, the next to test and the rest to train; shares are rounded to whole items.
fn deal<T>(items: &[T], validation: f64, test: f64, mut give: impl FnMut(&T, Split)) {
    let n = items.len();
    let first = ((n as f64 * validation).round() as usize).min(n);
    let second = ((n as f64 * (validation + test)).round() as usize).clamp(first, n);
    for (i, item) in items.iter().enumerate() {
        let split = match i {
            i if i < first => Split::Validation,
            i if i < second => Split::Test,
            _ => Split::Train,
        };
        give(item, split);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array3;
    use proptest::prelude::*;

    fn rows(labels: Vec<u8>, splits: Option<Vec<Split>>, subjects: Option<Vec<u32>>) -> Rows {
        let images = Array3::zeros((labels.len(), 1, 1));
        let (source, resize) = (String::new(), String::new());
        Rows { images, labels, splits, subjects, skipped: Vec::new(), source, resize }
    }

    fn count(splits: &[Split], split: Split) -> usize {
        splits.iter().filter(|&&s| s == split).count()
    }

    #[test]
    fn the_official_rule_names_what_is_missing_and_the_rule_that_helps() {
        let path = Path::new("faces");
        let error = |rows: &Rows| assign(path, &SplitRule::Official, rows).unwrap_err().to_string();
        assert!(error(&rows(vec![0, 1], None, None)).contains("stratified"));
        let halves = rows(vec![0, 0, 1, 1], Some(vec![Split::Train, Split::Test, Split::Train, Split::Test]), None);
        let shown = error(&halves);
        assert!(shown.contains("no validation rows") && shown.contains("official-test"), "{shown}");
        let rule = SplitRule::OfficialTest { validation: 0.5, seed: 3 };
        let many = rows(vec![0; 40], Some([[Split::Train; 30].as_slice(), &[Split::Test; 10]].concat()), None);
        let (splits, _) = assign(path, &rule, &many).unwrap();
        assert_eq!(count(&splits[..30], Split::Validation), 15);
        assert_eq!(count(&splits[30..], Split::Test), 10);
    }

    #[test]
    fn the_by_subject_rule_needs_subjects() {
        let rule = SplitRule::BySubject { validation: 0.2, test: 0.2, seed: 1 };
        let shown = assign(Path::new("faces"), &rule, &rows(vec![0, 1], None, None)).unwrap_err().to_string();
        assert!(shown.contains("ck-plus"), "{shown}");
    }

    proptest! {
        #[test]
        fn a_stratified_split_keeps_the_shares_of_each_class(
            labels in proptest::collection::vec(0u8..4, 1..300), validation in 0.0f64..0.5, test in 0.0f64..0.5, seed: u64
        ) {
            let source = rows(labels.clone(), None, None);
            let rule = SplitRule::Stratified { validation, test, seed };
            let (splits, _) = assign(Path::new("x"), &rule, &source).unwrap();
            prop_assert_eq!(&splits, &assign(Path::new("x"), &rule, &source).unwrap().0);
            for class in 0..4 {
                let own: Vec<Split> = (0..labels.len()).filter(|&i| labels[i] == class).map(|i| splits[i]).collect();
                let n = own.len() as f64;
                prop_assert!((count(&own, Split::Validation) as f64 - n * validation).abs() <= 0.5 + 1e-9);
                prop_assert!((count(&own, Split::Test) as f64 - n * test).abs() <= 1.0 + 1e-9);
            }
        }

        #[test]
        fn no_subject_is_in_two_splits(subjects in proptest::collection::vec(0u32..40, 1..200), seed: u64) {
            let splits = by_subject(&subjects, 0.2, 0.2, seed);
            let mut seen = BTreeMap::new();
            for (subject, split) in subjects.iter().zip(&splits) {
                prop_assert_eq!(*seen.entry(subject).or_insert(*split), *split);
            }
        }
    }
}
