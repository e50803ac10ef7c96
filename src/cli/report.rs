//! `ferrofuse report`.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use ferrofuse::Progress;
use ferrofuse::evaluation::Comparison;
use ferrofuse::experiment::rescore;
use ferrofuse::report::{self, ReportFiles};

use super::Context;

/// Write the report of an experiment again from its stored predictions
///
/// Scores the probabilities in results/EXPERIMENT/predictions/ again and writes every file of the report: report.html,
/// report.md, metrics.json, metrics.csv, tables for a paper, confusion matrices, diagrams and curves. Nothing is trained,
/// and the dataset is not needed. Where the predictions are gone, all else is made from metrics.json.
#[derive(Args)]
pub struct ReportArgs {
    /// The experiment: its name or its recipe, such as `demo` or results/demo.toml
    #[arg(value_name = "EXPERIMENT", required_unless_present = "schema")]
    experiment: Option<String>,
    /// Write these parts alone, beside metrics.json
    #[arg(long, value_enum, num_args = 1.., value_name = "PART")]
    only: Vec<Part>,
    /// Print the JSON Schema of metrics.json, with a description of every field, and do nothing else
    #[arg(long, conflicts_with = "experiment")]
    schema: bool,
}

/// What can be written alone.
#[derive(Clone, Copy, ValueEnum)]
enum Part {
    /// report.html
    Html,
    /// report.md
    Markdown,
    /// metrics.csv
    Metrics,
    /// tables/: every table as CSV, and all of them for LaTeX
    Tables,
    /// Everything that is drawn, and the confusion matrices as CSV
    Charts,
}

impl From<Part> for report::Part {
    fn from(part: Part) -> Self {
        match part {
            Part::Html => Self::Html,
            Part::Markdown => Self::Markdown,
            Part::Metrics => Self::Metrics,
            Part::Tables => Self::Tables,
            Part::Charts => Self::Charts,
        }
    }
}

const FROM_METRICS: &str = "no predictions with all that is known of their rows; the report is made from metrics.json";

/// Runs the command.
pub fn run(args: &ReportArgs, context: &Context) -> anyhow::Result<()> {
    let Some(experiment) = &args.experiment else {
        let schema = report::schema();
        context.print(&serde_json::to_string_pretty(&schema)?, &schema);
        return Ok(());
    };
    let name = name(experiment)?;
    let folder = context.workspace.results(name);
    let failed = || format!("cannot make the report of `{name}`");
    if !args.only.is_empty() {
        let parts: Vec<report::Part> = args.only.iter().map(|part| (*part).into()).collect();
        let (comparison, files) = write_parts(&folder, &parts, context).with_context(failed)?;
        let value = serde_json::json!({
            "experiment": comparison.experiment,
            "synthetic_faces": comparison.dataset.synthetic,
            "files": files,
        });
        let shown: Vec<String> = files.iter().map(|file| format!("{}\n", file.display())).collect();
        context.print(&format!("{}\n{}", report::terminal_table(&comparison), shown.concat().trim_end()), &value);
        return Ok(());
    }
    let (comparison, files) = write(&folder, context).with_context(failed)?;
    let value = serde_json::json!({
        "experiment": comparison.experiment,
        "synthetic_faces": comparison.dataset.synthetic,
        "html": files.html,
        "markdown": files.markdown,
        "metrics_json": files.json,
        "metrics_csv": files.csv,
        "tables": files.tables,
        "charts": files.charts,
    });
    context.print(&format!("{}\n{}", report::terminal_table(&comparison), files.html.display()), &value);
    Ok(())
}

fn write_parts(
    folder: &Path,
    parts: &[report::Part],
    context: &Context,
) -> ferrofuse::Result<(Comparison, Vec<PathBuf>)> {
    let comparison = match rescore(folder)? {
        Some(comparison) => comparison,
        None => {
            context.progress.say(FROM_METRICS);
            report::read(folder)?
        }
    };
    let files = report::write_parts(folder, &comparison, parts, &context.progress)?;
    Ok((comparison, files))
}

fn write(folder: &Path, context: &Context) -> ferrofuse::Result<(Comparison, ReportFiles)> {
    match rescore(folder)? {
        Some(comparison) => {
            let files = report::write(folder, &comparison, &context.progress)?;
            Ok((comparison, files))
        }
        None => {
            context.progress.say(FROM_METRICS);
            report::rebuild(folder, &context.progress)
        }
    }
}

/// The experiment's name: that of its folder under results/.
fn name(given: &str) -> anyhow::Result<&str> {
    let name = match given.strip_suffix(".toml") {
        Some(path) => path.rsplit(['/', '\\']).next().unwrap_or_default(),
        None => given,
    };
    if name.is_empty() || name.starts_with('.') || name.contains(['/', '\\']) {
        let expected = "the name of an experiment or the path of its recipe, `demo` or results/demo.toml";
        return Err(ferrofuse::Error::invalid("experiment", format!("`{given}`"), expected).into());
    }
    Ok(name)
}
