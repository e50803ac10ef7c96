//! Results of other programs as members of a comparison.

use super::Runner;
use super::predicted::label;
use crate::dataset::{Dataset, Split};
use crate::error::Result;
use crate::evaluation::EntryInput;
use crate::predictions::{EntryKind, external};
use crate::recipe::ExternalRecipe;

impl Runner<'_> {
    /// Reads and checks an external result's two files, paths relative to the working folder.
    pub(super) fn external(&self, dataset: &Dataset, recipe: &ExternalRecipe) -> Result<EntryInput> {
        let read = |file: &str, split: Split| {
            let n = dataset.rows(split).len();
            let empty = label(&recipe.name, dataset, split, ndarray::Array2::zeros((n, dataset.info.classes.len())));
            external::load(&self.workspace.root().join(file), &empty, &recipe.name)
        };
        Ok(EntryInput {
            name: recipe.name.clone(),
            title: recipe.name.clone(),
            kind: EntryKind::External,
            family: "external".into(),
            validation: read(&recipe.validation, Split::Validation)?,
            test: read(&recipe.test, Split::Test)?,
            training: None,
        })
    }
}
