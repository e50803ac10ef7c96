//! What a reader must know about a dataset before comparing scores on it.

use serde::Serialize;

use super::duplicates::{constant_images, identical_groups, labels_of};
use super::{Dataset, Split};

/// What a dataset holds and what is odd about it. Row numbers count from 0, as in the arrays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Facts {
    /// Rows of each class for train, validation and test.
    pub counts: Vec<[usize; 3]>,
    /// Different persons, where the source names them.
    pub subjects: Option<usize>,
    /// Groups of rows with equal pixels.
    pub duplicate_groups: usize,
    /// Rows in those groups.
    pub duplicate_rows: usize,
    /// `twins[a][b]`: rows of split `a` with equal pixels in another row of split `b`.
    pub twins: [[usize; 3]; 3],
    /// The groups whose rows carry different labels.
    pub contradictions: Vec<Vec<usize>>,
    /// Rows of one constant value.
    pub constant: Vec<usize>,
    /// All groups of equal rows.
    #[serde(skip)]
    pub groups: Vec<Vec<usize>>,
}

impl Facts {
    /// Looks at every row of `dataset`.
    pub fn of(dataset: &Dataset) -> Self {
        let groups = identical_groups(&dataset.images);
        let mut twins = [[0; 3]; 3];
        for group in &groups {
            let mut present = [0; 3];
            for &row in group {
                present[dataset.splits[row] as usize] += 1;
            }
            for a in Split::ALL.map(|s| s as usize) {
                for b in Split::ALL.map(|s| s as usize) {
                    let others = if a == b { present[b] > 1 } else { present[b] > 0 };
                    twins[a][b] += if others { present[a] } else { 0 };
                }
            }
        }
        let contradictions = groups.iter().filter(|group| labels_of(dataset, group).len() > 1).cloned().collect();
        let subjects = dataset.subjects.as_ref().map(|subjects| {
            let mut people = subjects.clone();
            people.sort_unstable();
            people.dedup();
            people.len()
        });
        Self {
            counts: dataset.counts(),
            subjects,
            duplicate_groups: groups.len(),
            duplicate_rows: groups.iter().map(Vec::len).sum(),
            twins,
            contradictions,
            constant: constant_images(&dataset.images),
            groups,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::fixture::dataset;

    #[test]
    fn twins_inside_and_across_splits_are_counted_by_hand() {
        let data = dataset(&[
            (1, 0, Split::Train),
            (1, 0, Split::Train),
            (1, 2, Split::Test),
            (2, 1, Split::Validation),
            (2, 1, Split::Test),
            (3, 1, Split::Test),
        ]);
        let facts = Facts::of(&data);
        assert_eq!((facts.duplicate_groups, facts.duplicate_rows), (2, 5));
        assert_eq!(facts.twins, [[2, 0, 2], [0, 0, 1], [1, 1, 0]]);
        assert_eq!(facts.contradictions, [[0, 1, 2]]);
        assert_eq!(facts.counts, [[2, 0, 0], [0, 1, 2], [0, 0, 1]]);
        assert_eq!(facts.subjects, None);
    }
}
