//! What a comparison must know of the rows beside their labels, as files among the predictions: a report can then be
//! scored again without the dataset.
//!
//! `identical.<split>.npy` and `near.<split>.npy` u8 n (0 or 1), `subjects.<split>.npy` u32 n and `folds.<split>.npy`
//! u16 n, in the order of `rows.<split>.npy`; what is not known has no file.

use std::path::Path;

use ndarray::Array1;

use crate::artifact::{NpyElement, read_npy1, remove_if_there, write_npy};
use crate::dataset::Split;
use crate::error::{Error, Result};

/// Facts of the n rows of a split, each `None` when nobody knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowFacts {
    /// Whether the picture is, pixel for pixel, also a training picture.
    pub identical: Option<Vec<bool>>,
    /// Whether it is nearly one.
    pub near: Option<Vec<bool>>,
    /// Who it shows.
    pub subjects: Option<Vec<u32>>,
    /// The fold that it was tested in.
    pub folds: Option<Vec<u16>>,
}

impl RowFacts {
    /// Writes the facts of a split into a folder of predictions; files of facts that are not known any more go away.
    ///
    /// # Errors
    /// [`Error::Io`] with the path.
    pub fn save(&self, folder: &Path, split: Split) -> Result<()> {
        let flags = |flags: &Option<Vec<bool>>| flags.as_ref().map(|f| f.iter().map(|&b| u8::from(b)).collect());
        write(folder, "identical", split, flags(&self.identical))?;
        write(folder, "near", split, flags(&self.near))?;
        write(folder, "subjects", split, self.subjects.as_ref().map(|s| Array1::from(s.clone())))?;
        write(folder, "folds", split, self.folds.as_ref().map(|f| Array1::from(f.clone())))
    }

    /// Reads the facts of the `n` rows of a split.
    ///
    /// # Errors
    /// [`Error::Malformed`] for a file of another length, or of flags that are neither 0 nor 1.
    pub fn load(folder: &Path, split: Split, n: usize) -> Result<Self> {
        let flags = |name| -> Result<Option<Vec<bool>>> {
            let Some(codes) = read::<u8>(folder, name, split, n)? else { return Ok(None) };
            match codes.iter().position(|&c| c > 1) {
                Some(row) => {
                    let found = codes[row].to_string();
                    Err(Error::malformed(file(folder, name, split), format!("row {row}"), found, "0 or 1"))
                }
                None => Ok(Some(codes.into_iter().map(|c| c == 1).collect())),
            }
        };
        Ok(Self {
            identical: flags("identical")?,
            near: flags("near")?,
            subjects: read(folder, "subjects", split, n)?,
            folds: read(folder, "folds", split, n)?,
        })
    }
}

fn file(folder: &Path, name: &str, split: Split) -> std::path::PathBuf {
    folder.join(format!("{name}.{split}.npy"))
}

fn write<T: NpyElement>(folder: &Path, name: &str, split: Split, values: Option<Array1<T>>) -> Result<()> {
    match values {
        Some(values) => write_npy(&file(folder, name, split), values.view()),
        None => remove_if_there(&file(folder, name, split)),
    }
}

fn read<T: NpyElement>(folder: &Path, name: &str, split: Split, n: usize) -> Result<Option<Vec<T>>> {
    let path = file(folder, name, split);
    if !path.exists() {
        return Ok(None);
    }
    let values = read_npy1::<T>(&path)?.to_vec();
    match values.len() == n {
        true => Ok(Some(values)),
        false => {
            let expected = format!("{n}, one for each row that was predicted");
            Err(Error::malformed(&path, "length", values.len().to_string(), expected))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn facts_come_back_and_what_is_unknown_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let known = RowFacts {
            identical: Some(vec![true, false, false]),
            near: Some(vec![true, true, false]),
            subjects: Some(vec![7, 7, 9]),
            folds: Some(vec![0, 1, 0]),
        };
        known.save(folder.path(), Split::Test).unwrap();
        assert_eq!(RowFacts::load(folder.path(), Split::Test, 3).unwrap(), known);
        assert_eq!(RowFacts::load(folder.path(), Split::Validation, 3).unwrap(), RowFacts::default());
        let less = RowFacts { subjects: None, folds: None, ..known };
        less.save(folder.path(), Split::Test).unwrap();
        assert_eq!(RowFacts::load(folder.path(), Split::Test, 3).unwrap(), less);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn files_that_do_not_fit_are_named() {
        let folder = tempfile::tempdir().unwrap();
        RowFacts { near: Some(vec![true; 3]), ..RowFacts::default() }.save(folder.path(), Split::Test).unwrap();
        let message = RowFacts::load(folder.path(), Split::Test, 4).unwrap_err().to_string();
        assert!(message.contains("near.test.npy") && message.contains("4, one for each row"), "{message}");
        write_npy(&folder.path().join("near.test.npy"), array![0u8, 2, 1].view()).unwrap();
        let message = RowFacts::load(folder.path(), Split::Test, 3).unwrap_err().to_string();
        assert!(message.contains("row 1: found 2, expected 0 or 1"), "{message}");
    }
}
