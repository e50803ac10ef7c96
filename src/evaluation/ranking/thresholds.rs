//! What every threshold on a score finds, and the areas that follow from it.

/// Rows whose score is at least a threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Found {
    /// Those of the class.
    pub positives: u64,
    /// Those of other classes.
    pub negatives: u64,
}

/// What is found at every score that occurs, from the highest to the lowest: first nothing, at last all rows.
pub(super) struct Thresholds(Vec<Found>);

impl Thresholds {
    /// Of rows with their score, which is not NaN, and whether they are of the class.
    ///
    /// Rows of one score are found together, so that the order of the rows does not matter.
    pub fn of(mut rows: Vec<(f32, bool)>) -> Self {
        rows.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
        let mut found = vec![Found { positives: 0, negatives: 0 }];
        for tied in rows.chunk_by(|a, b| a.0 == b.0) {
            let positives = tied.iter().filter(|(_, of_class)| *of_class).count() as u64;
            let before = found[found.len() - 1];
            found.push(Found {
                positives: before.positives + positives,
                negatives: before.negatives + tied.len() as u64 - positives,
            });
        }
        Self(found)
    }

    /// From nothing to all rows; at least the first.
    pub fn found(&self) -> &[Found] {
        &self.0
    }

    /// All rows of the class.
    pub fn positives(&self) -> u64 {
        self.0[self.0.len() - 1].positives
    }

    /// All other rows.
    pub fn negatives(&self) -> u64 {
        self.0[self.0.len() - 1].negatives
    }

    /// True when there are rows of the class and others.
    pub fn both(&self) -> bool {
        self.positives() > 0 && self.negatives() > 0
    }

    /// The share of pairs of a row of the class and another row in which the first has the higher score, ties counting
    /// half: Mann and Whitney's U divided by the number of pairs. `None` without such a pair.
    pub fn roc_auc(&self) -> Option<f64> {
        // In whole halves of pairs, which are exact.
        let halves: u64 = self
            .0
            .windows(2)
            .map(|pair| (pair[1].negatives - pair[0].negatives) * (pair[0].positives + pair[1].positives))
            .sum();
        self.both().then(|| halves as f64 / (2.0 * self.positives() as f64 * self.negatives() as f64))
    }

    /// The sum over thresholds of the recall gained there times the precision there; `None` unless there are rows of
    /// the class and others.
    pub fn average_precision(&self) -> Option<f64> {
        let gained = |pair: &[Found]| (pair[1].positives - pair[0].positives) as f64 * pair[1].precision();
        self.both().then(|| self.0.windows(2).map(gained).sum::<f64>() / self.positives() as f64)
    }
}

impl Found {
    /// The share of what is found that is of the class; of no use where nothing is found.
    pub fn precision(self) -> f64 {
        self.positives as f64 / (self.positives + self.negatives) as f64
    }
}
