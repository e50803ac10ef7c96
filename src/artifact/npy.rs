//! Arrays as NumPy `.npy` files, in C order.

use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::Path;

use ndarray::{Array, Array1, Array2, Array3, ArrayView, Dimension};
use npyz::{AutoSerialize, Deserialize, WriterBuilder};

use super::write_atomically;
use crate::error::{Error, Result};

/// An element type that the tool stores.
pub trait NpyElement: AutoSerialize + Deserialize + Copy + 'static {
    /// NumPy's name of the type.
    const NAME: &'static str;
    /// The `descr` of the files written here: little-endian.
    const DESCR: &'static str;
    /// Adds the bytes of `values`, little-endian.
    fn put(values: &[Self], bytes: &mut Vec<u8>);
    /// Reads the values back from bytes written by [`NpyElement::put`].
    fn get(bytes: &[u8], values: &mut Vec<Self>);
}

macro_rules! element {
    ($($t:ty => $name:literal $descr:literal),*) => { $(impl NpyElement for $t {
        const NAME: &'static str = $name;
        const DESCR: &'static str = $descr;
        fn put(values: &[Self], bytes: &mut Vec<u8>) {
            bytes.extend(values.iter().flat_map(|v| v.to_le_bytes()));
        }
        fn get(bytes: &[u8], values: &mut Vec<Self>) {
            let (whole, _) = bytes.as_chunks::<{ size_of::<$t>() }>();
            values.extend(whole.iter().map(|b| <$t>::from_le_bytes(*b)));
        }
    })* };
}
element!(u8 => "uint8" "|u1", u16 => "uint16" "<u2", u32 => "uint32" "<u4", i64 => "int64" "<i8", f32 => "float32" "<f4", f64 => "float64" "<f8");

/// Values that are turned into bytes, or back, at a time.
const BATCH: usize = 1 << 16;

/// Writes an array in C order, atomically.
///
/// # Errors
/// [`Error::Io`] with the path.
pub fn write_npy<T: NpyElement, D: Dimension>(path: &Path, array: ArrayView<'_, T, D>) -> Result<()> {
    let shape: Vec<u64> = array.shape().iter().map(|&n| n as u64).collect();
    write_atomically(path, |w| {
        let fail = |e| Error::io("write", path, e);
        let Some(values) = array.as_slice() else {
            // A transposed or cut view: element by element, in the order of the view.
            let options = npyz::WriteOptions::new().default_dtype().shape(&shape);
            let mut writer = options.writer(w).begin_nd().map_err(fail)?;
            writer.extend(array.iter().copied()).map_err(fail)?;
            return writer.finish().map_err(fail);
        };
        w.write_all(&header(T::DESCR, &shape)).map_err(fail)?;
        let mut bytes = Vec::with_capacity(BATCH * size_of::<T>());
        for batch in values.chunks(BATCH) {
            bytes.clear();
            T::put(batch, &mut bytes);
            w.write_all(&bytes).map_err(fail)?;
        }
        Ok(())
    })
}

/// The beginning of a file of version 1.0: magic, header length, the description padded to a multiple of 64 bytes.
fn header(descr: &str, shape: &[u64]) -> Vec<u8> {
    let sizes: String = shape.iter().map(|n| format!("{n}, ")).collect();
    let sizes = if shape.len() == 1 { sizes.trim_end() } else { sizes.trim_end_matches(", ") };
    let mut text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({sizes}), }}");
    // 10 bytes stand before the text, a line end closes it.
    let padded = (10 + text.len() + 1).next_multiple_of(64);
    text.extend(std::iter::repeat_n(' ', padded - 11 - text.len()));
    text.push('\n');
    let length = (text.len() as u16).to_le_bytes();
    [b"\x93NUMPY\x01\x00".as_slice(), &length, text.as_bytes()].concat()
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
    let mut reader = BufReader::with_capacity(1 << 20, file);
    let npy = npyz::NpyHeader::from_reader(&mut reader)
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
    let dtype = npy.dtype().descr();
    let broken = |e: std::io::Error| Error::malformed(path, "data", e.to_string(), expected());
    let data: Vec<T> = match dtype.trim_matches('\'') == T::DESCR {
        true => read_values(&mut reader, shape.iter().product()).map_err(broken)?,
        // Other spellings of the type, such as big-endian files.
        false => npyz::NpyFile::with_header(npy, reader)
            .data::<T>()
            .map_err(|_| Error::malformed(path, "", format!("type {dtype}"), expected()))?
            .collect::<std::io::Result<_>>()
            .map_err(broken)?,
    };
    assemble(&shape, data).ok_or_else(|| Error::malformed(path, "", format!("shape {shape:?}"), expected()))
}

fn read_values<T: NpyElement>(reader: &mut impl Read, n: usize) -> std::io::Result<Vec<T>> {
    let mut values = Vec::with_capacity(n);
    let mut bytes = vec![0; BATCH.min(n) * size_of::<T>()];
    while values.len() < n {
        let wanted = BATCH.min(n - values.len()) * size_of::<T>();
        reader.read_exact(&mut bytes[..wanted])?;
        T::get(&bytes[..wanted], &mut values);
    }
    Ok(values)
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

    #[test]
    fn files_are_those_that_numpy_and_npyz_write() {
        // numpy.lib.format.header_data_from_array_1_0 and write_array give the same bytes:
        // np.save("a.npy", np.array([[1, 2, 3], [4, 5, 6]], dtype=np.uint8))
        let head = header("|u1", &[2, 3]);
        let text = b"\x93NUMPY\x01\x00v\x00{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }";
        assert_eq!(&head[..text.len()], text);
        assert_eq!((head.len(), head.last()), (128, Some(&b'\n')));
        assert!(header("<f4", &[7]).windows(4).any(|w| w == b"(7,)"));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        for n in [0usize, 1, 5, BATCH - 1, BATCH, BATCH + 3] {
            let values = ndarray::Array1::from_shape_fn(n, |i| i as f32 * 0.5);
            write_npy(&path, values.view()).unwrap();
            assert_eq!(read_npy1::<f32>(&path).unwrap(), values);
            let other = npyz::NpyFile::new(BufReader::new(File::open(&path).unwrap())).unwrap();
            assert_eq!(other.into_vec::<f32>().unwrap(), values.to_vec());
        }
    }

    #[test]
    fn big_endian_files_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        let bytes = [header(">f4", &[2]), 1.5f32.to_be_bytes().to_vec(), (-2f32).to_be_bytes().to_vec()].concat();
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(read_npy1::<f32>(&path).unwrap().to_vec(), [1.5, -2.0]);
    }
}
