//! The versions of a picture whose probabilities are averaged at prediction.

use tch::{TchError, Tensor};

use crate::recipe::NetworkRecipe;

/// Which versions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Views {
    crop: Option<i64>,
    flip: bool,
    ten: bool,
}

impl Views {
    /// Those that a recipe asks for.
    pub fn of(recipe: &NetworkRecipe) -> Self {
        let (crop, t) = (recipe.input.crop.map(|c| c as i64), &recipe.training);
        Self { crop, flip: t.flip_at_prediction, ten: t.ten_crops }
    }

    /// The middle of pictures (b x c x h x w), or all of them where nothing is cut.
    pub fn middle(&self, images: &Tensor) -> Result<Tensor, TchError> {
        let [h, w] = sides(images);
        match self.crop {
            Some(side) => cut(images, [(h - side) / 2, (w - side) / 2], side),
            None => Ok(images.shallow_clone()),
        }
    }

    /// Whether there is more than the middle.
    pub fn several(&self) -> bool {
        self.flip || (self.ten && self.crop.is_some())
    }

    /// What an epoch is judged by: of ten crops only the middle and its mirror image, because ten would take a quarter
    /// of the training's time for the same choice.
    pub fn of_an_epoch(self) -> Self {
        Self { flip: self.flip || self.ten, ten: false, ..self }
    }

    /// All versions.
    pub fn of_images(&self, images: &Tensor) -> Result<Vec<Tensor>, TchError> {
        let mut views = vec![self.middle(images)?];
        if let (true, Some(side)) = (self.ten, self.crop) {
            let [h, w] = sides(images).map(|s| s - side);
            for corner in [[0, 0], [0, w], [h, 0], [h, w]] {
                views.push(cut(images, corner, side)?);
            }
        }
        if self.flip || self.ten {
            for i in 0..views.len() {
                views.push(views[i].f_flip([3])?);
            }
        }
        Ok(views)
    }
}

fn sides(images: &Tensor) -> [i64; 2] {
    let size = images.size();
    [size.get(2).copied().unwrap_or(0), size.get(3).copied().unwrap_or(0)]
}

/// A square of pictures (b x c x h x w).
pub(crate) fn cut(images: &Tensor, corner: [i64; 2], side: i64) -> Result<Tensor, TchError> {
    images.f_narrow(2, corner[0], side)?.f_narrow(3, corner[1], side)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, Kind};

    #[test]
    fn ten_crops_are_the_corners_and_the_middle_with_their_mirror_images() {
        let picture = Tensor::arange(36, (Kind::Float, Device::Cpu)).view([1, 1, 6, 6]);
        let views = Views { crop: Some(4), flip: false, ten: true }.of_images(&picture).unwrap();
        assert_eq!(views.len(), 10);
        let first = |i: usize| views[i].double_value(&[0, 0, 0, 0]);
        assert_eq!([0, 1, 2, 3, 4].map(first), [7.0, 0.0, 2.0, 12.0, 14.0]);
        // A mirror image begins with the last number of the row.
        assert_eq!([5, 6, 7, 8, 9].map(first), [10.0, 3.0, 5.0, 15.0, 17.0]);
        assert!(views.iter().all(|v| v.size() == [1, 1, 4, 4]));
    }

    #[test]
    fn an_epoch_is_judged_by_the_middle_and_its_mirror_image_where_ten_crops_are_asked_for() {
        let picture = Tensor::arange(36, (Kind::Float, Device::Cpu)).view([1, 1, 6, 6]);
        let [ten, plain] = [true, false].map(|ten| Views { crop: Some(4), flip: false, ten });
        let middle = plain.middle(&picture).unwrap();
        assert_eq!(ten.of_an_epoch().of_images(&picture).unwrap(), [middle.shallow_clone(), middle.flip([3])]);
        assert_eq!(plain.of_an_epoch().of_images(&picture).unwrap(), [middle]);
    }

    #[test]
    fn without_a_crop_a_picture_is_itself_or_itself_and_its_mirror_image() {
        let picture = Tensor::arange(6, (Kind::Float, Device::Cpu)).view([1, 1, 2, 3]);
        let one = Views { crop: None, flip: false, ten: false }.of_images(&picture).unwrap();
        assert_eq!(one, [picture.shallow_clone()]);
        let two = Views { crop: None, flip: true, ten: false }.of_images(&picture).unwrap();
        assert_eq!(two[1], picture.flip([3]));
    }
}
