//! The memory budget: amounts as people write them, and what is done with them.

use super::codebook::bytes_for_assignment;
use super::descriptors::DESCRIPTOR_LENGTH;
use super::extract::CHUNK;
use crate::error::{Error, Result};
use crate::recipe::CodebookRecipe;

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

/// `1.5 GiB`, `33 MiB`, `900 B`: three digits at the most, rounded up so that the amount suffices.
pub(super) fn show_memory(bytes: u64) -> String {
    for (name, unit) in [("GiB", 1u64 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)] {
        if bytes >= unit {
            let tenths = (bytes as f64 / unit as f64 * 10.0).ceil() / 10.0;
            return if tenths < 10.0 { format!("{tenths:.1} {name}") } else { format!("{:.0} {name}", tenths.ceil()) };
        }
    }
    format!("{bytes} B")
}

/// Bytes for a sampled descriptor: its numbers; its word now and before, its distance, its place among the members.
const BYTES_IN_SAMPLE: u64 = DESCRIPTOR_LENGTH as u64 + 16;
/// SIFT keypoints of a picture, where no better figure is known before it is looked at.
const KEYPOINTS: usize = 100;

/// How a memory budget is shared out.
#[derive(Debug, PartialEq)]
pub(super) struct Plan {
    /// The whole of it, in bytes.
    pub(super) budget: u64,
    /// Training descriptors to fit the codebook on, at the most.
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
        per_picture: Option<usize>,
        codebook: &CodebookRecipe,
        train_rows: usize,
        budget: u64,
    ) -> Result<Self> {
        let most = per_picture.map_or(u64::MAX, |points| (points * train_rows) as u64);
        // Centres, their transpose, the next ones, and the candidates for the first ones.
        let codebooks = 11 * codebook.words as u64 * (DESCRIPTOR_LENGTH * size_of::<f32>()) as u64;
        let chunk = (2 * CHUNK * per_picture.unwrap_or(KEYPOINTS) * DESCRIPTOR_LENGTH) as u64;
        let working = codebooks + chunk + bytes_for_assignment(rayon::current_num_threads(), DESCRIPTOR_LENGTH);
        let asked = match codebook.sample {
            0 => codebook.words as u64,
            sample => (sample as u64).min(most).max(codebook.words as u64),
        };
        let needed = working + asked * BYTES_IN_SAMPLE;
        if budget < needed {
            let expected = match codebook.sample {
                0 => format!("at least {} for {} words", show_memory(needed), codebook.words),
                _ => format!("at least {} for {} words and sample = {asked}", show_memory(needed), codebook.words),
            };
            return Err(Error::invalid("memory budget", show_memory(budget), expected));
        }
        let left = budget - working;
        let sample = match codebook.sample {
            // Half for the sample, half for the descriptors of all rows.
            0 => (left / 2 / BYTES_IN_SAMPLE).max(asked).min(most),
            _ => asked,
        };
        Ok(Self { budget, sample: sample as usize, cache: left - sample * BYTES_IN_SAMPLE })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::FeatureRecipe;

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
            let codebook = recipe.value.codebook.as_ref().unwrap();
            let points = super::super::local::points_of(&recipe.value, 48, 48).unwrap();
            let plan = |budget| Plan::new(points, codebook, 28_709, budget);
            let error = plan(1 << 20).unwrap_err().to_string();
            let needed = error.split("at least ").nth(1).unwrap().split(" for").next().unwrap();
            let needed = parse_memory(needed).unwrap();
            for budget in [needed, needed * 2, 64 << 30] {
                let plan = plan(budget).unwrap();
                assert!(plan.sample >= codebook.words);
                assert!(plan.sample as u64 * BYTES_IN_SAMPLE + plan.cache <= budget);
            }
            if codebook.sample > 0 {
                assert_eq!(plan(needed).unwrap().sample, codebook.sample);
            }
        }
    }
}
