//! Predictions as files: `results/<experiment>/predictions/`.
//!
//! `<model>.<split>.npy` f32 n x c, `labels.<split>.npy` u8 n, `rows.<split>.npy` u32 n, and `predictions.json`, which
//! says what they are. NumPy reads all of them.

use std::path::{Path, PathBuf};

use ndarray::Array1;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Predictions;
use crate::artifact::{NpyElement, read_json, read_npy1, read_npy2, remove_if_there, write_json, write_npy};
use crate::dataset::{DatasetInfo, Split};
use crate::error::{Error, Result};

/// Version of the folder's format.
const SCHEMA: u32 = 1;

/// What a line of a comparison is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EntryKind {
    /// A model trained here.
    Single,
    /// Probabilities made by another program.
    External,
    /// Several entries combined.
    Aggregate,
}

/// What `predictions.json` says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PredictionIndex {
    /// Format version.
    pub schema: u32,
    /// The dataset's name.
    pub dataset: String,
    /// The dataset's name for readers.
    pub dataset_title: String,
    /// True when the faces were drawn by the tool; whatever shows a score must say so.
    pub synthetic: bool,
    /// The dataset's fingerprint.
    pub fingerprint: String,
    /// Class names, one for each column.
    pub classes: Vec<String>,
    /// The models, in the order they were first stored.
    pub models: Vec<StoredModel>,
}

/// One model in a folder of predictions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredModel {
    /// Its name.
    pub name: String,
    /// The name for readers.
    pub title: String,
    /// What it is.
    pub kind: EntryKind,
    /// What its files' names begin with: the name, with `_` for what does not belong into one.
    pub file: String,
    /// The splits that are stored.
    pub splits: Vec<Split>,
}

/// Stores one model's probabilities of one split; those of the same name and split are replaced.
///
/// A folder that belongs to another state of the dataset is emptied first: predictions of both would not fit together.
///
/// # Errors
/// What [`Predictions::check`] finds; [`Error::Mismatch`] when they are not of `dataset`, or when labels or rows differ
/// from those that other models in the folder have; [`Error::Io`] with the path.
pub fn save_predictions(
    folder: &Path,
    dataset: &DatasetInfo,
    predictions: &Predictions,
    title: &str,
    kind: EntryKind,
) -> Result<()> {
    predictions.check()?;
    if predictions.fingerprint != dataset.fingerprint || predictions.classes != dataset.classes {
        return Err(Error::Mismatch {
            what: format!("predictions of `{}` and dataset `{}`", predictions.model, dataset.name),
            detail: format!("fingerprints {} and {}", predictions.fingerprint, dataset.fingerprint),
            hint: "predict this dataset again".into(),
        });
    }
    let mut index = match index_path(folder).exists() {
        true => read_index(folder)?,
        false => fresh(dataset),
    };
    if index.fingerprint != dataset.fingerprint || index.classes != dataset.classes {
        discard(folder, &index)?;
        index = fresh(dataset);
    }
    let split = predictions.split;
    let labels = Array1::from(predictions.labels.clone());
    let rows = Array1::from(predictions.rows.clone());
    let others = index.models.iter().any(|m| m.name != predictions.model && m.splits.contains(&split));
    share(&folder.join(format!("labels.{split}.npy")), &labels, others, &predictions.model)?;
    share(&folder.join(format!("rows.{split}.npy")), &rows, others, &predictions.model)?;
    let file = file_stem(&index, &predictions.model);
    write_npy(&folder.join(format!("{file}.{split}.npy")), predictions.probabilities.view())?;
    match index.models.iter_mut().find(|m| m.name == predictions.model) {
        Some(known) => {
            known.title = title.into();
            known.kind = kind;
            if !known.splits.contains(&split) {
                known.splits.push(split);
                known.splits.sort_unstable();
            }
        }
        None => index.models.push(StoredModel {
            name: predictions.model.clone(),
            title: title.into(),
            kind,
            file,
            splits: vec![split],
        }),
    }
    write_json(&index_path(folder), &index)
}

/// Reads what a folder of predictions holds.
///
/// # Errors
/// [`Error::Missing`] when nothing was stored there, [`Error::Malformed`] when the description does not fit.
pub fn read_index(folder: &Path) -> Result<PredictionIndex> {
    let path = index_path(folder);
    if !path.exists() {
        return Err(Error::missing(&path, "run the experiment first: `ferrofuse run EXPERIMENT`"));
    }
    let index: PredictionIndex = read_json(&path)?;
    if index.schema != SCHEMA {
        let expected = format!("schema {SCHEMA}; run the experiment again");
        return Err(Error::malformed(&path, "schema", index.schema.to_string(), expected));
    }
    // The names become paths; a hand-made description must not lead out of the folder.
    match index.models.iter().find(|m| m.file != cleaned(&m.file)) {
        Some(m) => Err(Error::malformed(&path, "file", format!("`{}`", m.file), "letters, digits, `-`, `_`, `.`, `+`")),
        None => Ok(index),
    }
}

/// Reads one model's probabilities of one split.
///
/// # Errors
/// As [`read_index`]; [`Error::Invalid`] for a model or split that is not stored, with those that are;
/// [`Error::Malformed`] for arrays that do not fit together.
pub fn load_predictions(folder: &Path, model: &str, split: Split) -> Result<Predictions> {
    let index = read_index(folder)?;
    let Some(stored) = index.models.iter().find(|m| m.name == model && m.splits.contains(&split)) else {
        let known: Vec<&str> =
            index.models.iter().filter(|m| m.splits.contains(&split)).map(|m| m.name.as_str()).collect();
        let what = format!("model in {}", folder.display());
        let known = if known.is_empty() { "no model has any".into() } else { format!("one of {}", known.join(", ")) };
        return Err(Error::invalid(what, format!("no {split} predictions of `{model}`"), known));
    };
    let path = folder.join(format!("{}.{split}.npy", stored.file));
    let predictions = Predictions {
        model: model.into(),
        dataset: index.dataset,
        fingerprint: index.fingerprint,
        classes: index.classes,
        split,
        rows: read_npy1(&folder.join(format!("rows.{split}.npy")))?.to_vec(),
        labels: read_npy1(&folder.join(format!("labels.{split}.npy")))?.to_vec(),
        probabilities: read_npy2(&path)?,
    };
    predictions.check().map_err(|e| match e {
        Error::Invalid { what, found, expected } => Error::malformed(&path, what, found, expected),
        other => other,
    })?;
    Ok(predictions)
}

fn index_path(folder: &Path) -> PathBuf {
    folder.join("predictions.json")
}

fn fresh(dataset: &DatasetInfo) -> PredictionIndex {
    PredictionIndex {
        schema: SCHEMA,
        dataset: dataset.name.clone(),
        dataset_title: dataset.title.clone(),
        synthetic: dataset.synthetic,
        fingerprint: dataset.fingerprint.clone(),
        classes: dataset.classes.clone(),
        models: Vec::new(),
    }
}

/// Removes the description first, then the arrays it vouched for.
fn discard(folder: &Path, index: &PredictionIndex) -> Result<()> {
    let mut paths = vec![index_path(folder)];
    for split in Split::ALL {
        let stems = index.models.iter().map(|m| m.file.as_str()).chain(["labels", "rows"]);
        paths.extend(stems.map(|stem| folder.join(format!("{stem}.{split}.npy"))));
    }
    for path in paths {
        remove_if_there(&path)?;
    }
    Ok(())
}

/// Writes an array that all models of a split have in common, or checks that it is the same where `others` rely on it.
fn share<T: NpyElement + PartialEq>(path: &Path, array: &Array1<T>, others: bool, model: &str) -> Result<()> {
    if !others || !path.exists() {
        return write_npy(path, array.view());
    }
    match read_npy1::<T>(path)? == *array {
        true => Ok(()),
        false => Err(Error::Mismatch {
            what: format!("predictions of `{model}` and {}", path.display()),
            detail: "they differ from those of the models stored before".into(),
            hint: "predict the same rows with all models".into(),
        }),
    }
}

/// A stem that no other model in the folder uses.
fn file_stem(index: &PredictionIndex, model: &str) -> String {
    if let Some(known) = index.models.iter().find(|m| m.name == model) {
        return known.file.clone();
    }
    let base = cleaned(model);
    let taken = |stem: &str| matches!(stem, "labels" | "rows" | "") || index.models.iter().any(|m| m.file == stem);
    let mut stem = base.clone();
    let mut number = 2;
    while taken(&stem) {
        stem = format!("{base}-{number}");
        number += 1;
    }
    stem
}

fn cleaned(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '+') { c } else { '_' };
    let stem: String = name.chars().map(plain).collect();
    if stem.starts_with('.') { format!("_{stem}") } else { stem }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::example::example;

    fn info() -> DatasetInfo {
        let p = example(0);
        DatasetInfo {
            schema: 1,
            name: p.dataset,
            title: "Golden".into(),
            classes: p.classes,
            rows: 60,
            height: 48,
            width: 48,
            synthetic: true,
            source: String::new(),
            split_rule: String::new(),
            resize: "none".into(),
            prepared: Default::default(),
            skipped: 0,
            recipe: String::new(),
            fingerprint: p.fingerprint,
            version: String::new(),
        }
    }

    fn save(folder: &Path, p: &Predictions) -> Result<()> {
        save_predictions(folder, &info(), p, &p.model, EntryKind::Single)
    }

    #[test]
    fn predictions_come_back_equal() {
        let folder = tempfile::tempdir().unwrap();
        let validation = Predictions { split: Split::Validation, rows: (100..160).collect(), ..example(0) };
        for p in [&example(0), &validation, &example(1)] {
            save(folder.path(), p).unwrap();
            assert_eq!(&load_predictions(folder.path(), &p.model, p.split).unwrap(), p);
        }
        let index = read_index(folder.path()).unwrap();
        assert!(index.synthetic);
        assert_eq!(index.models[0].splits, [Split::Validation, Split::Test]);
        let message = load_predictions(folder.path(), "example-1", Split::Validation).unwrap_err().to_string();
        assert!(message.contains("one of example-0"), "{message}");
        assert!(load_predictions(folder.path(), "example-1", Split::Train).is_err());
        // Storing again replaces and does not add.
        save(folder.path(), &Predictions { model: "example-1".into(), ..example(2) }).unwrap();
        assert_eq!(
            load_predictions(folder.path(), "example-1", Split::Test).unwrap().probabilities,
            example(2).probabilities
        );
        assert_eq!(read_index(folder.path()).unwrap().models.len(), 2);
    }

    #[test]
    fn any_name_gets_a_file_of_its_own_inside_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let names = ["../up", "..", "labels", "a b", "a_b", "", "größe"];
        for (salt, name) in names.iter().enumerate() {
            save(folder.path(), &Predictions { model: (*name).into(), ..example(salt) }).unwrap();
        }
        for (salt, name) in names.iter().enumerate() {
            let loaded = load_predictions(folder.path(), name, Split::Test).unwrap();
            assert_eq!(loaded.probabilities, example(salt).probabilities, "{name}");
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), names.len() + 3);
    }

    #[test]
    fn another_state_of_the_dataset_empties_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        save(folder.path(), &example(0)).unwrap();
        let changed = DatasetInfo { fingerprint: "new".into(), ..info() };
        let p = Predictions { fingerprint: "new".into(), ..example(1) };
        save_predictions(folder.path(), &changed, &p, "t", EntryKind::Single).unwrap();
        assert_eq!(read_index(folder.path()).unwrap().models.len(), 1);
        assert!(!folder.path().join("example-0.test.npy").exists());
        assert!(save(folder.path(), &p).unwrap_err().to_string().contains("fingerprints"));
    }

    #[test]
    fn rows_that_differ_from_those_of_other_models_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        save(folder.path(), &example(0)).unwrap();
        let other = Predictions { rows: (1..61).collect(), ..example(1) };
        assert!(save(folder.path(), &other).unwrap_err().to_string().contains("rows.test.npy"));
        assert_eq!(read_index(folder.path()).unwrap().models.len(), 1);
    }

    #[test]
    fn a_description_that_leads_out_of_the_folder_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        save(folder.path(), &example(0)).unwrap();
        let path = folder.path().join("predictions.json");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replace("\"file\": \"example-0\"", "\"file\": \"../../example-0\"")).unwrap();
        assert!(load_predictions(folder.path(), "example-0", Split::Test).unwrap_err().to_string().contains("file"));
        assert!(read_index(&folder.path().join("nowhere")).unwrap_err().to_string().contains("ferrofuse run"));
    }
}
