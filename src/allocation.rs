//! What becomes of freed memory.

/// Keeps freed memory for the next allocation in place of giving it back to the system, on Linux with the GNU C library;
/// elsewhere nothing.
///
/// libtorch frees the maps of each layer in every step and asks for as many bytes again a moment later. The C library
/// hands such large pieces back, and the system must clear each page anew: about a tenth of the time of training on a
/// processor. For the start of a program; the library never calls it by itself.
#[allow(unsafe_code)]
pub fn keep_freed_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        // Up to this size memory comes from the heap, which keeps it. A C library that takes no such size takes 32 MiB.
        const SIZES: [libc::c_int; 2] = [1 << 30, 32 << 20];
        // SAFETY: `mallopt` takes two numbers and no pointers, and locks what it changes.
        unsafe {
            if SIZES.iter().any(|&size| libc::mallopt(libc::M_MMAP_THRESHOLD, size) == 1) {
                libc::mallopt(libc::M_TRIM_THRESHOLD, libc::c_int::MAX);
            }
        }
    }
}
