//! The scores of models from what was counted in one resample.

/// Scores of a model: accuracy, balanced accuracy, macro-F1.
pub(super) const SCORES: usize = 3;

/// What the scores of m models on c classes need to know of some rows.
#[derive(Clone)]
pub(super) struct Tally {
    models: usize,
    classes: usize,
    /// Rows predicted as each class (m x c), rows of each class that are predicted as it (m x c), rows of each true
    /// class (c). Side by side, so that the tally of two sets of rows is a sum of numbers.
    counts: Vec<u32>,
}

impl Tally {
    /// Nothing counted yet.
    pub(super) fn new(models: usize, classes: usize) -> Self {
        Self { models, classes, counts: vec![0; (2 * models + 1) * classes] }
    }

    /// All counts, to be added to those of other rows.
    pub(super) fn counts(&self) -> &[u32] {
        &self.counts
    }

    /// The same, to be set.
    pub(super) fn counts_mut(&mut self) -> &mut [u32] {
        &mut self.counts
    }

    /// Forgets what was counted.
    pub(super) fn clear(&mut self) {
        self.counts.fill(0);
    }

    /// Counts one row: its true class and what each model predicts.
    pub(super) fn add_row(&mut self, label: u8, predicted: impl Iterator<Item = u8>) {
        let (c, pairs) = (self.classes, self.models * self.classes);
        for (model, guess) in predicted.enumerate() {
            self.counts[model * c + usize::from(guess)] += 1;
            self.counts[pairs + model * c + usize::from(label)] += u32::from(guess == label);
        }
        self.counts[2 * pairs + usize::from(label)] += 1;
    }

    /// Counts all rows of a true class: so many and, model after model, how many of them are predicted as each class
    /// but the last.
    pub(super) fn add_class(&mut self, class: usize, rows: u32, but_last: &[u32]) {
        let (c, pairs) = (self.classes, self.models * self.classes);
        let (predicted, rest) = self.counts.split_at_mut(pairs);
        let (right, support) = rest.split_at_mut(pairs);
        for (model, (predicted, right)) in predicted.chunks_exact_mut(c).zip(right.chunks_exact_mut(c)).enumerate() {
            let but_last = &but_last[model * (c - 1)..][..c - 1];
            let last = rows - but_last.iter().sum::<u32>();
            predicted.iter_mut().zip(but_last).for_each(|(sum, count)| *sum += count);
            predicted[c - 1] += last;
            right[class] += but_last.get(class).copied().unwrap_or(last);
        }
        support[class] += rows;
    }

    /// Accuracy, balanced accuracy and macro-F1 of a model, in the terms and the order of operations of
    /// [`crate::evaluation::Metrics`]. All are defined where any row was counted.
    pub(super) fn scores(&self, model: usize) -> [f64; SCORES] {
        let (c, pairs) = (self.classes, self.models * self.classes);
        let (predicted, right) = (&self.counts[model * c..][..c], &self.counts[pairs + model * c..][..c]);
        let (mut rows, mut correct) = (0u64, 0u64);
        let (mut recall, mut f1) = (Mean::default(), Mean::default());
        for ((&support, &right), &predicted) in self.counts[2 * pairs..].iter().zip(right).zip(predicted) {
            rows += u64::from(support);
            correct += u64::from(right);
            recall.add(f64::from(right), u64::from(support));
            f1.add(2.0 * f64::from(right), u64::from(support) + u64::from(predicted));
        }
        [correct as f64 / rows as f64, recall.value(), f1.value()]
    }
}

/// The mean of ratios, without those of nothing to nothing.
#[derive(Default)]
struct Mean {
    sum: f64,
    number: u32,
}

impl Mean {
    fn add(&mut self, part: f64, whole: u64) {
        if whole > 0 {
            self.sum += part / whole as f64;
            self.number += 1;
        }
    }

    fn value(&self) -> f64 {
        self.sum / f64::from(self.number)
    }
}
