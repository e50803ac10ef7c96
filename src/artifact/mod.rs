//! Files the tool writes: npy arrays, JSON, atomic replacement, fingerprints and the layout of folders.

mod atomic;
mod fingerprint;
mod json;
mod layout;
mod npy;
mod npy_any;
mod tensors;

pub use atomic::{remove_if_there, write_atomically, write_bytes_atomically};
pub use fingerprint::Fingerprint;
pub use json::{read_json, write_json};
pub use layout::Workspace;
pub use npy::{NpyElement, read_npy1, read_npy2, read_npy3, write_npy};
pub use npy_any::{AnyArray, read_npy_any};
pub use tensors::{Precision, Tensors, read_tensors, write_tensors};
