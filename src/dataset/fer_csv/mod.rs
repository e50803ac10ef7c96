//! The form FER2013 was published in (Goodfellow et al. 2013): one row of text for each face,
//! `emotion,pixels,Usage`, the pixels as decimal numbers between spaces.

mod blocks;
mod header;
mod parallel;
mod row;

use std::io::Read;
use std::path::Path;

use ndarray::Array3;

use super::container::{damaged, read_text};
use super::import::ImportOptions;
use super::rows::Rows;
use crate::Progress;
use crate::error::{Error, Result};
use blocks::{BlockFault, Blocks};
use header::Columns;
use row::RowRules;

/// File names that are looked for in archives and folders, the first one first.
const NAMES: [&str; 2] = ["fer2013.csv", "icml_face_data.csv"];

/// Bytes of text that one thread parses at a time.
const BLOCK: usize = 2 << 20;

/// Reads `path`: the CSV itself, or a .gz, .tar, .tar.gz or .zip with it inside, or the folder it lies in.
///
/// # Errors
/// [`Error::Malformed`] with the row (counted from 1 below the header) and the line.
pub(super) fn read(
    path: &Path,
    classes: usize,
    size: [usize; 2],
    options: ImportOptions,
    progress: &dyn Progress,
) -> Result<Rows> {
    let inside = NAMES.iter().map(|name| path.join(name)).find(|file| file.is_file());
    let path = match (path.is_dir(), &inside) {
        (false, _) => path,
        (true, Some(file)) => file,
        (true, None) => {
            return Err(Error::malformed(path, "", "a folder without it", format!("{} inside", NAMES.join(" or "))));
        }
    };
    let length = std::fs::metadata(path).map_err(|e| Error::io("read", path, e))?.len();
    progress.start("reading", length / 1_000_000, "MB");
    let outcome = read_text(path, &NAMES, progress, |text, source| {
        let mut rows = read_stream(path, text, classes, size, options, progress)?;
        rows.source = source.to_string();
        Ok(rows)
    });
    progress.finish("");
    outcome
}

fn read_stream(
    path: &Path,
    text: &mut dyn Read,
    classes: usize,
    size: [usize; 2],
    options: ImportOptions,
    progress: &dyn Progress,
) -> Result<Rows> {
    let mut blocks = Blocks::new(text);
    let first = blocks.first_line(1 << 16).map_err(|fault| in_words(path, fault, 1 << 16))?;
    let line = first.trim_ascii_end();
    let columns = "the columns emotion, pixels and Usage in the first line";
    if line.is_empty() {
        let found = if first.is_empty() { "an empty file" } else { "an empty first line" };
        return Err(Error::malformed(path, "", found, columns));
    }
    let columns = Columns::parse(line).map_err(|found| Error::malformed(path, "line 1", found, columns))?;
    let has_usage = columns.usage.is_some();
    let rules = RowRules { columns, classes, size };
    // No row of good text is longer: 4 bytes for a pixel, and some for quotes and other columns.
    let block = BLOCK.max(4 * rules.pixels() + 4096);
    let parsed = parallel::parse(path, blocks, block, &rules, options, progress)?;
    let shape = (parsed.labels.len(), size[0], size[1]);
    let images =
        Array3::from_shape_vec(shape, parsed.pixels).map_err(|e| Error::backend("ndarray", "shape the pictures", e))?;
    Ok(Rows {
        images,
        labels: parsed.labels,
        splits: has_usage.then_some(parsed.splits),
        subjects: None,
        skipped: parsed.skipped,
        source: String::new(),
        resize: "none".to_string(),
    })
}

fn in_words(path: &Path, fault: BlockFault, longest: usize) -> Error {
    match fault {
        BlockFault::Io(e) => damaged(path, e),
        BlockFault::LongLine(line) => Error::malformed(
            path,
            format!("line {line}"),
            format!("no line end within {longest} bytes"),
            "one row of text for each picture, as in fer2013.csv",
        ),
    }
}

/// `row 17 (line 18)`: data rows and lines both count from 1, the header is line 1.
fn place(row: u64, line: u64) -> String {
    format!("row {row} (line {line})")
}

/// Removes what ends a line.
fn without_end(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Blank lines are no rows.
fn is_blank(line: &[u8]) -> bool {
    line.len() < 64 && line.trim_ascii().is_empty()
}
