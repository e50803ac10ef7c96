//! Arrays as NumPy `.npy` files, in C order.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use ndarray::{Array, Array1, Array2, Array3, ArrayView, Dimension};
use npyz::{AutoSerialize, Deserialize, WriterBuilder};

use super::write_atomically;
use crate::error::{Error, Result};

/// An element type that the tool stores.
pub trait NpyElement: AutoSerialize + Deserialize + Copy + 'static {
    /// NumPy's name of the type.
    const NAME: &'static str;
}

macro_rules! element {
    ($($t:ty => $name:literal),*) => { $(impl NpyElement for $t { const NAME: &'static str = $name; })* };
}
element!(u8 => "uint8", u32 => "uint32", i64 => "int64", f32 => "float32", f64 => "float64");

/// Writes an array in C order, atomically.
///
/// # Errors
/// [`Error::Io`] with the path.
pub fn write_npy<T: NpyElement, D: Dimension>(path: &Path, array: ArrayView<'_, T, D>) -> Result<()> {
    let shape: Vec<u64> = array.shape().iter().map(|&n| n as u64).collect();
    write_atomically(path, |w| {
        let fail = |e| Error::io("write", path, e);
        let mut writer = npyz::WriteOptions::new().default_dtype().shape(&shape).writer(w).begin_nd().map_err(fail)?;
        writer.extend(array.iter().copied()).map_err(fail)?;
        writer.finish().map_err(fail)
    })
}

/// Reads a vector.
///
/// # Errors
/// [`Error::Io`], or [`Error::Malformed`] when the file is no npy of this type and rank, or is cut short.
pub fn read_npy1<T: NpyElement>(path: &Path) -> Result<Array1<T>> {
    read(path, 1, |shape, data| Array::from_shape_vec(shape[0], data).ok())
}

/// Reads a matrix; errors as [`read_npy1`].
///
/// # Errors
/// As [`read_npy1`].
pub fn read_npy2<T: NpyElement>(path: &Path) -> Result<Array2<T>> {
    read(path, 2, |s, data| Array::from_shape_vec((s[0], s[1]), data).ok())
}

/// Reads an array of rank 3; errors as [`read_npy1`].
///
/// # Errors
/// As [`read_npy1`].
pub fn read_npy3<T: NpyElement>(path: &Path) -> Result<Array3<T>> {
    read(path, 3, |s, data| Array::from_shape_vec((s[0], s[1], s[2]), data).ok())
}

fn read<T: NpyElement, D: Dimension>(
    path: &Path,
    rank: usize,
    assemble: impl FnOnce(&[usize], Vec<T>) -> Option<Array<T, D>>,
) -> Result<Array<T, D>> {
    let expected = || format!("a {rank}-dimensional npy array of {} in C order", T::NAME);
    let file = File::open(path).map_err(|e| Error::io("read", path, e))?;
    let length = file.metadata().map_err(|e| Error::io("read", path, e))?.len();
    let npy = npyz::NpyFile::new(BufReader::with_capacity(1 << 20, file))
        .map_err(|e| Error::malformed(path, "header", e.to_string(), expected()))?;
    let shape: Vec<usize> = npy.shape().iter().map(|&n| n as usize).collect();
    if shape.len() != rank || npy.order() != npyz::Order::C {
        return Err(Error::malformed(path, "", format!("shape {shape:?}, order {:?}", npy.order()), expected()));
    }
    // A hostile header may claim more than the file holds; ask before memory is set aside for it.
    let claimed = shape.iter().try_fold(size_of::<T>() as u64, |bytes, &n| bytes.checked_mul(n as u64));
    if claimed.is_none_or(|bytes| bytes > length) {
        return Err(Error::malformed(
            path,
            "",
            format!("{length} bytes"),
            format!("enough for shape {shape:?} of {}: the file is cut short or its header is wrong", T::NAME),
        ));
    }
    let dtype = npy.dtype();
    let reader =
        npy.data::<T>().map_err(|_| Error::malformed(path, "", format!("type {}", dtype.descr()), expected()))?;
    let data: Vec<T> = reader
        .collect::<std::io::Result<_>>()
        .map_err(|e| Error::malformed(path, "data", e.to_string(), expected()))?;
    assemble(&shape, data).ok_or_else(|| Error::malformed(path, "", format!("shape {shape:?}"), expected()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array3, array};

    #[test]
    fn arrays_come_back_equal() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        let cube = Array3::from_shape_fn((3, 2, 4), |(i, j, k)| (i * 8 + j * 4 + k) as u8);
        write_npy(&path, cube.view()).unwrap();
        assert_eq!(read_npy3::<u8>(&path).unwrap(), cube);
        // A transposed view is written in C order of the view.
        let matrix = array![[1.5f32, 2.0], [3.0, -4.0]];
        write_npy(&path, matrix.t()).unwrap();
        assert_eq!(read_npy2::<f32>(&path).unwrap(), matrix.t());
    }

    #[test]
    fn wrong_type_rank_and_cut_files_are_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        write_npy(&path, array![[1.0f32, 2.0], [3.0, 4.0]].view()).unwrap();
        assert!(read_npy2::<u8>(&path).unwrap_err().to_string().contains("uint8"));
        assert!(read_npy1::<f32>(&path).unwrap_err().to_string().contains("[2, 2]"));
        let bytes = std::fs::read(&path).unwrap();
        for cut in 0..bytes.len() {
            std::fs::write(&path, &bytes[..cut]).unwrap();
            assert!(read_npy2::<f32>(&path).is_err(), "cut at {cut}");
        }
    }
}
