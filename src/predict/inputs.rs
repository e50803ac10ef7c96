//! What a user names on the command line, as single files.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Names of picture files that are looked for in folders.
const PICTURES: [&str; 13] =
    ["png", "jpg", "jpeg", "jpe", "bmp", "gif", "pnm", "pbm", "pgm", "ppm", "tif", "tiff", "webp"];

/// Names of video files.
const VIDEOS: [&str; 9] = ["mp4", "m4v", "avi", "mov", "mkv", "webm", "mpg", "mpeg", "wmv"];

/// One thing to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A file.
    File {
        /// Where it lies.
        path: PathBuf,
        /// Its place below the folder that was named, or its name: where a copy of it goes in another folder.
        inside: PathBuf,
    },
    /// A picture on standard input.
    Standard,
}

impl Input {
    /// The name that is shown.
    pub fn name(&self) -> String {
        match self {
            Self::File { path, .. } => path.display().to_string(),
            Self::Standard => "standard input".into(),
        }
    }

    /// The path of a video, told by its name.
    pub fn video(&self) -> Option<&Path> {
        match self {
            Self::File { path, .. } if VIDEOS.contains(&extension(path).as_str()) => Some(path),
            _ => None,
        }
    }
}

/// The files behind what was named: files as they are, all pictures in folders and below, what patterns such as
/// `faces/*.jpg` match, and `-` for standard input; in the order named, each folder's files by path.
///
/// # Errors
/// [`Error::Missing`] for what is not there and patterns that match nothing, [`Error::Malformed`] for a folder without
/// pictures, [`Error::Invalid`] for a pattern that is none, [`Error::Io`] with the folder that cannot be read.
pub fn inputs(named: &[String]) -> Result<Vec<Input>> {
    let mut all = Vec::new();
    for name in named {
        let path = Path::new(name);
        if name == "-" {
            all.push(Input::Standard);
        } else if path.exists() {
            add(path, &mut all)?;
        } else if name.contains(['*', '?', '[']) {
            let wrong =
                |e: glob::PatternError| Error::invalid("pattern", format!("`{name}`: {e}"), "one like faces/*.jpg");
            let before = all.len();
            for found in glob::glob(name).map_err(wrong)? {
                let found = found.map_err(|e| {
                    let path = e.path().to_path_buf();
                    Error::io("read", path, e.into())
                })?;
                add(&found, &mut all)?;
            }
            if all.len() == before {
                return Err(Error::missing(path, "no file matches this pattern"));
            }
        } else {
            return Err(Error::missing(
                path,
                "name a picture, a video, a folder of pictures or a pattern such as faces/*.jpg",
            ));
        }
    }
    Ok(all)
}

fn add(path: &Path, all: &mut Vec<Input>) -> Result<()> {
    if !path.is_dir() {
        let inside = PathBuf::from(path.file_name().unwrap_or(path.as_os_str()));
        all.push(Input::File { path: path.to_path_buf(), inside });
        return Ok(());
    }
    let mut found = Vec::new();
    walk(path, &mut found)?;
    if found.is_empty() {
        let expected = format!("pictures in it or below: {}", PICTURES.join(", "));
        return Err(Error::malformed(path, "", "a folder without pictures", expected));
    }
    found.sort();
    all.extend(found.into_iter().map(|file| {
        let inside = file.strip_prefix(path).unwrap_or(&file).to_path_buf();
        Input::File { path: file, inside }
    }));
    Ok(())
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder).map_err(|e| Error::io("read", folder, e))? {
        let entry = entry.map_err(|e| Error::io("read", folder, e))?;
        let (path, kind) = (entry.path(), entry.file_type().map_err(|e| Error::io("read", entry.path(), e))?);
        // A link to a folder could lead back to where it lies.
        if kind.is_dir() {
            walk(&path, found)?;
        } else if path.is_file() && is_picture(&path) {
            found.push(path);
        }
    }
    Ok(())
}

fn is_picture(path: &Path) -> bool {
    PICTURES.contains(&extension(path).as_str())
}

fn extension(path: &Path) -> String {
    path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_walked_patterns_matched_and_order_kept() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir_all(at("below/deeper")).unwrap();
        for name in ["b.png", "a.JPG", "notes.txt", "below/deeper/c.webp"] {
            std::fs::write(at(name), "x").unwrap();
        }
        let text = |path: PathBuf| path.to_str().unwrap().to_string();
        let all = inputs(&["-".into(), text(at("notes.txt")), text(folder.path().into()), text(at("*.p?g"))]).unwrap();
        let insides: Vec<String> = all
            .iter()
            .map(|input| match input {
                Input::File { inside, .. } => inside.display().to_string(),
                Input::Standard => "-".into(),
            })
            .collect();
        assert_eq!(insides, ["-", "notes.txt", "a.JPG", "b.png", "below/deeper/c.webp", "b.png"]);
    }

    #[test]
    fn what_is_not_there_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path().to_str().unwrap().to_string();
        for (name, said) in [
            (format!("{here}/none.png"), "none.png"),
            (format!("{here}/*.png"), "no file matches"),
            (here, "without pictures"),
        ] {
            let error = inputs(&[name]).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
