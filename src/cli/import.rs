//! `ferrofuse import`.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use comfy_table::{CellAlignment, Table, presets};
use ferrofuse::dataset::{Dataset, ImportOptions, Skipped, import};
use ferrofuse::recipe::{DataRecipe, Kind, load};
use serde_json::json;

use super::Context;

/// Bring a dataset into data/<name>/
///
/// Reads what the recipe data/NAME.toml describes: fer2013.csv (plain, .gz, .tar.gz or .zip), folders of pictures,
/// or CK+48. The source is checked in full before anything is written; a former import stays when it fails.
#[derive(Args)]
pub struct ImportArgs {
    /// The recipe: fer2013, fer2013-pictures, ferplus, ckplus, synthetic, or your own data/NAME.toml
    name: String,
    /// The file or folder to import, instead of the recipe's `path`
    #[arg(long, value_name = "PATH")]
    from: Option<PathBuf>,
    /// The votes of FER+, fer2013new.csv, instead of the recipe's `votes.path`
    #[arg(long, value_name = "FILE")]
    votes: Option<PathBuf>,
    /// Leave bad rows and unreadable pictures out and list them, instead of stopping at the first
    #[arg(long)]
    skip_bad_rows: bool,
    /// Find the largest face of each picture by OpenCV's cascade and cut it out, as `ferrofuse predict` does; pictures
    /// without one are left out and listed. A table [faces] in the recipe says how in detail
    #[arg(long)]
    detect_faces: bool,
}

/// Bad rows that are listed on the terminal; `--json` lists all.
const LISTED: usize = 10;

/// Runs the command.
pub fn run(args: &ImportArgs, context: &Context) -> anyhow::Result<()> {
    let started = Instant::now();
    let mut recipe = load::<DataRecipe>(&context.workspace, Kind::Data, &args.name)?;
    // As with --from, another place of the votes does not make another dataset.
    let stamp = recipe.fingerprint();
    if let Some(path) = &args.votes {
        let Some(votes) = &mut recipe.value.votes else {
            anyhow::bail!("--votes is for recipes with a [votes] table, such as ferplus; `{}` has none", recipe.name);
        };
        // Joined to the working folder, an absolute path stays what it is.
        votes.path = std::path::absolute(path)?.to_string_lossy().into_owned();
    }
    let options = ImportOptions { skip_bad_rows: args.skip_bad_rows, detect_faces: args.detect_faces };
    let mut imported = import(&context.workspace, &recipe, args.from.as_deref(), options, &context.progress)?;
    imported.dataset.info.recipe = stamp;
    let folder = context.workspace.dataset(&recipe.name);
    imported.dataset.save(&folder)?;
    let seconds = started.elapsed().as_secs_f64();
    let info = &imported.dataset.info;
    let mut text = format!(
        "{}: {} rows of {} x {} pixels in {}\n{}\n",
        info.title,
        info.rows,
        info.height,
        info.width,
        folder.display(),
        counts_table(&imported.dataset)
    );
    if info.synthetic {
        text.push_str("the faces are synthetic: drawn by ferrofuse\n");
    }
    text.push_str(&format!("source       {}\n", info.source));
    text.push_str(&format!("splits       {}\n", info.split_rule));
    text.push_str(&format!("resize       {}\n", info.resize));
    text.push_str(&format!("fingerprint  {}\n", info.fingerprint));
    text.push_str(&format!("time         {seconds:.2} s\n"));
    text.push_str(&skipped_list(&imported.skipped));
    let value = json!({
        "dataset": info,
        "folder": folder,
        "counts": counts_json(&imported.dataset),
        "skipped": imported.skipped,
        "seconds": seconds,
    });
    context.print(&text, &value);
    Ok(())
}

fn skipped_list(skipped: &[Skipped]) -> String {
    if skipped.is_empty() {
        return String::new();
    }
    let mut text = format!("skipped      {} bad rows or pictures:\n", skipped.len());
    for s in skipped.iter().take(LISTED) {
        text.push_str(&format!("  {}: found {}, expected {}\n", s.place, s.found, s.expected));
    }
    if skipped.len() > LISTED {
        text.push_str(&format!("  and {} more; --json lists all\n", skipped.len() - LISTED));
    }
    text
}

/// Rows per class and split, with sums.
pub fn counts_table(dataset: &Dataset) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_FULL_CONDENSED).set_header(["class", "train", "validation", "test", "all"]);
    for (class, [a, b, c]) in dataset.info.classes.iter().zip(dataset.counts()) {
        table.add_row([class.clone(), a.to_string(), b.to_string(), c.to_string(), (a + b + c).to_string()]);
    }
    let [a, b, c] = dataset.split_sizes();
    table.add_row(["all".to_string(), a.to_string(), b.to_string(), c.to_string(), (a + b + c).to_string()]);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// The same as JSON: class to split to rows.
pub fn counts_json(dataset: &Dataset) -> serde_json::Value {
    let counts = dataset.counts().into_iter().zip(&dataset.info.classes).map(|([train, validation, test], class)| {
        (class.clone(), json!({ "train": train, "validation": validation, "test": test }))
    });
    serde_json::Value::Object(counts.collect())
}
