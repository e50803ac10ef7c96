//! Finds the text of a dataset in a plain file, .gz, .tar, .tar.gz or .zip, told apart by their first bytes.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::Progress;
use crate::error::{Error, Result};

/// What a file is, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Container {
    Plain,
    Gzip,
    Tar,
    Zip,
}

impl Container {
    /// `head` is the beginning of the file, 512 bytes or all there are.
    pub(super) fn of(head: &[u8]) -> Self {
        if head.starts_with(&[0x1f, 0x8b]) {
            Self::Gzip
        } else if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
            Self::Zip
        } else if head.get(257..262) == Some(b"ustar") {
            Self::Tar
        } else {
            Self::Plain
        }
    }
}

/// Calls `take` with the text of the CSV file at `path` and its name for readers (`fer2013.csv in fer2013.zip`).
///
/// Inside an archive the file named by `names` is taken, the first name first, in whatever folder it lies; when
/// there is none, the only `.csv` file. The text is streamed, never held as a whole.
///
/// # Errors
/// [`Error::Malformed`] when the archive is damaged, cut short or holds no such file, or what `take` returned.
pub(super) fn read_text<T>(
    path: &Path,
    names: &[&str],
    progress: &dyn Progress,
    take: impl FnOnce(&mut dyn Read, &str) -> Result<T>,
) -> Result<T> {
    let shown = file_name(path);
    let mut file = File::open(path).map_err(|e| Error::io("read", path, e))?;
    let kind = Container::of(&read_head(&mut file).map_err(|e| damaged(path, e))?);
    file.rewind().map_err(|e| Error::io("read", path, e))?;
    let counted = Counted { file, bytes: 0, progress };
    match kind {
        Container::Plain => take(&mut { counted }, &shown),
        Container::Zip => take_from_zip(path, names, counted, take),
        Container::Tar => {
            let wanted = choose_in_tar(path, names, File::open(path).map_err(|e| Error::io("read", path, e))?)?;
            take_from_tar(path, &wanted, counted, take)
        }
        Container::Gzip => {
            let head = read_head(&mut unzipped(path)?).map_err(|e| damaged(path, e))?;
            let mut text = flate2::bufread::MultiGzDecoder::new(std::io::BufReader::with_capacity(1 << 18, counted));
            if Container::of(&head) != Container::Tar {
                return take(&mut text, &shown);
            }
            let wanted = choose_in_tar(path, names, unzipped(path)?)?;
            let taken = take_from_tar(path, &wanted, &mut text, take)?;
            // The checksum stands at the very end.
            std::io::copy(&mut text, &mut std::io::sink()).map_err(|e| damaged(path, e))?;
            Ok(taken)
        }
    }
}

/// The error for content that cannot be unpacked.
pub(super) fn damaged(path: &Path, error: std::io::Error) -> Error {
    match error.raw_os_error() {
        Some(_) => Error::io("read", path, error),
        None => {
            let expected = "a complete, undamaged file; it is cut short or broken: fetch it again";
            Error::malformed(path, "", error.to_string(), expected)
        }
    }
}

fn unzipped(path: &Path) -> Result<impl Read> {
    let file = File::open(path).map_err(|e| Error::io("read", path, e))?;
    Ok(flate2::bufread::MultiGzDecoder::new(std::io::BufReader::with_capacity(1 << 18, file)))
}

/// The first 512 bytes, fewer where the file is shorter.
pub(super) fn read_head(reader: &mut impl Read) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(512);
    reader.take(512).read_to_end(&mut head)?;
    Ok(head)
}

/// The member to take: an exact name ends the search, otherwise the only `.csv`.
fn choose_in_tar(path: &Path, names: &[&str], reader: impl Read) -> Result<PathBuf> {
    let mut archive = tar::Archive::new(reader);
    let mut found = Vec::new();
    for entry in archive.entries().map_err(|e| damaged(path, e))? {
        let entry = entry.map_err(|e| damaged(path, e))?;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let member = entry.path().map_err(|e| damaged(path, e))?.into_owned();
        // Without this an archive that begins with the wanted file would be unpacked twice.
        if file_name(&member).eq_ignore_ascii_case(names.first().unwrap_or(&"")) {
            return Ok(member);
        }
        found.push(member);
    }
    choose(path, names, found)
}

fn choose(path: &Path, names: &[&str], members: Vec<PathBuf>) -> Result<PathBuf> {
    for name in names {
        if let Some(member) = members.iter().find(|m| file_name(m).eq_ignore_ascii_case(name)) {
            return Ok(member.clone());
        }
    }
    let is_csv =
        |m: &PathBuf| m.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv")) && !file_name(m).starts_with('.');
    let csv: Vec<PathBuf> = members.into_iter().filter(is_csv).collect();
    match csv.as_slice() {
        [only] => Ok(only.clone()),
        _ => {
            let shown: Vec<String> = csv.iter().take(5).map(|m| m.display().to_string()).collect();
            let found = if csv.is_empty() { "no .csv file inside".to_string() } else { shown.join(", ") };
            Err(Error::malformed(path, "", found, format!("{} inside the archive", names.join(" or "))))
        }
    }
}

fn take_from_tar<T>(
    path: &Path,
    wanted: &Path,
    reader: impl Read,
    take: impl FnOnce(&mut dyn Read, &str) -> Result<T>,
) -> Result<T> {
    let mut archive = tar::Archive::new(reader);
    for entry in archive.entries().map_err(|e| damaged(path, e))? {
        let entry = entry.map_err(|e| damaged(path, e))?;
        if entry.path().map_err(|e| damaged(path, e))? == wanted {
            let name = format!("{} in {}", wanted.display(), file_name(path));
            let mut whole = Whole { left: entry.size(), reader: entry };
            return take(&mut whole, &name);
        }
    }
    Err(Error::malformed(path, "", "a changed archive", wanted.display().to_string()))
}

fn take_from_zip<T>(
    path: &Path,
    names: &[&str],
    reader: impl Read + Seek,
    take: impl FnOnce(&mut dyn Read, &str) -> Result<T>,
) -> Result<T> {
    let broken = |e: zip::result::ZipError| match e {
        zip::result::ZipError::Io(e) => damaged(path, e),
        other => Error::malformed(path, "", other.to_string(), "a complete zip archive: fetch it again"),
    };
    let mut archive = zip::ZipArchive::new(std::io::BufReader::with_capacity(1 << 18, reader)).map_err(broken)?;
    let members = archive.file_names().map(PathBuf::from).collect();
    let wanted = choose(path, names, members)?;
    let index = archive.file_names().position(|n| Path::new(n) == wanted).unwrap_or_default();
    let mut member = archive.by_index(index).map_err(broken)?;
    let name = format!("{} in {}", wanted.display(), file_name(path));
    take(&mut member, &name)
}

/// The last part of a path, for readers.
pub(super) fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into_owned())
}

/// A member of a tar archive that tells a cut archive from the member's end.
struct Whole<R> {
    reader: R,
    left: u64,
}

impl<R: Read> Read for Whole<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.reader.read(buffer)?;
        self.left = self.left.saturating_sub(n as u64);
        if n == 0 && self.left > 0 && !buffer.is_empty() {
            return Err(std::io::Error::new(std::io::ErrorKind::UnexpectedEof, "the archive ends inside the file"));
        }
        Ok(n)
    }
}

/// A file that reports how much of it was read, in whole megabytes.
struct Counted<'a> {
    file: File,
    bytes: u64,
    progress: &'a dyn Progress,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.file.read(buffer)?;
        let before = self.bytes / 1_000_000;
        self.bytes += n as u64;
        if self.bytes / 1_000_000 > before {
            self.progress.advance(self.bytes / 1_000_000 - before);
        }
        Ok(n)
    }
}

impl Seek for Counted<'_> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.file.seek(to)
    }
}
