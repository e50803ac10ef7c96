//! Tells the linker where libtorch lies, so that the binary finds it without LD_LIBRARY_PATH.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=LIBTORCH");
    if std::env::var_os("CARGO_FEATURE_TORCH").is_none() {
        return;
    }
    if let Some(folder) = std::env::var_os("LIBTORCH") {
        let lib = std::path::Path::new(&folder).join("lib");
        // An old-style RPATH also serves the libraries that libtorch itself loads from the same folder.
        println!("cargo:rustc-link-arg=-Wl,--disable-new-dtags");
        println!("cargo:rustc-link-arg=-Wl,-rpath,{}", lib.display());
    }
}
