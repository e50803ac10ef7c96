//! Numbers from an `.npy` file of whatever type and order another program chose.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use ndarray::{ArrayD, IxDyn, ShapeBuilder};
use npyz::{DType, Deserialize, NpyFile, Order, TypeChar};

use crate::error::{Error, Result};

/// An array as another program wrote it.
#[derive(Clone, Debug, PartialEq)]
pub struct AnyArray {
    /// The numbers; integers above 2^53 lose their last digits.
    pub values: ArrayD<f64>,
    /// NumPy's name of the stored type: `float32`, `int64`, `bool`.
    pub type_name: String,
    /// True for signed and unsigned integers and for bool.
    pub integer: bool,
}

/// Reads floats of 16, 32 or 64 bits, integers of 8 to 64 bits or bools, of any rank, byte order and memory order.
///
/// # Errors
/// [`Error::Io`] when the file cannot be read, [`Error::Malformed`] when it is no npy of numbers or is cut short.
pub fn read_npy_any(path: &Path) -> Result<AnyArray> {
    let fail = |place: &str, found: String| Error::malformed(path, place, found, "an npy array of numbers");
    let file = File::open(path).map_err(|e| Error::io("read", path, e))?;
    let length = file.metadata().map_err(|e| Error::io("read", path, e))?.len();
    let npy = NpyFile::new(BufReader::with_capacity(1 << 20, file)).map_err(|e| fail("header", e.to_string()))?;
    let DType::Plain(stored) = npy.dtype() else {
        return Err(fail("", format!("type {}", npy.dtype().descr())));
    };
    let shape: Vec<usize> = npy.shape().iter().map(|&n| n as usize).collect();
    let order = npy.order();
    // A hostile header may claim more than the file holds; ask before memory is set aside for it.
    let width = stored.num_bytes().unwrap_or(usize::MAX) as u64;
    let claimed = shape.iter().try_fold(width, |bytes, &n| bytes.checked_mul(n as u64));
    if claimed.is_none_or(|bytes| bytes > length) {
        let expected = format!("enough for shape {shape:?}: the file is cut short or its header is wrong");
        return Err(Error::malformed(path, "", format!("{length} bytes"), expected));
    }
    let bits = stored.size_field() * 8;
    let (kind, integer) = match stored.type_char() {
        TypeChar::Float => ("float", false),
        TypeChar::Int => ("int", true),
        TypeChar::Uint => ("uint", true),
        TypeChar::Bool => ("bool", true),
        _ => return Err(fail("", format!("type {stored}"))),
    };
    let numbers = match (kind, bits) {
        ("float", 16) => collect::<npyz::half::f16, _>(npy, f64::from),
        ("float", 32) => collect::<f32, _>(npy, f64::from),
        ("float", 64) => collect::<f64, _>(npy, |v| v),
        ("int", 8) => collect::<i8, _>(npy, f64::from),
        ("int", 16) => collect::<i16, _>(npy, f64::from),
        ("int", 32) => collect::<i32, _>(npy, f64::from),
        ("int", 64) => collect::<i64, _>(npy, |v| v as f64),
        ("uint", 8) => collect::<u8, _>(npy, f64::from),
        ("uint", 16) => collect::<u16, _>(npy, f64::from),
        ("uint", 32) => collect::<u32, _>(npy, f64::from),
        ("uint", 64) => collect::<u64, _>(npy, |v| v as f64),
        ("bool", _) => collect::<bool, _>(npy, |v| f64::from(u8::from(v))),
        _ => return Err(fail("", format!("type {stored}"))),
    };
    let numbers = numbers.map_err(|e| fail("data", e))?;
    let laid_out = IxDyn(&shape).set_f(order == Order::Fortran);
    let values = ArrayD::from_shape_vec(laid_out, numbers).map_err(|e| fail("", format!("shape {shape:?} ({e})")))?;
    let type_name = if kind == "bool" { kind.to_string() } else { format!("{kind}{bits}") };
    Ok(AnyArray { values, type_name, integer })
}

fn collect<T: Deserialize, R: Read>(npy: NpyFile<R>, number: impl Fn(T) -> f64) -> Result<Vec<f64>, String> {
    let reader = npy.data::<T>().map_err(|e| e.to_string())?;
    reader.map(|v| v.map(&number).map_err(|e| e.to_string())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::write_npy;
    use ndarray::array;

    /// An npy file by hand: version 1.0, header padded to 64 bytes.
    fn npy(descr: &str, fortran: &str, shape: &str, data: &[u8]) -> Vec<u8> {
        let mut header = format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}");
        while (10 + header.len() + 1) % 64 != 0 {
            header.push(' ');
        }
        header.push('\n');
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.extend(data);
        bytes
    }

    fn read(bytes: &[u8]) -> Result<AnyArray> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        std::fs::write(&path, bytes).unwrap();
        read_npy_any(&path)
    }

    #[test]
    fn every_type_and_order_comes_in_as_numbers() {
        // Half precision: 0x3c00 is 1, 0x3800 is 0.5.
        let a = read(&npy("<f2", "False", "(2,)", &[0x00, 0x3c, 0x00, 0x38])).unwrap();
        assert_eq!((a.values, a.type_name.as_str(), a.integer), (array![1.0, 0.5].into_dyn(), "float16", false));
        let big: Vec<u8> = [1.5f64, -2.0].iter().flat_map(|v| v.to_be_bytes()).collect();
        assert_eq!(read(&npy(">f8", "False", "(2,)", &big)).unwrap().values, array![1.5, -2.0].into_dyn());
        let columns = npy("|i1", "True", "(2, 3)", &[1, 4, 2, 5, 3, 255]);
        let a = read(&columns).unwrap();
        assert_eq!(a.values, array![[1.0, 2.0, 3.0], [4.0, 5.0, -1.0]].into_dyn());
        assert_eq!((a.type_name.as_str(), a.integer), ("int8", true));
        assert_eq!(read(&npy("|b1", "False", "(2,)", &[0, 1])).unwrap().values, array![0.0, 1.0].into_dyn());
    }

    #[test]
    fn our_own_arrays_come_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        write_npy(&path, array![[1u32, 2], [3, 4]].view()).unwrap();
        assert_eq!(read_npy_any(&path).unwrap().values, array![[1.0, 2.0], [3.0, 4.0]].into_dyn());
    }

    #[test]
    fn hostile_files_are_refused() {
        for (bytes, word) in [
            (npy("<f4", "False", "(1000000000000,)", &[0; 4]), "cut short"),
            (npy("<f4", "False", "(4294967296, 4294967296, 4)", &[0; 4]), "cut short"),
            (npy("<U4", "False", "(1,)", &[0; 16]), "<U4"),
            (npy("<c8", "False", "(1,)", &[0; 8]), "<c8"),
            (npy("<M8[D]", "False", "(1,)", &[0; 8]), "M8"),
            (npy("|b1", "False", "(1,)", &[7]), "numbers"),
            (b"not an npy file".to_vec(), "header"),
            (Vec::new(), "header"),
        ] {
            let message = read(&bytes).unwrap_err().to_string();
            assert!(message.contains(word), "{message}");
        }
        let whole = npy("<f4", "False", "(4,)", &[0; 16]);
        for cut in 0..whole.len() {
            assert!(read(&whole[..cut]).is_err(), "cut at {cut}");
        }
    }
}
