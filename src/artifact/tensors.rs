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

/// The key of the note in the file's header.
const NOTE: &str = "ferrofuse";

/// Writes named arrays with a note (JSON text, may be empty), atomically.
///
/// # Errors
/// [`Error::Io`] with the path.
pub fn write_tensors(path: &Path, tensors: &Tensors, note: &str) -> Result<()> {
    let bytes: Vec<(&String, Vec<usize>, Vec<u8>)> = tensors
        .iter()
        .map(|(name, a)| (name, a.shape().to_vec(), a.iter().flat_map(|v| v.to_le_bytes()).collect()))
        .collect();
    let refuse =
        |e: safetensors::SafeTensorError| Error::malformed(path, "", e.to_string(), "tensors that fit the format");
    let mut views = Vec::with_capacity(bytes.len());
    for (name, shape, data) in &bytes {
        views.push((name.as_str(), TensorView::new(Dtype::F32, shape.clone(), data).map_err(refuse)?));
    }
    let header = HashMap::from([(NOTE.to_string(), note.to_string())]);
    let content = safetensors::serialize(views, Some(header)).map_err(refuse)?;
    write_atomically(path, |w| w.write_all(&content).map_err(|e| Error::io("write", path, e)))
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
        write_tensors(&path, &tensors, "{\"epoch\":3}").unwrap();
        assert_eq!(read_tensors(&path).unwrap(), (tensors, "{\"epoch\":3}".to_string()));
        let bytes = std::fs::read(&path).unwrap();
        for cut in 0..bytes.len() {
            std::fs::write(&path, &bytes[..cut]).unwrap();
            assert!(read_tensors(&path).is_err(), "cut at {cut}");
        }
    }
}
