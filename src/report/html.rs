//! `report.html`: one file for a reader, with nothing to load from elsewhere.

use askama::Template;

use super::charts::{bars, confusion, curves};
use super::format::{DASH, count, duration, percent, percent_or_dash};
use super::table::{self, Cell, Column};
use super::words;
use super::{folds, ingredients};
use crate::cost::show_memory;
use crate::error::{Error, Result};
use crate::evaluation::{Comparison, Entry};

#[derive(Template)]
#[template(path = "report.html", config = "src/report/askama.toml")]
struct Page<'a> {
    c: &'a Comparison,
    synthetic: &'a str,
    findings: Vec<String>,
    columns: &'a [Column],
    rows: Vec<Line<'a>>,
    fitted: bool,
    fitted_note: &'a str,
    notes: &'a [&'a str],
    bars: String,
    fold_columns: Vec<String>,
    folds: Vec<(&'a str, Vec<String>)>,
    fold_note: &'a str,
    ingredient_columns: &'a [&'a str],
    ingredients: Vec<(&'a str, [String; 8])>,
    ingredient_note: &'a str,
    entries: Vec<Section<'a>>,
    curves: Vec<String>,
    splits: Vec<SplitLine>,
    identical: String,
}

struct Line<'a> {
    anchor: String,
    title: &'a str,
    kind: String,
    cells: Vec<Cell>,
}

struct Section<'a> {
    anchor: String,
    name: &'a str,
    title: &'a str,
    kind: String,
    confusion: String,
    classes: Vec<ClassLine<'a>>,
    facts: Vec<(&'static str, String)>,
    recipe: Option<&'a str>,
}

struct ClassLine<'a> {
    name: &'a str,
    cells: [String; 4],
}

struct SplitLine {
    name: &'static str,
    /// Rows, and their share of the split.
    cells: Vec<(String, String)>,
}

/// The page.
///
/// # Errors
/// [`Error::Backend`] when the template cannot be filled.
pub fn render(comparison: &Comparison) -> Result<String> {
    let rows = table::rows(comparison).into_iter().enumerate().map(|(i, row)| Line {
        anchor: anchor(i),
        title: &row.entry.title,
        kind: words::kind(row.entry),
        cells: row.cells,
    });
    let entries = comparison.entries.iter().enumerate().map(|(i, entry)| section(comparison, i, entry));
    let training = |e: &Entry| {
        let canvas = curves::draw(e.training.as_ref()?, &e.title, chart_remark(comparison))?;
        Some(canvas.inline_svg())
    };
    let page = Page {
        c: comparison,
        synthetic: words::SYNTHETIC,
        findings: words::summary(comparison),
        columns: &table::COLUMNS,
        rows: rows.collect(),
        fitted: table::has_fitted_weights(comparison),
        fitted_note: table::FITTED_NOTE,
        notes: &words::NOTES,
        bars: bars::draw(comparison).inline_svg(),
        fold_columns: comparison.folds.as_ref().map(folds::heading).unwrap_or_default(),
        folds: folds::lines(comparison),
        fold_note: folds::NOTE,
        ingredient_columns: &ingredients::COLUMNS,
        ingredients: comparison
            .ingredients
            .iter()
            .map(|ingredient| (ingredient.name.as_str(), ingredients::cells(comparison, ingredient)))
            .collect(),
        ingredient_note: ingredients::NOTE,
        entries: entries.collect(),
        curves: comparison.entries.iter().filter_map(training).collect(),
        splits: splits(comparison),
        identical: super::identical_rows(&comparison.dataset),
    };
    page.render().map_err(|e| Error::backend("askama", "fill the report's template", e))
}

/// A name for links inside the page; entries' own names may hold anything.
fn anchor(i: usize) -> String {
    format!("entry-{}", i + 1)
}

fn chart_remark(comparison: &Comparison) -> &'static str {
    if comparison.dataset.synthetic { words::SYNTHETIC_SHORT } else { "" }
}

fn section<'a>(comparison: &'a Comparison, i: usize, entry: &'a Entry) -> Section<'a> {
    let remark = super::confusion_remark(comparison, &entry.test);
    let title = format!("{}: test split", entry.title);
    let picture = confusion::draw(&entry.test.confusion, &title, &remark, confusion::Emphasis::RowShares);
    Section {
        anchor: anchor(i),
        name: &entry.name,
        title: &entry.title,
        kind: words::kind(entry),
        confusion: picture.inline_svg(),
        classes: entry
            .test
            .metrics
            .per_class
            .iter()
            .map(|class| ClassLine {
                name: &class.name,
                cells: [
                    percent_or_dash(class.precision),
                    percent_or_dash(class.recall),
                    percent_or_dash(class.f1),
                    count(class.support),
                ],
            })
            .collect(),
        facts: facts(comparison, entry),
        recipe: entry.training.as_ref().map(|t| t.recipe_toml.as_str()),
    }
}

fn facts(comparison: &Comparison, entry: &Entry) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    if !entry.members.is_empty() {
        facts.push(("Members", words::members(comparison, entry)));
    }
    if entry.weights_fitted {
        facts.push(("Weights", "fitted on the validation split".to_string()));
    }
    let Some(training) = &entry.training else { return facts };
    facts.push(("Seed", training.seed.to_string()));
    if let Some(n) = training.parameters {
        facts.push(("Parameters", count(n)));
    }
    if let Some(epochs) = training.epochs {
        let best = training.best_epoch.map_or_else(|| DASH.to_string(), |e| e.to_string());
        facts.push(("Epochs", format!("{epochs}, weights of epoch {best}")));
    }
    if let Some(seconds) = training.seconds {
        facts.push(("Time", format!("{}{}", duration(seconds), super::processor_time(training.processor_seconds))));
    }
    if let Some(bytes) = training.peak_memory {
        facts.push(("Peak memory", show_memory(bytes)));
    }
    if let Some(view) = &training.single_view {
        facts.push(("Middle crop alone", super::single_view(view)));
    }
    facts.extend(training.features.iter().map(|feature| ("Feature", super::feature(feature))));
    if let Some(note) = &training.note {
        facts.push(("Remark", note.clone()));
    }
    facts
}

fn splits(comparison: &Comparison) -> Vec<SplitLine> {
    let line = |counts: &crate::evaluation::SplitCounts| {
        let total: u64 = counts.per_class.iter().sum();
        let share = |n: u64| match total {
            0 => DASH.to_string(),
            _ => format!("{} %", percent(n as f64 / total as f64, 1)),
        };
        let cells = counts.per_class.iter().copied().chain([total]).map(|n| (count(n), share(n)));
        SplitLine { name: counts.split.name(), cells: cells.collect() }
    };
    comparison.dataset.counts.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn the_page_loads_nothing_from_elsewhere_and_holds_every_number() {
        let comparison = fixture::comparison();
        let page = render(&comparison).unwrap();
        for forbidden in ["http://", "https://", " src=", "@import", "url("] {
            let found = page.replace("http://www.w3.org/2000/svg", "").contains(forbidden);
            assert!(!found, "{forbidden} in the page");
        }
        for row in table::rows(&comparison) {
            for cell in row.cells {
                // The page writes < of `< 0.0001` as a reference.
                assert!(page.contains(&cell.text.replace('<', "&#60;")), "{} is missing", cell.text);
            }
        }
        for class in comparison.entries.iter().flat_map(|e| &e.test.metrics.per_class) {
            assert!(page.contains(&percent_or_dash(class.f1)));
        }
        for text in [&comparison.command, &comparison.dataset.fingerprint, "weights of epoch 14", "1,234,567"] {
            assert!(page.contains(text), "{text} is missing");
        }
    }

    #[test]
    fn names_and_recipes_are_escaped() {
        let mut comparison = fixture::comparison();
        let attack = "<script>alert(1)</script>\"'&";
        comparison.title = attack.into();
        comparison.dataset.title = attack.into();
        comparison.command = attack.into();
        for entry in &mut comparison.entries {
            entry.title = attack.into();
            if let Some(training) = &mut entry.training {
                training.recipe_toml = attack.into();
            }
        }
        let page = render(&comparison).unwrap();
        assert!(!page.contains("<script>alert"), "a name became a script");
        assert_eq!(page.matches("<script>").count(), 1);
    }

    #[test]
    fn only_synthetic_faces_get_the_banner_and_a_remark_at_every_table() {
        let mut comparison = fixture::comparison();
        let tables = render(&comparison).unwrap().matches("<table").count();
        let remarks = render(&comparison).unwrap().matches(words::SYNTHETIC).count();
        assert!(remarks > tables, "{remarks} remarks for {tables} tables");
        comparison.dataset.synthetic = false;
        let page = render(&comparison).unwrap();
        assert!(!page.contains("ynthetic faces") && !page.contains(words::SYNTHETIC_SHORT));
    }
}
