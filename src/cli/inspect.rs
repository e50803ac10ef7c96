//! `ferrofuse inspect`.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use comfy_table::{CellAlignment, Table, presets};
use ferrofuse::artifact::write_bytes_atomically;
use ferrofuse::dataset::{Dataset, Facts, Split, counts_chart, sample_sheet};
use serde_json::json;

use super::Context;
use super::import::{counts_json, counts_table};

/// Show what a dataset holds: rows, duplicates, contradictions, sample faces
///
/// Prints the rows per class and split, the pixel-identical rows inside and across splits, the identical rows with
/// different labels and the constant pictures. Writes counts.png, counts.svg, samples.png and duplicates.csv.
#[derive(Args)]
pub struct InspectArgs {
    /// The dataset, as `import` was given it
    name: String,
    /// Where the pictures go [default: data/NAME/inspect]
    #[arg(long, short, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Sample faces for each class
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u8).range(1..=64))]
    samples: u8,
}

/// Constant rows and contradictions that are listed on the terminal; `--json` lists all.
const LISTED: usize = 12;

/// Runs the command.
pub fn run(args: &InspectArgs, context: &Context) -> anyhow::Result<()> {
    let name = args.name.trim_end_matches(".toml");
    let name = Path::new(name).file_name().map_or(name.to_string(), |n| n.to_string_lossy().into_owned());
    let folder = context.workspace.dataset(&name);
    let dataset = Dataset::load(&folder)?;
    let facts = Facts::of(&dataset);
    let output = args.output.clone().unwrap_or_else(|| folder.join("inspect"));
    let chart = counts_chart(&dataset)?;
    let files = [
        ("counts.png", chart.png),
        ("counts.svg", chart.svg.into_bytes()),
        ("samples.png", sample_sheet(&dataset, usize::from(args.samples))?),
        ("duplicates.csv", duplicates_csv(&dataset, &facts)?),
    ];
    for (file, bytes) in &files {
        write_bytes_atomically(&output.join(file), bytes)?;
    }
    let written: Vec<PathBuf> = files.iter().map(|(file, _)| output.join(file)).collect();
    let value = json!({
        "dataset": dataset.info,
        "counts": counts_json(&dataset),
        "subjects": facts.subjects,
        "duplicates": {
            "groups": facts.duplicate_groups,
            "rows": facts.duplicate_rows,
            "twins": twins_json(&facts),
            "contradictions": facts.contradictions,
        },
        "constant": facts.constant,
        "files": written,
    });
    context.print(&describe(&dataset, &facts, &written)?, &value);
    Ok(())
}

fn describe(dataset: &Dataset, facts: &Facts, written: &[PathBuf]) -> Result<String, std::fmt::Error> {
    let info = &dataset.info;
    let mut text = String::new();
    writeln!(text, "{}: {} rows of {} x {} pixels", info.title, info.rows, info.height, info.width)?;
    if info.synthetic {
        writeln!(text, "the faces are synthetic: drawn by ferrofuse")?;
    }
    writeln!(text, "{}", counts_table(dataset))?;
    writeln!(text, "source       {}", info.source)?;
    writeln!(text, "splits       {}", info.split_rule)?;
    writeln!(text, "resize       {}", info.resize)?;
    writeln!(text, "fingerprint  {}", info.fingerprint)?;
    if let Some(subjects) = facts.subjects {
        writeln!(text, "subjects     {subjects}")?;
    }
    if info.skipped > 0 {
        writeln!(text, "skipped      {} bad rows at import", info.skipped)?;
    }
    writeln!(text, "\nPixel-identical rows: {} groups, {} rows", facts.duplicate_groups, facts.duplicate_rows)?;
    if facts.duplicate_groups > 0 {
        writeln!(text, "rows of a split (line) with the same pixels as another row of a split (column)")?;
        writeln!(text, "{}", twins_table(dataset, facts))?;
    }
    writeln!(text, "Contradicting labels: {} of these groups", facts.contradictions.len())?;
    for group in facts.contradictions.iter().take(LISTED) {
        let rows: Vec<String> = group.iter().take(8).map(|&row| row_in_words(dataset, row)).collect();
        let more = if group.len() > 8 { format!(", and {} more", group.len() - 8) } else { String::new() };
        writeln!(text, "  rows {}{more}", rows.join(", "))?;
    }
    and_more(&mut text, facts.contradictions.len())?;
    writeln!(text, "Constant images: {}", facts.constant.len())?;
    for &row in facts.constant.iter().take(LISTED) {
        let value = dataset.images[[row, 0, 0]];
        writeln!(text, "  row {}, all pixels {value}", row_in_words(dataset, row))?;
    }
    and_more(&mut text, facts.constant.len())?;
    writeln!(text, "Row numbers count from 0, as in images.npy.\n\nwrote")?;
    for path in written {
        writeln!(text, "  {}", path.display())?;
    }
    Ok(text)
}

fn and_more(text: &mut String, n: usize) -> std::fmt::Result {
    match n.checked_sub(LISTED) {
        None | Some(0) => Ok(()),
        Some(more) => writeln!(text, "  and {more} more; --json lists all"),
    }
}

fn row_in_words(dataset: &Dataset, row: usize) -> String {
    format!("{row} ({} {})", dataset.splits[row], dataset.info.classes[usize::from(dataset.labels[row])])
}

fn twins_table(dataset: &Dataset, facts: &Facts) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_FULL_CONDENSED).set_header(["", "train", "validation", "test", "of rows"]);
    for (split, (twins, rows)) in Split::ALL.into_iter().zip(facts.twins.iter().zip(dataset.split_sizes())) {
        let mut line = vec![split.to_string()];
        line.extend(twins.iter().map(usize::to_string));
        line.push(rows.to_string());
        table.add_row(line);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn twins_json(facts: &Facts) -> serde_json::Value {
    let line =
        |[train, validation, test]: [usize; 3]| json!({ "train": train, "validation": validation, "test": test });
    let [train, validation, test] = facts.twins.map(line);
    json!({ "train": train, "validation": validation, "test": test })
}

/// One line for each row that has a twin: the group, the row, its split and its class.
fn duplicates_csv(dataset: &Dataset, facts: &Facts) -> anyhow::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["group", "row", "split", "class"])?;
    for (number, group) in facts.groups.iter().enumerate() {
        for &row in group {
            let class = &dataset.info.classes[usize::from(dataset.labels[row])];
            writer.write_record([&number.to_string(), &row.to_string(), dataset.splits[row].name(), class])?;
        }
    }
    writer.into_inner().map_err(|e| e.into_error()).context("cannot list the duplicates")
}
