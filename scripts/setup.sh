#!/usr/bin/env bash
# Gets a machine ready to build ferrofuse: Debian packages, libtorch, and a line in .cargo/config.toml that names it.
#
#   scripts/setup.sh                      what the default build needs
#   scripts/setup.sh torch                only what the named cargo features need (opencv, torch, or none)
#   scripts/setup.sh opencv torch test    and the browser in which the tests open the web page
#
# A part that is in place is left alone, so a second run does nothing. Only missing Debian packages need root or sudo.
set -euo pipefail
cd "$(dirname "$0")/.."

TORCH=2.11.0
CUDA_LIBRARIES=("nvidia-cuda-runtime==13.0.*" "nvidia-cuda-cupti==13.0.*")
OPENCV=4.5
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/ferrofuse
CACHED=$CACHE/libtorch-$TORCH
CARGO_CONFIG=.cargo/config.toml

say() { printf 'setup: %s\n' "$*"; }
fail() {
    printf 'setup: error: %s\n' "$*" >&2
    exit 1
}
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

# --- Rust -------------------------------------------------------------------------------------------------------

check_cargo() {
    local needed found
    needed=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
    command -v cargo >/dev/null || fail "cargo is missing: install Rust $needed or newer with rustup"
    found=$(cargo --version | cut -d ' ' -f 2)
    at_least "$found" "$needed" || fail "cargo is $found, ferrofuse needs $needed or newer: rustup update stable"
}

# --- Debian packages --------------------------------------------------------------------------------------------

missing=()
need() { # PACKAGE WHY
    missing+=("$1")
    say "$1 is missing: $2"
}

# The opencv crate links libclang at build time; these are the names and places that clang-sys looks for.
has_libclang() {
    local folders=(/usr/lib/llvm-*/lib /usr/lib/*-linux-gnu /usr/lib64 /usr/lib /usr/local/lib) folder
    [ -z "${LIBCLANG_PATH:-}" ] || folders=("$LIBCLANG_PATH")
    for folder in "${folders[@]}"; do
        ! compgen -G "$folder/libclang.so" >/dev/null || return 0
        ! compgen -G "$folder/libclang-[0-9]*.so" >/dev/null || return 0
    done
    return 1
}

has_opencv() {
    # Without pkg-config, which is then on the list as well, a header is all there is to go by.
    if command -v pkg-config >/dev/null; then pkg-config --exists opencv4; else [ -e /usr/include/opencv4/opencv2/core.hpp ]; fi
}

has_pip() { python3 -m pip --version >/dev/null 2>&1; }

find_missing_packages() {
    command -v g++ >/dev/null || need g++ "the C++ compiler and linker"
    if $with_opencv; then
        command -v pkg-config >/dev/null || need pkg-config "finds OpenCV"
        has_opencv || need libopencv-dev "OpenCV, for SIFT and for reading faces"
        compgen -G "/usr/share/opencv*/haarcascades/haarcascade_frontalface_default.xml" >/dev/null ||
            need opencv-data "the cascade that finds faces"
        command -v clang >/dev/null || need clang "reads OpenCV's headers for the Rust bindings"
        has_libclang || need libclang-dev "the library behind clang, which the bindings' generator links"
    fi
    if $with_test; then
        command -v chromium >/dev/null || need chromium "the browser in which the web page is tested"
        command -v chromedriver >/dev/null || need chromium-driver "lets the tests drive the browser"
    fi
    if [ -z "$libtorch" ] && $with_torch; then
        has_pip || need python3-pip "fetches libtorch $TORCH, which comes inside the PyPI package torch"
        [ -n "${SSL_CERT_FILE:-}" ] || [ -e /etc/ssl/certs/ca-certificates.crt ] || [ -d /etc/pki ] ||
            need ca-certificates "checks the server that libtorch comes from"
    fi
}

install_missing_packages() {
    [ ${#missing[@]} -gt 0 ] || return 0
    local root=()
    command -v apt-get >/dev/null ||
        fail "there is no apt-get here: install what these Debian packages hold, then run again: ${missing[*]}"
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null ||
            fail "missing packages, and neither root nor sudo to install them: ${missing[*]}"
        root=(sudo)
        # Nobody can type a password where there is no terminal.
        [ -t 0 ] || root=(sudo -n)
        "${root[@]}" true || fail "missing packages, and sudo refused to install them: ${missing[*]}"
    fi
    say "installing with apt-get: ${missing[*]}"
    local apt=("${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=600)
    local log
    log=$(mktemp)
    "${apt[@]}" update >"$log" 2>&1 || say "apt-get update failed, going on with the package lists that are here"
    if ! "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >>"$log" 2>&1 </dev/null; then
        tail -n 20 "$log" >&2
        rm -f "$log"
        fail "apt-get could not install: ${missing[*]}"
    fi
    rm -f "$log"
}

check_opencv() {
    local found
    pkg-config --exists opencv4 || fail "pkg-config does not know opencv4: install libopencv-dev"
    found=$(pkg-config --modversion opencv4)
    at_least "$found" "$OPENCV" || fail "OpenCV is $found, ferrofuse needs $OPENCV or newer"
}

# --- libtorch ---------------------------------------------------------------------------------------------------

libtorch_version() { # FOLDER
    local header
    if [ -e "$1/build-version" ]; then
        sed 's/+.*//;q' "$1/build-version"
        return
    fi
    for header in torch/headeronly/version.h torch/csrc/api/include/torch/version.h; do
        if grep -q '^#define TORCH_VERSION_MAJOR' "$1/include/$header" 2>/dev/null; then
            sed -n 's/^#define TORCH_VERSION_\(MAJOR\|MINOR\|PATCH\) *\([0-9]*\).*/\2/p' "$1/include/$header" | paste -sd .
            return
        fi
    done
    echo unknown
}

# What is wrong with a folder meant as LIBTORCH; nothing when it can be used.
libtorch_problem() { # FOLDER
    local version lost file
    for file in lib/libtorch_cpu.so lib/libtorch.so lib/libc10.so include/torch/csrc/api/include/torch/torch.h; do
        [ -s "$1/$file" ] || {
            echo "it has no $file"
            return
        }
    done
    version=$(libtorch_version "$1")
    [ "$version" = "$TORCH" ] || {
        echo "its version is $version, tch needs $TORCH"
        return
    }
    lost=$(ldd "$1/lib/libtorch_cpu.so" 2>/dev/null | sed -n 's/^[[:space:]]*\(.*\) => not found.*/\1/p' | paste -sd ' ')
    [ -z "$lost" ] || echo "its libtorch_cpu.so does not find $lost"
}

# The LIBTORCH that an earlier set-up or a developer wrote down.
configured_libtorch() {
    [ -e "$CARGO_CONFIG" ] || return 0
    sed -n 's/^[[:space:]]*LIBTORCH[[:space:]]*=[[:space:]]*"\(.*\)"[[:space:]]*$/\1/p' "$CARGO_CONFIG"
}

python_torch() {
    python3 -c 'import importlib.util as u; s = u.find_spec("torch"); print(*(s.submodule_search_locations or []) if s else [])' 2>/dev/null || true
}

# Sets libtorch to a folder that is already there, or leaves it empty.
find_libtorch() {
    local problem folder
    if [ -n "${LIBTORCH:-}" ]; then
        problem=$(libtorch_problem "$LIBTORCH")
        [ -z "$problem" ] || fail "LIBTORCH=$LIBTORCH cannot be used: $problem (unset it to have libtorch $TORCH fetched)"
        # Cargo's build scripts run in folders of their own.
        libtorch=$(realpath -s "$LIBTORCH")
        return
    fi
    folder=$(configured_libtorch)
    if [ -n "$folder" ] && [ -z "$(libtorch_problem "$folder")" ]; then
        libtorch=$folder
        return
    fi
    if [ -e "$CACHED" ]; then
        problem=$(libtorch_problem "$CACHED")
        if [ -z "$problem" ]; then
            libtorch=$CACHED
            return
        fi
        say "$CACHED is put together again: $problem"
    fi
    folder=$(python_torch)
    if [ -n "$folder" ]; then
        problem=$(libtorch_problem "$folder")
        if [ -z "$problem" ]; then
            libtorch=$folder
            say "using the torch that Python has in $folder"
        else
            say "Python has a torch in $folder, but $problem"
        fi
    fi
}

# Takes the CPU half of libtorch out of the Python packages. The CPU library is linked against two CUDA libraries,
# which it needs to be loaded even where there is no GPU; libtorch.so, empty in the package but linked against the
# GPU half, becomes a linker script that names the CPU half.
assemble_libtorch() {
    [ "$(uname -sm)" = "Linux x86_64" ] ||
        fail "no libtorch is fetched for $(uname -sm): set LIBTORCH to a folder with libtorch $TORCH"
    mkdir -p "$CACHE"
    # An attempt that was killed outright could not clean up after itself.
    find "$CACHE" -maxdepth 1 -name 'libtorch-*.partial.*' -mmin +720 -exec rm -rf {} +
    partial=$(mktemp -d "$CACHED.partial.XXXXXX")
    trap 'rm -rf "$partial"' EXIT
    trap 'exit 130' INT TERM
    say "fetching libtorch $TORCH from the Python package torch, a download of about 530 MB, into $CACHED"
    mkdir "$partial/wheels" "$partial/tmp" "$partial/libtorch"
    # --python-version: only the C++ inside is wanted, so any Python that has pip can fetch it.
    TMPDIR=$partial/tmp python3 -m pip download --quiet --no-cache-dir --disable-pip-version-check --no-deps \
        --only-binary=:all: --python-version 3.11 --dest "$partial/wheels" "torch==$TORCH" "${CUDA_LIBRARIES[@]}" ||
        fail "pip could not fetch torch $TORCH (its reason is above)"
    python3 - "$partial/wheels" "$partial/libtorch" <<'PYTHON'
import fnmatch, pathlib, shutil, sys, zipfile

LIBRARIES = ["torch/lib/libtorch_cpu.so", "torch/lib/libc10.so", "torch/lib/libgomp*.so*",
             "nvidia/*/libcudart.so.13", "nvidia/*/libcupti.so.13"]
wheels, out = map(pathlib.Path, sys.argv[1:])
for wheel in wheels.glob("*.whl"):
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if name.startswith("torch/include/") and not name.endswith("/"):
                path = out / name.removeprefix("torch/")
            elif any(fnmatch.fnmatchcase(name, pattern) for pattern in LIBRARIES):
                path = out / "lib" / name.rsplit("/", 1)[1]
            else:
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(name) as source, open(path, "wb") as target:
                shutil.copyfileobj(source, target, 1 << 20)
PYTHON
    echo 'INPUT(-ltorch_cpu)' >"$partial/libtorch/lib/libtorch.so"
    echo "$TORCH" >"$partial/libtorch/build-version"
    local problem
    problem=$(libtorch_problem "$partial/libtorch")
    [ -z "$problem" ] || fail "the libtorch that was fetched cannot be used: $problem"
    # Another set-up may have finished meanwhile; its folder is as good as this one.
    if [ -e "$CACHED" ] && [ -n "$(libtorch_problem "$CACHED")" ]; then rm -rf "$CACHED"; fi
    [ -e "$CACHED" ] || mv -T "$partial/libtorch" "$CACHED"
    libtorch=$CACHED
}

# --- .cargo/config.toml -----------------------------------------------------------------------------------------

# Names libtorch for plain `cargo build`, and keeps whatever else a developer has in the file.
write_cargo_config() {
    [ "$(configured_libtorch)" != "$libtorch" ] || return 0
    case $libtorch in
    *[\"\\]* | *$'\n'*) fail "the path of libtorch has a quote or a backslash in it, which cannot be written down: $libtorch" ;;
    esac
    mkdir -p "$(dirname "$CARGO_CONFIG")"
    touch "$CARGO_CONFIG"
    if grep -Eq '^[[:space:]]*(\[env\.LIBTORCH|env\.|env[[:space:]]*=)' "$CARGO_CONFIG"; then
        fail "$CARGO_CONFIG sets env in a way this script does not edit: set LIBTORCH = \"$libtorch\" there by hand"
    fi
    # A path may hold what awk -v would take for an escape, so it travels in the environment.
    line="LIBTORCH = \"$libtorch\"" awk '
        /^[[:space:]]*LIBTORCH[[:space:]]*=/ { next }
        { print }
        /^[[:space:]]*\[env\][[:space:]]*(#.*)?$/ { print ENVIRON["line"]; done = 1 }
        END { if (!done) printf "[env]\n%s\n", ENVIRON["line"] }
    ' "$CARGO_CONFIG" >"$CARGO_CONFIG.partial"
    mv "$CARGO_CONFIG.partial" "$CARGO_CONFIG"
    say "wrote LIBTORCH into $CARGO_CONFIG, for plain cargo commands"
}

# ----------------------------------------------------------------------------------------------------------------

with_opencv=false
with_torch=false
with_test=false
[ $# -gt 0 ] || set -- opencv torch
for feature in "$@"; do
    case $feature in
    opencv) with_opencv=true ;;
    torch) with_torch=true ;;
    test) with_test=true ;;
    none) ;;
    *) fail "unknown feature '$feature': expected opencv, torch, none or test" ;;
    esac
done

libtorch=
check_cargo
! $with_torch || find_libtorch
find_missing_packages
install_missing_packages
ready="cargo $(cargo --version | cut -d ' ' -f 2)"
if $with_opencv; then
    check_opencv
    ready+=", OpenCV $(pkg-config --modversion opencv4)"
fi
if $with_test; then ready+=", $(chromedriver --version | cut -d ' ' -f 1,2)"; fi
if $with_torch; then
    [ -n "$libtorch" ] || assemble_libtorch
    write_cargo_config
    ready+=", libtorch $TORCH in $libtorch"
fi
say "ready: $ready"
