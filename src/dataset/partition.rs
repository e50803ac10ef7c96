//! How rows are given to splits: as the source says, stratified by class, or whole subjects at a time.

use std::collections::BTreeMap;
use std::path::Path;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::Split;
use crate::error::{Error, Result};
use crate::recipe::SplitRule;

/// What the source says about n rows.
pub(super) struct Given<'a> {
    /// n labels.
    pub(super) labels: &'a [u8],
    /// n splits.
    pub(super) splits: Option<Vec<Split>>,
    /// n subjects.
    pub(super) subjects: Option<&'a [u32]>,
}

/// The split of each row and the rule in words.
///
/// # Errors
/// [`Error::Malformed`] when the source lacks what the rule needs.
pub(super) fn assign(path: &Path, rule: &SplitRule, given: Given<'_>) -> Result<(Vec<Split>, String)> {
    match *rule {
        SplitRule::Official => {
            let Some(splits) = given.splits else {
                let expected = "a split for each row (a Usage column, or train, val and test folders), \
                     or split = { rule = \"stratified\", validation = 0.1, test = 0.1, seed = 1 } in the recipe";
                return Err(Error::malformed(path, "", "no official splits", expected));
            };
            if let Some(empty) = Split::ALL.into_iter().find(|s| !splits.is_empty() && !splits.contains(s)) {
                let expected = format!(
                    "rows for train, validation and test, as split = {{ rule = \"official\" }} asks for; \
                     with rule = \"stratified\" ferrofuse draws the {empty} rows itself"
                );
                return Err(Error::malformed(path, "", format!("no {empty} rows"), expected));
            }
            Ok((splits, "official: as the source says".to_string()))
        }
        SplitRule::Stratified { validation, test, seed } => {
            let mut groups: BTreeMap<u8, Vec<usize>> = BTreeMap::new();
            for (row, &label) in given.labels.iter().enumerate() {
                groups.entry(label).or_default().push(row);
            }
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let mut splits = vec![Split::Train; given.labels.len()];
            for rows in groups.values_mut() {
                rows.shuffle(&mut rng);
                deal(rows, validation, test, |&row, split| splits[row] = split);
            }
            Ok((splits, format!("stratified by class: validation {validation}, test {test}, seed {seed}")))
        }
        SplitRule::BySubject { validation, test, seed } => {
            let Some(subjects) = given.subjects else {
                let expected =
                    "subject numbers, as the rule \"by-subject\" asks for; use the format \"ck-plus\" or another rule";
                return Err(Error::malformed(path, "", "no subject numbers", expected));
            };
            let mut people: Vec<u32> = subjects.to_vec();
            people.sort_unstable();
            people.dedup();
            people.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
            let mut split_of = BTreeMap::new();
            deal(&people, validation, test, |&subject, split| {
                split_of.insert(subject, split);
            });
            let splits = subjects.iter().map(|s| split_of.get(s).copied().unwrap_or(Split::Train)).collect();
            let words = format!("whole subjects: validation {validation}, test {test} of the subjects, seed {seed}");
            Ok((splits, words))
        }
    }
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
