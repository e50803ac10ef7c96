//! From a recipe and a source to a dataset in memory; nothing is written here.

use std::path::{Path, PathBuf};

use ndarray::Array2;
use serde::Serialize;

use super::fer_csv;
use super::partition::assign;
use super::rows::Rows;
use super::store::{Dataset, DatasetInfo, SCHEMA};
use super::synthetic::draw;
use super::votes::relabel;
use super::{Split, pictures};
use crate::Progress;
use crate::artifact::Workspace;
use crate::error::{Error, Result};
use crate::expression::Expression;
use crate::recipe::{DataFormat, DataRecipe, FaceRecipe, Preparation, Recipe, VotesRecipe};

/// More bad rows than this end an import even when bad rows are to be skipped.
pub(super) const MOST_SKIPPED: usize = 100_000;

/// How to import.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImportOptions {
    /// Leave bad rows and pictures out and list them, instead of ending at the first one.
    pub skip_bad_rows: bool,
    /// Cut faces out of the pictures, by OpenCV's cascade where the recipe has no table `faces`.
    pub detect_faces: bool,
}

/// A row or picture that was left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// `row 17 (line 18)`, or the picture's path inside the source.
    pub place: String,
    /// What stands there.
    pub found: String,
    /// What should stand there.
    pub expected: String,
}

impl Skipped {
    /// An entry for the list when bad rows are to be skipped, otherwise the error that ends the import.
    pub(super) fn or_error(
        path: &Path,
        place: String,
        found: String,
        expected: String,
        options: ImportOptions,
    ) -> Result<Self> {
        match options.skip_bad_rows {
            true => Ok(Self { place, found, expected }),
            false => Err(Error::malformed(path, place, found, expected)),
        }
    }

    /// The error for a source that is bad as a whole.
    pub(super) fn too_many(path: &Path) -> Error {
        let found = format!("more than {MOST_SKIPPED} bad rows");
        Error::malformed(path, "", found, "a file of the recipe's format with a few bad rows at most")
    }
}

/// What an import gives.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The dataset, not yet saved.
    pub dataset: Dataset,
    /// What was left out, in the order of the source: with [`ImportOptions::skip_bad_rows`] what is bad, and pictures
    /// without a face where faces were to be found.
    pub skipped: Vec<Skipped>,
}

/// Imports what `recipe` describes from `from`, or from the recipe's own path inside the workspace.
///
/// The whole dataset is built in memory, so that a source with a fault leaves a former import untouched;
/// [`Dataset::save`] writes it.
///
/// # Errors
/// [`Error::Missing`] when the source is not there, [`Error::Malformed`] with the file, the row and what was
/// expected, [`Error::Interrupted`] when the reader asked to stop.
pub fn import(
    workspace: &Workspace,
    recipe: &Recipe<DataRecipe>,
    from: Option<&Path>,
    options: ImportOptions,
    progress: &dyn Progress,
) -> Result<Imported> {
    let value = &recipe.value;
    if value.format == DataFormat::Synthetic {
        return draw_synthetic(recipe, progress);
    }
    let path = source(workspace, recipe, from)?;
    let by_default = FaceRecipe::default();
    let faces = value.faces.as_ref().or(options.detect_faces.then_some(&by_default));
    if faces.is_some() && !value.format.has_pictures() {
        let expected = "a dataset of pictures: other sources hold faces already";
        return Err(Error::invalid("faces to detect", format!("`{}`", recipe.name), expected));
    }
    let rows = match value.format {
        // The labels in the file are those of FER2013 even where votes replace them.
        DataFormat::Fer2013Csv => {
            let classes = if value.votes.is_some() { Expression::fer2013().len() } else { value.classes.len() };
            fer_csv::read(&path, classes, value.size, options, progress)?
        }
        _ => pictures::read(&path, value, faces, options, progress)?,
    };
    if rows.labels.is_empty() {
        let found = match rows.skipped.first() {
            None => "no rows".to_string(),
            Some(first) => {
                format!(
                    "no good row and {} bad ones, the first at {}: {}",
                    rows.skipped.len(),
                    first.place,
                    first.found
                )
            }
        };
        return Err(Error::malformed(&path, "", found, "at least one good row"));
    }
    let (rows, shares) = match &value.votes {
        Some(votes) => {
            let at = votes_at(workspace, votes)?;
            relabel(&at, votes, &value.classes, rows).map(|(rows, shares)| (rows, Some(shares)))?
        }
        None => (rows, None),
    };
    let (splits, split_rule) = assign(&path, &value.split, &rows)?;
    let prepared = Preparation { filter: value.filter, faces: faces.cloned() };
    Ok(assemble(recipe, (rows, shares), splits, (split_rule, prepared)))
}

/// The one place where the faces that the tool draws itself come in.
fn draw_synthetic(recipe: &Recipe<DataRecipe>, progress: &dyn Progress) -> Result<Imported> {
    let value = &recipe.value;
    let Some(synthetic) = &value.synthetic else {
        return Err(Error::invalid("synthetic", "nothing", "a table that says what to draw"));
    };
    let mut dataset = draw(&recipe.name, &value.title, synthetic, &value.classes, value.size, progress)?;
    dataset.info.recipe = recipe.fingerprint();
    Ok(Imported { dataset, skipped: Vec::new() })
}

fn source(workspace: &Workspace, recipe: &Recipe<DataRecipe>, from: Option<&Path>) -> Result<PathBuf> {
    let path = match (from, &recipe.value.path) {
        (Some(from), _) => from.to_path_buf(),
        (None, Some(path)) => workspace.root().join(path),
        (None, None) => {
            return Err(Error::invalid(
                "source",
                "none",
                format!("--from, since the recipe {} names no path", recipe.name),
            ));
        }
    };
    match path.exists() {
        true => Ok(path),
        false => {
            let hint = format!(
                "put {} there, or name its place: `ferrofuse import {} --from PATH`",
                recipe.value.title, recipe.name
            );
            Err(Error::missing(path, hint))
        }
    }
}

fn votes_at(workspace: &Workspace, votes: &VotesRecipe) -> Result<PathBuf> {
    let path = workspace.root().join(&votes.path);
    match path.exists() {
        true => Ok(path),
        false => Err(Error::missing(path, "put fer2013new.csv of FER+ there, or name its place: --votes PATH")),
    }
}

fn assemble(
    recipe: &Recipe<DataRecipe>,
    (rows, shares): (Rows, Option<Array2<f32>>),
    splits: Vec<Split>,
    (split_rule, prepared): (String, Preparation),
) -> Imported {
    let Rows { images, labels, subjects, skipped, source, resize, .. } = rows;
    let (n, height, width) = images.dim();
    let classes = recipe.value.classes.clone();
    let fingerprint = {
        let beside = (subjects.as_deref(), shares.as_ref().map(|s| s.view()));
        Dataset::content_fingerprint(&images, &labels, &splits, beside, &classes)
    };
    let info = DatasetInfo {
        schema: SCHEMA,
        name: recipe.name.clone(),
        title: recipe.value.title.clone(),
        classes,
        rows: n,
        height,
        width,
        synthetic: false,
        source,
        split_rule,
        resize,
        prepared,
        skipped: skipped.len(),
        recipe: recipe.fingerprint(),
        fingerprint,
        version: env!("CARGO_PKG_VERSION").to_string(),
    };
    Imported { dataset: Dataset { info, images, labels, splits, subjects, shares }, skipped }
}
