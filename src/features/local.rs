//! The local descriptors that a recipe asks for, whichever library computes them.

use ndarray::{ArrayView2, s};

use super::descriptors::place;
use super::extractor::Described;
use super::{DESCRIPTOR_LENGTH, DenseSift, DescriptorSet};
use crate::error::{Error, Result};
use crate::recipe::{Backend, Extractor, FeatureRecipe};

/// The smallest picture side that SIFT's scale space can be built on.
const SMALLEST: usize = 8;

/// Computes the descriptors of pictures of one size; one for each thread.
pub(super) struct Local {
    height: usize,
    width: usize,
    symmetric: bool,
    method: Method,
}

enum Method {
    #[cfg(feature = "opencv")]
    Sift(super::sift::Sift),
    #[cfg(feature = "opencv")]
    OpencvGrid(super::dense_sift::opencv::KeypointGrid),
    NativeGrid(NativeGrid),
}

/// Dense SIFT with memory for the descriptors of one picture.
struct NativeGrid {
    dense: DenseSift,
    descriptors: Vec<[f32; DESCRIPTOR_LENGTH]>,
    norms: Vec<f32>,
    places: Vec<[f32; 2]>,
}

impl Local {
    /// # Errors
    /// [`Error::Invalid`] when pictures of this size are too small, [`Error::FeatureOff`] for what needs OpenCV in a
    /// build without it.
    pub(super) fn new(recipe: &FeatureRecipe, height: usize, width: usize) -> Result<Self> {
        if recipe.extractor == Extractor::Network {
            let expected = "sift, dense-sift, hog or lbp: a network's embeddings need the network";
            return Err(Error::invalid("extractor", "network", expected));
        }
        if height.min(width) < SMALLEST {
            let expected = format!("at least {SMALLEST} x {SMALLEST} pixels for SIFT");
            return Err(Error::invalid("picture size", format!("{height} x {width}"), expected));
        }
        let method = match &recipe.grid {
            Some(grid) if grid.backend() == Backend::Native => {
                let dense = DenseSift::new(grid, height, width)?;
                let (descriptors, norms) = (vec![[0.0; DESCRIPTOR_LENGTH]; dense.len()], vec![0.0; dense.len()]);
                let points = super::grid_points(grid, height, width)?;
                let places = points.iter().map(|p| place(p.x, p.y, height, width)).collect();
                Method::NativeGrid(NativeGrid { dense, descriptors, norms, places })
            }
            _ => with_opencv(recipe, height, width)?,
        };
        Ok(Self { height, width, symmetric: recipe.symmetric, method })
    }

    /// Appends the descriptors of a picture and, where the recipe wants it, those of its mirror image.
    pub(super) fn describe_views(&mut self, image: ArrayView2<'_, u8>, into: &mut Described) -> Result<()> {
        into.push(|set| self.describe(image, set))?;
        if self.symmetric {
            let turned = image.slice(s![.., ..;-1]).as_standard_layout().into_owned();
            into.push(|set| self.describe(turned.view(), set))?;
        }
        Ok(())
    }

    /// Appends the descriptors of a picture and their places.
    pub(super) fn describe(&mut self, image: ArrayView2<'_, u8>, into: &mut DescriptorSet) -> Result<()> {
        if image.dim() != (self.height, self.width) {
            let expected = format!("{} x {}", self.height, self.width);
            let (height, width) = image.dim();
            return Err(Error::invalid("picture size", format!("{height} x {width}"), expected));
        }
        match self.method {
            #[cfg(feature = "opencv")]
            Method::Sift(ref mut sift) => sift.detect_and_describe(image, into),
            #[cfg(feature = "opencv")]
            Method::OpencvGrid(ref mut grid) => grid.describe(image, into),
            Method::NativeGrid(ref mut grid) => grid.describe(image, into),
        }
    }
}

impl NativeGrid {
    pub(super) fn describe(&mut self, image: ArrayView2<'_, u8>, into: &mut DescriptorSet) -> Result<()> {
        self.dense.describe(image, &mut self.descriptors, &mut self.norms)?;
        // Bytes as OpenCV and Lowe's own program write them: 512 times the number, at most 255.
        let bytes = self.descriptors.as_flattened().iter().map(|&v| (512.0 * v + 0.5) as u8);
        into.append(bytes, self.places.iter().copied())
    }
}

#[cfg(feature = "opencv")]
fn with_opencv(recipe: &FeatureRecipe, height: usize, width: usize) -> Result<Method> {
    Ok(match &recipe.grid {
        Some(grid) => Method::OpencvGrid(super::dense_sift::opencv::KeypointGrid::new(grid, height, width)?),
        None => Method::Sift(super::sift::Sift::new(&recipe.detector.clone().unwrap_or_default())?),
    })
}

#[cfg(not(feature = "opencv"))]
fn with_opencv(recipe: &FeatureRecipe, height: usize, width: usize) -> Result<Method> {
    // A grid that does not fit is wrong in any build.
    recipe.grid.as_ref().map(|grid| super::grid_points(grid, height, width)).transpose()?;
    Err(Error::FeatureOff { what: format!("extracting {}", recipe.title), feature: "opencv" })
}

/// Descriptors of each picture of a grid; `None` where that differs from picture to picture.
///
/// # Errors
/// [`Error::Invalid`] when the grid does not fit the pictures.
pub(super) fn points_of(recipe: &FeatureRecipe, height: usize, width: usize) -> Result<Option<usize>> {
    recipe.grid.as_ref().map(|grid| Ok(super::grid_points(grid, height, width)?.len())).transpose()
}
