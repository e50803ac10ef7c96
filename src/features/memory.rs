//! The memory budget: amounts as people write them, and what is done with them.

use super::codebook::bytes_for_assignment;
use super::descriptors::DESCRIPTOR_LENGTH;
use super::extract::CHUNK;
use crate::cost::show_memory;
use crate::error::{Error, Result};
use crate::recipe::FeatureRecipe;

const UNITS: [(&str, u64); 9] = [
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("kb", 1_000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("k", 1 << 10),
    ("m", 1 << 20),
    ("g", 1 << 30),
];

/// Reads `2GiB`, `512 MiB`, `1.5g`, `800MB` or a plain number of bytes.
///
/// # Errors
/// [`Error::Invalid`] with the text.
pub fn parse_memory(text: &str) -> Result<u64> {
    let fail = || Error::invalid("memory", format!("`{text}`"), "an amount such as 2GiB, 512MiB or 800MB");
    let lower = text.trim().to_ascii_lowercase();
    let (number, unit) = match UNITS.iter().find_map(|(name, unit)| Some((lower.strip_suffix(name)?, *unit))) {
        Some(split) => split,
        None => (lower.strip_suffix('b').unwrap_or(&lower), 1),
    };
    let number: f64 = number.trim().parse().map_err(|_| fail())?;
    let bytes = number * unit as f64;
    if !(1.0..1e18).contains(&bytes) {
        return Err(fail());
    }
    Ok(bytes as u64)
}

/// Bytes for a sampled descriptor: its numbers and its place in the picture; its word now and before, its distance, its
/// place among the members.
const BYTES_IN_SAMPLE: u64 = DESCRIPTOR_LENGTH as u64 + 8 + 16;
/// SIFT keypoints of a picture, where no better figure is known before it is looked at.
const KEYPOINTS: usize = 100;

/// The training descriptors that a vocabulary is fitted on.
#[derive(Debug, PartialEq)]
pub(super) struct Draw {
    /// As many as these at the most; 0 for all that fit the memory.
    pub(super) sample: usize,
    /// Seed of the draw.
    pub(super) seed: u64,
    /// Words or Gaussians: there must be as many descriptors.
    pub(super) parts: usize,
}

impl Draw {
    /// `None` for a recipe without a vocabulary.
    pub(super) fn new(recipe: &FeatureRecipe) -> Option<Self> {
        let codebook = recipe.codebook.as_ref().map(|c| Self { sample: c.sample, seed: c.seed, parts: c.words });
        let mixture = recipe.mixture.as_ref();
        codebook.or(mixture.map(|m| Self { sample: m.sample, seed: m.seed, parts: m.components }))
    }
}

/// How a memory budget is shared out.
#[derive(Debug, PartialEq)]
pub(super) struct Plan {
    /// The whole of it, in bytes.
    pub(super) budget: u64,
    /// Training descriptors to fit the vocabulary on, at the most.
    pub(super) sample: usize,
    /// Bytes of descriptors to keep for encoding.
    pub(super) cache: u64,
}

impl Plan {
    /// `per_picture` is the number of descriptors of each picture, where it is fixed.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the amount that is needed when the budget is too small.
    pub(super) fn new(
        recipe: &FeatureRecipe,
        draw: &Draw,
        per_picture: Option<usize>,
        train_rows: usize,
        budget: u64,
    ) -> Result<Self> {
        let per_picture = per_picture.map(|points| points * recipe.views());
        let most = per_picture.map_or(u64::MAX, |points| (points * train_rows) as u64);
        // Projected descriptors lie beside the given ones, both as f32.
        let floats = if recipe.transforms() { 2 * (DESCRIPTOR_LENGTH + 2) * size_of::<f32>() } else { 0 } as u64;
        let in_sample = BYTES_IN_SAMPLE + floats;
        // Centres, their transpose, the next ones, and the candidates for the first ones.
        let codebooks = 11 * draw.parts as u64 * (DESCRIPTOR_LENGTH * size_of::<f32>()) as u64;
        let per_chunk = CHUNK * per_picture.unwrap_or(KEYPOINTS);
        let chunk = (2 * per_chunk * DESCRIPTOR_LENGTH) as u64;
        let threads = rayon::current_num_threads();
        let per_thread = (2 * per_picture.unwrap_or(KEYPOINTS)) as u64 * floats;
        let working =
            codebooks + chunk + threads as u64 * per_thread + bytes_for_assignment(threads, DESCRIPTOR_LENGTH);
        let asked = match draw.sample {
            0 => draw.parts as u64,
            sample => (sample as u64).min(most).max(draw.parts as u64),
        };
        let needed = working + asked * in_sample;
        if budget < needed {
            let what = if recipe.mixture.is_some() { "Gaussians" } else { "words" };
            let expected = match draw.sample {
                0 => format!("at least {} for {} {what}", show_memory(needed), draw.parts),
                _ => format!("at least {} for {} {what} and sample = {asked}", show_memory(needed), draw.parts),
            };
            return Err(Error::invalid("memory budget", show_memory(budget), expected));
        }
        let left = budget - working;
        let sample = match draw.sample {
            // Half for the sample, half for the descriptors of all rows.
            0 => (left / 2 / in_sample).max(asked).min(most),
            _ => asked,
        };
        Ok(Self { budget, sample: sample as usize, cache: left - sample * in_sample })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_and_shown() {
        for (text, bytes) in [("2GiB", 2 << 30), ("512 MiB", 512 << 20), ("1.5g", 3 << 29), ("800MB", 800_000_000)] {
            assert_eq!(parse_memory(text).unwrap(), bytes, "{text}");
        }
        assert_eq!(parse_memory("4096").unwrap(), 4096);
        assert_eq!(parse_memory("4096B").unwrap(), 4096);
        for text in ["", "GiB", "-1GiB", "two", "1e30", "nan", "inf g", "0"] {
            assert!(parse_memory(text).unwrap_err().to_string().contains("2GiB"), "{text}");
        }
        for bytes in [900, 1 << 10, (1 << 20) + 1, 33 << 20, (3 << 29) + 7, u64::from(u32::MAX)] {
            let shown = show_memory(bytes);
            assert!(parse_memory(&shown).unwrap() >= bytes, "{shown}");
        }
    }

    #[test]
    fn a_budget_is_never_overspent_and_too_small_a_one_says_what_is_needed() {
        let workspace = crate::artifact::Workspace::new("nowhere");
        for name in ["sift", "dsift-bovw"] {
            let recipe = crate::recipe::load::<FeatureRecipe>(&workspace, crate::recipe::Kind::Feature, name).unwrap();
            let draw = Draw::new(&recipe.value).unwrap();
            let points = super::super::local::points_of(&recipe.value, 48, 48).unwrap();
            let plan = |budget| Plan::new(&recipe.value, &draw, points, 28_709, budget);
            let error = plan(1 << 20).unwrap_err().to_string();
            let needed = error.split("at least ").nth(1).unwrap().split(" for").next().unwrap();
            let needed = parse_memory(needed).unwrap();
            for budget in [needed, needed * 2, 64 << 30] {
                let plan = plan(budget).unwrap();
                assert!(plan.sample >= draw.parts);
                assert!(plan.sample as u64 * BYTES_IN_SAMPLE + plan.cache <= budget);
            }
            if draw.sample > 0 {
                assert_eq!(plan(needed).unwrap().sample, draw.sample);
            }
        }
    }
}
