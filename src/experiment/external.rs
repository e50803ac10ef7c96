//! Results of other programs as members of a comparison.

use std::path::PathBuf;

use ndarray::Array2;

use super::Runner;
use super::predicted::label;
use crate::artifact::Fingerprint;
use crate::dataset::{Dataset, Split};
use crate::error::{Error, Result};
use crate::evaluation::EntryInput;
use crate::predictions::EntryKind;
use crate::predictions::external::{self, ExternalFolder};
use crate::recipe::{ExternalRecipe, ExternalSource};

impl Runner<'_> {
    /// Reads and checks an external result's files, paths relative to the working folder.
    pub(super) fn external(&self, dataset: &Dataset, recipe: &ExternalRecipe) -> Result<EntryInput> {
        let template = |split: Split| {
            let shape = (dataset.rows(split).len(), dataset.info.classes.len());
            label(&recipe.name, dataset, split, Array2::zeros(shape))
        };
        let (validation, test) = (template(Split::Validation), template(Split::Test));
        let (validation, test) = match recipe.source()? {
            ExternalSource::Files { validation: one, test: other } => (
                external::load(&self.path(one), &validation, self.progress)?,
                external::load(&self.path(other), &test, self.progress)?,
            ),
            ExternalSource::Folder(folder) => {
                ExternalFolder::find(&self.path(folder))?.load(&validation, &test, self.progress)?
            }
            ExternalSource::Csv(table) => external::load_csv(&self.path(table), &validation, &test, self.progress)?,
        };
        // What says the same of every picture says it of other rows too.
        let constant = test.probabilities.outer_iter().all(|p| p == test.probabilities.row(0));
        if validation.probabilities == test.probabilities && !constant {
            let found = "the very same numbers for validation and test";
            let expected = "those of the validation rows, so that nothing is chosen on the test rows";
            return Err(Error::invalid(format!("external result `{}`", recipe.name), found, expected));
        }
        Ok(EntryInput {
            name: recipe.name.clone(),
            title: recipe.name.clone(),
            kind: EntryKind::External,
            family: "external".into(),
            validation,
            test,
            training: None,
        })
    }

    /// Adds every file that [`Runner::external`] reads, by its name and its bytes.
    pub(super) fn with_external(&self, mut all: Fingerprint, recipe: &ExternalRecipe) -> Result<Fingerprint> {
        match recipe.source()? {
            ExternalSource::Files { validation, test } => {
                all.with_file(validation, &self.path(validation))?.with_file(test, &self.path(test))
            }
            ExternalSource::Folder(folder) => {
                for file in ExternalFolder::find(&self.path(folder))?.files() {
                    let name = file.file_name().unwrap_or_default().to_string_lossy();
                    all = all.with_file(&format!("{folder}/{name}"), file)?;
                }
                Ok(all)
            }
            ExternalSource::Csv(table) => all.with_file(table, &self.path(table)),
        }
    }

    fn path(&self, inside: &str) -> PathBuf {
        self.workspace.root().join(inside)
    }
}
