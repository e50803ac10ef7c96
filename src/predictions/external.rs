//! Probabilities and labels that another program wrote: `.npy` arrays, folders of them, and tables as `.csv`.

mod csv;
mod folder;
mod header;
mod labels;
mod lines;
mod mapping;

use std::path::Path;

use ndarray::{Array2, ArrayView1, Ix1, Ix2};

use super::{Predictions, SUM_TOLERANCE};
use crate::Progress;
use crate::artifact::{AnyArray, read_npy_any};
use crate::error::{Error, Result};

pub use csv::load_csv;
pub use folder::ExternalFolder;

/// Whether a file is a table by its name; the others are `.npy` arrays.
pub fn is_csv(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv"))
}

/// Reads probabilities as predictions of the rows, labels and classes of `template`, under its name; those in it are not
/// looked at. A table is read as by [`load_csv`], everything else as an `.npy` array with the rows and the columns in the
/// template's order.
///
/// # Errors
/// As [`load_csv`] or [`read_probabilities`], and [`Error::Malformed`] when the shape is not the template's.
pub fn load(path: &Path, template: &Predictions, progress: &dyn Progress) -> Result<Predictions> {
    if is_csv(path) {
        return csv::load_one(path, template, progress);
    }
    let probabilities = read_shaped(path, template, (template.classes.len(), ""))?;
    Ok(Predictions { probabilities, ..template.clone() })
}

/// Reads an array of the template's rows and so many classes; `hint` says where their number comes from.
fn read_shaped(path: &Path, template: &Predictions, (classes, hint): (usize, &str)) -> Result<Array2<f32>> {
    let probabilities = read_probabilities(path)?;
    let n = template.labels.len();
    if probabilities.dim() != (n, classes) {
        let rows = rows_of(template);
        let expected = format!("({n}, {classes}): the {rows} in their order, {classes} classes{hint}");
        return Err(Error::malformed(path, "shape", format!("{:?}", probabilities.dim()), expected));
    }
    Ok(probabilities)
}

/// `3589 test rows of fer2013`.
fn rows_of(template: &Predictions) -> String {
    let of = if template.dataset.is_empty() { String::new() } else { format!(" of {}", template.dataset) };
    format!("{} {} rows{of}", template.labels.len(), template.split)
}

/// At most 40 characters of what was met.
fn shown(text: &str) -> String {
    let short: String = text.chars().take(40).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if short.len() < text.len() && text.chars().count() > 40 { format!("{short}...") } else { short }
}

/// Reads n x c probabilities: floats of 16, 32 or 64 bits, each from 0 to 1, each row summing to 1 within
/// [`SUM_TOLERANCE`].
///
/// # Errors
/// [`Error::Malformed`] names the file, the first row that is none, and what the numbers look like instead: labels,
/// logits, log-probabilities or separate scores.
pub fn read_probabilities(path: &Path) -> Result<Array2<f32>> {
    let AnyArray { values, type_name, integer } = read_npy_any(path)?;
    let expected = "probabilities: floats, n rows x c classes";
    if integer {
        let found = format!("type {type_name}, which looks like labels");
        return Err(Error::malformed(path, "", found, expected));
    }
    let shape = values.shape().to_vec();
    let Ok(values) = values.into_dimensionality::<Ix2>() else {
        return Err(Error::malformed(path, "shape", format!("{shape:?}"), expected));
    };
    if values.nrows() == 0 || !(2..=256).contains(&values.ncols()) {
        let found = format!("{:?}", values.dim());
        return Err(Error::malformed(path, "shape", found, "at least 1 row and 2 to 256 classes"));
    }
    for (i, row) in values.outer_iter().enumerate() {
        if let Some(Fault { column, found, expected }) = fault_of(row) {
            let place = column.map_or(format!("row {i}"), |j| format!("row {i}, column {j}"));
            return Err(Error::malformed(path, place, found, expected));
        }
    }
    Ok(values.mapv(|p| p as f32))
}

/// Why a row is no distribution over classes.
struct Fault {
    /// The column of the number that is none, or the row as a whole.
    column: Option<usize>,
    found: String,
    expected: String,
}

/// What is wrong with a row, and what its numbers look like instead.
fn fault_of(row: ArrayView1<'_, f64>) -> Option<Fault> {
    let tolerance = f64::from(SUM_TOLERANCE);
    if let Some(j) = row.iter().position(|p| !(0.0..=1.0 + tolerance).contains(p)) {
        let expected = if row[j].is_finite() && row.iter().all(|&v| v <= 0.0) {
            "a probability from 0 to 1; these look like log-probabilities: take exp first"
        } else if row[j].is_finite() {
            "a probability from 0 to 1; these look like logits: apply softmax first"
        } else {
            "a probability from 0 to 1"
        };
        return Some(Fault { column: Some(j), found: row[j].to_string(), expected: expected.into() });
    }
    let sum = row.sum();
    let expected = || format!("a sum of 1 within {SUM_TOLERANCE}; separate scores of classes need a softmax first");
    ((sum - 1.0).abs() > tolerance).then(|| Fault {
        column: None,
        found: format!("a sum of {sum:.4}"),
        expected: expected(),
    })
}

/// Reads n true labels, whole numbers from 0 to below `classes`, of any numeric type.
///
/// # Errors
/// [`Error::Malformed`] names the file, the row and what was expected.
pub fn read_labels(path: &Path, classes: usize) -> Result<Vec<u8>> {
    let values = read_npy_any(path)?.values;
    let shape = values.shape().to_vec();
    let Ok(values) = values.into_dimensionality::<Ix1>() else {
        return Err(Error::malformed(path, "shape", format!("{shape:?}"), "one label a row: (n,)"));
    };
    let mut labels = Vec::with_capacity(values.len());
    for (i, &value) in values.iter().enumerate() {
        if value.fract() != 0.0 || !(0.0..classes.min(256) as f64).contains(&value) {
            let expected = format!("a label from 0 to {}", classes.saturating_sub(1));
            return Err(Error::malformed(path, format!("row {i}"), value.to_string(), expected));
        }
        labels.push(value as u8);
    }
    Ok(labels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Silent;
    use crate::artifact::write_npy;
    use crate::evaluation::example::example;
    use ndarray::{Array1, array};

    fn refused(array: ndarray::ArrayView2<'_, f64>) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("theirs.npy");
        write_npy(&path, array).unwrap();
        let message = read_probabilities(&path).unwrap_err().to_string();
        assert!(message.contains("theirs.npy"), "{message}");
        message
    }

    #[test]
    fn what_the_numbers_look_like_is_said() {
        let fine = [0.25, 0.75];
        assert!(
            refused(array![fine, [2.5, -1.0]].view()).contains("row 1, column 0: found 2.5, expected a probability")
        );
        assert!(refused(array![fine, [2.5, -1.0]].view()).contains("softmax first"));
        assert!(refused(array![[-0.5, -1.2]].view()).contains("take exp first"));
        assert!(refused(array![fine, fine, [f64::NAN, 0.5]].view()).contains("row 2, column 0: found NaN"));
        assert!(refused(array![[f64::INFINITY, 0.5]].view()).contains("found inf"));
        assert!(refused(array![[0.9, 0.8]].view()).contains("a sum of 1.7"));
        assert!(refused(array![[1.0]].view()).contains("2 to 256 classes"));
        assert!(refused(Array2::zeros((0, 7)).view()).contains("at least 1 row"));
    }

    #[test]
    fn labels_and_wrong_shapes_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("theirs.npy");
        write_npy(&path, array![[0i64, 1], [1, 0]].view()).unwrap();
        assert!(read_probabilities(&path).unwrap_err().to_string().contains("int64, which looks like labels"));
        write_npy(&path, array![0.5f32, 0.5].view()).unwrap();
        assert!(read_probabilities(&path).unwrap_err().to_string().contains("[2]"));
        write_npy(&path, array![[0.5f32, 0.5]].view()).unwrap();
        let message = load(&path, &example(0), &Silent).unwrap_err().to_string();
        assert!(message.contains("(1, 2)") && message.contains("(60, 6): the 60 test rows of golden"), "{message}");
    }

    #[test]
    fn theirs_take_the_rows_and_labels_of_ours() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("theirs.npy");
        let wide = example(1).probabilities.mapv(f64::from);
        write_npy(&path, wide.view()).unwrap();
        let template = Predictions { model: "theirs".into(), ..example(0) };
        let theirs = load(&path, &template, &Silent).unwrap();
        assert_eq!(theirs, Predictions { model: "theirs".into(), ..example(1) });
    }

    #[test]
    fn labels_of_any_type_come_in_and_bad_ones_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("labels.npy");
        write_npy(&path, array![0i64, 6, 3].view()).unwrap();
        assert_eq!(read_labels(&path, 7).unwrap(), [0, 6, 3]);
        assert!(
            read_labels(&path, 6).unwrap_err().to_string().contains("row 1: found 6, expected a label from 0 to 5")
        );
        for bad in [0.5, -1.0, f64::NAN, 300.0] {
            write_npy(&path, Array1::from(vec![0.0, bad]).view()).unwrap();
            assert!(read_labels(&path, 256).unwrap_err().to_string().contains("row 1"), "{bad}");
        }
        write_npy(&path, array![[0u8, 1]].view()).unwrap();
        assert!(read_labels(&path, 7).unwrap_err().to_string().contains("(n,)"));
    }
}
