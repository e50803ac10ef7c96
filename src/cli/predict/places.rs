//! Where copies go in the folder of `--output`.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use ferrofuse::predict::{Input, picture_name, video_name};
use ferrofuse::{Error, Result};

/// Names in the folder that no other input of this run takes.
pub struct Places {
    folder: PathBuf,
    /// Those that inputs have whose copy keeps name and ending.
    promised: HashSet<PathBuf>,
    taken: HashSet<PathBuf>,
}

impl Places {
    /// Makes the folder.
    ///
    /// # Errors
    /// [`Error::Invalid`] where a copy would take the place of an input, [`Error::Io`] where the folder cannot be made.
    pub fn new(folder: &Path, inputs: &[Input]) -> Result<Self> {
        if folder.exists() && !folder.is_dir() {
            return Err(Error::invalid("--output", format!("{}, a file", folder.display()), "a folder, there or not"));
        }
        std::fs::create_dir_all(folder).map_err(|e| Error::io("make", folder, e))?;
        let places = inputs.iter().filter_map(Input::inside);
        let promised = places.filter(|inside| *inside == copy_of(inside)).map(|inside| folder.join(inside)).collect();
        refuse_to_replace(folder, inputs)?;
        Ok(Self { folder: folder.to_path_buf(), promised, taken: HashSet::new() })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the copy of a video goes; its tables have the same name but for the ending, and no other video has it.
    #[cfg_attr(not(feature = "opencv"), allow(dead_code))]
    pub fn video(&mut self, inside: &Path) -> PathBuf {
        let copy = copy_of(inside);
        let mut name = self.free(&copy.with_extension("")).into_os_string();
        name.push(".");
        name.push(copy.extension().unwrap_or_default());
        name.into()
    }

    /// Where the copy of a picture goes.
    pub fn copy(&mut self, inside: &Path) -> PathBuf {
        let wanted = self.folder.join(copy_of(inside));
        // `a.bmp` beside `a.png`: the second one keeps its name.
        match wanted != self.folder.join(inside) && self.promised.contains(&wanted) {
            true => self.free(&longer(inside)),
            false => self.free(&copy_of(inside)),
        }
    }

    /// This place, or one beside it with a number.
    pub fn free(&mut self, inside: &Path) -> PathBuf {
        let wanted = self.folder.join(inside);
        let (stem, ending) = (wanted.file_stem().unwrap_or_default(), wanted.extension());
        let numbered = |n: usize| {
            let mut name = stem.to_os_string();
            name.push(format!("-{n}"));
            if let Some(ending) = ending {
                name.push(".");
                name.push(ending);
            }
            wanted.with_file_name(name)
        };
        let place = std::iter::once(wanted.clone()).chain((2..).map(numbered)).find(|p| !self.taken.contains(p));
        let place = place.unwrap_or(wanted);
        self.taken.insert(place.clone());
        place
    }
}

/// The name of an input's copy.
fn copy_of(inside: &Path) -> PathBuf {
    if Input::is_video_name(inside) { video_name(inside) } else { picture_name(inside) }
}

/// The same with the whole name of the input in it.
fn longer(inside: &Path) -> PathBuf {
    let mut name = inside.file_name().unwrap_or_default().to_os_string();
    name.push(".");
    name.push(copy_of(inside).extension().unwrap_or_default());
    inside.with_file_name(name)
}

fn refuse_to_replace(folder: &Path, inputs: &[Input]) -> Result<()> {
    // By where they lie and by where links lead.
    let mut lie = HashSet::new();
    for path in inputs.iter().filter_map(Input::path) {
        lie.extend(path.canonicalize());
        lie.extend(real_place(path));
    }
    for input in inputs {
        let Some(place) = input.inside().map(|inside| folder.join(copy_of(inside))) else { continue };
        if [place.canonicalize().ok(), real_place(&place)].into_iter().flatten().any(|place| lie.contains(&place)) {
            let found =
                format!("{}, where the copy of {} would replace {}", folder.display(), input.name(), place.display());
            return Err(Error::invalid("--output", found, "a folder of its own"));
        }
    }
    Ok(())
}

/// A path whose folder is free of links; the file itself may be one.
fn real_place(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?;
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Some(folder.canonicalize().ok()?.join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &Path) -> Input {
        Input::File { path: path.to_path_buf(), inside: PathBuf::from(path.file_name().unwrap()) }
    }

    #[test]
    fn every_input_has_a_place_of_its_own_that_can_be_guessed() {
        let folder = tempfile::tempdir().unwrap();
        let inputs: Vec<Input> = ["/a/x.bmp", "/a/x.png", "/a/y.gif", "/b/x.png", "/c/v.jpg", "/c/x.PNG"]
            .map(|p| file(Path::new(p)))
            .to_vec();
        let mut places = Places::new(folder.path(), &inputs).unwrap();
        let films = ["z.mkv", "z.mp4", "z.mov"].map(|name| places.video(Path::new(name)));
        assert_eq!(films, ["z.avi", "z-2.mp4", "z-3.avi"].map(|name| folder.path().join(name)));
        let names: Vec<String> = inputs
            .iter()
            .map(|i| places.copy(i.inside().unwrap()).file_name().unwrap().to_string_lossy().into_owned())
            .collect();
        assert_eq!(names, ["x.bmp.png", "x.png", "y.png", "x-2.png", "v.jpg", "x.PNG.png"]);
    }

    #[test]
    fn no_copy_takes_the_place_of_an_input() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("a.png"), "x").unwrap();
        std::fs::write(at("b.gif"), "x").unwrap();
        std::os::unix::fs::symlink(at("a.png"), at("link.png")).unwrap();
        assert!(Places::new(folder.path(), &[file(&at("b.gif"))]).is_ok());
        for name in ["a.png", "link.png"] {
            let error = Places::new(folder.path(), &[file(&at(name))]).err().unwrap().to_string();
            assert!(error.contains("--output") && error.contains(name), "{error}");
        }
        assert!(Places::new(&at("seen"), &[file(&at("a.png"))]).is_ok());
        assert!(Places::new(&at("a.png"), &[]).err().unwrap().to_string().contains("a file"));
    }
}
