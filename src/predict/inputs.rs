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
    /// A file or folder that was named or lies in a folder that was, and cannot be looked at.
    Closed {
        /// Where it lies.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
}

impl Input {
    /// The name that is shown.
    pub fn name(&self) -> String {
        match self {
            Self::File { path, .. } | Self::Closed { path, .. } => path.display().to_string(),
            Self::Standard => "standard input".into(),
        }
    }

    /// Where it lies, if it is a file that may be looked at.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::File { path, .. } => Some(path),
            Self::Standard | Self::Closed { .. } => None,
        }
    }

    /// Where a copy of it goes below another folder.
    pub fn inside(&self) -> Option<&Path> {
        match self {
            Self::File { inside, .. } => Some(inside),
            Self::Standard => Some(Path::new("standard-input.png")),
            Self::Closed { .. } => None,
        }
    }

    /// Whether a file of this name is a video.
    pub fn is_video_name(path: &Path) -> bool {
        is_video(path)
    }

    /// The path of a video, told by its name.
    pub fn video(&self) -> Option<&Path> {
        match self {
            Self::File { path, .. } if is_video(path) => Some(path),
            _ => None,
        }
    }
}

/// What was named, file by file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inputs {
    /// All of it, in the order named.
    pub all: Vec<Input>,
    /// What lies in the folders and is no picture, in words, a sentence for each folder.
    pub left_out: Vec<String>,
}

/// The files behind what was named: files as they are, all pictures in folders and below (or all videos where there is no picture),
/// what patterns such as `faces/*.jpg` match, and `-` for standard input; in the order named, each folder's files by path. Hidden files
/// of a folder are left out, and so is the folder `output` that copies go to.
///
/// # Errors
/// [`Error::Missing`] where nothing named is there and for patterns that match nothing, [`Error::Malformed`] for a folder without
/// pictures and videos, [`Error::Invalid`] for a pattern that is none.
pub fn inputs(named: &[String], output: Option<&Path>) -> Result<Inputs> {
    let mut inputs = Inputs::default();
    let output = output.and_then(|path| path.canonicalize().ok());
    for name in named {
        let path = Path::new(name);
        if name == "-" {
            inputs.all.push(Input::Standard);
        } else if path.exists() {
            inputs.add(path, output.as_deref())?;
        } else if name.contains(['*', '?', '[']) {
            let wrong =
                |e: glob::PatternError| Error::invalid("pattern", format!("`{name}`: {e}"), "one like faces/*.jpg");
            let before = inputs.all.len();
            for found in glob::glob(name).map_err(wrong)? {
                match found {
                    Ok(found) => inputs.add(&found, output.as_deref())?,
                    Err(e) => inputs.close(e.path(), e.error()),
                }
            }
            if inputs.all.len() == before {
                return Err(Error::missing(path, "no file matches this pattern"));
            }
        } else {
            inputs.close(path, "it is not there");
        }
    }
    // One of several that is missing is a fault of that one.
    match inputs.all.iter().find(|input| !matches!(input, Input::Closed { .. })) {
        Some(_) => Ok(inputs),
        None => match inputs.all.into_iter().next() {
            Some(Input::Closed { path, .. }) if !path.exists() => {
                let hint = "name a picture, a video, a folder of pictures or a pattern such as faces/*.jpg";
                Err(Error::missing(path, hint))
            }
            Some(Input::Closed { path, why }) => {
                Err(Error::malformed(path, "", why, "a folder of pictures that may be read"))
            }
            _ => Ok(Inputs::default()),
        },
    }
}

impl Inputs {
    fn close(&mut self, path: &Path, why: impl ToString) {
        self.all.push(Input::Closed { path: path.to_path_buf(), why: why.to_string() });
    }

    fn add(&mut self, path: &Path, output: Option<&Path>) -> Result<()> {
        if !path.is_dir() {
            let inside = PathBuf::from(path.file_name().unwrap_or(path.as_os_str()));
            self.all.push(Input::File { path: path.to_path_buf(), inside });
            return Ok(());
        }
        let mut walk = Walk { output, ..Walk::default() };
        walk.go(path);
        let Walk { mut pictures, mut videos, other, closed, .. } = walk;
        let without_pictures = pictures.is_empty();
        if without_pictures && videos.is_empty() && closed.is_empty() {
            let expected = format!("pictures in it or below: {}", PICTURES.join(", "));
            return Err(Error::malformed(path, "", "a folder without pictures", expected));
        }
        let films = if without_pictures { 0 } else { videos.len() };
        let said: Vec<String> = [(films, "video", "videos"), (other, "file of another kind", "files of other kinds")]
            .into_iter()
            .filter(|(count, ..)| *count > 0)
            .map(|(count, one, many)| format!("{count} {}", if count == 1 { one } else { many }))
            .collect();
        if !said.is_empty() {
            self.left_out.push(format!("{}: left out {}", path.display(), said.join(" and ")));
        }
        let found = if without_pictures { &mut videos } else { &mut pictures };
        found.sort();
        self.all.extend(found.drain(..).map(|file| {
            let inside = file.strip_prefix(path).unwrap_or(&file).to_path_buf();
            Input::File { path: file, inside }
        }));
        self.all.extend(closed);
        Ok(())
    }
}

/// What lies in a folder and below.
#[derive(Default)]
struct Walk<'a> {
    /// The folder that is not gone into.
    output: Option<&'a Path>,
    pictures: Vec<PathBuf>,
    videos: Vec<PathBuf>,
    /// Files of other kinds.
    other: usize,
    closed: Vec<Input>,
}

impl Walk<'_> {
    fn go(&mut self, folder: &Path) {
        let close = |why: std::io::Error| Input::Closed { path: folder.to_path_buf(), why: why.to_string() };
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(e) => return self.closed.push(close(e)),
        };
        for entry in entries {
            let (path, kind) = match entry.and_then(|entry| Ok((entry.path(), entry.file_type()?))) {
                Ok(found) => found,
                Err(e) => return self.closed.push(close(e)),
            };
            // What other systems leave beside pictures, such as `._face.jpg`, is no picture.
            if path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b".")) {
                continue;
            }
            // A link to a folder could lead back to where it lies.
            if kind.is_dir() {
                let is_output = || self.output.is_some() && path.canonicalize().ok().as_deref() == self.output;
                if !is_output() {
                    self.go(&path);
                }
            } else if path.is_file() {
                match (is_picture(&path), is_video(&path)) {
                    (true, _) => self.pictures.push(path),
                    (_, true) => self.videos.push(path),
                    _ => self.other += 1,
                }
            }
        }
    }
}

fn is_video(path: &Path) -> bool {
    VIDEOS.contains(&extension(path).as_str())
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
        let named =
            ["-".into(), text(at("notes.txt")), text(folder.path().into()), text(at("*.p?g")), text(at("none.png"))];
        std::fs::write(at("film.mp4"), "x").unwrap();
        std::fs::write(at("below/._b.png"), "x").unwrap();
        let insides = |found: &Inputs| -> Vec<String> {
            let inside = |input: &Input| match input {
                Input::File { inside, .. } => inside.display().to_string(),
                Input::Standard => "-".into(),
                Input::Closed { why, .. } => why.clone(),
            };
            found.all.iter().map(inside).collect()
        };
        let found = inputs(&named, None).unwrap();
        let not_there = "it is not there";
        assert_eq!(insides(&found), ["-", "notes.txt", "a.JPG", "b.png", "below/deeper/c.webp", "b.png", not_there]);
        let [said] = &found.left_out[..] else { panic!("{:?}", found.left_out) };
        assert!(said.ends_with(": left out 1 video and 1 file of another kind"), "{said}");

        // Copies of an earlier run are no pictures of this one, and a folder of videos is one of videos.
        let found = inputs(&[text(folder.path().into())], Some(&at("below/deeper"))).unwrap();
        assert_eq!(insides(&found), ["a.JPG", "b.png"]);
        for name in ["a.JPG", "b.png", "below/deeper/c.webp"] {
            std::fs::remove_file(at(name)).unwrap();
        }
        assert_eq!(insides(&inputs(&[text(folder.path().into())], None).unwrap()), ["film.mp4"]);
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
            let error = inputs(&[name], None).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
