//! A small dataset for unit tests.

use ndarray::Array3;

use super::Split;
use super::store::{Dataset, DatasetInfo, SCHEMA};

/// One 4 x 4 row for each (pattern, label, split); equal patterns give equal pixels, none is constant.
pub(super) fn dataset(rows: &[(u8, u8, Split)]) -> Dataset {
    let images = Array3::from_shape_fn((rows.len(), 4, 4), |(n, y, x)| rows[n].0.wrapping_add((y * 4 + x) as u8));
    let classes = ["happy", "sad", "neutral"].map(String::from).to_vec();
    let info = DatasetInfo {
        schema: SCHEMA,
        name: "small".into(),
        title: "Small".into(),
        classes,
        rows: rows.len(),
        height: 4,
        width: 4,
        synthetic: false,
        source: "a test".into(),
        split_rule: "as given".into(),
        resize: "none".into(),
        prepared: Default::default(),
        skipped: 0,
        recipe: String::new(),
        fingerprint: String::new(),
        version: String::new(),
    };
    let labels = rows.iter().map(|r| r.1).collect();
    let splits = rows.iter().map(|r| r.2).collect();
    Dataset { info, images, labels, splits, subjects: None, shares: None }
}

/// A training row for each label, all of them different.
pub(super) fn dataset_of(labels: Vec<u8>, subjects: Option<Vec<u32>>) -> Dataset {
    let rows: Vec<(u8, u8, Split)> = labels.iter().enumerate().map(|(i, &l)| (i as u8, l, Split::Train)).collect();
    Dataset { subjects, ..dataset(&rows) }
}
