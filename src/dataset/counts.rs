//! Rows per class and split.

use super::{Dataset, Split};

impl Dataset {
    /// Rows of each class (in label order) for each split (train, validation, test).
    pub fn counts(&self) -> Vec<[usize; 3]> {
        let mut counts = vec![[0; 3]; self.info.classes.len()];
        for (&label, &split) in self.labels.iter().zip(&self.splits) {
            if let Some(class) = counts.get_mut(usize::from(label)) {
                class[split as usize] += 1;
            }
        }
        counts
    }

    /// Rows of each split (train, validation, test).
    pub fn split_sizes(&self) -> [usize; 3] {
        Split::ALL.map(|split| self.splits.iter().filter(|&&s| s == split).count())
    }
}
