//! `report.html`: one file for a reader, with nothing to load from elsewhere.

use askama::Template;

use super::charts::{bars, confusion, curves, duels};
use super::format::{DASH, count, duration, percent};
use super::table::{self, Column};
use super::tables::{self, Cell, Table};
use super::words;
use crate::cost::show_memory;
use crate::error::{Error, Result};
use crate::evaluation::{Comparison, Entry};
use crate::recipe::AggregateMethod;

#[derive(Template)]
#[template(path = "report.html", config = "src/report/askama.toml")]
struct Page<'a> {
    c: &'a Comparison,
    synthetic: &'a str,
    chosen_on_test: &'a str,
    findings: Vec<String>,
    columns: &'a [Column],
    rows: Vec<Line<'a>>,
    score_remarks: Vec<String>,
    notes: Vec<&'a str>,
    bars: String,
    balanced: Table,
    duels: Option<String>,
    pairs: Table,
    oracle: Option<String>,
    folds: Option<Table>,
    fold_warning: Option<String>,
    ingredients: Table,
    members: Table,
    gains: Table,
    calibration: Table,
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
    classes: Table,
    confused: String,
    reliability: Option<String>,
    ranking: Option<String>,
    facts: Vec<(&'static str, String)>,
    recipe: Option<&'a str>,
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
        let canvas = curves::draw(e.training.as_ref()?, &e.title, &words::short_remark(comparison))?;
        Some(canvas.inline_svg())
    };
    let page = Page {
        c: comparison,
        synthetic: words::SYNTHETIC,
        chosen_on_test: words::CHOSEN_ON_TEST,
        findings: words::summary(comparison),
        columns: &table::COLUMNS,
        rows: rows.collect(),
        score_remarks: table::remarks(comparison),
        notes: words::notes(comparison),
        bars: bars::draw(comparison).inline_svg(),
        balanced: tables::intervals::table(comparison),
        duels: duels::draw(comparison, &words::short_remark(comparison)).map(|canvas| canvas.inline_svg()),
        pairs: tables::pairs::table(comparison),
        oracle: words::oracle(comparison),
        folds: tables::folds::table(comparison),
        fold_warning: words::crossing_subjects(comparison),
        ingredients: tables::ingredients::table(comparison),
        members: tables::members::table(comparison),
        gains: tables::gains::table(comparison),
        calibration: tables::calibration::table(comparison),
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

fn section<'a>(comparison: &'a Comparison, i: usize, entry: &'a Entry) -> Section<'a> {
    let remark = super::confusion_remark(comparison, &entry.test);
    let title = format!("{}: test split", entry.title);
    let (reliability, ranking) = super::honesty(comparison, entry);
    let picture = confusion::draw(&entry.test.confusion, &title, &remark, confusion::Emphasis::RowShares);
    Section {
        anchor: anchor(i),
        name: &entry.name,
        title: &entry.title,
        kind: words::kind(entry),
        confusion: picture.inline_svg(),
        classes: tables::classes::of_entry(entry),
        confused: tables::classes::most_confused(entry),
        reliability: reliability.map(|canvas| canvas.inline_svg()),
        ranking: ranking.map(|canvas| canvas.inline_svg()),
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
        facts.push(("Weights", format!("fitted on the {} split", comparison.chosen_on)));
    }
    if entry.method == Some(AggregateMethod::Stacking) {
        facts.push(("Remark", table::stacked_note(comparison.chosen_on)));
    }
    let Some(training) = &entry.training else { return facts };
    facts.push(("Seed", training.seed.to_string()));
    if let Some(n) = training.parameters {
        facts.push(("Parameters", count(n)));
    }
    if let Some(epochs) = training.epochs {
        facts.push(("Epochs", format!("{epochs}{}", words::kept_weights(training))));
    }
    if let Some(point) = &training.pretrained {
        facts.push(("Starts from", words::starting_point(point)));
    }
    if let Some(seconds) = training.seconds {
        facts.push(("Time", format!("{}{}", duration(seconds), super::processor_time(training.processor_seconds))));
    }
    if let Some(bytes) = training.peak_memory {
        facts.push(("Peak memory", show_memory(bytes)));
    }
    if let Some(view) = &training.single_view {
        facts.push(("The middle of each picture alone", super::single_view(view)));
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
    use crate::dataset::Split;
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
        for table in tables::all(&comparison) {
            for cell in table.rows.iter().flatten() {
                let shown = cell.text.replace('<', "&#60;");
                assert!(page.contains(&shown), "{shown} of {} is missing", table.id);
            }
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
    fn sections_without_rows_are_left_out_with_their_links() {
        let mut comparison = fixture::comparison();
        assert!(render(&comparison).unwrap().contains("href=\"#members\""));
        comparison.entries[5].without_member.clear();
        comparison.fusion_gains.clear();
        let page = render(&comparison).unwrap();
        for part in ["#members", "What each member adds", "#fusion-gains", "Where each fusion helps"] {
            assert!(!page.contains(part), "{part}");
        }
    }

    #[test]
    fn what_was_chosen_on_test_is_marked_everywhere() {
        let mut comparison = fixture::comparison();
        let alarm = words::CHOSEN_ON_TEST;
        assert!(!render(&comparison).unwrap().contains(alarm));
        comparison.chosen_on = Split::Test;
        comparison.dataset.synthetic = false;
        let page = render(&comparison).unwrap();
        assert!(
            page.contains(&format!("banner alarm\" role=\"note\"><strong>Chosen on the test split.</strong> {alarm}"))
        );
        assert!(page.matches(&format!("remark chosen\">{alarm}")).count() > 5);
        assert!(page.matches(words::CHOSEN_ON_TEST_SHORT).count() > comparison.entries.len());
        assert!(page.contains("The best single model, chosen on test ("));
        let markdown = crate::report::markdown::render(&comparison);
        assert!(markdown.contains("[!CAUTION]") && markdown.matches(alarm).count() > 5);
        let fitted = comparison.entries.iter().position(|e| e.weights_fitted).unwrap();
        let cells = &table::rows(&comparison)[fitted].cells;
        assert!(!cells[0].text.contains('†') && cells[1].text.ends_with('†'));
        assert!(crate::report::terminal_table(&comparison).contains(alarm));
        let lines = String::from_utf8(crate::report::csv::metrics(&comparison).unwrap()).unwrap();
        assert!(lines.lines().skip(1).all(|line| line.starts_with("made-up,made-up,false,test,")));
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
