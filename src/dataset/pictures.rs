//! Folders of pictures: `<class>/<picture>`, with or without a folder for the split anywhere above, and CK+48.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use ndarray::Array3;
use rayon::prelude::*;

use super::Split;
use super::ck_plus::subject_of;
use super::container::file_name;
use super::decode::{Decoded, Decoder};
use super::import::{ImportOptions, MOST_SKIPPED, Skipped};
use super::rows::Rows;
use super::tree::{self, Picture};
use crate::Progress;
use crate::error::{Error, Result};
use crate::expression::class_named;
use crate::faces::filter_name;
use crate::recipe::{DataFormat, DataRecipe, FaceRecipe};

/// What a picture's place says about it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Meaning {
    label: u8,
    split: Option<Split>,
    subject: Option<u32>,
}

/// Reads all pictures in the folder or archive `path`, in the order of their paths.
///
/// # Errors
/// [`Error::Malformed`] with the picture or folder that does not fit the layout or cannot be read.
pub(super) fn read(
    path: &Path,
    recipe: &DataRecipe,
    faces: Option<&FaceRecipe>,
    options: ImportOptions,
    progress: &dyn Progress,
) -> Result<Rows> {
    let decoder = Decoder::new(recipe, faces)?;
    let pictures = tree::list(path)?;
    if pictures.is_empty() {
        let expected =
            format!("<class>/<picture> in it (png, jpeg, bmp, ...) for the classes {}", recipe.classes.join(", "));
        return Err(Error::malformed(path, "", "no pictures", expected));
    }
    let (pictures, meanings, mut skipped) = understand(path, pictures, recipe, options)?;
    let splits = gather_splits(path, &pictures, &meanings)?;
    let decoded = decode(path, &pictures, (recipe.size, &decoder), options, progress)?;

    let pixels = recipe.size[0] * recipe.size[1];
    let (mut images, mut kept) = (decoded.pixels, Vec::with_capacity(pictures.len()));
    for (row, fault) in decoded.faults.into_iter().enumerate() {
        match fault {
            None => {
                images.copy_within(row * pixels..(row + 1) * pixels, kept.len() * pixels);
                kept.push(row);
            }
            Some(Fault::NoFace) => skipped.push(Skipped {
                place: pictures[row].path.clone(),
                found: "no face".into(),
                expected: "a face that the detector finds".into(),
            }),
            Some(Fault::Unreadable(found)) => skipped.push(unreadable(path, &pictures[row], found, options)?),
        }
    }
    if skipped.len() > MOST_SKIPPED {
        return Err(Skipped::too_many(path));
    }
    images.truncate(kept.len() * pixels);
    let images = Array3::from_shape_vec((kept.len(), recipe.size[0], recipe.size[1]), images)
        .map_err(|e| Error::backend("ndarray", "shape the pictures", e))?;
    let subjects: Option<Vec<u32>> = kept.iter().map(|&row| meanings[row].subject).collect();
    Ok(Rows {
        images,
        labels: kept.iter().map(|&row| meanings[row].label).collect(),
        splits: splits.map(|splits| kept.iter().map(|&row| splits[row]).collect()),
        subjects,
        skipped,
        source: format!("pictures in {}", file_name(path)),
        resize: match decoded.resized {
            0 => "none".to_string(),
            n => format!("{} ({n} of {} pictures)", filter_name(recipe.filter), kept.len()),
        },
    })
}

type Understood = (Vec<Picture>, Vec<Meaning>, Vec<Skipped>);

/// Class, split and subject of every picture; those without are an error, or left out.
fn understand(path: &Path, pictures: Vec<Picture>, recipe: &DataRecipe, options: ImportOptions) -> Result<Understood> {
    let (mut good, mut meanings, mut skipped) = (Vec::new(), Vec::new(), Vec::new());
    let mut strange: BTreeMap<String, usize> = BTreeMap::new();
    for picture in pictures {
        match meaning(&picture, recipe) {
            Ok(found) => {
                good.push(picture);
                meanings.push(found);
            }
            Err(Strange::Folder(folder)) => *strange.entry(folder).or_default() += 1,
            Err(Strange::Name(found, expected)) => {
                skipped.push(Skipped::or_error(path, picture.path, found, expected.to_string(), options)?);
            }
        }
    }
    for (folder, n) in strange {
        let found = match folder.as_str() {
            "" => format!("{n} pictures outside any folder"),
            _ => format!("{n} pictures in a folder of no class"),
        };
        let expected = format!("<class>/<picture> with the classes {}", recipe.classes.join(", "));
        let place = if folder.is_empty() { String::new() } else { format!("folder {folder}") };
        skipped.push(Skipped::or_error(path, place, found, expected, options)?);
    }
    Ok((good, meanings, skipped))
}

/// Why a picture has no meaning.
#[derive(Debug, PartialEq)]
enum Strange {
    /// The folder it lies in is no class.
    Folder(String),
    /// Its name is not what the format asks for: found, expected.
    Name(String, &'static str),
}

fn meaning(picture: &Picture, recipe: &DataRecipe) -> Result<Meaning, Strange> {
    let parts = picture.parts();
    let [above @ .., class, name] = parts.as_slice() else { return Err(Strange::Folder(String::new())) };
    let label = label_of(class, &recipe.classes).ok_or_else(|| Strange::Folder(parts[..parts.len() - 1].join("/")))?;
    let subject = match recipe.format {
        DataFormat::CkPlus => Some(subject_of(name).ok_or_else(|| {
            Strange::Name(format!("`{name}`"), "S<subject>_<sequence>_<frame>, such as S010_004_00000017.png")
        })?),
        _ => None,
    };
    Ok(Meaning { label, split: split_of(above, name), subject })
}

/// The class that a folder's name stands for: the recipe's name in any case, or another spelling of the expression.
fn label_of(folder: &str, classes: &[String]) -> Option<u8> {
    class_named(folder, classes).and_then(|class| u8::try_from(class).ok())
}

/// FER2013's own word before the first `_` of the name, otherwise the innermost folder that names a split.
///
/// The common copy of FER2013 keeps PublicTest and PrivateTest in one folder `test`, so that the name must win.
fn split_of(above: &[&str], name: &str) -> Option<Split> {
    let usage = name.split_once('_').map(|(usage, _)| usage.to_ascii_lowercase());
    match usage.as_deref() {
        Some("training") => Some(Split::Train),
        Some("publictest") => Some(Split::Validation),
        Some("privatetest") => Some(Split::Test),
        _ => above.iter().rev().find_map(|folder| folder.parse().ok()),
    }
}

fn gather_splits(path: &Path, pictures: &[Picture], meanings: &[Meaning]) -> Result<Option<Vec<Split>>> {
    let splits: Vec<Split> = meanings.iter().filter_map(|m| m.split).collect();
    if splits.is_empty() || splits.len() == meanings.len() {
        return Ok((!splits.is_empty()).then_some(splits));
    }
    let first = meanings.iter().position(|m| m.split.is_none()).unwrap_or_default();
    let expected = "a folder train, val or test above it, as other pictures have";
    Err(Error::malformed(path, &pictures[first].path, "a picture without a split", expected))
}

/// Why a picture is no row.
#[derive(Clone)]
enum Fault {
    Unreadable(String),
    NoFace,
}

struct AllDecoded {
    pixels: Vec<u8>,
    faults: Vec<Option<Fault>>,
    resized: usize,
}

fn decode(
    path: &Path,
    pictures: &[Picture],
    (size, decoder): ([usize; 2], &Decoder),
    options: ImportOptions,
    progress: &dyn Progress,
) -> Result<AllDecoded> {
    let mut pixels = vec![0; pictures.len() * size[0] * size[1]];
    let resized = AtomicUsize::new(0);
    progress.start("reading pictures", pictures.len() as u64, "pictures");
    let faults: Result<Vec<Option<Fault>>> = pixels
        .par_chunks_exact_mut(size[0] * size[1])
        .zip(pictures)
        .map(|(out, picture)| {
            if progress.stop_requested() {
                return Err(Error::Interrupted { kept: "nothing was imported; a former import is as it was".into() });
            }
            let outcome = picture.bytes().map_err(|e| e.to_string());
            let outcome = outcome.and_then(|bytes| decoder.decode(&bytes, out));
            progress.advance(1);
            match outcome {
                Ok(Decoded::NoFace) => Ok(Some(Fault::NoFace)),
                Ok(was) => {
                    resized.fetch_add(usize::from(was == Decoded::Resized), Ordering::Relaxed);
                    Ok(None)
                }
                Err(found) => Ok(Some(Fault::Unreadable(found))),
            }
        })
        .collect();
    progress.finish("");
    let faults = faults?;
    // The first in order, whichever thread met one first.
    let unread = faults.iter().zip(pictures).find_map(|(fault, picture)| match fault {
        Some(Fault::Unreadable(found)) => Some((picture, found.clone())),
        _ => None,
    });
    if let (false, Some((picture, found))) = (options.skip_bad_rows, unread) {
        unreadable(path, picture, found, options)?;
    }
    Ok(AllDecoded { pixels, faults, resized: resized.into_inner() })
}

fn unreadable(path: &Path, picture: &Picture, found: String, options: ImportOptions) -> Result<Skipped> {
    let expected = "a picture that can be read (png, jpeg, bmp, gif, pnm, tiff, webp)".to_string();
    Skipped::or_error(path, picture.path.clone(), found, expected, options)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_classes_in_any_spelling() {
        let classes = ["angry".to_string(), "Happiness".to_string(), "bored".to_string()];
        for (folder, label) in
            [("Anger", Some(0)), ("happy", Some(1)), ("BORED", Some(2)), ("fear", None), ("train", None)]
        {
            assert_eq!(label_of(folder, &classes), label, "{folder}");
        }
    }

    #[test]
    fn the_usage_in_a_name_wins_over_the_folder() {
        assert_eq!(split_of(&["fer2013", "test"], "PublicTest_12.jpg"), Some(Split::Validation));
        assert_eq!(split_of(&["fer2013", "test"], "PrivateTest_12.jpg"), Some(Split::Test));
        assert_eq!(split_of(&["train"], "test_12.jpg"), Some(Split::Train));
        assert_eq!(split_of(&["test", "val"], "12.jpg"), Some(Split::Validation));
        assert_eq!(split_of(&["faces"], "12.jpg"), None);
    }
}
