//! FER+ (Barsoum et al. 2016, arXiv:1608.01041): labels of FER2013 by the votes of ten people.
//!
//! A single vote for a class is taken for a slip and left out. What is left are counts, from which a row gets either the
//! class of the majority or the shares of the strongest classes; rows that most people found to be no face, or could not
//! name, are left out.

use std::path::Path;

use ndarray::{Array2, Axis};

use super::rows::Rows;
use crate::error::{Error, Result};
use crate::expression::Expression;
use crate::recipe::{VoteLabels, VotesRecipe};

/// Classes that may share a row's votes; with more, nobody knows.
const MOST_CLASSES: usize = 3;
/// Share of the votes that the strongest classes are taken up to.
const ENOUGH: f64 = 0.75;

/// Gives rows, in the order of fer2013.csv, the labels that people voted for; n x c shares of the votes come with them.
///
/// # Errors
/// [`Error::Malformed`] with the line of the votes that does not fit.
pub(super) fn relabel(
    path: &Path,
    recipe: &VotesRecipe,
    classes: &[String],
    rows: Rows,
) -> Result<(Rows, Array2<f32>)> {
    if !rows.skipped.is_empty() {
        let expected = "all rows of fer2013.csv: votes are matched to them by their order";
        return Err(Error::malformed(path, "", format!("{} rows left out", rows.skipped.len()), expected));
    }
    let votes = read(path, classes, &rows)?;
    let (mut kept, mut labels, mut shares) = (Vec::new(), Vec::new(), Vec::new());
    for (row, votes) in votes.iter().enumerate() {
        if let Some(found) = share_of_votes(votes, classes.len(), recipe.labels) {
            let mut best = 0;
            for (class, share) in found.iter().enumerate() {
                if *share > found[best] {
                    best = class;
                }
            }
            kept.push(row);
            labels.push(best as u8);
            shares.extend(found.into_iter().map(|s| s as f32));
        }
    }
    if kept.is_empty() {
        return Err(Error::malformed(path, "", "no row that people agree on", "the votes of FER+"));
    }
    let targets = Array2::from_shape_vec((kept.len(), classes.len()), shares)
        .map_err(|e| Error::malformed(path, "", e.to_string(), "one share for each class"))?;
    let of_kept = |splits: Vec<_>| kept.iter().map(|&row| splits[row]).collect();
    let how = match recipe.labels {
        VoteLabels::Majority => "the majority of its votes",
        VoteLabels::Shares => "the shares of its votes",
    };
    let source = format!("{}; labels by {how} in {}, {} of {} rows", rows.source, name(path), kept.len(), votes.len());
    let rows = Rows {
        images: rows.images.select(Axis(0), &kept),
        labels,
        splits: rows.splits.map(of_kept),
        subjects: rows.subjects.map(|s| kept.iter().map(|&row| s[row]).collect()),
        source,
        ..rows
    };
    Ok((rows, targets))
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Votes of each row: for the classes, then for "unknown" and "no face".
fn read(path: &Path, classes: &[String], rows: &Rows) -> Result<Vec<Vec<u32>>> {
    let broken = |place: String, found: String, expected: &str| Error::malformed(path, place, found, expected);
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_path(path).map_err(|e| unreadable(path, e))?;
    let header = reader.headers().map_err(|e| unreadable(path, e))?.clone();
    let column = |wanted: &dyn Fn(&str) -> bool, what: &str| {
        let found = header.iter().position(|h| wanted(h.trim()));
        found.ok_or_else(|| broken("header".into(), header.iter().collect::<Vec<_>>().join(","), what))
    };
    let mut columns = Vec::with_capacity(classes.len() + 2);
    for class in classes {
        let class: Expression = class.parse()?;
        let what = format!("a column of votes for {class}");
        columns.push(column(&|h| h.parse::<Expression>().is_ok_and(|e| e == class), &what)?);
    }
    for other in ["unknown", "NF"] {
        columns.push(column(&|h| h.eq_ignore_ascii_case(other), &format!("a column `{other}`"))?);
    }
    let usage = column(&|h| h.eq_ignore_ascii_case("usage"), "a column `Usage`")?;
    let n = rows.labels.len();
    let mut votes = Vec::with_capacity(n);
    for (row, record) in reader.records().enumerate() {
        let record = record.map_err(|e| unreadable(path, e))?;
        let place = || format!("row {row} (line {})", row + 2);
        if row >= n {
            return Err(broken(place(), "a row too many".into(), &format!("{n} rows, as many as pictures")));
        }
        if let Some(splits) = &rows.splits {
            let found = record.get(usage).unwrap_or_default();
            if found.parse().ok() != Some(splits[row]) {
                let expected = format!("Usage {}, as the picture in this place has", splits[row]);
                return Err(broken(place(), format!("`{found}`"), &expected));
            }
        }
        let of_row = columns.iter().map(|&column| {
            let found = record.get(column).unwrap_or_default().trim();
            found.parse().map_err(|_| broken(place(), format!("`{found}`"), "a number of votes in each column"))
        });
        votes.push(of_row.collect::<Result<_>>()?);
    }
    match votes.len() == n {
        true => Ok(votes),
        false => Err(broken(String::new(), format!("{} rows", votes.len()), &format!("{n} rows, as many as pictures"))),
    }
}

fn unreadable(path: &Path, e: csv::Error) -> Error {
    match e.into_kind() {
        csv::ErrorKind::Io(e) => Error::io("read", path, e),
        other => Error::malformed(path, "", format!("{other:?}"), "a table of votes such as fer2013new.csv"),
    }
}

/// The shares of the classes, summing to 1; `None` where people do not agree, or agree that it is none of them.
fn share_of_votes(votes: &[u32], classes: usize, how: VoteLabels) -> Option<Vec<f64>> {
    let counted: Vec<u32> = votes.iter().map(|&v| if v > 1 { v } else { 0 }).collect();
    let total: u32 = counted.iter().sum();
    let mut taken = vec![0u32; votes.len()];
    match how {
        VoteLabels::Majority => {
            let best = (0..counted.len()).rev().max_by_key(|&i| counted[i])?;
            if 2 * counted[best] <= total {
                return None;
            }
            taken[best] = counted[best];
        }
        VoteLabels::Shares => {
            let mut order: Vec<usize> = (0..counted.len()).filter(|&i| counted[i] > 0).collect();
            // Of equal ones the first; the sort keeps their order.
            order.sort_by_key(|&i| std::cmp::Reverse(counted[i]));
            let mut next = 0;
            while next < order.len() && f64::from(taken.iter().sum::<u32>()) < ENOUGH * f64::from(total) {
                // Classes with equally many votes come in together.
                let most = counted[order[next]];
                while next < order.len() && counted[order[next]] == most {
                    taken[order[next]] = most;
                    next += 1;
                }
            }
            let sum: u32 = taken.iter().sum();
            if 2 * sum <= total || taken.iter().filter(|&&t| t > 0).count() > MOST_CLASSES {
                return None;
            }
            // "Unknown" and "no face" beside named classes count for nothing; before them they rule the row out.
            let best = taken[..classes].iter().max().copied().unwrap_or_default();
            if taken[classes..].iter().any(|&other| other >= best) {
                return None;
            }
        }
    }
    let named: u32 = taken[..classes].iter().sum();
    (named > 0).then(|| taken[..classes].iter().map(|&t| f64::from(t) / f64::from(named)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Split;
    use ndarray::Array3;

    const HEADER: &str = "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF\n";

    fn rows(n: usize) -> Rows {
        Rows {
            images: Array3::from_shape_fn((n, 2, 2), |(i, _, _)| i as u8),
            labels: vec![0; n],
            splits: Some(vec![Split::Train; n]),
            subjects: None,
            skipped: Vec::new(),
            source: "fer2013.csv".into(),
            resize: "none".into(),
        }
    }

    fn classes() -> Vec<String> {
        Expression::ALL.map(|e| e.name().to_string()).to_vec()
    }

    fn votes(labels: VoteLabels) -> VotesRecipe {
        VotesRecipe { path: "fer2013new.csv".into(), labels }
    }

    fn table(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), format!("{HEADER}{text}")).unwrap();
        file
    }

    #[test]
    fn the_majority_must_be_one() {
        let file = table(
            "Training,a,8,0,0,1,1,0,0,0,0,0\nTraining,b,5,5,0,0,0,0,0,0,0,0\nTraining,c,0,0,0,0,0,0,0,0,0,10\n\
             Training,d,0,0,0,3,2,0,0,0,0,1\n",
        );
        let (rows, targets) = relabel(file.path(), &votes(VoteLabels::Majority), &classes(), rows(4)).unwrap();
        // A tie and a picture without a face are left out; single votes do not count.
        assert_eq!(rows.labels, [Expression::Neutral as u8, Expression::Sad as u8]);
        assert_eq!(rows.images[[1, 0, 0]], 3);
        assert_eq!(targets.sum(), 2.0);
        assert!(rows.source.contains("2 of 4 rows"), "{}", rows.source);
    }

    #[test]
    fn shares_are_those_of_the_strongest_classes() {
        let share = |votes: [u32; 10]| share_of_votes(&votes, 8, VoteLabels::Shares);
        // Classes in the order of FER2013, then unknown and no face.
        let two = share([0, 0, 0, 6, 0, 0, 4, 0, 0, 0]).unwrap();
        assert_eq!((two[3], two[6]), (0.6, 0.4));
        // 8 of 10 are enough: the rest is left out.
        let one = share([0, 0, 0, 8, 2, 0, 0, 0, 0, 0]).unwrap();
        assert_eq!(one[3], 1.0);
        // A single vote is a slip.
        assert_eq!(share([9, 1, 0, 0, 0, 0, 0, 0, 0, 0]).unwrap()[0], 1.0);
        // Too many ways to see it, and no face in front.
        assert_eq!(share([2, 2, 2, 2, 0, 0, 2, 0, 0, 0]), None);
        assert_eq!(share([0, 0, 0, 4, 0, 0, 0, 0, 0, 6]), None);
        // Unknown behind a class counts for nothing.
        assert_eq!(share([0, 0, 0, 6, 0, 0, 0, 0, 4, 0]).unwrap()[3], 1.0);
        assert_eq!(share([1, 1, 1, 1, 1, 1, 1, 1, 1, 1]), None);
    }

    #[test]
    fn what_does_not_fit_the_pictures_is_named() {
        let good = "Training,a,8,0,0,1,1,0,0,0,0,0\n";
        for (text, n, wanted) in [
            (good.to_string(), 2, "2 rows"),
            (good.repeat(2), 1, "row too many"),
            (good.replace("Training", "PublicTest"), 1, "Usage"),
            (good.replace("8,0", "eight,0"), 1, "`eight`"),
            ("Training,a,8\n".to_string(), 1, "votes in each column"),
        ] {
            let file = table(&text);
            let error =
                relabel(file.path(), &votes(VoteLabels::Majority), &classes(), rows(n)).unwrap_err().to_string();
            assert!(error.contains(wanted), "{error}");
        }
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "Usage,a,b\n").unwrap();
        assert!(relabel(file.path(), &votes(VoteLabels::Majority), &classes(), rows(1)).is_err());
    }
}
