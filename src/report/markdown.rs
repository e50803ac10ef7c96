//! `report.md`: the numbers of the HTML page as Markdown tables.

use super::format::{count, duration};
use super::tables::{self, Table, classes};
use super::words;
use crate::cost::show_memory;
use crate::evaluation::{Comparison, Entry};

/// The whole report as Markdown.
pub fn render(comparison: &Comparison) -> String {
    let mut out = format!("# {}\n\n", text(&comparison.title));
    if comparison.is_chosen_on_test() {
        out.push_str(&format!("> [!CAUTION]\n> **Chosen on the test split.** {}\n\n", words::CHOSEN_ON_TEST));
    }
    if comparison.dataset.synthetic {
        out.push_str(&format!("> **Synthetic faces.** {}\n\n", words::SYNTHETIC));
    }
    for said in words::summary(comparison) {
        out.push_str(&format!("- {}\n", text(&said)));
    }
    for table in tables::all(comparison) {
        section(&mut out, comparison, &table);
    }
    confusion(&mut out, comparison);
    dataset(&mut out, comparison);
    models(&mut out, comparison);
    out.push_str("\n## How to read the numbers\n\n");
    for note in words::notes(comparison) {
        out.push_str(&format!("- {note}\n"));
    }
    out.push_str("\n## Reproduce\n\n");
    out.push_str(&fenced(&comparison.command, "sh"));
    out.push_str(&format!("\nferrofuse {}", text(&comparison.version)));
    if let Some(created) = &comparison.created {
        out.push_str(&format!(", {}", text(created)));
    }
    out.push_str(".\n");
    out
}

/// A table of its own section: heading, remark, rows, note; nothing without rows.
pub(super) fn section(out: &mut String, comparison: &Comparison, table: &Table) {
    if table.rows.is_empty() {
        return;
    }
    out.push_str(&format!("\n## {}\n\n", table.title));
    remark(out, comparison);
    tables::markdown::render(out, table);
    out.push_str(&format!("\n{}\n", table.note));
}

fn confusion(out: &mut String, comparison: &Comparison) {
    out.push_str("\n## Confusion matrices on the test split\n\nRows are true classes, columns predicted ones.\n");
    for entry in &comparison.entries {
        out.push_str(&format!("\n### {}\n\n", text(&entry.title)));
        remark(out, comparison);
        let matrix = &entry.test.confusion;
        let mut heading = vec!["true \\\\ predicted".to_string()];
        heading.extend(matrix.classes().iter().map(|c| text(c)));
        let lines = matrix
            .counts()
            .outer_iter()
            .zip(matrix.classes())
            .map(|(row, class)| std::iter::once(text(class)).chain(row.iter().map(|n| count(*n))).collect());
        grid(out, &heading, 1, lines);
        let said = classes::most_confused(entry);
        if !said.is_empty() {
            out.push_str(&format!("\nMost confused: {}.\n", text(&said)));
        }
    }
}

pub(super) fn dataset(out: &mut String, comparison: &Comparison) {
    let facts = &comparison.dataset;
    out.push_str(&format!("\n## Dataset: {}\n\n", text(&facts.title)));
    let mut heading = vec!["Split".to_string()];
    heading.extend(facts.classes.iter().map(|c| text(c)));
    heading.push("all".to_string());
    let lines = facts.counts.iter().map(|counts| {
        let total = counts.per_class.iter().sum();
        let numbers = counts.per_class.iter().copied().chain([total]).map(count);
        std::iter::once(counts.split.to_string()).chain(numbers).collect()
    });
    grid(out, &heading, 1, lines);
    let [height, width] = facts.size;
    out.push_str(&format!(
        "\n- Pictures of {height} x {width} pixels; source: {}; splits: {}.\n",
        text(&facts.source),
        text(&facts.split_rule)
    ));
    out.push_str(&format!("- {}\n", super::identical_rows(facts)));
    out.push_str(&format!("- Fingerprint {}\n", code(&facts.fingerprint)));
}

fn models(out: &mut String, comparison: &Comparison) {
    out.push_str("\n## Models\n");
    for entry in &comparison.entries {
        out.push_str(&format!("\n### {} ({})\n\n", text(&entry.title), code(&entry.name)));
        out.push_str(&format!("{}{}\n", text(&words::kind(entry)), about(comparison, entry)));
        if let Some(training) = &entry.training {
            if let Some(note) = &training.note {
                out.push_str(&format!("\n{}\n", text(note)));
            }
            out.push('\n');
            out.push_str(&fenced(&training.recipe_toml, "toml"));
        }
    }
}

fn about(comparison: &Comparison, entry: &Entry) -> String {
    let mut parts = Vec::new();
    if !entry.members.is_empty() {
        parts.push(format!(" of {}", text(&words::members(comparison, entry))));
    }
    if let Some(t) = &entry.training {
        parts.push(format!(", seed {}", t.seed));
        if let Some(n) = t.parameters {
            parts.push(format!(", {} parameters", count(n)));
        }
        if let Some(epochs) = t.epochs {
            parts.push(format!(", {epochs} epochs{}", words::kept_weights(t)));
        }
        if let Some(point) = &t.pretrained {
            parts.push(format!(", starts from {}", text(&words::starting_point(point))));
        }
        if let Some(seconds) = t.seconds {
            parts.push(format!(", {}{}", duration(seconds), super::processor_time(t.processor_seconds)));
        }
        if let Some(bytes) = t.peak_memory {
            parts.push(format!(", at most {} of memory", show_memory(bytes)));
        }
        if let Some(view) = &t.single_view {
            parts.push(format!("; the middle of each picture alone: {}", text(&super::single_view(view))));
        }
        for feature in &t.features {
            parts.push(format!("; {}", text(&super::feature(feature))));
        }
    }
    parts.concat()
}

pub(super) fn remark(out: &mut String, comparison: &Comparison) {
    if comparison.is_chosen_on_test() {
        out.push_str(&format!("**{}**\n\n", words::CHOSEN_ON_TEST));
    }
    if comparison.dataset.synthetic {
        out.push_str(&format!("*{}*\n\n", words::SYNTHETIC));
    }
}

pub(super) fn grid(out: &mut String, heading: &[String], left: usize, lines: impl Iterator<Item = Vec<String>>) {
    out.push_str(&format!("| {} |\n", heading.join(" | ")));
    let rule: Vec<&str> = (0..heading.len()).map(|i| if i < left { "---" } else { "---:" }).collect();
    out.push_str(&format!("| {} |\n", rule.join(" | ")));
    for line in lines {
        out.push_str(&format!("| {} |\n", line.join(" | ")));
    }
}

/// A block of code whose fence is longer than any run of backticks in it.
pub(super) fn fenced(code: &str, language: &str) -> String {
    let longest = code.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat((longest + 1).max(3));
    format!("{fence}{language}\n{}\n{fence}\n", code.trim_end())
}

/// A name as code; a backtick in it would end the code and is shown as an apostrophe.
pub(super) fn code(raw: &str) -> String {
    format!("`{}`", raw.replace('`', "'").replace(char::is_control, " "))
}

/// A text as Markdown shows it letter for letter on one line: a name from a recipe is no markup.
pub(super) fn text(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    for letter in raw.chars() {
        match letter {
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' => {
                out.push('\\');
                out.push(letter);
            }
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn report_md() {
        insta::assert_snapshot!(render(&fixture::comparison()));
    }

    #[test]
    fn names_cannot_break_out_of_their_cell() {
        let mut comparison = fixture::comparison();
        comparison.entries[0].title = "a|b\n<script>`*x*".into();
        let report = render(&comparison);
        assert!(report.contains("| a\\|b &lt;script&gt;\\`\\*x\\* |"));
        assert!(!report.contains("<script>"));
    }

    #[test]
    fn a_fence_is_longer_than_the_backticks_inside() {
        assert_eq!(fenced("x ```` y", "toml"), "`````toml\nx ```` y\n`````\n");
    }
}
