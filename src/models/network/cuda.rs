//! The half of libtorch that runs on CUDA devices.
//!
//! A binary is linked against the other half, `libtorch_cpu.so`, so that the same one runs on machines without a GPU. The CUDA half
//! registers itself when it is opened.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_LAZY, RTLD_NOW};

/// Its file, beside `libtorch_cpu.so`.
const FILE: &str = "libtorch_cuda.so";
/// What NVIDIA's driver brings.
const DRIVER: &str = "libcuda.so.1";

/// Whether NVIDIA's driver is there.
pub(super) fn has_driver() -> bool {
    static THERE: OnceLock<bool> = OnceLock::new();
    *THERE.get_or_init(|| open_library(Path::new(DRIVER), RTLD_LAZY).is_ok())
}

/// Opens it, once; says why that cannot be.
pub(super) fn open() -> Result<(), String> {
    static OPENED: OnceLock<Result<(), String>> = OnceLock::new();
    OPENED.get_or_init(open_beside).clone()
}

fn open_beside() -> Result<(), String> {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let Some(loaded) = mapped(&maps, "libtorch_cpu.so") else {
        return Err(format!("where libtorch lies, and so {FILE}, cannot be told here"));
    };
    let beside = loaded.with_file_name(FILE);
    if beside.exists() {
        return open_library(&beside, RTLD_NOW | RTLD_GLOBAL);
    }
    // Where LD_LIBRARY_PATH names a folder with it.
    open_library(Path::new(FILE), RTLD_NOW | RTLD_GLOBAL).map_err(|why| {
        let folder = loaded.parent().unwrap_or(&loaded).display();
        format!(
            "the half of libtorch for GPUs is not in {folder}, and {why}; the Python package torch has it: name its folder torch/lib in \
             LD_LIBRARY_PATH"
        )
    })
}

/// Opens a library for as long as the program runs.
#[allow(unsafe_code)]
fn open_library(path: &Path, flags: std::ffi::c_int) -> Result<(), String> {
    // SAFETY: the code that runs on opening is that of the driver, or of the other half of a library that is in use already, from the
    // folder where that one was found.
    match unsafe { Library::open(Some(path), flags) } {
        Ok(library) => {
            // Closing it would take away what it has registered.
            std::mem::forget(library);
            Ok(())
        }
        Err(error) => Err(format!("{} cannot be opened: {error}", path.display())),
    }
}

/// Where a library lies, by what Linux says of a program's memory.
fn mapped(maps: &str, file: &str) -> Option<PathBuf> {
    // Address, rights, offset, device and inode come before the path, which may have spaces in it.
    let paths = maps.lines().filter_map(|line| line.find('/').map(|at| Path::new(&line[at..])));
    paths.filter(|path| path.file_name().is_some_and(|name| name == file)).map(Path::to_path_buf).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libtorch_is_found_where_it_was_loaded_from() {
        let maps = "7f00-7f01 r-xp 00000000 fe:00 12 /lib/libc.so.6\n7f02-7f03 rw-p 00000000 00:00 0 [heap]\n7f04-7f05 r--p 0000 \
                    fe:00 13   /opt/my torch/lib/libtorch_cpu.so\n";
        assert_eq!(mapped(maps, "libtorch_cpu.so"), Some(PathBuf::from("/opt/my torch/lib/libtorch_cpu.so")));
        assert_eq!(mapped(maps, "libtorch.so"), None);
        // This program has it loaded.
        let own = std::fs::read_to_string("/proc/self/maps").unwrap();
        assert!(mapped(&own, "libtorch_cpu.so").unwrap().exists());
    }
}
