//! A dataset in memory and as the folder `data/<name>/`.

use std::path::Path;

use ndarray::{Array1, Array2, Array3, ArrayView1, ArrayView2};
use serde::{Deserialize, Serialize};

use super::Split;
use crate::artifact::{
    Fingerprint, read_json, read_npy1, read_npy2, read_npy3, remove_if_there, write_json, write_npy,
};
use crate::error::{Error, Result};
use crate::recipe::Preparation;

/// Version of the folder's format; a folder of another version is refused.
pub const SCHEMA: u32 = 1;

/// What `dataset.json` says about the arrays beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatasetInfo {
    /// Format version, [`SCHEMA`].
    pub schema: u32,
    /// The folder's name, as experiments refer to it.
    pub name: String,
    /// The name for readers: `FER2013`.
    pub title: String,
    /// Class names in label order.
    pub classes: Vec<String>,
    /// Number of rows.
    pub rows: usize,
    /// Picture height in pixels.
    pub height: usize,
    /// Picture width in pixels.
    pub width: usize,
    /// True when the faces were drawn by the tool; every table that shows a score on them must say so.
    pub synthetic: bool,
    /// What was imported: file names and format, in words.
    pub source: String,
    /// How rows were given to splits, in words.
    pub split_rule: String,
    /// How pictures were brought to this size: the filter's name, or `none` where they had it already.
    pub resize: String,
    /// The same for whoever has to make pictures like them.
    #[serde(default)]
    pub prepared: Preparation,
    /// Rows that were left out.
    pub skipped: usize,
    /// Fingerprint of the recipe it was imported by; empty when it was put together otherwise.
    pub recipe: String,
    /// Fingerprint of images, labels, splits, subjects and class names.
    pub fingerprint: String,
    /// The version of ferrofuse that wrote it.
    pub version: String,
}

/// n labelled grey pictures of one size.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    /// Names, sizes, source, fingerprint.
    pub info: DatasetInfo,
    /// n x height x width, 0 black to 255 white.
    pub images: Array3<u8>,
    /// n labels, each an index into `info.classes`.
    pub labels: Vec<u8>,
    /// n splits.
    pub splits: Vec<Split>,
    /// n subject numbers where the source names the person.
    pub subjects: Option<Vec<u32>>,
    /// n x c shares of the votes for each class, summing to 1, where people voted.
    pub shares: Option<Array2<f32>>,
}

impl Dataset {
    /// The row numbers of a split, ascending.
    pub fn rows(&self, split: Split) -> Vec<usize> {
        (0..self.splits.len()).filter(|&i| self.splits[i] == split).collect()
    }

    /// Fingerprint of the content: equal for equal arrays and class names, whatever they were imported from.
    pub fn content_fingerprint(
        images: &Array3<u8>,
        labels: &[u8],
        splits: &[Split],
        (subjects, shares): (Option<&[u32]>, Option<ArrayView2<'_, f32>>),
        classes: &[String],
    ) -> String {
        let codes: Vec<u8> = splits.iter().map(|&s| s as u8).collect();
        let people: Vec<u8> = subjects.unwrap_or_default().iter().flat_map(|s| s.to_le_bytes()).collect();
        let (n, h, w) = images.dim();
        let pixels = images.as_standard_layout();
        let fingerprint = Fingerprint::new()
            .with("shape", format!("{n} {h} {w}"))
            .with("images", pixels.as_slice().unwrap_or_default())
            .with("labels", labels)
            .with("splits", codes)
            .with("subjects", people)
            .with("classes", classes.join("\n"));
        match shares {
            Some(shares) => {
                let bytes: Vec<u8> = shares.iter().flat_map(|s| s.to_le_bytes()).collect();
                fingerprint.with("shares", bytes).finish()
            }
            None => fingerprint.finish(),
        }
    }

    /// Writes the dataset into `folder`; `dataset.json` comes last, so that a folder without it counts as unfinished.
    ///
    /// Everything is written beside `folder` first: a full disk leaves a former dataset as it is, and nothing else.
    ///
    /// # Errors
    /// [`Error::Io`] with the path.
    pub fn save(&self, folder: &Path) -> Result<()> {
        let above = folder.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        std::fs::create_dir_all(above).map_err(|e| Error::io("create", above, e))?;
        let fresh = tempfile::Builder::new().prefix(".importing-").tempdir_in(above);
        let fresh = fresh.map_err(|e| Error::io("write into", above, e))?;
        let codes: Array1<u8> = self.splits.iter().map(|&s| s as u8).collect();
        write_npy(&fresh.path().join("images.npy"), self.images.view())?;
        write_npy(&fresh.path().join("labels.npy"), ArrayView1::from(&self.labels))?;
        write_npy(&fresh.path().join("splits.npy"), codes.view())?;
        if let Some(people) = &self.subjects {
            write_npy(&fresh.path().join("subjects.npy"), ArrayView1::from(people))?;
        }
        if let Some(shares) = &self.shares {
            write_npy(&fresh.path().join("shares.npy"), shares.view())?;
        }
        write_json(&fresh.path().join("dataset.json"), &self.info)?;

        std::fs::create_dir_all(folder).map_err(|e| Error::io("create", folder, e))?;
        // An older description must not vouch for arrays that are half replaced.
        for former in ["dataset.json", "subjects.npy", "shares.npy"].map(|file| folder.join(file)) {
            remove_if_there(&former)?;
        }
        for file in ["images.npy", "labels.npy", "splits.npy", "subjects.npy", "shares.npy", "dataset.json"] {
            let (from, to) = (fresh.path().join(file), folder.join(file));
            if from.exists() {
                std::fs::rename(&from, &to).map_err(|e| Error::io("replace", &to, e))?;
            }
        }
        Ok(())
    }

    /// Reads the dataset in `folder` and checks that its arrays fit together.
    ///
    /// # Errors
    /// [`Error::Missing`] when nothing was imported there, [`Error::Malformed`] with the file that does not fit.
    pub fn load(folder: &Path) -> Result<Self> {
        let info = Self::load_info(folder)?;
        let images: Array3<u8> = read_npy3(&folder.join("images.npy"))?;
        if images.dim() != (info.rows, info.height, info.width) {
            let expected = format!("({}, {}, {}), as dataset.json says", info.rows, info.height, info.width);
            return Err(Error::malformed(folder.join("images.npy"), "shape", format!("{:?}", images.dim()), expected));
        }
        let labels: Vec<u8> = column(folder, "labels.npy", info.rows)?;
        if let Some(row) = labels.iter().position(|&l| usize::from(l) >= info.classes.len()) {
            let (place, expected) = (format!("row {row}"), format!("a label from 0 to {}", info.classes.len() - 1));
            return Err(Error::malformed(folder.join("labels.npy"), place, labels[row].to_string(), expected));
        }
        let mut splits = Vec::with_capacity(info.rows);
        for (row, code) in column::<u8>(folder, "splits.npy", info.rows)?.into_iter().enumerate() {
            splits.push(Split::from_code(code).ok_or_else(|| {
                let expected = "0 (train), 1 (validation) or 2 (test)";
                Error::malformed(folder.join("splits.npy"), format!("row {row}"), code.to_string(), expected)
            })?);
        }
        let subjects = match folder.join("subjects.npy").exists() {
            true => Some(column::<u32>(folder, "subjects.npy", info.rows)?),
            false => None,
        };
        let shares = match folder.join("shares.npy").exists() {
            true => Some(read_shares(&folder.join("shares.npy"), (info.rows, info.classes.len()))?),
            false => None,
        };
        Ok(Self { info, images, labels, splits, subjects, shares })
    }

    /// Reads only `dataset.json`.
    ///
    /// # Errors
    /// As [`Dataset::load`].
    pub fn load_info(folder: &Path) -> Result<DatasetInfo> {
        let path = folder.join("dataset.json");
        if !path.exists() {
            let name = folder.file_name().unwrap_or_default().to_string_lossy();
            return Err(Error::missing(&path, format!("import the dataset first: `ferrofuse import {name}`")));
        }
        let info: DatasetInfo = read_json(&path)?;
        if info.schema != SCHEMA {
            let expected = format!("schema {SCHEMA}; import the dataset again");
            return Err(Error::malformed(&path, "schema", info.schema.to_string(), expected));
        }
        Ok(info)
    }
}

fn read_shares(path: &Path, shape: (usize, usize)) -> Result<Array2<f32>> {
    let shares: Array2<f32> = read_npy2(path)?;
    if shares.dim() != shape {
        let expected = format!("{shape:?}, as dataset.json says");
        return Err(Error::malformed(path, "shape", format!("{:?}", shares.dim()), expected));
    }
    let broken = shares
        .outer_iter()
        .position(|row| row.iter().any(|s| !(0.0..=1.0).contains(s)) || (row.sum() - 1.0).abs() > 1e-3);
    match broken {
        Some(row) => {
            let found = shares.row(row).to_string();
            Err(Error::malformed(path, format!("row {row}"), found, "shares from 0 that sum to 1; import it again"))
        }
        None => Ok(shares),
    }
}

fn column<T: crate::artifact::NpyElement>(folder: &Path, file: &str, rows: usize) -> Result<Vec<T>> {
    let path = folder.join(file);
    let values = read_npy1::<T>(&path)?;
    if values.len() != rows {
        let expected = format!("{rows}, as dataset.json says");
        return Err(Error::malformed(&path, "length", values.len().to_string(), expected));
    }
    Ok(values.to_vec())
}
