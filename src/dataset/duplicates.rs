//! Pixel-identical pictures: a test row that the model saw in training says nothing about new faces.

use std::collections::{BTreeMap, HashMap};

use ndarray::{Array3, Axis};
use rayon::prelude::*;

use super::{Dataset, Split};

/// The groups of two or more rows with equal pixels, each ascending, in the order of their first rows.
///
/// `images` is n x height x width. Rows are compared by a 256-bit hash of their pixels.
pub fn identical_groups(images: &Array3<u8>) -> Vec<Vec<usize>> {
    let mut groups: HashMap<[u8; 32], Vec<usize>> = HashMap::with_capacity(images.dim().0);
    for (row, hash) in hashes(images).into_iter().enumerate() {
        groups.entry(hash).or_default().push(row);
    }
    let mut groups: Vec<Vec<usize>> = groups.into_values().filter(|rows| rows.len() > 1).collect();
    groups.sort_unstable();
    groups
}

fn hashes(images: &Array3<u8>) -> Vec<[u8; 32]> {
    images
        .axis_iter(Axis(0))
        .into_par_iter()
        .map(|image| match image.as_slice() {
            Some(pixels) => *blake3::hash(pixels).as_bytes(),
            None => *blake3::hash(&image.iter().copied().collect::<Vec<u8>>()).as_bytes(),
        })
        .collect()
}

/// For each row, whether another row of the training split has the same pixels.
///
/// For test rows: whether accuracy on them measures memory. For training rows: whether they have a twin there.
pub fn identical_to_training(dataset: &Dataset) -> Vec<bool> {
    let mut identical = vec![false; dataset.labels.len()];
    for group in identical_groups(&dataset.images) {
        let in_training = group.iter().filter(|&&row| dataset.splits[row] == Split::Train).count();
        for row in group {
            let others = in_training - usize::from(dataset.splits[row] == Split::Train);
            identical[row] = others > 0;
        }
    }
    identical
}

/// The rows of one constant value, ascending.
pub fn constant_images(images: &Array3<u8>) -> Vec<usize> {
    let mut rows = Vec::new();
    for (row, image) in images.axis_iter(Axis(0)).enumerate() {
        let mut pixels = image.iter();
        let first = pixels.next();
        if pixels.all(|p| Some(p) == first) {
            rows.push(row);
        }
    }
    rows
}

/// The labels that a group of rows carries, ascending, each with the number of its rows.
pub fn labels_of(dataset: &Dataset, group: &[usize]) -> BTreeMap<u8, usize> {
    let mut labels = BTreeMap::new();
    for &row in group {
        *labels.entry(dataset.labels[row]).or_default() += 1;
    }
    labels
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::fixture::dataset;

    #[test]
    fn groups_hold_equal_rows_in_order() {
        let data = dataset(&[(7, 0, Split::Train), (9, 0, Split::Train), (7, 1, Split::Test), (5, 0, Split::Test)]);
        assert_eq!(identical_groups(&data.images), [[0, 2]]);
        assert_eq!(labels_of(&data, &[0, 2]).len(), 2);
    }

    #[test]
    fn only_other_training_rows_count() {
        let data = dataset(&[
            (1, 0, Split::Train),
            (1, 0, Split::Test),
            (2, 0, Split::Test),
            (2, 0, Split::Validation),
            (3, 0, Split::Train),
            (3, 0, Split::Train),
            (4, 0, Split::Train),
        ]);
        assert_eq!(identical_to_training(&data), [false, true, false, false, true, true, false]);
    }

    #[test]
    fn constant_pictures_are_found() {
        let mut data = dataset(&[(1, 0, Split::Train), (2, 0, Split::Train), (3, 0, Split::Train)]);
        data.images.index_axis_mut(Axis(0), 1).fill(200);
        assert_eq!(constant_images(&data.images), [1]);
    }
}
