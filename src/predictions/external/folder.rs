//! A folder of arrays that another program wrote.

use std::io::Read;
use std::path::{Path, PathBuf};

use super::{Predictions, labels, mapping, read_labels, read_shaped, rows_of};
use crate::Progress;
use crate::error::{Error, Result};
use crate::predictions::ClassMapping;

/// Bytes that `classes.txt` may have.
const MOST: u64 = 1 << 16;

/// What lies in a folder of another program's results; other files in it are not looked at.
///
/// - `validation.npy` (or `val.npy`) and `test.npy`: probabilities, n x c, in the row order of the dataset's splits.
/// - `validation.labels.npy` (or `val.labels.npy`) and `test.labels.npy`, if they are there: the n true labels of the same
///   rows. `labels.npy` holds those of both, validation rows first. They are compared with the dataset's, so that rows in
///   another order are noticed.
/// - `classes.txt`, if it is there: the name of each class on a line of its own, in the order of their columns and of the
///   numbers of their labels. Without it both are in the dataset's order. It may name more classes than the dataset has or
///   fewer, but not both: what it names beside all of the dataset's is left out, and what it lacks has probability 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalFolder {
    validation: PathBuf,
    test: PathBuf,
    validation_labels: Option<PathBuf>,
    test_labels: Option<PathBuf>,
    all_labels: Option<PathBuf>,
    classes: Option<PathBuf>,
}

impl ExternalFolder {
    /// Looks which of the files are there.
    ///
    /// # Errors
    /// [`Error::Missing`] without the folder or one of its two arrays, [`Error::Malformed`] where a file stands in its
    /// place, or two under both names.
    pub fn find(folder: &Path) -> Result<Self> {
        let hint = "a folder of results holds validation.npy and test.npy: the probabilities of the dataset's rows";
        if !folder.exists() {
            return Err(Error::missing(folder, hint));
        }
        if !folder.is_dir() {
            return Err(Error::malformed(folder, "", "a file", "a folder with validation.npy and test.npy in it"));
        }
        let optional = |names: &[&str]| {
            let found: Vec<&str> = names.iter().copied().filter(|name| folder.join(name).exists()).collect();
            match found.as_slice() {
                [] => Ok(None),
                [one] => Ok(Some(folder.join(one))),
                _ => Err(Error::malformed(folder, "", found.join(" and "), "one of them")),
            }
        };
        let needed = |names: &[&str]| optional(names)?.ok_or_else(|| Error::missing(folder.join(names[0]), hint));
        Ok(Self {
            validation: needed(&["validation.npy", "val.npy"])?,
            test: needed(&["test.npy"])?,
            validation_labels: optional(&["validation.labels.npy", "val.labels.npy"])?,
            test_labels: optional(&["test.labels.npy"])?,
            all_labels: optional(&["labels.npy"])?,
            classes: optional(&["classes.txt"])?,
        })
    }

    /// The files that are there, all of which [`ExternalFolder::load`] reads.
    pub fn files(&self) -> Vec<&Path> {
        let more = [&self.validation_labels, &self.test_labels, &self.all_labels, &self.classes];
        let more = more.into_iter().flatten().map(PathBuf::as_path);
        [self.validation.as_path(), self.test.as_path()].into_iter().chain(more).collect()
    }

    /// Reads the probabilities as predictions of the rows, labels and classes of two templates of one dataset, under their
    /// names; the probabilities in them are not looked at.
    ///
    /// # Errors
    /// [`Error::Malformed`] with the file and the row for arrays that do not fit, labels that differ from the dataset's
    /// and classes that cannot be told.
    pub fn load(
        &self,
        validation: &Predictions,
        test: &Predictions,
        progress: &dyn Progress,
    ) -> Result<(Predictions, Predictions)> {
        let ours = &validation.classes;
        let mapping = match &self.classes {
            None => ClassMapping::by_name(ours, ours)?,
            Some(path) => {
                let mapping = mapping::by_name((path, ""), &read_classes(path)?, ours, &[])?;
                mapping::say(&validation.model, path, &mapping, progress);
                mapping
            }
        };
        let hint = match &self.classes {
            Some(classes) => format!(", as in {}", classes.display()),
            None => "; classes.txt beside it may name others".into(),
        };
        let shape = (mapping.source().len(), hint.as_str());
        let one = read_shaped(&self.validation, validation, shape)?;
        let other = read_shaped(&self.test, test, shape)?;
        self.check_labels(&mapping, (validation, test), progress)?;
        Ok((
            mapping::predictions(&self.validation, validation, (&mapping, one), progress)?,
            mapping::predictions(&self.test, test, (&mapping, other), progress)?,
        ))
    }

    fn check_labels(
        &self,
        mapping: &ClassMapping,
        (validation, test): (&Predictions, &Predictions),
        progress: &dyn Progress,
    ) -> Result<()> {
        let mut compared = [false; 2];
        for (i, (path, template)) in
            [(&self.validation_labels, validation), (&self.test_labels, test)].into_iter().enumerate()
        {
            if let Some(path) = path {
                let n = template.labels.len();
                let theirs = labels_of(path, mapping, (n, &format!("one for each of the {}", rows_of(template))))?;
                labels::compare(path, |row| format!("row {row}"), &theirs, template)?;
                compared[i] = true;
            }
        }
        if let Some(path) = &self.all_labels {
            let n = validation.labels.len();
            let which = format!("the {}, then the {}", rows_of(validation), rows_of(test));
            let theirs = labels_of(path, mapping, (n + test.labels.len(), &which))?;
            labels::compare(path, |row| format!("row {row}"), &theirs[..n], validation)?;
            labels::compare(path, |row| format!("row {}", n + row), &theirs[n..], test)?;
            compared = [true; 2];
        }
        for (template, compared) in [validation, test].into_iter().zip(compared) {
            let (name, rows) = (&template.model, rows_of(template));
            match compared {
                true => progress.say(&format!("{name}: the labels of all {rows} agree")),
                false => {
                    progress.say(&format!("{name}: no labels to compare; the order of the {rows} is taken on trust"))
                }
            }
        }
        Ok(())
    }
}

/// Reads n of their labels as ours; `which` says what the n are.
fn labels_of(path: &Path, mapping: &ClassMapping, (n, which): (usize, &str)) -> Result<Vec<u8>> {
    let theirs = read_labels(path, mapping.source().len())?;
    if theirs.len() != n {
        return Err(Error::malformed(path, "shape", format!("{} labels", theirs.len()), format!("{n}: {which}")));
    }
    let ours = theirs.iter().enumerate().map(|(row, &label)| {
        let class = mapping.counterpart(usize::from(label)).and_then(|class| u8::try_from(class).ok());
        class.ok_or_else(|| {
            let found = format!("{} ({label})", mapping.source()[usize::from(label)]);
            Error::malformed(path, format!("row {row}"), found, "a class that the dataset has")
        })
    });
    ours.collect()
}

/// The names in `classes.txt`, one a line.
fn read_classes(path: &Path) -> Result<Vec<String>> {
    let fail = |e| Error::io("read", path, e);
    let mut bytes = Vec::new();
    std::fs::File::open(path).map_err(fail)?.take(MOST + 1).read_to_end(&mut bytes).map_err(fail)?;
    let expected = "the names of 2 to 256 classes, one a line";
    if bytes.len() as u64 > MOST {
        return Err(Error::malformed(path, "", format!("more than {MOST} bytes"), expected));
    }
    let Ok(text) = String::from_utf8(bytes) else {
        return Err(Error::malformed(path, "", "text that is not UTF-8", expected));
    };
    let names: Vec<String> =
        text.strip_prefix('\u{feff}').unwrap_or(&text).trim_end().lines().map(|line| line.trim().to_string()).collect();
    if let Some(line) = names.iter().position(String::is_empty) {
        return Err(Error::malformed(path, format!("line {}", line + 1), "no name", expected));
    }
    match names.len() {
        2..=256 => Ok(names),
        n => Err(Error::malformed(path, "", format!("{n} names"), expected)),
    }
}

#[cfg(test)]
mod tests;
