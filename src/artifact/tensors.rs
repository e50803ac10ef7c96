//! Named f32 arrays in one safetensors file, with a JSON note in its header.

use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::path::Path;

use ndarray::{ArrayD, IxDyn};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use super::write_atomically;
use crate::error::{Error, Result};

/// Named arrays; the order of names is the order of the file.
pub type Tensors = BTreeMap<String, ArrayD<f32>>;

/// How numbers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// 32 bits, exactly as they are.
    Single,
    /// 16 bits (f16): half the size, three significant digits.
    Half,
}

/// The key of the note in the file's header.
const NOTE: &str = "ferrofuse";

/// Writes named arrays with a note (JSON text, may be empty), atomically.
///
/// # Errors
/// [`Error::Io`] with the path, [`Error::Invalid`] for a number that does not fit into 16 bits.
pub fn write_tensors(path: &Path, tensors: &Tensors, note: &str, precision: Precision) -> Result<()> {
    let mut bytes = Vec::with_capacity(tensors.len());
    for (name, array) in tensors {
        bytes.push((name, array.shape().to_vec(), encode(name, array, precision)?));
    }
    let kind = match precision {
        Precision::Single => Dtype::F32,
        Precision::Half => Dtype::F16,
    };
    let refuse =
        |e: safetensors::SafeTensorError| Error::malformed(path, "", e.to_string(), "tensors that fit the format");
    let mut views = Vec::with_capacity(bytes.len());
    for (name, shape, data) in &bytes {
        views.push((name.as_str(), TensorView::new(kind, shape.clone(), data).map_err(refuse)?));
    }
    let header = HashMap::from([(NOTE.to_string(), note.to_string())]);
    let content = safetensors::serialize(views, Some(header)).map_err(refuse)?;
    write_atomically(path, |w| w.write_all(&content).map_err(|e| Error::io("write", path, e)))
}

fn encode(name: &str, array: &ArrayD<f32>, precision: Precision) -> Result<Vec<u8>> {
    if precision == Precision::Single {
        return Ok(array.iter().flat_map(|v| v.to_le_bytes()).collect());
    }
    if let Some(v) = array.iter().find(|v| !half::f16::from_f32(**v).is_finite()) {
        return Err(Error::invalid(format!("a number of `{name}`"), v, "up to 65,504, the most that 16 bits can say"));
    }
    Ok(array.iter().flat_map(|v| half::f16::from_f32(*v).to_le_bytes()).collect())
}

/// Reads named arrays (f32 or f16) and the note.
///
/// # Errors
/// [`Error::Io`], or [`Error::Malformed`] when the file is no safetensors file or is cut short.
pub fn read_tensors(path: &Path) -> Result<(Tensors, String)> {
    let content = std::fs::read(path).map_err(|e| Error::io("read", path, e))?;
    let refuse =
        |place: &str, found: String| Error::malformed(path, place, found, "a whole safetensors file of f32 or f16");
    let (_, header) = SafeTensors::read_metadata(&content).map_err(|e| refuse("header", e.to_string()))?;
    let file = SafeTensors::deserialize(&content).map_err(|e| refuse("", e.to_string()))?;
    let mut tensors = Tensors::new();
    for (name, view) in file.tensors() {
        let values: Vec<f32> = match view.dtype() {
            Dtype::F32 => view.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect(),
            Dtype::F16 => {
                view.data().chunks_exact(2).map(|b| half::f16::from_le_bytes([b[0], b[1]]).to_f32()).collect()
            }
            other => return Err(refuse(&name, format!("type {other:?}"))),
        };
        let array = ArrayD::from_shape_vec(IxDyn(view.shape()), values).map_err(|e| refuse(&name, e.to_string()))?;
        tensors.insert(name, array);
    }
    let note = header.metadata().as_ref().and_then(|m| m.get(NOTE)).cloned().unwrap_or_default();
    Ok((tensors, note))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn arrays_and_note_come_back_equal_and_cut_files_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.safetensors");
        let tensors = Tensors::from([
            ("a".to_string(), array![[1.0f32, -2.5], [f32::MIN_POSITIVE, 4.0]].into_dyn()),
            ("b.c".to_string(), array![7.0f32].into_dyn()),
        ]);
        write_tensors(&path, &tensors, "{\"epoch\":3}", Precision::Single).unwrap();
        assert_eq!(read_tensors(&path).unwrap(), (tensors, "{\"epoch\":3}".to_string()));
        let bytes = std::fs::read(&path).unwrap();
        for cut in 0..bytes.len() {
            std::fs::write(&path, &bytes[..cut]).unwrap();
            assert!(read_tensors(&path).is_err(), "cut at {cut}");
        }
    }

    #[test]
    fn sixteen_bits_keep_three_digits_and_refuse_what_is_too_large() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.safetensors");
        let mut tensors = Tensors::from([("a".to_string(), array![0.1f32, -1234.5, 65_504.0].into_dyn())]);
        write_tensors(&path, &tensors, "", Precision::Half).unwrap();
        let read = &read_tensors(&path).unwrap().0["a"];
        for (found, expected) in read.iter().zip(&tensors["a"]) {
            assert!((found - expected).abs() <= expected.abs() / 2048.0, "{found} {expected}");
        }
        let half = std::fs::metadata(&path).unwrap().len();
        write_tensors(&path, &tensors, "", Precision::Single).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().len() - half, 6);
        tensors.insert("b".into(), array![70_000.0f32].into_dyn());
        let message = write_tensors(&path, &tensors, "", Precision::Half).unwrap_err().to_string();
        assert!(message.contains("`b`") && message.contains("70000"), "{message}");
    }
}
