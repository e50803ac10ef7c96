//! A dataset dealt to folds for cross-validation.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::{Dataset, Split};
use crate::artifact::Fingerprint;
use crate::error::{Error, Result};
use crate::recipe::{FoldRule, FoldsRecipe};

/// What the name of a dataset without rows that validate ends with; see [`Folds::refit`].
const REFIT: &str = "-refit";

/// Which fold each row is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folds {
    recipe: FoldsRecipe,
    /// n numbers below the number of folds.
    of_row: Vec<u16>,
}

impl Folds {
    /// Deals the rows of a dataset, whatever split they are in. The same seed gives the same folds on any machine.
    ///
    /// # Errors
    /// [`Error::Invalid`] when a fold would be empty, or subjects are asked for and the source does not name them.
    pub fn deal(recipe: &FoldsRecipe, dataset: &Dataset) -> Result<Self> {
        let (n, count) = (dataset.labels.len(), recipe.count);
        let mut rng = ChaCha8Rng::seed_from_u64(recipe.seed);
        let mut of_row = vec![0u16; n];
        match recipe.rule {
            FoldRule::BySubject => {
                let subjects = dataset.subjects.as_deref().ok_or_else(|| {
                    let expected = "subjects, as CK+ has them, or another rule than \"by-subject\"";
                    Error::invalid(format!("subjects of `{}`", dataset.info.name), "nothing", expected)
                })?;
                let mut people: Vec<u32> = subjects.to_vec();
                people.sort_unstable();
                people.dedup();
                people.shuffle(&mut rng);
                for (row, subject) in subjects.iter().enumerate() {
                    let place = people.iter().position(|p| p == subject).unwrap_or_default();
                    of_row[row] = (place % count) as u16;
                }
            }
            FoldRule::Stratified | FoldRule::FileOrder => {
                // Where one class ends in the round the next one goes on, so that folds do not differ by a row a class.
                let mut next = 0;
                for class in 0..dataset.info.classes.len() {
                    let mut rows: Vec<usize> = (0..n).filter(|&i| usize::from(dataset.labels[i]) == class).collect();
                    if recipe.rule == FoldRule::FileOrder {
                        let own = rows.len();
                        rows.into_iter().enumerate().for_each(|(i, row)| of_row[row] = (i * count / own) as u16);
                    } else {
                        rows.shuffle(&mut rng);
                        rows.iter().enumerate().for_each(|(i, &row)| of_row[row] = ((next + i) % count) as u16);
                        next += rows.len();
                    }
                }
            }
            FoldRule::Shuffled => {
                let mut rows: Vec<usize> = (0..n).collect();
                rows.shuffle(&mut rng);
                rows.into_iter().enumerate().for_each(|(i, row)| of_row[row] = (i % count) as u16);
            }
        }
        match (0..count).find(|&k| !of_row.contains(&(k as u16))) {
            Some(empty) => {
                let found = format!("fold {} of {count} without rows", empty + 1);
                Err(Error::invalid(format!("folds of `{}`", dataset.info.name), found, "fewer folds"))
            }
            None => Ok(Self { recipe: *recipe, of_row }),
        }
    }

    /// Number of folds.
    pub fn count(&self) -> usize {
        self.recipe.count
    }

    /// The fold of each row, counted from 0.
    pub fn of_row(&self) -> &[u16] {
        &self.of_row
    }

    /// The fingerprint of a dataset as [`Folds::view`] gives it. Whether a second training follows makes no other first one.
    pub fn fingerprint(recipe: &FoldsRecipe, dataset: &str, fold: usize) -> String {
        let recipe = serde_json::to_vec(&FoldsRecipe { refit: false, ..*recipe }).unwrap_or_default();
        Fingerprint::new().with("dataset", dataset).with("folds", recipe).with("fold", fold.to_string()).finish()
    }

    /// The fingerprint of a dataset as [`Folds::refit`] gives it, from that of the view that it follows.
    pub fn refit_fingerprint(view: &str) -> String {
        Fingerprint::new().with("refit", view).finish()
    }

    /// The name of the view that the dataset of this name follows, where it is one that [`Folds::refit`] gives.
    pub fn first_fit(name: &str) -> Option<&str> {
        name.strip_suffix(REFIT).filter(|view| Self::origin(view) != *view)
    }

    /// The name of the dataset that [`Folds::view`] made a fold of, from the fold's name; any other name as it is.
    pub fn origin(name: &str) -> &str {
        let is_fold = |slug: &str| {
            let slug = slug.strip_suffix(REFIT).unwrap_or(slug);
            FoldRule::ALL.iter().any(|rule| {
                let numbers = slug.strip_prefix(rule.slug()).and_then(|rest| rest.strip_prefix('-'));
                numbers
                    .is_some_and(|n| n.split('-').count() == 3 && n.split('-').all(|part| part.parse::<u64>().is_ok()))
            })
        };
        name.rsplit_once('.').filter(|(_, slug)| is_fold(slug)).map_or(name, |(origin, _)| origin)
    }

    /// The dataset with fold `fold` for testing, the one after it for validation and the others for training.
    pub fn view(&self, dataset: &Dataset, fold: usize) -> Dataset {
        let count = self.count();
        let mut info = dataset.info.clone();
        info.name = format!("{}.{}-{:02}", info.name, self.recipe.slug(), fold + 1);
        info.split_rule = format!("fold {} of {}", fold + 1, self.recipe.words());
        info.fingerprint = Self::fingerprint(&self.recipe, &dataset.info.fingerprint, fold);
        let split = |&of: &u16| match usize::from(of) {
            of if of == fold => Split::Test,
            of if of == (fold + 1) % count => Split::Validation,
            _ => Split::Train,
        };
        Dataset {
            info,
            images: dataset.images.clone(),
            labels: dataset.labels.clone(),
            splits: self.of_row.iter().map(split).collect(),
            subjects: dataset.subjects.clone(),
            shares: dataset.shares.clone(),
        }
    }

    /// What [`Folds::view`] gave, with the rows that validate moved to those that train, for a second training of a model whose
    /// first one has been chosen and calibrated.
    pub fn refit(&self, mut view: Dataset) -> Dataset {
        view.info.name.push_str(REFIT);
        view.info.split_rule.push_str(", all the others for training");
        view.info.fingerprint = Self::refit_fingerprint(&view.info.fingerprint);
        view.splits.iter_mut().filter(|split| **split == Split::Validation).for_each(|split| *split = Split::Train);
        view
    }

    /// For each row, what `look` says of it when its fold is for testing and all others are for training.
    ///
    /// # Errors
    /// What `look` gives.
    pub fn against_the_others(
        &self,
        dataset: &Dataset,
        look: impl Fn(&Dataset) -> Result<Vec<bool>>,
    ) -> Result<Vec<bool>> {
        let mut flags = vec![false; self.of_row.len()];
        let mut view = dataset.clone();
        for fold in 0..self.count() {
            for (split, &of) in view.splits.iter_mut().zip(&self.of_row) {
                *split = if usize::from(of) == fold { Split::Test } else { Split::Train };
            }
            let found = look(&view)?;
            for ((flag, found), split) in flags.iter_mut().zip(found).zip(&view.splits) {
                *flag |= found && *split == Split::Test;
            }
        }
        Ok(flags)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::fixture::dataset_of;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_row_is_tested_once_and_validates_once(
            labels in proptest::collection::vec(0u8..3, 40..120), rule in 0usize..4, count in 3usize..7, seed: u64
        ) {
            let rule = [FoldRule::BySubject, FoldRule::Stratified, FoldRule::FileOrder, FoldRule::Shuffled][rule];
            let subjects: Vec<u32> = (0..labels.len() as u32).map(|i| i / 3).collect();
            let dataset = dataset_of(labels.clone(), Some(subjects.clone()));
            let recipe = FoldsRecipe { rule, count, seed, refit: false };
            let second = FoldsRecipe { refit: true, ..recipe };
            prop_assert_eq!(Folds::fingerprint(&recipe, "d", 0), Folds::fingerprint(&second, "d", 0));
            let folds = Folds::deal(&recipe, &dataset).unwrap();
            prop_assert_eq!(&folds, &Folds::deal(&recipe, &dataset).unwrap());
            let mut roles = vec![[0; 3]; labels.len()];
            let mut prints = std::collections::BTreeSet::new();
            for fold in 0..count {
                let view = folds.view(&dataset, fold);
                prop_assert!(prints.insert(view.info.fingerprint.clone()));
                prop_assert_ne!(&view.info.name, &dataset.info.name);
                prop_assert_eq!(Folds::origin(&view.info.name), &dataset.info.name);
                view.splits.iter().zip(&mut roles).for_each(|(&split, role)| role[split as usize] += 1);
                let first = view.info.name.clone();
                let refit = folds.refit(view.clone());
                prop_assert_eq!(Folds::first_fit(&refit.info.name), Some(first.as_str()));
                prop_assert_eq!(Folds::origin(&refit.info.name), &dataset.info.name);
                prop_assert!(prints.insert(refit.info.fingerprint.clone()));
                prop_assert_eq!(refit.rows(Split::Test), view.rows(Split::Test));
                prop_assert!(refit.rows(Split::Validation).is_empty());
                if rule == FoldRule::BySubject {
                    for (a, b) in subjects.iter().zip(&view.splits) {
                        let others = subjects.iter().zip(&view.splits).filter(|(s, _)| *s == a);
                        prop_assert!(others.into_iter().all(|(_, split)| split == b));
                    }
                }
            }
            prop_assert!(roles.iter().all(|role| *role == [count - 2, 1, 1]));
            if rule != FoldRule::BySubject {
                let rows = |fold| folds.of_row().iter().filter(|&&f| usize::from(f) == fold).count();
                let sizes: Vec<usize> = (0..count).map(rows).collect();
                let spread = sizes.iter().max().unwrap() - sizes.iter().min().unwrap();
                prop_assert!(spread <= if rule == FoldRule::FileOrder { 3 } else { 1 }, "{:?}", sizes);
            }
        }
    }

    #[test]
    fn file_order_cuts_each_class_into_stretches() {
        let dataset = dataset_of([[0u8; 6], [1; 6]].concat(), None);
        let recipe = FoldsRecipe { rule: FoldRule::FileOrder, count: 3, seed: 0, refit: false };
        assert_eq!(Folds::deal(&recipe, &dataset).unwrap().of_row(), [0, 0, 1, 1, 2, 2, 0, 0, 1, 1, 2, 2]);
    }

    #[test]
    fn only_the_names_of_folds_have_another_origin() {
        assert_eq!(Folds::origin("ckplus.by-subject-10-1-01"), "ckplus");
        assert_eq!(Folds::origin("faces.v2.shuffled-3-0-12"), "faces.v2");
        assert_eq!(Folds::origin("ckplus.by-subject-10-1-01-refit"), "ckplus");
        assert_eq!(Folds::first_fit("ckplus.by-subject-10-1-01"), None);
        assert_eq!(Folds::first_fit("ckplus-refit"), None);
        for name in
            ["ckplus", "faces.v2", "faces.shuffled", "faces.shuffled-3-1", "faces.shuffled-3-1-x", "by-subject-10-1-01"]
        {
            assert_eq!(Folds::origin(name), name);
        }
    }

    #[test]
    fn what_cannot_be_dealt_is_refused() {
        let recipe = |rule, count| FoldsRecipe { rule, count, seed: 1, refit: false };
        let dataset = dataset_of(vec![0, 1, 0, 1], None);
        let error = Folds::deal(&recipe(FoldRule::BySubject, 3), &dataset).unwrap_err().to_string();
        assert!(error.contains("by-subject"), "{error}");
        assert!(Folds::deal(&recipe(FoldRule::Shuffled, 5), &dataset).unwrap_err().to_string().contains("fewer folds"));
    }

    #[test]
    fn a_row_is_looked_at_with_all_other_folds_for_training() {
        let dataset = dataset_of(vec![0; 6], None);
        let folds =
            Folds::deal(&FoldsRecipe { rule: FoldRule::FileOrder, count: 3, seed: 0, refit: false }, &dataset).unwrap();
        let flags = folds.against_the_others(&dataset, |view| {
            assert_eq!(view.rows(Split::Train).len(), 4);
            // Of each fold the first row, and rows that are for training, which do not count.
            Ok((0..6).map(|i| view.splits[i] == Split::Train || i % 2 == 0).collect())
        });
        assert_eq!(flags.unwrap(), [true, false, true, false, true, false]);
    }
}
