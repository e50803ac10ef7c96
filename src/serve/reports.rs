//! The reports in the results folder: which there are, and the bytes of each.
//!
//! A name from a request never becomes a part of a path: it is compared with the names of the folders that are there.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::dataset::Split;
use crate::error::{Error, Result};

const REPORT: &str = "report.html";
const METRICS: &str = "metrics.json";
/// A larger file of scores is not read for the list.
const LARGEST_METRICS: u64 = 64 << 20;

/// The results folder.
#[derive(Debug)]
pub(super) struct Reports {
    folder: PathBuf,
}

/// A report in the list.
#[derive(Debug, PartialEq)]
pub(super) struct Listed {
    /// The experiment's name.
    pub(super) name: String,
    /// What `metrics.json` says, where there is one that can be read.
    pub(super) summary: Option<Summary>,
}

/// What the list says of a report.
#[derive(Debug, PartialEq)]
pub(super) struct Summary {
    /// The experiment's title.
    pub(super) title: String,
    /// The dataset's title.
    pub(super) dataset: String,
    /// Whether its faces are drawn.
    pub(super) synthetic: bool,
    /// Whether something was chosen on the rows that are scored.
    pub(super) chosen_on_test: bool,
    /// Models and aggregates.
    pub(super) entries: usize,
    /// The single model that was best on validation, with its accuracy on the test split, 0 to 1.
    pub(super) best: Option<(String, f64)>,
}

impl Reports {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// All reports, by name; none where there is no results folder.
    ///
    /// # Errors
    /// [`Error::Io`] with the folder.
    pub(super) fn list(&self) -> Result<Vec<Listed>> {
        let all = self.all()?.into_iter().map(|(name, file)| {
            let summary = file.parent().and_then(summary);
            Listed { name, summary }
        });
        Ok(all.collect())
    }

    /// The report of an experiment, `None` where the list has none of this name.
    ///
    /// # Errors
    /// [`Error::Io`] with the file.
    pub(super) fn read(&self, name: &str) -> Result<Option<Vec<u8>>> {
        let Some((_, file)) = self.all()?.into_iter().find(|(listed, _)| listed == name) else { return Ok(None) };
        std::fs::read(&file).map(Some).map_err(|e| Error::io("read", file, e))
    }

    /// Names and files, with no link on the way that leads out of the folder.
    fn all(&self) -> Result<Vec<(String, PathBuf)>> {
        let failed = |e| Error::io("read", &self.folder, e);
        if !self.folder.exists() {
            return Ok(Vec::new());
        }
        let root = self.folder.canonicalize().map_err(failed)?;
        let mut all = Vec::new();
        for entry in std::fs::read_dir(&root).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            let Ok(file) = entry.path().join(REPORT).canonicalize() else { continue };
            if file.starts_with(&root) && file.is_file() && file.file_name().is_some_and(|n| n == REPORT) {
                all.push((name, file));
            }
        }
        all.sort();
        Ok(all)
    }
}

/// The part of `metrics.json` that the list needs; a file of another version may have it too.
#[derive(Deserialize)]
struct Stored {
    comparison: Compared,
}

#[derive(Deserialize)]
struct Compared {
    title: String,
    dataset: Dataset,
    best_single: Option<String>,
    #[serde(default)]
    chosen_on: Option<Split>,
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
struct Dataset {
    title: String,
    #[serde(default)]
    synthetic: bool,
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    title: String,
    test: Scores,
}

#[derive(Deserialize)]
struct Scores {
    metrics: Metrics,
}

#[derive(Deserialize)]
struct Metrics {
    accuracy: Option<f64>,
}

fn summary(folder: &Path) -> Option<Summary> {
    let path = folder.join(METRICS).canonicalize().ok()?;
    let metadata = path.metadata().ok()?;
    if path.parent() != Some(folder) || !metadata.is_file() || metadata.len() > LARGEST_METRICS {
        return None;
    }
    let Compared { title, dataset, best_single, chosen_on, entries } =
        serde_json::from_slice::<Stored>(&std::fs::read(path).ok()?).ok()?.comparison;
    let best = entries.iter().find(|e| Some(&e.name) == best_single.as_ref());
    let best = best.and_then(|e| Some((e.title.clone(), e.test.metrics.accuracy?)));
    Some(Summary {
        title,
        dataset: dataset.title,
        synthetic: dataset.synthetic,
        chosen_on_test: chosen_on == Some(Split::Test),
        entries: entries.len(),
        best,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(reports: &Reports) -> Vec<String> {
        reports.list().unwrap().into_iter().map(|r| r.name).collect()
    }

    #[test]
    fn reports_are_those_in_the_folder_and_nothing_else() {
        let outside = tempfile::tempdir().unwrap();
        let results = outside.path().join("results");
        assert!(names(&Reports::new(results.clone())).is_empty(), "a folder that is not there holds none");
        for name in ["b", "a name & more", "empty"] {
            std::fs::create_dir_all(results.join(name)).unwrap();
        }
        std::fs::write(results.join("b/report.html"), "b").unwrap();
        std::fs::write(results.join("a name & more/report.html"), "a").unwrap();
        std::fs::write(results.join("report.html"), "none of an experiment").unwrap();
        std::fs::write(outside.path().join("report.html"), "secret").unwrap();
        let reports = Reports::new(results);
        assert_eq!(names(&reports), ["a name & more", "b"]);
        assert_eq!(reports.read("b").unwrap().as_deref(), Some(&b"b"[..]));
        for name in ["", ".", "..", "../results/b", "b/", "b/.", "/b", "empty", "b\0", "report.html", "B/../b"] {
            assert_eq!(reports.read(name).unwrap(), None, "{name:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_that_lead_out_are_no_reports() {
        use std::os::unix::fs::symlink;

        let outside = tempfile::tempdir().unwrap();
        let results = outside.path().join("results");
        for folder in ["elsewhere", "results/file", "results/real"] {
            std::fs::create_dir_all(outside.path().join(folder)).unwrap();
        }
        std::fs::write(outside.path().join("elsewhere/report.html"), "secret").unwrap();
        std::fs::write(results.join("real/report.html"), "real").unwrap();
        std::fs::write(results.join("real/other.txt"), "no report").unwrap();
        symlink("../elsewhere", results.join("folder")).unwrap();
        symlink("../../elsewhere/report.html", results.join("file/report.html")).unwrap();
        std::fs::create_dir(results.join("inner")).unwrap();
        symlink("../real/other.txt", results.join("inner/report.html")).unwrap();
        assert_eq!(names(&Reports::new(results.clone())), ["real"]);
        // The results folder itself may lie elsewhere: whoever started the server put it there.
        symlink(&results, outside.path().join("link")).unwrap();
        assert_eq!(names(&Reports::new(outside.path().join("link"))), ["real"]);
    }

    #[test]
    fn the_list_says_what_the_scores_say() {
        let results = tempfile::tempdir().unwrap();
        let write = |name: &str, metrics: &str| {
            std::fs::create_dir_all(results.path().join(name)).unwrap();
            std::fs::write(results.path().join(name).join(REPORT), "").unwrap();
            std::fs::write(results.path().join(name).join(METRICS), metrics).unwrap();
        };
        write("broken", "{");
        let entry = |name: &str, accuracy: &str| {
            format!(r#"{{"name": "{name}", "title": "The {name}", "test": {{"metrics": {{"accuracy": {accuracy}}}}}}}"#)
        };
        let of = |entries: &str| {
            format!(
                r#"{{"comparison": {{"title": "T", "dataset": {{"title": "D", "synthetic": true}}, "best_single": "b",
                     "chosen_on": "test", "entries": [{entries}]}}}}"#
            )
        };
        write("scores", &of(&[entry("a", "0.9"), entry("b", "0.5")].join(",")));
        write("unknown", &of(&entry("b", "null")));
        let list = Reports::new(results.path().to_path_buf()).list().unwrap();
        let summary = |entries, best| {
            let (title, dataset) = ("T".into(), "D".into());
            Some(Summary { title, dataset, synthetic: true, chosen_on_test: true, entries, best })
        };
        assert_eq!(list[0], Listed { name: "broken".into(), summary: None });
        assert_eq!(list[1].summary, summary(2, Some(("The b".into(), 0.5))));
        assert_eq!(list[2].summary, summary(1, None));
    }
}
