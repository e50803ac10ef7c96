//! Reports: HTML, Markdown, JSON, CSV and charts, from a [`Comparison`] alone.
//!
//! Whatever shows a score on synthetic faces says that they are drawn. An undefined statistic is a dash, in CSV an
//! empty field.

mod card;
mod charts;
mod csv;
mod files;
#[cfg(test)]
mod fixture;
mod format;
mod html;
mod json;
mod markdown;
mod schema;
mod table;
mod tables;
mod terminal;
mod timeline;
mod words;

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::Cost;
use crate::artifact::write_bytes_atomically;
use crate::cost::show_memory;
use crate::dataset::{NEAR_DUPLICATE, Split};
use crate::error::{Error, Result};
use crate::evaluation::{
    Comparison, DatasetFacts, Entry, FeatureFacts, Hits, Scores, SingleView, TrainingFacts, wilson,
};
use crate::progress::Progress;

use charts::confusion::Emphasis;
use charts::{Canvas, bars, confusion, curves, duels, ranking, reliability, timeline as timeline_chart};

pub use card::write_cards;
pub use json::SCHEMA;
pub use schema::schema;
pub use terminal::{terminal_table, warning};
pub use timeline::{Course, Timeline};
pub use words::{SYNTHETIC, summary};

const HTML: &str = "report.html";
const MARKDOWN: &str = "report.md";
const METRICS: &str = "metrics.csv";

/// What [`write()`] wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportFiles {
    /// `report.html`.
    pub html: PathBuf,
    /// `report.md`.
    pub markdown: PathBuf,
    /// `metrics.json`.
    pub json: PathBuf,
    /// `metrics.csv`.
    pub csv: PathBuf,
    /// Every table as CSV, and all of them for LaTeX.
    pub tables: Vec<PathBuf>,
    /// Confusion matrices, curves, diagrams and the bar chart, each as PNG and SVG, and the matrices as CSV.
    pub charts: Vec<PathBuf>,
}

/// A part of a report that can be written alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// `report.html`.
    Html,
    /// `report.md`.
    Markdown,
    /// `metrics.csv`.
    Metrics,
    /// `tables/`: every table as CSV, and all of them for LaTeX.
    Tables,
    /// Everything that is drawn, and the confusion matrices as CSV.
    Charts,
}

/// Writes the whole report of `comparison` into `folder`, each file atomically:
///
/// * `report.html`, `report.md`, `metrics.json`, `metrics.csv`;
/// * `tables/ID.csv`, every table of the report, and all of them for LaTeX in `tables/tables.tex`;
/// * `accuracy.{png,svg}`, the bars of all entries, and `duels.{png,svg}`, who beats whom;
/// * `reliability/ENTRY.{png,svg}` and `ranking/ENTRY.{png,svg}`, reliability diagrams, ROC and precision-recall curves on
///   the test split;
/// * `confusion/ENTRY.SPLIT.{csv,png,svg}` with counts and `confusion/ENTRY.SPLIT.normalised.{csv,png,svg}` with shares
///   of the row, for validation and test;
/// * `curves/ENTRY.{png,svg}` for every model that was trained in epochs.
///
/// Letters of an entry's name that do not suit a file become `-`. Pictures of an earlier report that this one does not
/// have are named through `progress` and stay.
///
/// # Errors
/// [`Error::Invalid`] when the parts of the comparison do not fit together, [`Error::Io`] with the path,
/// [`Error::Interrupted`] when the user asked to stop.
pub fn write(folder: &Path, comparison: &Comparison, progress: &dyn Progress) -> Result<ReportFiles> {
    json::check(comparison)?;
    json::write(folder, comparison)?;
    render(folder, comparison, progress)
}

/// Writes `metrics.json` and some parts of the report, and gives the files; what else is there stays as it is.
///
/// # Errors
/// Those of [`write()`].
pub fn write_parts(
    folder: &Path,
    comparison: &Comparison,
    parts: &[Part],
    progress: &dyn Progress,
) -> Result<Vec<PathBuf>> {
    json::check(comparison)?;
    json::write(folder, comparison)?;
    let mut files = Vec::new();
    for part in parts {
        files.extend(write_part(folder, comparison, *part, progress)?);
    }
    Ok(files)
}

/// Writes the report in `folder` again from its `metrics.json`, which stays as it is.
///
/// # Errors
/// [`Error::Missing`] without `metrics.json`, [`Error::Malformed`] with the place in it that does not fit, and those of
/// [`write()`].
pub fn rebuild(folder: &Path, progress: &dyn Progress) -> Result<(Comparison, ReportFiles)> {
    let comparison = json::read(folder)?;
    let files = render(folder, &comparison, progress)?;
    Ok((comparison, files))
}

/// Draws loss and accuracy over the epochs of one training as `curves.png` and `curves.svg` into `folder`.
///
/// Returns the files, none for a model without epochs. `synthetic` says that the faces were drawn.
///
/// # Errors
/// [`Error::Io`] with the path.
pub fn write_curves(folder: &Path, title: &str, training: &TrainingFacts, synthetic: bool) -> Result<Vec<PathBuf>> {
    match curves::draw(training, title, remark(synthetic)) {
        Some(canvas) => Picture { stem: "curves".into(), canvas, csv: None }.write(folder),
        None => Ok(Vec::new()),
    }
}

/// Draws the expressions of a video's faces over time as `STEM.png` and `STEM.svg` into `folder`, and returns the files.
/// `synthetic` says that the models know drawn faces only.
///
/// # Errors
/// [`Error::Io`] with the path.
pub fn write_timeline(
    folder: &Path,
    stem: &str,
    (title, synthetic): (&str, bool),
    timeline: &Timeline,
    classes: &[String],
) -> Result<Vec<PathBuf>> {
    let remark = if synthetic { "by models that know synthetic faces only" } else { "" };
    Picture { stem: stem.into(), canvas: timeline_chart::draw(timeline, title, remark, classes), csv: None }
        .write(folder)
}

/// What a picture of scores says of the faces; nothing of real ones.
fn remark(synthetic: bool) -> &'static str {
    if synthetic { words::SYNTHETIC_SHORT } else { "" }
}

/// Reads the comparison stored in `folder/metrics.json`.
///
/// # Errors
/// [`Error::Missing`] without the file, [`Error::Malformed`] with the place in it that does not fit.
pub fn read(folder: &Path) -> Result<Comparison> {
    json::read(folder)
}

fn render(folder: &Path, comparison: &Comparison, progress: &dyn Progress) -> Result<ReportFiles> {
    let part = |part| write_part(folder, comparison, part, progress);
    // The page is long to write, and one thread writes it.
    let (html, charts) = rayon::join(|| part(Part::Html), || part(Part::Charts));
    let charts = html.and(charts)?;
    part(Part::Markdown)?;
    part(Part::Metrics)?;
    let files = ReportFiles {
        html: folder.join(HTML),
        markdown: folder.join(MARKDOWN),
        csv: folder.join(METRICS),
        json: folder.join(json::FILE),
        tables: part(Part::Tables)?,
        charts,
    };
    let written: Vec<&PathBuf> = files.charts.iter().chain(&files.tables).collect();
    for old in left_over(folder, &written) {
        progress.say(&format!("{} is of an earlier report and not part of this one", old.display()));
    }
    Ok(files)
}

/// The files of one part.
fn write_part(folder: &Path, comparison: &Comparison, part: Part, progress: &dyn Progress) -> Result<Vec<PathBuf>> {
    let one = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        write_bytes_atomically(&path, bytes).map(|()| vec![path])
    };
    match part {
        Part::Html => one(HTML, html::render(comparison)?.as_bytes()),
        Part::Markdown => one(MARKDOWN, markdown::render(comparison).as_bytes()),
        Part::Metrics => one(METRICS, &csv::metrics(comparison)?),
        Part::Tables => write_tables(folder, comparison),
        Part::Charts => write_charts(folder, comparison, progress),
    }
}

fn write_charts(folder: &Path, comparison: &Comparison, progress: &dyn Progress) -> Result<Vec<PathBuf>> {
    let pictures = pictures(comparison);
    progress.start("report", pictures.len() as u64, "pictures");
    let draw = |picture: &Picture| {
        if progress.stop_requested() {
            let kept = format!("the scores are in {}; `ferrofuse report` makes the rest", json::FILE);
            return Err(Error::Interrupted { kept });
        }
        let written = picture.write(folder);
        progress.advance(1);
        written
    };
    let charts = pictures.par_iter().map(draw).collect::<Result<Vec<Vec<PathBuf>>>>();
    progress.finish("");
    charts.map(|charts| charts.concat())
}

/// What every line of a table for other programs says of its scores: the names of columns that are true.
fn marks(comparison: &Comparison) -> Vec<&'static str> {
    let marks = [(comparison.dataset.synthetic, "synthetic_faces"), (comparison.is_chosen_on_test(), "chosen_on_test")];
    marks.into_iter().filter_map(|(is_so, name)| is_so.then_some(name)).collect()
}

fn write_tables(folder: &Path, comparison: &Comparison) -> Result<Vec<PathBuf>> {
    let tables = tables::all(comparison);
    let document = tables::latex::document(&tables, &words::short_remark(comparison));
    let mut files = vec![("tables.tex".to_string(), document.into_bytes())];
    for table in &tables {
        files.push((format!("{}.csv", table.id), tables::csv::render(table, &marks(comparison))?));
    }
    let write = |(name, bytes): (String, Vec<u8>)| {
        let path = folder.join("tables").join(name);
        write_bytes_atomically(&path, &bytes).map(|()| path)
    };
    files.into_iter().map(write).collect()
}

/// A picture with its table, to be written under a name without extension.
struct Picture {
    stem: String,
    canvas: Canvas,
    csv: Option<Result<Vec<u8>>>,
}

impl Picture {
    fn write(&self, folder: &Path) -> Result<Vec<PathBuf>> {
        let mut written = Vec::new();
        let mut file = |extension: &str, bytes: &[u8]| {
            let path = folder.join(format!("{}.{extension}", self.stem));
            write_bytes_atomically(&path, bytes).map(|()| written.push(path))
        };
        match &self.csv {
            Some(Ok(bytes)) => file("csv", bytes)?,
            Some(Err(e)) => return Err(Error::backend("csv", format!("write {}.csv", self.stem), e)),
            None => {}
        }
        file("svg", self.canvas.svg().as_bytes())?;
        file("png", &self.canvas.png()?)?;
        Ok(written)
    }
}

fn pictures(comparison: &Comparison) -> Vec<Picture> {
    let synthetic = comparison.dataset.synthetic;
    let picture = |stem: String, canvas: Canvas| Picture { stem, canvas, csv: None };
    let mut all = vec![picture("accuracy".into(), bars::draw(comparison))];
    all.extend(duels::draw(comparison, &words::short_remark(comparison)).map(|canvas| picture("duels".into(), canvas)));
    for (entry, stem) in comparison.entries.iter().zip(files::stems(&comparison.entries)) {
        for split in [Split::Validation, Split::Test] {
            let Some(scores) = entry.scores(split) else { continue };
            let matrix = &scores.confusion;
            let title = format!("{}: {split} split", entry.title);
            let remark = confusion_remark(comparison, scores);
            all.push(Picture {
                stem: format!("confusion/{stem}.{split}"),
                canvas: confusion::draw(matrix, &title, &remark, Emphasis::Counts),
                csv: Some(csv::confusion_counts(matrix, synthetic)),
            });
            all.push(Picture {
                stem: format!("confusion/{stem}.{split}.normalised"),
                canvas: confusion::draw(matrix, &title, &remark, Emphasis::RowShares),
                csv: Some(csv::confusion_shares(matrix, synthetic)),
            });
        }
        let drawn = entry.training.as_ref().and_then(|t| curves::draw(t, &entry.title, remark(synthetic)));
        if let Some(canvas) = drawn {
            all.push(picture(format!("curves/{stem}"), canvas));
        }
        let (reliability, ranking) = honesty(comparison, entry);
        all.extend(reliability.map(|canvas| picture(format!("reliability/{stem}"), canvas)));
        all.extend(ranking.map(|canvas| picture(format!("ranking/{stem}"), canvas)));
    }
    all
}

/// The reliability diagram and the curves of an entry on the test split, as far as it has probabilities.
fn honesty(comparison: &Comparison, entry: &Entry) -> (Option<Canvas>, Option<Canvas>) {
    let (title, remark) = (format!("{}: test split", entry.title), &words::short_remark(comparison));
    let reliability = entry.calibration.as_ref().map(|c| reliability::draw(c, &title, remark));
    let ranking = entry.ranking.as_ref().and_then(|r| ranking::draw(r, &title, remark));
    (reliability, ranking)
}

/// What stands below the title of a confusion matrix.
fn confusion_remark(comparison: &Comparison, scores: &Scores) -> String {
    let m = &scores.metrics;
    let said = format!(
        "{} of {} rows right, {} %",
        format::count(m.correct),
        format::count(m.rows),
        format::percent(m.accuracy, 2)
    );
    // First, so that it is never what a narrow picture cuts off.
    words::joined(&[&words::short_remark(comparison), &said])
}

/// How long processors worked on something, in brackets; nothing where that is not known.
fn processor_time(seconds: Option<f64>) -> String {
    seconds.map_or_else(String::new, |s| format!(" ({} of processor time)", format::duration(s)))
}

/// `68.12 % on validation, 68.91 % [67.38, 70.40] on test`.
fn single_view(view: &SingleView) -> String {
    let accuracy = |hits: Hits| format::percent_or_dash(hits.accuracy());
    let range =
        wilson(view.test.correct, view.test.rows).map_or_else(String::new, |i| format!(" {}", format::interval(i)));
    format!("{} % on validation, {} %{range} on test", accuracy(view.validation), accuracy(view.test))
}

/// A feature that a model reads, and what its extraction took, in words.
fn feature(facts: &FeatureFacts) -> String {
    let cost = |cost: &Cost| {
        let memory = cost.peak_memory.map_or_else(String::new, |m| format!(", at most {} of memory", show_memory(m)));
        format!("{}{}{memory}", format::duration(cost.seconds), processor_time(cost.processor_seconds))
    };
    let mut said = format!("{} ({}), {} numbers", facts.title, facts.name, format::count(facts.dimensions as u64));
    if let Some(own) = &facts.cost {
        said.push_str(&format!(": {}", cost(own)));
    }
    if let Some(mirrored) = &facts.mirrored_cost {
        said.push_str(&format!("; mirror images: {}", cost(mirrored)));
    }
    said
}

/// How many rows are pixel-identical to a training row, in words.
fn identical_rows(facts: &DatasetFacts) -> String {
    match &facts.identical_to_training {
        Some(rows) => {
            let near = facts.near_training.map_or_else(String::new, |near| {
                let (validation, test) = (format::count(near.validation), format::count(near.test));
                format!(", {validation} and {test} at least nearly so (correlation above {NEAR_DUPLICATE})")
            });
            let (validation, test) = (format::count(rows.validation), format::count(rows.test));
            format!("{validation} validation rows and {test} test rows are pixel-identical to a training row{near}")
        }
        None => "nobody looked for rows that are pixel-identical to a training row".to_string(),
    }
}

/// Files in the folders of pictures that look like those of a report and were not written now.
fn left_over(folder: &Path, written: &[&PathBuf]) -> Vec<PathBuf> {
    let mut old: Vec<PathBuf> = ["confusion", "curves", "ranking", "reliability", "tables"]
        .iter()
        .filter_map(|part| std::fs::read_dir(folder.join(part)).ok())
        .flat_map(|entries| entries.flatten().map(|e| e.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "csv" || e == "tex" || e == "png" || e == "svg"))
        .filter(|path| !written.contains(&path))
        .collect();
    old.sort();
    old
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Silent;
    use charts::PNG_SCALE;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn every_promised_file_is_there_and_every_png_opens() {
        let folder = tempfile::tempdir().unwrap();
        let comparison = fixture::comparison();
        let files = write(folder.path(), &comparison, &Silent).unwrap();
        assert_eq!(
            names(folder.path()),
            [
                "accuracy.png",
                "accuracy.svg",
                "confusion",
                "curves",
                "duels.png",
                "duels.svg",
                "metrics.csv",
                "metrics.json",
                "ranking",
                "reliability",
                "report.html",
                "report.md",
                "tables"
            ]
        );
        // Two splits, counts and shares, three kinds of file; two networks with curves, two kinds of file.
        assert_eq!(names(&folder.path().join("confusion")).len(), comparison.entries.len() * 2 * 2 * 3);
        assert_eq!(names(&folder.path().join("curves")), ["cnn.png", "cnn.svg", "sift-cnn.png", "sift-cnn.svg"]);
        for part in ["ranking", "reliability"] {
            assert_eq!(names(&folder.path().join(part)).len(), comparison.entries.len() * 2, "{part}");
        }
        let tables = tables::all(&comparison);
        assert_eq!(names(&folder.path().join("tables")).len(), tables.len() + 1);
        let latex = std::fs::read_to_string(folder.path().join("tables/tables.tex")).unwrap();
        assert_eq!(latex.matches("\\begin{table}").count(), tables.len());
        assert!(folder.path().join("confusion/cnn+sift-cnn.test.normalised.png").exists());
        for picture in pictures(&comparison) {
            let path = folder.path().join(format!("{}.png", picture.stem));
            let (width, height) = picture.canvas.size();
            let png = image::open(&path).unwrap();
            assert_eq!((png.width(), png.height()), (width * PNG_SCALE, height * PNG_SCALE), "{}", path.display());
        }
        for path in files.charts.iter().chain([&files.html, &files.markdown, &files.json, &files.csv]) {
            assert!(std::fs::metadata(path).unwrap().len() > 20, "{}", path.display());
        }
    }

    #[test]
    fn parts_are_written_alone_as_in_the_whole() {
        let (whole, parts) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let comparison = fixture::comparison();
        let files = write(whole.path(), &comparison, &Silent).unwrap();
        for (part, expected) in [
            (Part::Html, vec![files.html]),
            (Part::Markdown, vec![files.markdown]),
            (Part::Metrics, vec![files.csv]),
            (Part::Tables, files.tables),
            (Part::Charts, files.charts),
        ] {
            let folder = parts.path().join(format!("{part:?}"));
            std::fs::create_dir(&folder).unwrap();
            let written = write_parts(&folder, &comparison, &[part], &Silent).unwrap();
            assert_eq!(written.len(), expected.len(), "{part:?}");
            for (one, other) in written.iter().zip(&expected) {
                assert_eq!(one.strip_prefix(&folder).unwrap(), other.strip_prefix(whole.path()).unwrap());
                assert!(std::fs::read(one).unwrap() == std::fs::read(other).unwrap(), "{}", one.display());
            }
            let metrics = [&folder, whole.path()].map(|at| std::fs::read(at.join(json::FILE)).unwrap());
            assert!(metrics[0] == metrics[1]);
        }
    }

    #[test]
    fn a_report_made_again_from_its_metrics_is_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let files = write(folder.path(), &fixture::comparison(), &Silent).unwrap();
        // The points of the curves in ranking/ are not in the metrics, only in the predictions.
        let drawn = files.charts.iter().filter(|p| !p.parent().unwrap().ends_with("ranking"));
        let shown: Vec<&PathBuf> = drawn.chain(&files.tables).chain([&files.markdown, &files.csv]).collect();
        let read = || shown.iter().map(|p| std::fs::read(p).unwrap()).collect::<Vec<_>>();
        let first = read();
        for path in &shown {
            std::fs::remove_file(path).unwrap();
        }
        let (_, again) = rebuild(folder.path(), &Silent).unwrap();
        assert_eq!((again.html, again.tables.clone()), (files.html.clone(), files.tables.clone()));
        assert!(read() == first);
    }

    #[test]
    fn a_comparison_whose_parts_do_not_fit_writes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut comparison = fixture::comparison();
        comparison.entries[0].test.metrics.rows += 1;
        assert!(matches!(write(folder.path(), &comparison, &Silent), Err(Error::Invalid { .. })));
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn pictures_of_an_earlier_report_are_found() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &fixture::comparison(), &Silent).unwrap();
        let mut fewer = fixture::comparison();
        let gone = fewer.entries.pop().unwrap().name;
        fewer.pairs.retain(|p| p.first != gone && p.second != gone);
        fewer.fusion_gains.retain(|g| g.fusion != gone);
        fewer.bootstrap.as_mut().unwrap().models.pop();
        let files = write(folder.path(), &fewer, &Silent).unwrap();
        let written: Vec<&PathBuf> = files.charts.iter().chain(&files.tables).collect();
        let old = left_over(folder.path(), &written);
        // Confusion matrices, reliability diagram, curves, and the table of members that no aggregate has any more.
        assert_eq!(old.len(), 12 + 2 + 2 + 1);
        let of_it = |p: &PathBuf| ["weighted", "members"].iter().any(|part| p.to_string_lossy().contains(part));
        assert!(old.iter().all(of_it), "{old:?}");
    }
}
