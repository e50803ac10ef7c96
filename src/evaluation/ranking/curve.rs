//! Both curves with all their points.

use super::thresholds::Thresholds;

/// (false positive rate, true positive rate) at every threshold; empty unless there are rows of the class and others.
pub(super) fn roc(thresholds: &Thresholds) -> Vec<[f64; 2]> {
    if !thresholds.both() {
        return Vec::new();
    }
    let (positives, negatives) = (thresholds.positives() as f64, thresholds.negatives() as f64);
    let point = |f: &super::thresholds::Found| [f.negatives as f64 / negatives, f.positives as f64 / positives];
    thresholds.found().iter().map(point).collect()
}

/// The steps of precision over recall: for every threshold that finds more rows of the class, where its precision
/// begins to hold and where it ends. Empty unless there are rows of the class and others.
pub(super) fn precision_recall(thresholds: &Thresholds) -> Vec<[f64; 2]> {
    let mut points = Vec::new();
    if thresholds.both() {
        let recall = |found: u64| found as f64 / thresholds.positives() as f64;
        for pair in thresholds.found().windows(2).filter(|pair| pair[1].positives > pair[0].positives) {
            points.extend(pair.iter().map(|f| [recall(f.positives), pair[1].precision()]));
        }
    }
    points
}
