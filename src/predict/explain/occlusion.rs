//! What a model looked at: what becomes of a class when a window of the picture is hidden (Zeiler and Fergus 2014).

use ndarray::{Array2, Array3, s};
use serde::{Serialize, Serializer};

use super::Asked;
use crate::error::Result;

/// Windows across a picture, and steps across a window.
const WINDOWS: usize = 6;
const STEPS: usize = 2;

/// What each part of a face counts for: its occlusion sensitivity.
#[derive(Clone, Debug, Serialize)]
pub struct OcclusionMap {
    /// Side of the window that was hidden, in pixels of the model's picture.
    pub window: usize,
    /// Whether the fused features were left as they were, so that only what the network sees was hidden.
    pub features_kept: bool,
    /// Height x width: the mean fall of the class's probability over the windows that hide a pixel; below 0 where hiding
    /// makes the class more probable.
    #[serde(serialize_with = "as_rows")]
    pub drops: Array2<f32>,
}

/// Hides window after window by the face's mean grey.
///
/// Where a network reads features beside the picture, these are kept as they are; what they count for is asked in
/// [`super::words`].
pub(super) fn map(asked: &Asked<'_>) -> Result<OcclusionMap> {
    let (height, width) = asked.face.dim();
    let step = (height.min(width) / (WINDOWS * STEPS)).max(1);
    let places = places(height, width, step);
    let grey = asked.face.iter().map(|&v| f64::from(v)).sum::<f64>() / asked.face.len().max(1) as f64;
    let mut images = Array3::zeros((places.len(), height, width));
    for (mut image, &[top, bottom, left, right]) in images.outer_iter_mut().zip(&places) {
        image.assign(asked.face);
        image.slice_mut(s![top..bottom, left..right]).fill(grey.round() as u8);
    }
    let features_kept = asked.member.sees_pixels() && !asked.vectors.upright.is_empty();
    let said = match features_kept {
        true => asked.member.predict_described(images.view(), &asked.vectors.repeated(places.len()), asked.progress)?,
        false => asked.member.predict(images.view(), asked.progress)?,
    };
    let mut drops = Array2::<f32>::zeros((height, width));
    let mut times = Array2::<f32>::zeros((height, width));
    for (&[top, bottom, left, right], said) in places.iter().zip(said.column(asked.class)) {
        drops.slice_mut(s![top..bottom, left..right]).mapv_inplace(|v| v + asked.whole - said);
        times.slice_mut(s![top..bottom, left..right]).mapv_inplace(|v| v + 1.0);
    }
    drops.zip_mut_with(&times, |drop, &times| *drop /= times.max(1.0));
    Ok(OcclusionMap { window: STEPS * step, features_kept, drops })
}

/// Top, bottom, left and right of each window; those at the edge are cut off by it.
fn places(height: usize, width: usize, step: usize) -> Vec<[usize; 4]> {
    // From a window of which only one step is inside to the last such.
    let along = |length: usize| {
        (0..length.div_ceil(step) + STEPS - 1).filter_map(move |i| {
            let end = (i + 1) * step;
            let (start, end) = (end.saturating_sub(STEPS * step), end.min(length));
            (start < end).then_some((start, end))
        })
    };
    along(height).flat_map(|(top, bottom)| along(width).map(move |(left, right)| [top, bottom, left, right])).collect()
}

fn as_rows<S: Serializer>(drops: &Array2<f32>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(drops.outer_iter().map(|row| row.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_cover_every_pixel_equally_often() {
        for (height, width, step) in [(48, 48, 4), (48, 44, 4), (12, 12, 1), (7, 9, 2)] {
            let mut times = Array2::<u32>::zeros((height, width));
            let all = places(height, width, step);
            for &[top, bottom, left, right] in &all {
                times.slice_mut(s![top..bottom, left..right]).mapv_inplace(|v| v + 1);
            }
            assert!(times.iter().all(|&n| n as usize == STEPS * STEPS), "{height} {width} {step}: {times}");
            let mut unique = all.clone();
            unique.dedup();
            assert_eq!(unique.len(), all.len());
        }
    }
}
