//! What a comparison says, in sentences written from its numbers; the same in HTML and Markdown.

use super::format::{count, interval, p_words, percent, points};
use crate::dataset::Split;
use crate::evaluation::{Comparison, Entry, EntryKind, StartingPoint, TrainingFacts};
use crate::recipe::{AggregateMethod, Keep};

/// The remark that stands beside every table and chart of scores on drawn faces.
pub const SYNTHETIC: &str = "These faces are drawn by the program; the numbers say nothing about real faces.";

/// The same where there is room for few words.
pub const SYNTHETIC_SHORT: &str = "synthetic faces";

/// The warning that stands beside every table of scores where something was chosen on the test rows.
pub const CHOSEN_ON_TEST: &str = "Aggregates and the best single model were chosen on the very test rows that they are scored \
     on. These scores and comparisons are too good: they do not say what to expect of other pictures.";

/// The same where there is room for few words.
pub const CHOSEN_ON_TEST_SHORT: &str = "chosen on the test rows";

/// What every chart of scores must say of them, in few words; nothing of real faces whose test rows chose nothing.
pub fn short_remark(comparison: &Comparison) -> String {
    let when = |holds: bool, said: &'static str| if holds { said } else { "" };
    joined(&[
        when(comparison.is_chosen_on_test(), CHOSEN_ON_TEST_SHORT),
        when(comparison.dataset.synthetic, SYNTHETIC_SHORT),
    ])
}

/// Short sayings in one line; empty ones are left out.
pub fn joined(parts: &[&str]) -> String {
    let said: Vec<&str> = parts.iter().copied().filter(|part| !part.is_empty()).collect();
    said.join(" · ")
}

/// Below this a paired test counts as evidence.
pub const LEVEL: f64 = 0.05;

/// On which rows everything is chosen, and what for.
pub fn protocol(comparison: &Comparison) -> &'static str {
    match comparison.is_chosen_on_test() {
        false => {
            "Everything is chosen on the validation split: epochs, weights of aggregates, stackers, the best single model. \
             The test split is scored with what was chosen."
        }
        true => {
            "Epochs are chosen on the validation split; weights of aggregates, stackers and the best single model on the test \
             split, which is then scored with them."
        }
    }
}

/// What the columns and the protocol mean.
pub fn notes(comparison: &Comparison) -> Vec<&'static str> {
    let (before, after) = NOTES.split_at(4);
    before.iter().copied().chain([protocol(comparison)]).chain(after.iter().copied()).collect()
}

const NOTES: [&str; 5] = [
    "Accuracy is the share of rows whose most probable class is the true one; its 95 % interval is Wilson's (1927).",
    "Balanced accuracy is the mean recall over the classes, macro-F1 the mean of their F1: both count a rare class as \
     much as a frequent one.",
    "“Without identical rows” is the accuracy on the test rows whose picture is not, pixel for pixel, also a training \
     picture; “without near duplicates” leaves out those too whose normalised cross-correlation with a training picture is \
     above 0.95.",
    "p is that of the exact McNemar test (1947) against the best single model on the same test rows, after Holm's \
     correction (1979) for the number of tests.",
    "Log loss is the mean negative natural logarithm of the probability given to the true class. A dash stands for what \
     is undefined.",
];

/// What the colour of an entry's bar stands for, in the order of the colours.
pub const GROUPS: [&str; 5] = ["network", "handcrafted", "aggregate", "external", "classifier on embeddings"];

/// The place in [`GROUPS`] of what an entry belongs to.
pub fn group(entry: &Entry) -> usize {
    match (entry.kind, entry.family.as_str()) {
        (EntryKind::Aggregate, _) => 2,
        (EntryKind::External, _) => 3,
        (EntryKind::Single, "network") => 0,
        (EntryKind::Single, _) if reads_embeddings(entry) => 4,
        (EntryKind::Single, _) => 1,
    }
}

fn reads_embeddings(entry: &Entry) -> bool {
    entry.training.as_ref().is_some_and(|t| t.features.iter().any(|f| f.learned))
}

/// What an entry is: `network`, `SVM`, `external result`, `aggregate (mean)`.
pub fn kind(entry: &Entry) -> String {
    match entry.kind {
        EntryKind::Aggregate => match entry.method {
            Some(method) => format!("aggregate ({})", method.words()),
            None => "aggregate".to_string(),
        },
        EntryKind::External => "external result".to_string(),
        EntryKind::Single if entry.family == "svm" => "SVM".to_string(),
        EntryKind::Single => entry.family.clone(),
    }
}

/// The epoch whose weights were kept, and why: `epoch 14, the best on validation`; `None` where there are no epochs.
pub fn kept_epoch(training: &TrainingFacts) -> Option<String> {
    let why = match training.keep {
        Keep::Best => "the best on validation",
        Keep::Last => "the last one",
    };
    training.best_epoch.map(|epoch| format!("epoch {epoch}, {why}"))
}

/// What to say of the weights after the number of epochs: `, weights of epoch 14, the best on validation`.
pub fn kept_weights(training: &TrainingFacts) -> String {
    kept_epoch(training).map_or_else(String::new, |epoch| format!(", weights of {epoch}"))
}

/// Which trained network another one started from, and what that had started from: `compact (fer2013)`.
pub fn starting_point(point: &StartingPoint) -> String {
    let before =
        point.pretrained.as_deref().map_or_else(String::new, |p| format!(", itself from {}", starting_point(p)));
    format!("{} ({}){before}", point.model, point.dataset)
}

/// The members of an aggregate with their weights: `CNN 0.40 + SIFT-CNN 0.60`; empty for others.
pub fn members(comparison: &Comparison, entry: &Entry) -> String {
    let title = |name: &String| comparison.entry(name).map_or(name.clone(), |e| e.title.clone());
    let parts: Vec<String> = entry
        .members
        .iter()
        .enumerate()
        .map(|(i, name)| match entry.weights.as_ref().and_then(|w| w.get(i)) {
            Some(weight) => format!("{} × {weight:.3}", title(name)),
            None => title(name),
        })
        .collect();
    parts.join(" + ")
}

/// The most frequent class in training and the share of test rows that always guessing it would get right.
pub fn most_frequent_class(comparison: &Comparison) -> Option<(&str, f64)> {
    let counts = |split| comparison.dataset.counts.iter().find(|c| c.split == split).map(|c| &c.per_class);
    let (train, test) = (counts(Split::Train)?, counts(Split::Test)?);
    let most = *train.iter().max()?;
    let class = train.iter().position(|n| *n == most)?;
    let total: u64 = test.iter().sum();
    let name = comparison.dataset.classes.get(class)?;
    (total > 0).then(|| (name.as_str(), test.get(class).copied().unwrap_or(0) as f64 / total as f64))
}

/// What a perfect choice among the single models would reach; nothing for one model or without rows.
pub fn oracle(comparison: &Comparison) -> Option<String> {
    let singles = comparison.entries.iter().filter(|e| e.kind != EntryKind::Aggregate).count();
    let oracle = comparison.oracle.filter(|_| singles > 1)?;
    Some(format!(
        "{} % of the test rows are right for at least one of the {singles} single models: what a perfect choice among them \
         would reach. {} rows are wrong for all.",
        percent(oracle.accuracy()?, 2),
        count(oracle.rows - oracle.correct)
    ))
}

/// A warning where the same person is in training and in test rows of a cross-validation.
pub fn crossing_subjects(comparison: &Comparison) -> Option<String> {
    let crossing = comparison.folds.as_ref()?.subjects_in_several_folds.filter(|n| *n > 0)?;
    Some(format!(
        "{} subjects have rows in more than one fold: the models were trained on pictures of people whom they were then tested \
         on, and every score of this report is too good for new people.",
        count(crossing)
    ))
}

/// The findings, one sentence group each, most important first.
pub fn summary(comparison: &Comparison) -> Vec<String> {
    let mut said: Vec<String> = crossing_subjects(comparison).into_iter().collect();
    let (single, chosen_on) = (comparison.best_single(), comparison.chosen_on);
    match single {
        Some(best) => said.push(format!(
            "The best single model, chosen on {chosen_on} ({} % there), is {}. On the test split it has {} right.",
            percent(comparison.choice(best).metrics.accuracy, 2),
            best.title,
            right(best)
        )),
        None => said.push("No single model is part of this comparison.".to_string()),
    }
    // A score on the rows that its weights were fitted to is too good to be compared with others.
    let aggregates = |fitted: bool| move |e: &Entry| e.kind == EntryKind::Aggregate && e.weights_fitted == fitted;
    let aggregate = best_chosen(comparison, aggregates(false)).or_else(|| best_chosen(comparison, aggregates(true)));
    if let Some(entry) = aggregate {
        let fitted = match entry.method {
            _ if entry.weights_fitted => ", where its weights were fitted",
            Some(AggregateMethod::Stacking) => ", out of fold",
            _ => "",
        };
        said.push(format!(
            "The best aggregate, chosen on {chosen_on} ({} % there{fitted}), is {}. On the test split it has {} right{}",
            percent(comparison.choice(entry).metrics.accuracy, 2),
            entry.title,
            right(entry),
            against(single, entry)
        ));
    }
    let best_of = |name: &str| best_chosen(comparison, |e| GROUPS[group(e)] == name);
    let (network, handcrafted) = (best_of("network"), best_of("handcrafted"));
    for (entry, what) in [(network, "network"), (handcrafted, "model on handcrafted features alone")] {
        let Some(entry) = entry.filter(|e| single.is_some_and(|s| s.name != e.name)) else { continue };
        said.push(format!(
            "The best {what}, chosen on {chosen_on}, is {}. On the test split it has {} right{}",
            entry.title,
            right(entry),
            against(single, entry)
        ));
    }
    said.extend(network.zip(handcrafted).and_then(|(n, h)| complementary(comparison, n, h)));
    let headline = aggregate.into_iter().chain(single).max_by(|a, b| {
        // Of equals the last: the simpler single model.
        comparison.choice(a).metrics.accuracy.total_cmp(&comparison.choice(b).metrics.accuracy)
    });
    let Some(headline) = headline else { return said };
    let highest = highest_on_test(comparison);
    if let Some(entry) = highest.filter(|e| e.test.metrics.accuracy > headline.test.metrics.accuracy) {
        said.push(format!(
            "The highest test accuracy of all, {} %, is that of {}; validation did not choose it, so this figure is \
             picked on the test split and too good.",
            percent(entry.test.metrics.accuracy, 2),
            entry.title
        ));
    }
    said.extend(without_identical_rows(headline));
    said.extend(without_near_duplicates(headline));
    said.extend(classes(headline));
    said.extend(calibrated(headline));
    said
}

/// How much a network and a model on handcrafted features could help each other.
fn complementary(comparison: &Comparison, network: &Entry, handcrafted: &Entry) -> Option<String> {
    let names = [&network.name, &handcrafted.name];
    let pair = comparison.pairs.iter().find(|p| names.contains(&&p.first) && names.contains(&&p.second))?;
    let correlation =
        pair.error_correlation().map_or_else(String::new, |c| format!("; their errors correlate with {c:.2}"));
    Some(format!(
        "Just one of {} and {} is right on {} % of the test rows, at least one on {} %{correlation}.",
        network.title,
        handcrafted.title,
        percent(pair.only_one_right()?, 2),
        percent(pair.oracle()?, 2)
    ))
}

/// Whether its probabilities can be believed.
fn calibrated(entry: &Entry) -> Option<String> {
    let calibration = entry.calibration.as_ref()?;
    let before = &calibration.before;
    let sure = match before.overconfidence {
        o if o > 0.005 => format!("{} points surer than it is right", percent(o, 2)),
        o if o < -0.005 => format!("{} points less sure than it is right", percent(-o, 2)),
        _ => "as sure as it is right".to_string(),
    };
    let after = match calibration.is_determined() {
        true => format!(
            "; a temperature of {:.2}, fitted on validation, brings the log loss from {:.4} to {:.4} and the error to {} %",
            calibration.temperature,
            before.log_loss,
            calibration.after.log_loss,
            percent(calibration.after.expected_calibration_error, 2)
        ),
        false => String::new(),
    };
    Some(format!(
        "On average {} is {sure}: its expected calibration error is {} %{after}.",
        entry.title,
        percent(before.expected_calibration_error, 2)
    ))
}

fn best_chosen(comparison: &Comparison, which: impl Fn(&Entry) -> bool) -> Option<&Entry> {
    // Of equals the first, as for the best single model.
    comparison
        .entries
        .iter()
        .rev()
        .filter(|e| which(e))
        .max_by(|a, b| comparison.choice(a).metrics.accuracy.total_cmp(&comparison.choice(b).metrics.accuracy))
}

fn highest_on_test(comparison: &Comparison) -> Option<&Entry> {
    comparison.entries.iter().rev().max_by(|a, b| a.test.metrics.accuracy.total_cmp(&b.test.metrics.accuracy))
}

fn rows(n: u64) -> String {
    format!("{} {}", count(n), if n == 1 { "row" } else { "rows" })
}

fn right(entry: &Entry) -> String {
    let m = &entry.test.metrics;
    format!("{} % {} ({} of {})", percent(m.accuracy, 2), interval(m.accuracy_interval), count(m.correct), rows(m.rows))
}

fn against(single: Option<&Entry>, entry: &Entry) -> String {
    let Some(single) = single else { return ".".to_string() };
    let difference = entry.test.metrics.accuracy - single.test.metrics.accuracy;
    let gap = format!(", {} points against {}.", points(difference), single.title);
    let Some(test) = &entry.versus_best_single else { return gap };
    let verdict = match (test.p_holm < LEVEL, difference > 0.0) {
        (false, _) => "There is no evidence of a difference",
        (true, true) => "The paired test supports that it is better",
        (true, false) => "The paired test supports that it is worse",
    };
    format!(
        "{gap} {verdict} (McNemar, {} after Holm's correction; only it has {} right, only {} has {}).",
        p_words(test.p_holm),
        rows(test.only_this_right),
        single.title,
        count(test.only_reference_right)
    )
}

fn without_identical_rows(entry: &Entry) -> Option<String> {
    let kept = entry.test.metrics.accuracy_without_duplicates.as_ref()?;
    if kept.left_out == 0 {
        return Some("No test row is pixel-identical to a training row.".to_string());
    }
    Some(format!(
        "{} of the test split {} pixel-identical to a training row; without {} {} has {} % right instead of {} %.",
        rows(kept.left_out),
        if kept.left_out == 1 { "is" } else { "are" },
        if kept.left_out == 1 { "it" } else { "them" },
        entry.title,
        percent(kept.accuracy, 2),
        percent(entry.test.metrics.accuracy, 2)
    ))
}

fn without_near_duplicates(entry: &Entry) -> Option<String> {
    let metrics = &entry.test.metrics;
    let unlike = metrics.accuracy_without_near_duplicates.as_ref()?;
    let identical = metrics.accuracy_without_duplicates.as_ref().map_or(0, |k| k.left_out);
    if unlike.left_out <= identical {
        return None;
    }
    let (left_out, accuracy) = (count(unlike.left_out), percent(unlike.accuracy, 2));
    let (are, them) = if unlike.left_out == 1 { ("row is", "it") } else { ("rows are", "them") };
    Some(format!(
        "{left_out} test {are} at least nearly identical to a training row; without {them} {} has {accuracy} % right.",
        entry.title
    ))
}

fn classes(entry: &Entry) -> Option<String> {
    let recalls = || entry.test.metrics.per_class.iter().filter_map(|c| Some((c.name.as_str(), c.recall?)));
    let easiest = recalls().max_by(|a, b| a.1.total_cmp(&b.1))?;
    let hardest = recalls().min_by(|a, b| a.1.total_cmp(&b.1))?;
    if easiest.0 == hardest.0 {
        return None;
    }
    let mut said = format!(
        "{} finds {} best (recall {} %) and {} worst ({} %).",
        entry.title,
        easiest.0,
        percent(easiest.1, 2),
        hardest.0,
        percent(hardest.1, 2)
    );
    let matrix = &entry.test.confusion;
    let mistakes = matrix.counts().indexed_iter().filter(|((truth, guess), n)| truth != guess && **n > 0);
    if let Some(((truth, guess), n)) = mistakes.max_by_key(|(_, n)| **n) {
        let names = matrix.classes();
        said.push_str(&format!(
            " Its most frequent mistake is to take {} for {} ({}).",
            names[truth],
            names[guess],
            rows(*n)
        ));
    }
    Some(said)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    fn said(comparison: &Comparison) -> String {
        summary(comparison).join("\n")
    }

    #[test]
    fn the_verdict_follows_the_corrected_p_value_and_the_direction() {
        let mut comparison = fixture::comparison();
        let aggregate = comparison.entries.iter().position(|e| e.name == "cnn+sift-cnn").unwrap();
        comparison.entries[aggregate].validation.metrics.accuracy = 0.99;
        let mut verdict = |p_holm: f64, accuracy: f64| {
            let entry = &mut comparison.entries[aggregate];
            entry.test.metrics.accuracy = accuracy;
            entry.versus_best_single.as_mut().unwrap().p_holm = p_holm;
            said(&comparison)
        };
        assert!(verdict(0.049, 0.9).contains("supports that it is better"));
        assert!(verdict(0.049, 0.1).contains("supports that it is worse"));
        let none = verdict(0.05, 0.9);
        assert!(none.contains("no evidence of a difference (McNemar, p = 0.0500"), "{none}");
    }

    #[test]
    fn a_starting_point_names_all_that_came_before() {
        let point = |model: &str, pretrained: Option<StartingPoint>| StartingPoint {
            model: model.into(),
            dataset: format!("of-{model}"),
            dataset_fingerprint: String::new(),
            best_epoch: 1,
            fingerprint: String::new(),
            last_layer: false,
            pretrained: pretrained.map(Box::new),
        };
        assert_eq!(starting_point(&point("a", None)), "a (of-a)");
        assert_eq!(starting_point(&point("a", Some(point("b", None)))), "a (of-a), itself from b (of-b)");
    }

    #[test]
    fn a_classifier_on_embeddings_is_not_handcrafted() {
        let mut comparison = fixture::comparison();
        let svm = comparison.entries.iter().position(|e| e.name == "dsift-svm").unwrap();
        let sentence = "best model on handcrafted features alone";
        assert!(said(&comparison).contains(sentence));
        assert_eq!(GROUPS[group(&comparison.entries[svm])], "handcrafted");
        let feature = &mut comparison.entries[svm].training.as_mut().unwrap().features[0];
        feature.learned = true;
        assert!(!said(&comparison).contains(sentence));
        assert_eq!(GROUPS[group(&comparison.entries[svm])], "classifier on embeddings");
    }

    #[test]
    fn the_most_frequent_class_is_that_of_training_scored_on_test() {
        let mut comparison = fixture::comparison();
        let per_class = |comparison: &mut Comparison, split, counts: [u64; 3]| {
            let found = comparison.dataset.counts.iter_mut().find(|c| c.split == split).unwrap();
            found.per_class = counts.to_vec();
        };
        per_class(&mut comparison, Split::Train, [5, 9, 9]);
        per_class(&mut comparison, Split::Test, [6, 1, 3]);
        assert_eq!(most_frequent_class(&comparison), Some((comparison.dataset.classes[1].as_str(), 0.1)));
        per_class(&mut comparison, Split::Test, [0, 0, 0]);
        assert_eq!(most_frequent_class(&comparison), None);
    }

    #[test]
    fn a_comparison_without_entries_still_says_something() {
        let mut comparison = fixture::comparison();
        comparison.entries.clear();
        comparison.best_single = None;
        assert_eq!(summary(&comparison), ["No single model is part of this comparison."]);
    }
}
