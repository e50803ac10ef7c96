//! Probabilities and labels that another program wrote as `.npy`.

use std::path::Path;

use ndarray::{Array2, ArrayView1, Ix1, Ix2};

use super::{Predictions, SUM_TOLERANCE};
use crate::artifact::{AnyArray, read_npy_any};
use crate::error::{Error, Result};

/// Reads probabilities as predictions of the rows, labels and classes of `template`, under a name of their own.
///
/// # Errors
/// As [`read_probabilities`], and [`Error::Malformed`] when the shape is not the template's.
pub fn load(path: &Path, template: &Predictions, name: &str) -> Result<Predictions> {
    let probabilities = read_probabilities(path)?;
    let (n, c) = (template.labels.len(), template.classes.len());
    if probabilities.dim() != (n, c) {
        let of = if template.dataset.is_empty() { String::new() } else { format!(" of {}", template.dataset) };
        let expected = format!("({n}, {c}): the {n} {} rows{of} in their order, {c} classes", template.split);
        return Err(Error::malformed(path, "shape", format!("{:?}", probabilities.dim()), expected));
    }
    Ok(Predictions { model: name.into(), probabilities, ..template.clone() })
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
        check_row(path, i, row)?;
    }
    Ok(values.mapv(|p| p as f32))
}

fn check_row(path: &Path, i: usize, row: ArrayView1<'_, f64>) -> Result<()> {
    let tolerance = f64::from(SUM_TOLERANCE);
    let outside = row.iter().position(|p| !(0.0..=1.0 + tolerance).contains(p));
    if let Some(j) = outside {
        let place = format!("row {i}, column {j}");
        let expected = if row[j].is_finite() && row.iter().all(|&v| v <= 0.0) {
            "a probability from 0 to 1; these look like log-probabilities: take exp first"
        } else if row[j].is_finite() {
            "a probability from 0 to 1; these look like logits: apply softmax first"
        } else {
            "a probability from 0 to 1"
        };
        return Err(Error::malformed(path, place, row[j].to_string(), expected));
    }
    let sum = row.sum();
    if (sum - 1.0).abs() > tolerance {
        let expected = format!("a sum of 1 within {SUM_TOLERANCE}; separate scores of classes need a softmax first");
        return Err(Error::malformed(path, format!("row {i}"), format!("a sum of {sum:.4}"), expected));
    }
    Ok(())
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
        let message = load(&path, &example(0), "theirs").unwrap_err().to_string();
        assert!(message.contains("(1, 2)") && message.contains("(60, 6): the 60 test rows of golden"), "{message}");
    }

    #[test]
    fn theirs_take_the_rows_and_labels_of_ours() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("theirs.npy");
        let wide = example(1).probabilities.mapv(f64::from);
        write_npy(&path, wide.view()).unwrap();
        let theirs = load(&path, &example(0), "theirs").unwrap();
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
