//! The versions of a picture whose probabilities are averaged, as numbers.

use ndarray::ArrayView2;

use crate::recipe::{InputRecipe, NetworkRecipe};

/// How grey values become what the trunk sees.
#[derive(Clone, Copy, Debug)]
pub(super) struct Input {
    recipe: InputRecipe,
    mean: f64,
    deviation: f64,
}

/// A cut of the picture, upright or mirrored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct View {
    top: usize,
    left: usize,
    size: [usize; 2],
    mirrored: bool,
}

/// All versions of pictures of this size; the first one is the middle.
pub(super) fn views(recipe: &NetworkRecipe, size: [usize; 2]) -> Vec<View> {
    let seen = recipe.input.seen(size);
    let [down, right] = [0, 1].map(|i| size[i] - seen[i]);
    let mut corners = vec![[down / 2, right / 2]];
    let ten = recipe.training.ten_crops && recipe.input.crop.is_some();
    if ten {
        corners.extend([[0, 0], [0, right], [down, 0], [down, right]]);
    }
    let mirrored: &[bool] = if ten || recipe.training.flip_at_prediction { &[false, true] } else { &[false] };
    let view = |mirrored| move |[top, left]: [usize; 2]| View { top, left, size: seen, mirrored };
    mirrored.iter().flat_map(|&mirrored| corners.clone().into_iter().map(view(mirrored))).collect()
}

impl Input {
    pub(super) fn new(recipe: InputRecipe, mean: f64, deviation: f64) -> Self {
        Self { recipe, mean, deviation }
    }

    /// Fills a map of one channel with a version of a picture.
    pub(super) fn fill(&self, picture: ArrayView2<'_, u8>, view: View, map: &mut [f32]) {
        let (mean, deviation) = self.measure(picture);
        let values: [f32; 256] = std::array::from_fn(|grey| (grey as f32 / 255.0 - mean) / deviation);
        for (y, row) in map.chunks_exact_mut(view.size[1]).enumerate() {
            let from = picture.row(view.top + y);
            let from = from.iter().skip(view.left).map(|&grey| values[usize::from(grey)]);
            match view.mirrored {
                false => row.iter_mut().zip(from).for_each(|(to, value)| *to = value),
                true => row.iter_mut().rev().zip(from).for_each(|(to, value)| *to = value),
            }
        }
    }

    /// What is subtracted from the grey values (0 to 1) of a picture, and what they are divided by.
    fn measure(&self, picture: ArrayView2<'_, u8>) -> (f32, f32) {
        if self.recipe.per_image {
            let n = picture.len().max(1) as f64;
            let sums =
                picture.iter().fold((0u64, 0u64), |(s, q), &v| (s + u64::from(v), q + u64::from(v) * u64::from(v)));
            let mean = sums.0 as f64 / n;
            let deviation = (sums.1 as f64 / n - mean * mean).max(0.0).sqrt();
            return ((mean / 255.0) as f32, ((deviation / 255.0) as f32).max(1e-3));
        }
        match self.recipe.standardise {
            true => (self.mean as f32, self.deviation as f32),
            false => (0.0, 1.0),
        }
    }
}
