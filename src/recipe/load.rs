//! Finding, parsing and checking a recipe.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use super::builtin::BUILTIN;
use crate::artifact::{Fingerprint, Workspace};
use crate::error::{Error, Result};

/// The four kinds of recipe, named by the folder they lie in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `data/*.toml`
    Data,
    /// `features/*.toml`
    Feature,
    /// `models/*.toml`
    Model,
    /// `results/*.toml`
    Experiment,
}

impl Kind {
    /// The folder of this kind's recipes.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Feature => "features",
            Self::Model => "models",
            Self::Experiment => "results",
        }
    }

    /// What a recipe of this kind describes.
    fn subject(self) -> &'static str {
        match self {
            Self::Data => "dataset",
            Self::Feature => "feature",
            Self::Model => "model",
            Self::Experiment => "experiment",
        }
    }
}

/// A parsed recipe: `T` is what its TOML says.
#[derive(Clone, Debug)]
pub struct Recipe<T> {
    /// The file's name without `.toml`; products go into the folder of this name.
    pub name: String,
    /// The file, or `built-in NAME`.
    pub origin: String,
    /// The TOML text.
    pub text: String,
    /// What it says.
    pub value: T,
}

impl<T: serde::Serialize> Recipe<T> {
    /// Fingerprint of what the recipe says; comments and layout do not count.
    pub fn fingerprint(&self) -> String {
        let canonical = serde_json::to_vec(&self.value).unwrap_or_default();
        Fingerprint::new().with("recipe", canonical).finish()
    }
}

/// What every recipe can do: say what is wrong with it beyond its grammar.
pub trait Check {
    /// Checks ranges and combinations.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the key, what it holds and what it accepts.
    fn check(&self) -> Result<()>;
}

/// Loads the recipe `name` of this kind: the path of a `.toml` file, or a name in the workspace or built in.
///
/// # Errors
/// [`Error::Missing`] with the names there are, [`Error::Malformed`] with the line that does not parse,
/// or what [`Check::check`] found.
pub fn load<T: DeserializeOwned + Check>(workspace: &Workspace, kind: Kind, name: &str) -> Result<Recipe<T>> {
    let (name, origin, path, text) = locate(workspace, kind, name)?;
    let value: T = toml::from_str(&text).map_err(|e| {
        let place = e.span().map_or(String::new(), |span| {
            let line = text[..span.start.min(text.len())].matches('\n').count() + 1;
            format!("line {line}")
        });
        let found = e.message().trim().replace('\n', " ");
        Error::malformed(&path, place, found, format!("a {} recipe", kind.subject()))
    })?;
    value.check().map_err(|e| match e {
        Error::Invalid { what, found, expected } => Error::malformed(&path, what, found, expected),
        other => other,
    })?;
    Ok(Recipe { name, origin, text, value })
}

/// The names of all recipes of a kind: those in the workspace and the built-in ones, sorted.
pub fn available(workspace: &Workspace, kind: Kind) -> Vec<String> {
    let mut names: Vec<String> = BUILTIN.iter().filter(|b| b.kind == kind).map(|b| b.name.to_string()).collect();
    if let Ok(entries) = std::fs::read_dir(workspace.root().join(kind.folder())) {
        for path in entries.flatten().map(|e| e.path()) {
            if path.extension().is_some_and(|e| e == "toml") {
                names.extend(path.file_stem().map(|s| s.to_string_lossy().into_owned()));
            }
        }
    }
    names.sort();
    names.dedup();
    names
}

fn locate(workspace: &Workspace, kind: Kind, name: &str) -> Result<(String, String, PathBuf, String)> {
    let is_path = name.ends_with(".toml");
    let path = match is_path {
        true => {
            let given = Path::new(name);
            if given.exists() { given.to_path_buf() } else { workspace.root().join(name) }
        }
        false => workspace.root().join(kind.folder()).join(format!("{name}.toml")),
    };
    let stem = match is_path {
        true => path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
        false => name.to_string(),
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '+');
    if stem.is_empty() || !stem.chars().all(plain) || stem.starts_with('.') {
        return Err(Error::invalid("recipe name", format!("`{name}`"), "letters, digits, `-`, `_`, `.` and `+`"));
    }
    if path.exists() {
        let text = std::fs::read_to_string(&path).map_err(|e| Error::io("read", &path, e))?;
        return Ok((stem, path.display().to_string(), path, text));
    }
    // `results/fer2013-cnn.toml` also names the built-in recipe when no such file lies in the working folder.
    let folder_fits =
        !is_path || Path::new(name).parent().is_none_or(|p| p.as_os_str().is_empty() || p.ends_with(kind.folder()));
    match BUILTIN.iter().find(|b| folder_fits && b.kind == kind && b.name == stem) {
        Some(b) => Ok((
            stem,
            format!("built-in {}", b.name),
            PathBuf::from(format!("built-in {}/{}.toml", kind.folder(), b.name)),
            b.text.to_string(),
        )),
        None => Err(Error::missing(
            &path,
            format!("the {} recipes there are: {}", kind.subject(), available(workspace, kind).join(", ")),
        )),
    }
}
