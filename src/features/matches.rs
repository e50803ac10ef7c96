//! Which visual words a picture's descriptors match, and what its feature would be without some of the descriptors.

use ndarray::{Array2, ArrayView2};

use super::dense_sift::{BINS, ORIENTATIONS};
use super::extractor::{Described, Extractor, Method};
use super::{DESCRIPTOR_LENGTH, DescriptorSet};
use crate::error::Result;
use crate::recipe::{Backend, Encoding, FeatureRecipe};

/// In the mirror image the descriptors nearest to a hidden place are hidden, if they are as near as this, in pixels: grids need
/// not be symmetric, and keypoints move a little.
const REACH: f32 = 1.5;
/// What rounding makes of equal distances, in pixels.
const ROUNDING: f32 = 1e-3;

/// A local descriptor of a picture; a keypoint's size and angle, in whose frame the word is, are not kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Match {
    /// Where it is centred, x and y from 0 to 1.
    pub place: [f32; 2],
    /// The nearest visual word, where the feature has a codebook.
    pub word: Option<u32>,
}

/// A visual word that can be drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct WordShape {
    /// Gradients of each orientation in each cell: 4 rows x 4 columns x 8 orientations.
    pub numbers: Vec<f32>,
    /// Whether orientations run clockwise on the screen, as ours do, or against the clock, as OpenCV's.
    pub clockwise: bool,
}

impl WordShape {
    /// Rows, and columns, of cells.
    pub const CELLS: usize = BINS;
    /// Orientations of each cell.
    pub const ORIENTATIONS: usize = ORIENTATIONS;
}

impl Extractor {
    /// Whether the feature is made of local descriptors, and not of the picture as a whole.
    pub fn is_local(&self) -> bool {
        matches!(self.0, Method::Local { .. })
    }

    /// The local descriptors of a grey picture; none where the feature describes the picture as a whole.
    ///
    /// # Errors
    /// As [`Extractor::describe`].
    pub fn matches(&mut self, image: ArrayView2<'_, u8>) -> Result<Vec<Match>> {
        let Method::Local { local, encoder } = &mut self.0 else { return Ok(Vec::new()) };
        let mut described = Described::new(encoder.root_sift());
        described.push(|set| local.describe(image, set))?;
        let words = encoder.words(&described.descriptors)?;
        let places = described.descriptors.places().iter().enumerate();
        Ok(places.map(|(i, &place)| Match { place, word: words.as_ref().map(|w| w[i]) }).collect())
    }

    /// The feature vectors of a grey picture, hidden x d, as they would be if no descriptor were at some places of it; each
    /// entry of `hidden` makes one of them. Raw descriptors are zeros then, as on a flat ground.
    ///
    /// # Errors
    /// As [`Extractor::describe`].
    pub fn describe_without(&mut self, image: ArrayView2<'_, u8>, hidden: &[Vec<[f32; 2]>]) -> Result<Array2<f32>> {
        let mut vectors = Array2::zeros((hidden.len(), self.dimensions()));
        let (height, width) = image.dim();
        match &mut self.0 {
            Method::Local { local, encoder } => {
                let mut whole = Described::new(encoder.root_sift());
                local.describe_views(image, &mut whole)?;
                let pixels = [width as f32, height as f32];
                let gaps = encoder.recipe().encoding == Encoding::Concatenate;
                let mut described = Described::new(encoder.root_sift());
                for places in hidden {
                    add_without(&mut described, &whole, places, pixels, gaps)?;
                }
                encoder.encode(&described, vectors.view_mut())?;
            }
            Method::Whole(whole) => {
                for mut vector in vectors.outer_iter_mut() {
                    whole.describe(image, vector.as_slice_mut().unwrap_or_default())?;
                }
            }
        }
        Ok(vectors)
    }

    /// A visual word of the codebook; `None` for one that is not there, and where descriptors are projected before they
    /// are compared with words.
    pub fn word(&self, word: u32) -> Option<WordShape> {
        let Method::Local { encoder, .. } = &self.0 else { return None };
        let recipe = encoder.recipe();
        if recipe.pca.is_some() {
            return None;
        }
        let centre = encoder.centres()?;
        let row = ((word as usize) < centre.nrows()).then(|| centre.row(word as usize))?;
        let numbers = row.iter().take(DESCRIPTOR_LENGTH).copied().collect();
        Some(WordShape { numbers, clockwise: is_native(recipe) })
    }
}

fn is_native(recipe: &FeatureRecipe) -> bool {
    recipe.grid.as_ref().is_some_and(|grid| grid.backend() == Backend::Native)
}

/// Adds the views of one picture (`pixels` wide and high) but for the descriptors at some places of it.
fn add_without(
    into: &mut Described,
    whole: &Described,
    places: &[[f32; 2]],
    pixels: [f32; 2],
    gaps: bool,
) -> Result<()> {
    for (view, range) in whole.pictures().enumerate() {
        let all = &whole.descriptors;
        // The second view is the mirror image.
        let seen = |[x, y]: [f32; 2]| [if view == 1 { 1.0 - x } else { x }, y];
        let hidden = nearest(&all.places()[range.clone()], places.iter().map(|&place| seen(place)), pixels);
        into.push(|set: &mut DescriptorSet| {
            for (row, hidden) in range.zip(hidden) {
                match (hidden, gaps) {
                    (false, _) => set.append_from(all, row..row + 1),
                    (true, true) => set.append([0; DESCRIPTOR_LENGTH], [all.places()[row]])?,
                    (true, false) => {}
                }
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// Which descriptors are the nearest to some place, and near enough.
fn nearest(descriptors: &[[f32; 2]], places: impl Iterator<Item = [f32; 2]>, pixels: [f32; 2]) -> Vec<bool> {
    let mut found = vec![false; descriptors.len()];
    for place in places {
        let apart = |d: &[f32; 2]| ((d[0] - place[0]) * pixels[0]).hypot((d[1] - place[1]) * pixels[1]);
        let least = descriptors.iter().map(apart).fold(f32::INFINITY, f32::min);
        if least <= REACH {
            for (found, descriptor) in found.iter_mut().zip(descriptors) {
                *found |= apart(descriptor) <= least + ROUNDING;
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Expression;
    use crate::dataset::face;
    use crate::features::Vocabulary;
    use ndarray::Axis;

    const SIDE: usize = 41;
    const GRID: &str = "[grid]\nfirst = 8\nstep = 6\ncount = 5\nbins = [2]\n";

    fn recipe(text: &str) -> FeatureRecipe {
        toml::from_str(&format!("title = \"t\"\nextractor = \"dense-sift\"\n{text}\n{GRID}")).unwrap()
    }

    /// Words spread over what descriptors of faces are like: descriptors of another face.
    fn vocabulary(words: usize) -> Vocabulary {
        let raw = recipe("encoding = \"concatenate\"");
        let mut extractor = Extractor::new(&raw, Vocabulary::default(), SIDE, SIDE).unwrap();
        let numbers = extractor.describe(face(Expression::Fear, 9, 0.0, [SIDE, SIDE]).view()).unwrap();
        let all = numbers.into_shape_with_order((25, DESCRIPTOR_LENGTH)).unwrap();
        Vocabulary { codebook: Some(all.slice(ndarray::s![..words, ..]).to_owned()), ..Vocabulary::default() }
    }

    #[test]
    fn a_bag_of_words_without_a_descriptor_lacks_its_word() {
        let picture = face(Expression::Happy, 4, 0.2, [SIDE, SIDE]);
        let bag = recipe(
            "encoding = \"bag-of-words\"\nnormalisation = \"none\"\n[codebook]\nwords = 8\nalgorithm = \"full\"\niterations = 1",
        );
        let mut extractor = Extractor::new(&bag, vocabulary(8), SIDE, SIDE).unwrap();
        let whole = extractor.describe(picture.view()).unwrap();
        let matches = extractor.matches(picture.view()).unwrap();
        assert_eq!(matches.len(), 25);
        let hidden: Vec<Vec<[f32; 2]>> = matches.iter().map(|m| vec![m.place]).collect();
        let without = extractor.describe_without(picture.view(), &hidden).unwrap();
        for (found, of) in without.outer_iter().zip(&matches) {
            let mut expected = whole.clone();
            expected[of.word.unwrap() as usize] -= 1.0;
            assert_eq!(found, expected);
        }
        let none = extractor.describe_without(picture.view(), &[Vec::new()]).unwrap();
        assert_eq!(none.index_axis(Axis(0), 0), whole);
        let shape = extractor.word(3).unwrap();
        assert_eq!((shape.numbers.len(), shape.clockwise), (DESCRIPTOR_LENGTH, true));
        assert_eq!(extractor.word(8), None);
    }

    #[test]
    fn a_raw_descriptor_that_is_hidden_is_zeros() {
        let picture = face(Expression::Sad, 4, 0.2, [SIDE, SIDE]);
        let raw = recipe("encoding = \"concatenate\"");
        let mut extractor = Extractor::new(&raw, Vocabulary::default(), SIDE, SIDE).unwrap();
        let whole = extractor.describe(picture.view()).unwrap();
        let matches = extractor.matches(picture.view()).unwrap();
        assert!(matches.iter().all(|m| m.word.is_none()));
        let without = extractor.describe_without(picture.view(), &[vec![matches[7].place, matches[9].place]]).unwrap();
        for (i, (found, expected)) in
            without.iter().zip(&whole).enumerate().map(|(i, pair)| (i / DESCRIPTOR_LENGTH, pair))
        {
            assert_eq!(*found, if i == 7 || i == 9 { 0.0 } else { *expected });
        }
    }

    #[test]
    fn a_symmetric_feature_loses_the_place_in_the_mirror_image_too() {
        let picture = face(Expression::Angry, 4, 0.2, [SIDE, SIDE]);
        let text = "encoding = \"bag-of-words\"\nsymmetric = true\nnormalisation = \"none\"\n[codebook]\nwords = 8\nalgorithm = \"full\"\niterations = 1";
        let mut extractor = Extractor::new(&recipe(text), vocabulary(8), SIDE, SIDE).unwrap();
        let whole = extractor.describe(picture.view()).unwrap();
        let matches = extractor.matches(picture.view()).unwrap();
        let without = extractor.describe_without(picture.view(), &[vec![matches[0].place]]).unwrap();
        // A half for the word here, and a half for the one in the mirror image.
        assert!((whole.sum() - without.sum() - 1.0).abs() < 1e-4, "{} {}", whole.sum(), without.sum());
    }
}
