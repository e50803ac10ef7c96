//! Lists the pictures of a folder, or of a .zip, .tar or .tar.gz with the same layout inside.

use std::fs::File;
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};

use super::container::{Container, damaged, read_head};
use crate::error::{Error, Result};

/// Endings of the file formats that are read, in lower case.
const ENDINGS: [&str; 12] = ["png", "jpg", "jpeg", "bmp", "gif", "pgm", "ppm", "pnm", "pbm", "tif", "tiff", "webp"];

/// Folders deeper than this are not followed; a link that leads back up would never end.
const DEEPEST: usize = 12;

/// Pictures inside an archive are held in memory, still encoded, up to this many bytes.
const MOST_BYTES: u64 = 2 << 30;

/// A picture that was found, not yet read.
#[derive(Debug)]
pub(super) struct Picture {
    /// Where it lies inside the source, with `/` between the parts.
    pub(super) path: String,
    content: Content,
}

#[derive(Debug)]
enum Content {
    File(PathBuf),
    Bytes(Vec<u8>),
}

impl Picture {
    /// The encoded bytes.
    pub(super) fn bytes(&self) -> std::io::Result<std::borrow::Cow<'_, [u8]>> {
        match &self.content {
            Content::File(path) => std::fs::read(path).map(Into::into),
            Content::Bytes(bytes) => Ok(bytes.as_slice().into()),
        }
    }

    /// The parts of the path: folders from the outside in, then the file's name.
    pub(super) fn parts(&self) -> Vec<&str> {
        self.path.split('/').filter(|p| !p.is_empty() && *p != ".").collect()
    }
}

/// All pictures in `path`, sorted by their path inside it. Hidden files and files of other kinds do not count.
///
/// # Errors
/// [`Error::Malformed`] when `path` is neither a folder nor an archive, or the archive is damaged.
pub(super) fn list(path: &Path) -> Result<Vec<Picture>> {
    let mut pictures = match path.is_dir() {
        true => {
            let mut found = Vec::new();
            walk(path, "", 0, &mut found)?;
            found
        }
        false => unpack(path)?,
    };
    pictures.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(pictures)
}

fn is_picture(name: &str) -> bool {
    let hidden = name.split('/').any(|part| part.starts_with('.') && part != "." || part == "__MACOSX");
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    !hidden && ending.is_some_and(|e| ENDINGS.contains(&e.as_str()))
}

fn walk(folder: &Path, inside: &str, depth: usize, found: &mut Vec<Picture>) -> Result<()> {
    if depth > DEEPEST {
        let expected = format!("at most {DEEPEST} folders inside one another");
        return Err(Error::malformed(folder, "", "deeper folders", expected));
    }
    for entry in std::fs::read_dir(folder).map_err(|e| Error::io("read", folder, e))? {
        let entry = entry.map_err(|e| Error::io("read", folder, e))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = match inside {
            "" => name.clone(),
            _ => format!("{inside}/{name}"),
        };
        if name.starts_with('.') {
            continue;
        }
        // Follows links, unlike the entry's own file type.
        if entry.path().is_dir() {
            walk(&entry.path(), &path, depth + 1, found)?;
        } else if is_picture(&name) {
            found.push(Picture { path, content: Content::File(entry.path()) });
        }
    }
    Ok(())
}

fn unpack(path: &Path) -> Result<Vec<Picture>> {
    let open = || File::open(path).map_err(|e| Error::io("read", path, e));
    let mut file = open()?;
    let kind = Container::of(&read_head(&mut file).map_err(|e| damaged(path, e))?);
    file.rewind().map_err(|e| Error::io("read", path, e))?;
    let buffered = std::io::BufReader::with_capacity(1 << 18, file);
    match kind {
        Container::Zip => unpack_zip(path, buffered),
        Container::Tar => unpack_tar(path, buffered),
        Container::Gzip => unpack_tar(path, flate2::bufread::MultiGzDecoder::new(buffered)),
        Container::Plain => {
            let found = if path.metadata().is_ok_and(|m| m.len() == 0) { "an empty file" } else { "some other file" };
            Err(Error::malformed(path, "", found, "a folder of pictures, or a .zip, .tar or .tar.gz of one"))
        }
    }
}

fn unpack_tar(path: &Path, reader: impl Read) -> Result<Vec<Picture>> {
    let mut archive = tar::Archive::new(Watched { reader, ended: false });
    let (mut found, mut room) = (Vec::new(), MOST_BYTES);
    for entry in archive.entries().map_err(|e| damaged(path, e))? {
        let mut entry = entry.map_err(|e| damaged(path, e))?;
        let name = entry.path().map_err(|e| damaged(path, e))?.to_string_lossy().replace('\\', "/");
        if entry.header().entry_type().is_file() && is_picture(&name) {
            let claimed = entry.size();
            let bytes = take(path, &mut entry, &mut room)?;
            if (bytes.len() as u64) < claimed {
                let end = std::io::Error::new(std::io::ErrorKind::UnexpectedEof, format!("it ends inside {name}"));
                return Err(damaged(path, end));
            }
            found.push(Picture { path: name, content: Content::Bytes(bytes) });
        }
    }
    let mut rest = archive.into_inner();
    // Blocks of zeros close an archive; one that ends between two members was cut there.
    if rest.ended {
        let end = std::io::Error::new(std::io::ErrorKind::UnexpectedEof, "the archive has no end mark");
        return Err(damaged(path, end));
    }
    // The checksum of a .tar.gz stands at the very end.
    std::io::copy(&mut rest, &mut std::io::sink()).map_err(|e| damaged(path, e))?;
    Ok(found)
}

/// A reader that knows whether its end was met.
struct Watched<R> {
    reader: R,
    ended: bool,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.reader.read(buffer)?;
        self.ended |= n == 0 && !buffer.is_empty();
        Ok(n)
    }
}

fn unpack_zip(path: &Path, reader: impl Read + Seek) -> Result<Vec<Picture>> {
    let broken = |e: zip::result::ZipError| {
        Error::malformed(path, "", e.to_string(), "a complete zip archive, without a password: fetch it again")
    };
    let mut archive = zip::ZipArchive::new(reader).map_err(broken)?;
    let (mut found, mut room) = (Vec::new(), MOST_BYTES);
    for index in 0..archive.len() {
        let mut member = archive.by_index(index).map_err(broken)?;
        let name = member.name().replace('\\', "/");
        if member.is_file() && is_picture(&name) {
            let bytes = take(path, &mut member, &mut room)?;
            found.push(Picture { path: name, content: Content::Bytes(bytes) });
        }
    }
    Ok(found)
}

fn take(path: &Path, reader: &mut impl Read, room: &mut u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(*room + 1).read_to_end(&mut bytes).map_err(|e| damaged(path, e))?;
    match room.checked_sub(bytes.len() as u64) {
        Some(left) => {
            *room = left;
            Ok(bytes)
        }
        None => {
            let found = format!("more than {} GiB of pictures inside", MOST_BYTES >> 30);
            Err(Error::malformed(path, "", found, "less; unpack the archive and import the folder"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_told_by_their_endings_and_hidden_ones_left_out() {
        for (name, expected) in [
            ("a/b.PNG", true),
            ("b.jpeg", true),
            ("./x/b.png", true),
            ("a/notes.txt", false),
            ("__MACOSX/a/b.png", false),
            ("a/._b.png", false),
            (".trash/b.png", false),
            ("png", false),
        ] {
            assert_eq!(is_picture(name), expected, "{name}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_leads_back_up_ends() {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(folder.path(), folder.path().join("again")).unwrap();
        assert!(list(folder.path()).unwrap_err().to_string().contains("deeper"));
    }
}
