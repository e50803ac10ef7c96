//! Tables of probabilities, one row of text for each picture, named by its number.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, ErrorKind};
use std::path::Path;

use ndarray::{Array2, ArrayView1};

use super::header::Columns;
use super::lines::Lines;
use super::{Fault, Predictions, fault_of, labels, mapping, rows_of, shown};
use crate::Progress;
use crate::dataset::Split;
use crate::error::{Error, Result};
use crate::expression::class_named;
use crate::predictions::ClassMapping;

/// Reads a table with the rows of both splits as predictions of the rows, labels and classes of two templates of one
/// dataset, under their names; the probabilities in them are not looked at.
///
/// The first line names the columns, in any order: `id`, the number of a row in the dataset from 0; one column for each
/// class by its name, with or without `prob_`, `p_` or `probability_` before it, which holds its probability; `label`, if
/// it is there, the name or the number of the true class, compared with the dataset's; and `split`, if it is there, after
/// which rows of other splits are left out. Other columns are left alone. Rows come in any order. The file is read as a
/// stream; what is held is one row of it and the probabilities.
///
/// Their classes may be more or fewer than the dataset's, but not both: what they know beside all of the dataset's is left
/// out, and what they lack has probability 0.
///
/// # Errors
/// [`Error::Malformed`] with the line for rows that do not fit, for an id that is there twice, not at all or in neither
/// split, for numbers that are no probabilities, for columns that are missing and for labels that differ.
pub fn load_csv(
    path: &Path,
    validation: &Predictions,
    test: &Predictions,
    progress: &dyn Progress,
) -> Result<(Predictions, Predictions)> {
    if validation.classes != test.classes {
        let expected = format!("{}, as on validation", validation.classes.join(", "));
        return Err(Error::invalid("classes of the test rows", test.classes.join(", "), expected));
    }
    let mut table = Table::open(path, &validation.classes)?;
    let mut parts = [table.part(validation), table.part(test)];
    table.read(&mut parts)?;
    table.tell(&parts, progress);
    let [validation, test] = parts;
    Ok((table.finish(validation, progress)?, table.finish(test, progress)?))
}

/// Reads a table of one split; see [`load_csv`].
pub(super) fn load_one(path: &Path, template: &Predictions, progress: &dyn Progress) -> Result<Predictions> {
    let mut table = Table::open(path, &template.classes)?;
    let mut parts = [table.part(template)];
    table.read(&mut parts)?;
    table.tell(&parts, progress);
    let [part] = parts;
    table.finish(part, progress)
}

/// A table whose first line was read.
struct Table<'a> {
    path: &'a Path,
    reader: csv::Reader<Lines<BufReader<File>>>,
    columns: Columns,
    mapping: ClassMapping,
    ours: &'a [String],
    /// Rows of other splits.
    left_out: usize,
}

/// The rows of one split, as far as they were met.
struct Part<'a> {
    template: &'a Predictions,
    /// The place of each row number.
    places: HashMap<u32, usize>,
    /// The line that each row was read from; 0 for none yet.
    lines: Vec<u64>,
    labels: Vec<u8>,
    /// n x their classes.
    theirs: Array2<f32>,
}

impl<'a> Table<'a> {
    fn open(path: &'a Path, ours: &'a [String]) -> Result<Self> {
        let file = File::open(path).map_err(|e| Error::io("read", path, e))?;
        let text = Lines::new(BufReader::with_capacity(1 << 18, file));
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text);
        let header = reader.byte_headers().map_err(|e| unreadable(path, 1, e))?.clone();
        let names: Vec<_> = header.iter().map(String::from_utf8_lossy).collect();
        let columns = Columns::parse(path, names.iter().map(AsRef::as_ref), ours)?;
        let mapping = mapping::by_name((path, "line 1"), &columns.names, ours, &columns.strangers)?;
        Ok(Self { path, reader, columns, mapping, ours, left_out: 0 })
    }

    fn part(&self, template: &'a Predictions) -> Part<'a> {
        let n = template.rows.len().min(template.labels.len());
        Part {
            template,
            places: template.rows.iter().take(n).enumerate().map(|(place, &row)| (row, place)).collect(),
            lines: vec![0; n],
            labels: vec![0; n],
            theirs: Array2::zeros((n, self.columns.names.len())),
        }
    }

    fn fail<T>(&self, line: u64, found: impl Into<String>, expected: impl Into<String>) -> Result<T> {
        Err(Error::malformed(self.path, format!("line {line}"), found, expected))
    }

    fn read(&mut self, parts: &mut [Part<'_>]) -> Result<()> {
        let mut record = csv::ByteRecord::new();
        let mut numbers = vec![0.0; self.columns.names.len()];
        let mut known_labels = HashMap::new();
        loop {
            self.reader.get_mut().begin_row();
            let more = self.reader.read_byte_record(&mut record);
            let line = self.reader.get_ref().number();
            if !more.map_err(|e| unreadable(self.path, line, e))? {
                return Ok(());
            }
            let Some((part, place)) = self.find(&record, line, parts)? else {
                self.left_out += 1;
                continue;
            };
            let part = &mut parts[part];
            if part.lines[place] != 0 {
                let (id, first) = (part.template.rows[place], part.lines[place]);
                return self.fail(
                    line,
                    format!("id {id} again"),
                    format!("each id once; it stands in line {first} too"),
                );
            }
            part.lines[place] = line;
            self.numbers(&record, line, &mut numbers)?;
            for (to, &from) in part.theirs.row_mut(place).iter_mut().zip(&numbers) {
                *to = from as f32;
            }
            if let Some(column) = self.columns.label {
                let text = record.get(column).unwrap_or_default();
                part.labels[place] = match known_labels.get(text) {
                    Some(label) => *label,
                    None => {
                        let label = self.label(text, line)?;
                        known_labels.insert(text.to_vec(), label);
                        label
                    }
                };
            }
        }
    }

    /// The part and the place in it that a row belongs to; `None` for a row of another split.
    fn find(&self, record: &csv::ByteRecord, line: u64, parts: &[Part<'_>]) -> Result<Option<(usize, usize)>> {
        let mut candidates = 0..parts.len();
        if let Some(column) = self.columns.split {
            let text = String::from_utf8_lossy(record.get(column).unwrap_or_default());
            let split: Split = match text.parse() {
                Ok(split) => split,
                Err(Error::Invalid { found, expected, .. }) => {
                    return self.fail(line, format!("split {}", shown(&found)), expected);
                }
                Err(other) => return Err(other),
            };
            match parts.iter().position(|part| part.template.split == split) {
                Some(part) => candidates = part..part + 1,
                None => return Ok(None),
            }
        }
        let text = String::from_utf8_lossy(record.get(self.columns.id).unwrap_or_default());
        let id: Option<u32> = text.parse().ok();
        let found = candidates.clone().find_map(|i| {
            let place = parts[i].places.get(&id?)?;
            Some((i, *place))
        });
        if found.is_some() {
            return Ok(found);
        }
        let rows: Vec<String> = parts[candidates].iter().map(|part| numbers_of(part.template)).collect();
        let mut expected = format!("the number of one of the {}", rows.join(" or the "));
        if id.is_some() && self.columns.split.is_none() {
            expected.push_str("; rows of other splits need a column `split`");
        }
        self.fail(line, format!("id `{}`", shown(&text)), expected)
    }

    /// The probabilities of a row, checked.
    fn numbers(&self, record: &csv::ByteRecord, line: u64, numbers: &mut [f64]) -> Result<()> {
        let place = |column: usize| format!("line {line}, column {}", self.columns.names[column]);
        for (i, (number, &column)) in numbers.iter_mut().zip(&self.columns.classes).enumerate() {
            let text = String::from_utf8_lossy(record.get(column).unwrap_or_default());
            match text.parse() {
                Ok(value) => *number = value,
                Err(_) => {
                    let found = format!("`{}`", shown(&text));
                    return Err(Error::malformed(self.path, place(i), found, "a probability from 0 to 1"));
                }
            }
        }
        let Some(Fault { column, found, mut expected }) = fault_of(ArrayView1::from(&*numbers)) else { return Ok(()) };
        if column.is_none() && !self.columns.strangers.is_empty() {
            let strangers = self.columns.strangers.join(", ");
            expected.push_str(&format!("; columns taken for no class: {strangers} (a class may be named `prob_...`)"));
        }
        Err(Error::malformed(self.path, column.map_or(format!("line {line}"), place), found, expected))
    }

    /// The class that a label names; numbers count where no class is called by one.
    fn label(&self, text: &[u8], line: u64) -> Result<u8> {
        let text = String::from_utf8_lossy(text);
        let numbers = !self.ours.iter().any(|name| name.trim().parse::<u32>().is_ok());
        let number = || text.parse().ok().filter(|&number| numbers && number < self.ours.len());
        let found = class_named(&text, self.ours).or_else(number);
        found.and_then(|class| u8::try_from(class).ok()).map_or_else(
            || {
                let or = if numbers {
                    format!(", or its number from 0 to {}", self.ours.len().saturating_sub(1))
                } else {
                    String::new()
                };
                self.fail(line, format!("label `{}`", shown(&text)), format!("one of {}{or}", self.ours.join(", ")))
            },
            Ok,
        )
    }

    /// Says what was made of the columns and rows.
    fn tell(&self, parts: &[Part<'_>], progress: &dyn Progress) {
        let Some(first) = parts.first() else { return };
        let name = &first.template.model;
        mapping::say(name, self.path, &self.mapping, progress);
        if !self.columns.strangers.is_empty() {
            progress.say(&format!("{name}: columns that are no class: {}", self.columns.strangers.join(", ")));
        }
        if self.columns.label.is_none() {
            progress.say(&format!("{name}: no column `label` to compare; rows are matched by their id alone"));
        }
        if self.left_out > 0 {
            progress.say(&format!("{name}: {} rows of other splits are left out", self.left_out));
        }
    }

    /// Checks that all rows are there and that their labels are the dataset's.
    fn finish(&self, part: Part<'_>, progress: &dyn Progress) -> Result<Predictions> {
        let template = part.template;
        if let Some(first) = part.lines.iter().position(|&line| line == 0) {
            let missing = part.lines.iter().filter(|&&line| line == 0).count();
            let found = format!("no row with id {}; {missing} are missing", template.rows[first]);
            return Err(Error::malformed(
                self.path,
                "",
                found,
                format!("a row for each of the {}", numbers_of(template)),
            ));
        }
        if self.columns.label.is_some() {
            let place = |row: usize| format!("line {} (id {})", part.lines[row], template.rows[row]);
            labels::compare(self.path, place, &part.labels, template)?;
            progress.say(&format!("{}: the labels of all {} agree", template.model, rows_of(template)));
        }
        mapping::predictions(self.path, template, (&self.mapping, part.theirs), progress)
    }
}

/// `42 test rows of tiny (126 to 167)`.
fn numbers_of(template: &Predictions) -> String {
    let numbers = match template.rows.as_slice() {
        [first, .., last] if last.checked_sub(*first).is_some_and(|n| n as usize + 1 == template.rows.len()) => {
            format!(" ({first} to {last})")
        }
        [a, b, c, _, ..] => format!(" ({a}, {b}, {c}, ...)"),
        few => format!(" ({})", few.iter().map(u32::to_string).collect::<Vec<_>>().join(", ")),
    };
    format!("{}{numbers}", rows_of(template))
}

fn unreadable(path: &Path, line: u64, error: csv::Error) -> Error {
    match error.into_kind() {
        csv::ErrorKind::Io(e) if e.kind() != ErrorKind::InvalidData => Error::io("read", path, e),
        csv::ErrorKind::Io(e) => {
            let expected = "rows of text, their fields between commas and every quote closed";
            Error::malformed(path, format!("line {}", line.max(1)), e.to_string(), expected)
        }
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            let expected = format!("{expected_len}, as many as in the first line");
            Error::malformed(path, format!("line {line}"), format!("{len} fields"), expected)
        }
        other => Error::malformed(path, format!("line {line}"), format!("{other:?}"), "a table of probabilities"),
    }
}

#[cfg(test)]
mod tests;
