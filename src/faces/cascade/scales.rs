//! The sizes at which a picture is searched.

use crate::recipe::FaceRecipe;

/// One copy of the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    /// Pixels of the picture for one of the copy, along each side.
    pub(super) factor: f32,
    /// Width and height of the copy.
    pub(super) size: [usize; 2],
    /// Pixels of the copy from one window to the next, along each side.
    pub(super) step: usize,
    /// Width and height of a window in pixels of the picture.
    pub(super) window: [u32; 2],
}

/// The copies from the largest to the smallest: windows from the smallest face to the whole picture, each larger than the
/// last by the recipe's factor. Where the smallest face is larger than that, the copy whose window comes closest.
pub(super) fn scales(picture: [usize; 2], window: [usize; 2], recipe: &FaceRecipe) -> Vec<Scale> {
    let all: Vec<f64> = std::iter::successors(Some(1.0f64), |factor| Some(factor * recipe.scale_factor))
        .take_while(|factor| (0..2).all(|i| (window[i] as f64 * factor).round_ties_even() <= picture[i] as f64))
        .collect();
    let scale = |factor: f64| {
        // In single precision from here on, as OpenCV rounds.
        let factor = factor as f32;
        Scale {
            factor,
            size: picture.map(|side| (side as f32 / factor).round_ties_even() as usize),
            step: if factor >= 2.0 { 1 } else { 2 },
            window: window.map(|side| (side as f32 * factor).round_ties_even() as u32),
        }
    };
    let all: Vec<Scale> = all.into_iter().map(scale).collect();
    let fits = |s: &&Scale| (0..2).all(|i| s.window[i] >= recipe.min_size && s.window[i] as usize <= picture[i]);
    let searched: Vec<Scale> = all.iter().filter(fits).copied().collect();
    let distance =
        |s: &Scale| s.window.map(|side| u64::from(side.abs_diff(recipe.min_size)).pow(2)).iter().sum::<u64>();
    match searched.is_empty() {
        true => all.into_iter().min_by_key(distance).into_iter().collect(),
        false => searched,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_grow_from_the_smallest_face_to_the_picture() {
        let all = scales([100, 60], [24, 24], &FaceRecipe { min_size: 30, scale_factor: 1.5, ..Default::default() });
        assert_eq!(all.iter().map(|s| s.window).collect::<Vec<_>>(), [[36, 36], [54, 54]]);
        assert_eq!(all.iter().map(|s| s.size).collect::<Vec<_>>(), [[67, 40], [44, 27]]);
        assert_eq!(all.iter().map(|s| s.step).collect::<Vec<_>>(), [2, 1]);
        assert!(scales([23, 60], [24, 24], &FaceRecipe::default()).is_empty());
    }

    #[test]
    fn a_smallest_face_beyond_the_picture_leaves_the_closest_size() {
        let recipe = FaceRecipe { min_size: 500, scale_factor: 1.5, ..Default::default() };
        assert_eq!(scales([100, 60], [24, 24], &recipe).iter().map(|s| s.window).collect::<Vec<_>>(), [[54, 54]]);
    }
}
