//! Whether another program's labels are those of the dataset: rows in another order show there first.

use std::path::Path;

use super::Predictions;
use crate::error::{Error, Result};

/// Compares n labels with those of n rows of the dataset; `place` names a row in their file.
///
/// # Errors
/// [`Error::Malformed`] with the first row that differs, how many do, and what it looks like: the labels of the same
/// rows in another order, the same labels under other numbers, or those of other rows.
pub(super) fn compare(path: &Path, place: impl Fn(usize) -> String, theirs: &[u8], ours: &Predictions) -> Result<()> {
    let differs = |&row: &usize| theirs[row] != ours.labels[row];
    let n = ours.labels.len().min(ours.rows.len()).min(theirs.len());
    let Some(first) = (0..n).find(differs) else { return Ok(()) };
    let count = (0..n).filter(differs).count();
    let name = |label: u8| ours.classes.get(usize::from(label)).map_or("?", String::as_str);
    let found = format!("{} ({}); {count} of {n} labels differ", name(theirs[first]), theirs[first]);
    let of = if ours.dataset.is_empty() { String::new() } else { format!(" of {}", ours.dataset) };
    let (label, row) = (ours.labels[first], ours.rows[first]);
    let why = likely_reason(theirs, &ours.labels, ours.classes.len());
    let expected = format!("{} ({label}), the label of row {row}{of}; {why}", name(label));
    Err(Error::malformed(path, place(first), found, expected))
}

fn likely_reason(theirs: &[u8], ours: &[u8], classes: usize) -> &'static str {
    if renumbered(theirs, ours, classes) {
        return "these look like the right rows with the classes in another order";
    }
    let sorted = |labels: &[u8]| {
        let mut labels = labels.to_vec();
        labels.sort_unstable();
        labels
    };
    match sorted(theirs) == sorted(ours) {
        true => "these look like the right rows in another order",
        false => "these look like other rows",
    }
}

/// True when one number of theirs always stands for one of ours, and the other way round. A few rows prove nothing.
fn renumbered(theirs: &[u8], ours: &[u8], classes: usize) -> bool {
    let (mut to_ours, mut to_theirs) = ([None; 256], [None; 256]);
    theirs.len() >= 4 * classes
        && theirs.iter().zip(ours).all(|(&a, &b)| {
            *to_ours[usize::from(a)].get_or_insert(b) == b && *to_theirs[usize::from(b)].get_or_insert(a) == a
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::example::example;

    fn refused(theirs: &[u8]) -> String {
        let place = |row| format!("row {row}");
        compare(Path::new("labels.npy"), place, theirs, &example(0)).unwrap_err().to_string()
    }

    #[test]
    fn the_first_difference_and_its_likely_reason_are_named() {
        // Labels 0, 3, 5, 3, 4, 0, 5, again and again.
        let ours = example(0).labels;
        compare(Path::new("labels.npy"), |row| row.to_string(), &ours, &example(0)).unwrap();

        let mut swapped = ours.clone();
        swapped.swap(1, 4);
        let message = refused(&swapped);
        assert!(message.contains("labels.npy: row 1: found c4 (4); 2 of 60 labels differ"), "{message}");
        assert!(
            message.contains("c3 (3), the label of row 1 of golden; these look like the right rows in another order")
        );

        let renumbered: Vec<u8> = ours.iter().map(|label| (label + 1) % 6).collect();
        let message = refused(&renumbered);
        assert!(
            message.contains("60 of 60 labels differ") && message.contains("classes in another order"),
            "{message}"
        );

        let mut other = ours.clone();
        other[59] = 1;
        let message = refused(&other);
        assert!(message.contains("row 59: found c1 (1); 1 of 60") && message.contains("other rows"), "{message}");
    }
}
