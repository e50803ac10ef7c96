//! Which visual words spoke for a class: what becomes of it when the descriptors at a place are taken away.

use ndarray::{Array2, Axis, s};
use serde::Serialize;

use super::{Asked, strongest};
use crate::error::Result;
use crate::experiment::ReadFeature;
use crate::features::{Extractor, Match, WordShape};

/// Places that are asked about one by one; where there are more, they are taken together in cells of a grid.
const MOST_PLACES: usize = 256;
/// Cells along a side of that grid.
const CELLS: usize = 14;

/// What the local descriptors of a feature count for.
#[derive(Clone, Debug, Serialize)]
pub struct FeatureEvidence {
    /// The feature's name.
    pub feature: String,
    /// Its name for readers.
    pub title: String,
    /// Words of the codebook; 0 without one.
    pub vocabulary: usize,
    /// Places that descriptors were taken away from, one after the other.
    pub places: usize,
    /// What the place counts for that counts the most, for the class or against it.
    pub strongest: f32,
    /// The descriptors, in the extractor's order; none in a face without keypoints.
    pub matches: Vec<WeighedMatch>,
    /// The words that occur, the one that speaks the most for the class first; none without a codebook.
    pub words: Vec<WordEvidence>,
}

/// A descriptor, and what it counts for.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct WeighedMatch {
    /// Where it is centred, x and y from 0 to 1.
    pub place: [f32; 2],
    /// The nearest visual word, where the feature has a codebook.
    pub word: Option<u32>,
    /// The number of the place that it was taken away from, with all others there.
    pub group: usize,
    /// How much less probable the class is without that place; each of its descriptors has the same share.
    pub weight: f32,
}

/// A visual word, and what its descriptors count for together.
#[derive(Clone, Debug, Serialize)]
pub struct WordEvidence {
    /// Its number in the codebook.
    pub word: u32,
    /// The sum over its descriptors.
    pub weight: f32,
    /// How many these are.
    pub count: usize,
    /// What it looks like, where descriptors are compared with words as they are.
    #[serde(skip)]
    pub shape: Option<WordShape>,
}

/// For each handcrafted feature with local descriptors; the picture and all other features stay as they are.
pub(super) fn evidence(asked: &Asked<'_>) -> Result<Vec<FeatureEvidence>> {
    let all = asked.member.handcrafted().map(|read| of_feature(asked, read));
    all.filter_map(Result::transpose).collect()
}

fn of_feature(asked: &Asked<'_>, read: ReadFeature<'_>) -> Result<Option<FeatureEvidence>> {
    let ReadFeature { index, info, vocabulary } = read;
    let mut extractor = Extractor::new(&info.recipe, vocabulary.clone(), info.height, info.width)?;
    if !extractor.is_local() {
        return Ok(None);
    }
    let matches = extractor.matches(asked.face.view())?;
    let groups = together(&matches);
    let n = groups.len();
    let hidden = |x: fn(f32) -> f32| -> Vec<Vec<[f32; 2]>> {
        let places =
            |group: &Vec<usize>| group.iter().map(|&i| [x(matches[i].place[0]), matches[i].place[1]]).collect();
        groups.iter().map(places).collect()
    };
    let mut vectors = asked.vectors.repeated(n);
    vectors.upright[index] = extractor.describe_without(asked.face.view(), &hidden(|x| x))?;
    if let Some(mirrored) = vectors.mirrored.get_mut(index) {
        let turned = asked.face.slice(s![.., ..;-1]).as_standard_layout().into_owned();
        *mirrored = extractor.describe_without(turned.view(), &hidden(|x| 1.0 - x))?;
    }
    let (height, width) = asked.face.dim();
    let images = asked.face.view().insert_axis(Axis(0));
    let images = images.broadcast((n, height, width)).map(|view| view.to_owned()).unwrap_or_default();
    let said = asked.member.predict_described(images.view(), &vectors, asked.progress)?;
    let mut weights = vec![(0, 0.0); matches.len()];
    for (number, (group, said)) in groups.iter().zip(said.column(asked.class)).enumerate() {
        let fall = asked.whole - said;
        group.iter().for_each(|&i| weights[i] = (number, fall / group.len() as f32));
    }
    let weighed =
        |(m, (group, weight)): (&Match, (usize, f32))| WeighedMatch { place: m.place, word: m.word, group, weight };
    let matches: Vec<WeighedMatch> = matches.iter().zip(weights).map(weighed).collect();
    let mut words = by_word(&matches);
    words.iter_mut().for_each(|word| word.shape = extractor.word(word.word));
    Ok(Some(FeatureEvidence {
        feature: info.name.clone(),
        title: info.recipe.title.clone(),
        vocabulary: vocabulary.codebook.as_ref().map_or(0, Array2::nrows),
        places: n,
        strongest: strongest(said.column(asked.class).iter().map(|said| asked.whole - said)),
        matches,
        words,
    }))
}

/// The descriptors of each place, in the order of the first one; of a cell, where there are too many places.
fn together(matches: &[Match]) -> Vec<Vec<usize>> {
    let grouped = |key: &dyn Fn([f32; 2]) -> [u32; 2]| {
        let mut groups: Vec<([u32; 2], Vec<usize>)> = Vec::new();
        for (i, found) in matches.iter().enumerate() {
            let key = key(found.place);
            match groups.iter_mut().find(|(other, _)| *other == key) {
                Some((_, group)) => group.push(i),
                None => groups.push((key, vec![i])),
            }
        }
        groups.into_iter().map(|(_, group)| group).collect::<Vec<_>>()
    };
    let places = grouped(&|place| place.map(f32::to_bits));
    if places.len() <= MOST_PLACES {
        return places;
    }
    grouped(&|place| place.map(|at| ((at * CELLS as f32) as u32).min(CELLS as u32 - 1)))
}

fn by_word(matches: &[WeighedMatch]) -> Vec<WordEvidence> {
    let mut words: Vec<WordEvidence> = Vec::new();
    for found in matches {
        let Some(word) = found.word else { continue };
        match words.iter_mut().find(|w| w.word == word) {
            Some(known) => {
                known.weight += found.weight;
                known.count += 1;
            }
            None => words.push(WordEvidence { word, weight: found.weight, count: 1, shape: None }),
        }
    }
    words.sort_by(|a, b| b.weight.total_cmp(&a.weight).then(a.word.cmp(&b.word)));
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(x: f32, y: f32, word: u32) -> Match {
        Match { place: [x, y], word: Some(word) }
    }

    #[test]
    fn descriptors_of_one_place_go_together_and_many_places_by_cells() {
        let few = [at(0.1, 0.1, 0), at(0.5, 0.5, 1), at(0.1, 0.1, 2)];
        assert_eq!(together(&few), [vec![0, 2], vec![1]]);
        let many: Vec<Match> = (0..1600).map(|i| at((i % 40) as f32 / 40.0, (i / 40) as f32 / 40.0, 0)).collect();
        let groups = together(&many);
        assert_eq!(groups.len(), CELLS * CELLS);
        let mut all: Vec<usize> = groups.concat();
        all.sort_unstable();
        assert_eq!(all, (0..1600).collect::<Vec<_>>());
    }

    #[test]
    fn words_are_ordered_by_what_they_speak_for() {
        let weigh = |word: u32, weight: f32| WeighedMatch { place: [0.0; 2], word: Some(word), group: 0, weight };
        let words = by_word(&[weigh(3, 0.1), weigh(5, 0.15), weigh(3, 0.1), weigh(9, -0.4)]);
        let found: Vec<(u32, usize)> = words.iter().map(|w| (w.word, w.count)).collect();
        assert_eq!(found, [(3, 2), (5, 1), (9, 1)]);
        assert!((words[0].weight - 0.2).abs() < 1e-6);
    }
}
