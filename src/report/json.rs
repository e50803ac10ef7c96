//! `metrics.json`: the whole comparison, so that every other file can be made again from it.

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::artifact::{read_json, write_json};
use crate::error::{Error, Result};
use crate::evaluation::{Comparison, Entry, Ranking, Scores, WithoutMember};

/// The file's name in the experiment's folder.
pub const FILE: &str = "metrics.json";

/// Version of the file's format; a file of another version is refused.
pub const SCHEMA: u32 = 1;

/// Charts and tables of more classes are of no use to a reader.
const MOST_CLASSES: usize = 100;

/// Counts above this are not exact in the numbers of JSON.
const LARGEST_COUNT: u64 = 1 << 53;

#[derive(Serialize)]
struct Stored<'a> {
    schema: u32,
    comparison: &'a Comparison,
}

/// The scores of an experiment, as `ferrofuse run` writes them into `results/NAME/metrics.json`. Accuracy and its like are
/// shares from 0 to 1, intervals are `[low, high]` at 95 %, and what is not defined is null.
#[derive(Deserialize, JsonSchema)]
#[schemars(title = "metrics.json of ferrofuse")]
#[serde(deny_unknown_fields)]
pub(super) struct Read {
    /// Version of this format.
    #[schemars(schema_with = "super::schema::version")]
    #[allow(dead_code)] // Looked at before the rest is read.
    schema: u32,
    /// Everything that the report shows.
    comparison: Comparison,
}

#[derive(Deserialize)]
struct Version {
    schema: u32,
}

/// Writes `comparison` as `folder/metrics.json`.
///
/// # Errors
/// [`Error::Io`] with the path.
pub fn write(folder: &Path, comparison: &Comparison) -> Result<()> {
    // The points of curves would be most of the file; they are drawn from the predictions beside it.
    let mut slim = comparison.clone();
    for entry in &mut slim.entries {
        entry.ranking = entry.ranking.take().map(Ranking::without_curves);
    }
    write_json(&folder.join(FILE), &Stored { schema: SCHEMA, comparison: &slim })
}

/// Reads `folder/metrics.json`.
///
/// # Errors
/// [`Error::Missing`] without the file, [`Error::Malformed`] with the place in it that does not fit.
pub fn read(folder: &Path) -> Result<Comparison> {
    let path = folder.join(FILE);
    if !path.exists() {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        return Err(Error::missing(&path, format!("run the experiment first: `ferrofuse run {name}`")));
    }
    // A file of another version is named as such, not by the first key that differs.
    let version: Version = read_json(&path)?;
    if version.schema != SCHEMA {
        let expected = format!("schema {SCHEMA}; run the experiment again");
        return Err(Error::malformed(&path, "schema", version.schema.to_string(), expected));
    }
    let stored: Read = read_json(&path)?;
    check(&stored.comparison).map_err(|e| match e {
        Error::Invalid { what, found, expected } => Error::malformed(&path, what, found, expected),
        other => other,
    })?;
    Ok(stored.comparison)
}

/// Checks that the parts of a comparison fit together, so that no table or chart meets a surprise.
///
/// # Errors
/// [`Error::Invalid`] with the part that does not fit.
pub fn check(comparison: &Comparison) -> Result<()> {
    let classes = &comparison.dataset.classes;
    if !(2..=MOST_CLASSES).contains(&classes.len()) {
        return Err(Error::invalid("dataset.classes", classes.len(), format!("2 to {MOST_CLASSES} classes")));
    }
    for counts in &comparison.dataset.counts {
        let total = counts.per_class.iter().try_fold(0u64, |sum, n| sum.checked_add(*n));
        if counts.per_class.len() != classes.len() || total.is_none_or(|n| n > LARGEST_COUNT) {
            let expected = format!("one count for each of {} classes", classes.len());
            return Err(Error::invalid(
                format!("dataset.counts of {}", counts.split),
                format!("{:?}", counts.per_class),
                expected,
            ));
        }
    }
    let mut names: Vec<&str> = comparison.entries.iter().map(|e| e.name.as_str()).collect();
    names.sort_unstable();
    if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(Error::invalid("entries", format!("`{}` twice", twice[0]), "a name of its own for each"));
    }
    if let Some(best) = &comparison.best_single
        && comparison.entry(best).is_none()
    {
        return Err(Error::invalid("best_single", format!("`{best}`"), "the name of an entry"));
    }
    for ingredient in &comparison.ingredients {
        if let Some(stranger) =
            [&ingredient.with, &ingredient.without].into_iter().find(|name| comparison.entry(name).is_none())
        {
            let what = format!("ingredients: `{}`", ingredient.name);
            return Err(Error::invalid(what, format!("`{stranger}`"), "the names of two entries"));
        }
    }
    if let Some(folds) = &comparison.folds
        && (folds.accuracies.len() != comparison.entries.len()
            || folds.accuracies.iter().any(|of| of.len() != folds.rows.len()))
    {
        let found = format!("accuracies of {} entries", folds.accuracies.len());
        let expected = format!("one for each of {} entries and {} folds", comparison.entries.len(), folds.rows.len());
        return Err(Error::invalid("folds", found, expected));
    }
    for entry in &comparison.entries {
        for (split, scores) in [("validation", &entry.validation), ("test", &entry.test)] {
            check_scores(&format!("{split} of `{}`", entry.name), classes, scores)?;
        }
        for without in &entry.without_member {
            check_without(entry, without)?;
        }
        if let Some(ranking) = &entry.ranking
            && !ranking.per_class.iter().map(|c| &c.name).eq(classes)
        {
            let what = format!("ranking of `{}`: classes", entry.name);
            return Err(Error::invalid(what, ranking.per_class.len(), classes.join(", ")));
        }
    }
    check_evidence(comparison)
}

/// What speaks of several entries names entries that are there, and classes as many as there are.
fn check_evidence(comparison: &Comparison) -> Result<()> {
    let (entries, classes) = (comparison.entries.len(), comparison.dataset.classes.len());
    let pairs = comparison.pairs.iter().map(|p| ("pairs", [&p.first, &p.second]));
    let gains = comparison.fusion_gains.iter().map(|g| ("fusion_gains", [&g.fusion, &g.over]));
    for (what, names) in pairs.chain(gains) {
        if let Some(stranger) = names.into_iter().find(|name| comparison.entry(name).is_none()) {
            return Err(Error::invalid(what, format!("`{stranger}`"), "the names of two entries"));
        }
    }
    if let Some(pair) = comparison.pairs.iter().find(|p| p.checked_rows().is_none_or(|n| n > LARGEST_COUNT)) {
        let expected = "counts of rows";
        return Err(Error::invalid(format!("pair `{}` and `{}`", pair.first, pair.second), "too many rows", expected));
    }
    if let Some(gain) = comparison.fusion_gains.iter().find(|g| g.per_class.len() != classes) {
        let what = format!("fusion_gains of `{}`", gain.fusion);
        return Err(Error::invalid(what, gain.per_class.len(), format!("one for each of {classes} classes")));
    }
    match &comparison.bootstrap {
        Some(b) if b.models.len() != entries => {
            Err(Error::invalid("bootstrap.models", b.models.len(), format!("one for each of {entries} entries")))
        }
        _ => Ok(()),
    }
}

/// A member of the entry, scored on the rows that the entry was scored on.
fn check_without(entry: &Entry, without: &WithoutMember) -> Result<()> {
    let what = format!("`{}` without `{}`", entry.name, without.member);
    if !entry.members.contains(&without.member) {
        return Err(Error::invalid(what, "no member", format!("one of {}", entry.members.join(", "))));
    }
    for (hits, scores) in [(without.validation, &entry.validation), (without.test, &entry.test)] {
        if hits.rows != scores.metrics.rows || hits.correct > hits.rows {
            let found = format!("{} of {} rows right", hits.correct, hits.rows);
            return Err(Error::invalid(what, found, format!("a part of {} rows", scores.metrics.rows)));
        }
    }
    Ok(())
}

fn check_scores(what: &str, classes: &[String], scores: &Scores) -> Result<()> {
    let metrics = &scores.metrics;
    if scores.confusion.classes() != classes || !metrics.per_class.iter().map(|c| &c.name).eq(classes) {
        return Err(Error::invalid(
            format!("{what}: classes"),
            "others",
            format!("those of the dataset, {}", classes.join(", ")),
        ));
    }
    let total = scores.confusion.counts().iter().try_fold(0u64, |sum, n| sum.checked_add(*n));
    if total != Some(metrics.rows) || metrics.rows > LARGEST_COUNT {
        let found = total.map_or_else(|| "more than can be counted".to_string(), |n| n.to_string());
        return Err(Error::invalid(
            format!("{what}: sum of the confusion matrix"),
            found,
            format!("{} rows", metrics.rows),
        ));
    }
    let [low, high] = metrics.accuracy_interval;
    let shares = [Some(metrics.accuracy), Some(low), Some(high), metrics.balanced_accuracy, metrics.macro_f1];
    if let Some(share) = shares.into_iter().flatten().find(|s| !(0.0..=1.0).contains(s)) {
        return Err(Error::invalid(format!("{what}: share"), share, "a number from 0 to 1"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn a_comparison_comes_back_from_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let comparison = fixture::comparison();
        write(folder.path(), &comparison).unwrap();
        let back = read(folder.path()).unwrap();
        assert_eq!(back.entries.len(), comparison.entries.len());
        assert_eq!(back.dataset, comparison.dataset);
        // Parsing may miss the last binary digit of a number; no table shows it.
        assert_eq!(crate::report::markdown::render(&back), crate::report::markdown::render(&comparison));
        assert_eq!(crate::report::summary(&back), crate::report::summary(&comparison));
    }

    #[test]
    fn missing_other_and_corrupt_files_are_named_with_the_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        let refused = || read(folder.path()).unwrap_err().to_string();
        assert!(refused().contains("is missing: run the experiment first"));
        std::fs::write(&path, "{\"schema\": 1, \"comparison\": {\"title\": 3}}").unwrap();
        assert!(refused().contains("metrics.json: line 1 column"), "{}", refused());
        std::fs::write(&path, "{\"schema\": 99}").unwrap();
        assert!(refused().contains("schema: found 99"), "{}", refused());
        write(folder.path(), &fixture::comparison()).unwrap();
        let whole = std::fs::read(&path).unwrap();
        for cut in (0..whole.len() - 2).step_by(997) {
            std::fs::write(&path, &whole[..cut]).unwrap();
            assert!(matches!(read(folder.path()), Err(Error::Malformed { .. })), "cut at {cut}");
        }
    }

    #[test]
    fn parts_that_do_not_fit_together_are_refused() {
        type Break = fn(&mut Comparison);
        let breaks: [(&str, Break); 14] = [
            ("best_single", |c| c.best_single = Some("nobody".into())),
            ("`cnn` twice", |c| c.entries[1].name = "cnn".into()),
            ("classes", |c| c.entries[0].test.metrics.per_class.truncate(1)),
            ("share", |c| c.entries[0].test.metrics.accuracy = 1.5),
            ("rows", |c| c.entries[0].validation.metrics.rows += 1),
            ("dataset.counts", |c| c.dataset.counts[0].per_class[0] = u64::MAX),
            ("dataset.classes", |c| c.dataset.classes.truncate(1)),
            ("no member", |c| c.entries[5].without_member[0].member = "elsewhere".into()),
            ("a part of 30 rows", |c| c.entries[5].without_member[1].test.rows += 1),
            ("pairs: found `nobody`", |c| c.pairs[2].second = "nobody".into()),
            ("too many rows", |c| c.pairs[0].both_right = u64::MAX),
            ("fusion_gains of `sift-cnn`", |c| c.fusion_gains[0].per_class.truncate(1)),
            ("bootstrap.models", |c| c.bootstrap.as_mut().unwrap().models.truncate(2)),
            ("ranking of `cnn`", |c| c.entries[0].ranking.as_mut().unwrap().per_class.truncate(1)),
        ];
        for (what, break_it) in breaks {
            let mut comparison = fixture::comparison();
            check(&comparison).unwrap();
            break_it(&mut comparison);
            let said = check(&comparison).unwrap_err().to_string();
            assert!(said.contains(what), "{what}: {said}");
        }
    }
}
