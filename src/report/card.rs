//! Model cards (Mitchell et al. 2019): what a network that is given away is, what it was scored on, and what it is not for.

use std::path::{Path, PathBuf};

use super::format::{count, percent};
use super::markdown::{code, dataset, fenced, remark, section, text};
use super::tables::{classes, scores};
use super::{single_view, words};
use crate::artifact::write_bytes_atomically;
use crate::error::Result;
use crate::evaluation::{Comparison, Entry, EntryKind, StartingPoint};

/// The file that folders are opened with.
const FILE: &str = "README.md";

/// Writes a card into the folder `to/NAME/` of each network of the comparison and, where they are several, one about all
/// of them and the mean of their probabilities into `to`. `terms` is what the publisher of the dataset says about the
/// use of the pictures.
///
/// # Errors
/// [`crate::Error::Io`] with the path.
pub fn write_cards(to: &Path, comparison: &Comparison, terms: Option<&str>) -> Result<Vec<PathBuf>> {
    let mut written = Vec::new();
    let mut file =
        |path: PathBuf, card: String| write_bytes_atomically(&path, card.as_bytes()).map(|()| written.push(path));
    let networks = || comparison.entries.iter().filter(|e| e.kind == EntryKind::Single);
    for entry in networks() {
        file(to.join(&entry.name).join(FILE), card(&of_one(comparison, entry), terms))?;
    }
    if networks().count() > 1 {
        file(to.join(FILE), card(comparison, terms))?;
    }
    Ok(written)
}

/// The comparison with nothing but one network in it.
fn of_one(comparison: &Comparison, entry: &Entry) -> Comparison {
    let name = &entry.name;
    let entry = Entry { versus_best_single: None, ..entry.clone() };
    Comparison {
        title: entry.title.clone(),
        command: format!("ferrofuse export {name} --dataset {}", comparison.dataset.name),
        best_single: Some(name.clone()),
        entries: vec![entry],
        ..comparison.clone()
    }
}

fn card(comparison: &Comparison, terms: Option<&str>) -> String {
    let facts = &comparison.dataset;
    let mut out = format!("# {}\n\n", text(&comparison.title));
    if facts.synthetic {
        out.push_str(&format!("> **Synthetic faces.** {}\n\n", words::SYNTHETIC));
    }
    let [height, width] = facts.size;
    out.push_str(&format!(
        "Probabilities of {} facial expressions ({}) for a grey picture of one face, {height} x {width} pixels, cut as \
         those of {} are. Weights of 16 bits for ferrofuse {} or newer.\n",
        facts.classes.len(),
        text(&facts.classes.join(", ")),
        text(&facts.title),
        comparison.version
    ));
    section(&mut out, comparison, &scores::table(comparison));
    for entry in &comparison.entries {
        if let Some(view) = entry.training.as_ref().and_then(|t| t.single_view.as_ref()) {
            let title = text(&entry.title);
            out.push_str(&format!("\n{title}, the middle of each picture alone: {}.\n", text(&single_view(view))));
        }
    }
    section(&mut out, comparison, &classes::table(comparison));
    protocol(&mut out, comparison);
    dataset(&mut out, comparison);
    limits(&mut out, comparison);
    licence(&mut out, comparison, terms);
    recipes(&mut out, comparison);
    out
}

fn protocol(out: &mut String, comparison: &Comparison) {
    out.push_str("\n## Protocol\n\n");
    remark(out, comparison);
    for entry in &comparison.entries {
        let Some(training) = &entry.training else { continue };
        let parameters = training.parameters.map_or_else(String::new, |n| format!("{} parameters, ", count(n)));
        let epochs = training
            .epochs
            .zip(words::kept_epoch(training))
            .map_or_else(String::new, |(epochs, kept)| format!(", {epochs} epochs, weights of {kept}"));
        let start = training
            .pretrained
            .as_ref()
            .map_or_else(String::new, |point| format!(", starts from {}", text(&words::starting_point(point))));
        out.push_str(&format!("- {}: {parameters}seed {}{epochs}{start}.\n", text(&entry.title), training.seed));
    }
    out.push_str(
        "- Trained on the training rows alone. The scores are those of the weights in this folder, read back from it.\n",
    );
    out.push_str(&format!("- {}\n", words::protocol(comparison)));
}

fn limits(out: &mut String, comparison: &Comparison) {
    let facts = &comparison.dataset;
    out.push_str("\n## Limits\n\n");
    if let Some(weakest) = weakest(comparison) {
        out.push_str(&format!("- {weakest}\n"));
    }
    out.push_str(&format!(
        "- It names the expression that people gave to pictures like those of {}, mistakes of theirs included. It does \
         not know what a person feels, and is no ground for decisions about anyone.\n",
        text(&facts.title)
    ));
    out.push_str(
        "- Nobody measured how well it does for people of different age, sex, skin or culture. Other cameras, light, poses \
         and another way to cut faces out can cost many points: score it on pictures of your own first.\n",
    );
    out.push_str("- Probabilities are those of the network; they can be surer than they should be.\n");
}

/// Which class of the first entry is found least often on the test split.
fn weakest(comparison: &Comparison) -> Option<String> {
    let entry =
        comparison.entries.iter().rev().find(|e| e.kind == EntryKind::Aggregate).or(comparison.entries.first())?;
    let classes = entry.test.metrics.per_class.iter().filter_map(|c| Some((c, c.recall?)));
    let (class, recall) = classes.min_by(|a, b| a.1.total_cmp(&b.1))?;
    let of = if comparison.entries.len() > 1 { format!(" by {}", text(&entry.title)) } else { String::new() };
    Some(format!(
        "“{}” is found least often{of}: {} % of its {} test rows.",
        text(&class.name),
        percent(recall, 2),
        count(class.support)
    ))
}

fn licence(out: &mut String, comparison: &Comparison, terms: Option<&str>) {
    let title = text(&comparison.dataset.title);
    out.push_str(&format!(
        "\n## Licence\n\nThe weights may be used as ferrofuse itself, under the MIT licence or the Apache licence 2.0, as far as \
         that is ours to say: they were learned from the pictures of {title}, which are not part of this folder and have terms of \
         their own.\n",
    ));
    let before = datasets_before(comparison);
    if !before.is_empty() {
        out.push_str(&format!(
            "So were the weights that they started from, from those of {}.\n",
            text(&before.join(", "))
        ));
    }
    if let Some(terms) = terms {
        out.push_str(&format!("{}\n", text(terms)));
    }
}

/// The datasets that the networks' weights had been learned from before, each once.
fn datasets_before(comparison: &Comparison) -> Vec<String> {
    let mut datasets = Vec::new();
    for training in comparison.entries.iter().filter_map(|e| e.training.as_ref()) {
        let mut point = training.pretrained.as_ref();
        while let Some(p) = point {
            if p.dataset != comparison.dataset.name && !datasets.contains(&p.dataset) {
                datasets.push(p.dataset.clone());
            }
            point = p.pretrained.as_deref();
        }
    }
    datasets
}

fn recipes(out: &mut String, comparison: &Comparison) {
    out.push_str("\n## Make it again\n\n");
    let dataset = &comparison.dataset.name;
    let mut commands = String::new();
    for training in comparison.entries.iter().filter_map(|e| e.training.as_ref()) {
        if let Some(StartingPoint { model, dataset, .. }) = &training.pretrained {
            commands.push_str(&format!("ferrofuse train {model} --dataset {dataset}\n"));
            commands.push_str(&format!("ferrofuse export {model} --dataset {dataset}\n"));
        }
    }
    for entry in comparison.entries.iter().filter(|e| e.training.is_some()) {
        commands.push_str(&format!("ferrofuse train {} --dataset {dataset}\n", entry.name));
    }
    commands.push_str(&comparison.command);
    out.push_str(&fenced(&commands, "sh"));
    for entry in &comparison.entries {
        let Some(training) = &entry.training else { continue };
        out.push_str(&format!("\n{}:\n\n", code(&entry.name)));
        out.push_str(&fenced(&training.recipe_toml, "toml"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    fn networks() -> Comparison {
        let mut comparison = fixture::comparison();
        comparison.entries.retain(|e| e.family == "network" || e.kind == EntryKind::Aggregate);
        comparison
    }

    #[test]
    fn each_network_has_a_card_and_several_have_one_together() {
        let folder = tempfile::tempdir().unwrap();
        let comparison = networks();
        let written = write_cards(folder.path(), &comparison, Some("For research.")).unwrap();
        let single = comparison.entries.iter().filter(|e| e.kind == EntryKind::Single).count();
        assert_eq!(written.len(), single + 1);
        for entry in comparison.entries.iter().filter(|e| e.kind == EntryKind::Single) {
            let card = std::fs::read_to_string(folder.path().join(&entry.name).join(FILE)).unwrap();
            for part in ["## Scores", "## Protocol", "## Dataset", "## Limits", "For research.", &entry.name] {
                assert!(card.contains(part), "{part} is missing in {card}");
            }
            assert!(card.contains(&percent(entry.test.metrics.accuracy, 2)));
        }
        let one = Comparison { entries: comparison.entries[..1].to_vec(), ..comparison };
        assert_eq!(write_cards(folder.path(), &one, None).unwrap().len(), 1);
    }

    #[test]
    fn the_card_names_the_weakest_class_and_what_is_synthetic() {
        let mut comparison = networks();
        for (i, class) in comparison.entries[0].test.metrics.per_class.iter_mut().enumerate() {
            (class.recall, class.support) = (Some(if i == 1 { 0.125 } else { 0.5 }), 8);
        }
        let one = of_one(&comparison, &comparison.entries[0]);
        let name = text(&one.entries[0].test.metrics.per_class[1].name);
        let made = card(&one, None);
        assert!(made.contains(&format!("“{name}” is found least often: 12.50 % of its 8 test rows.")), "{made}");
        assert!(made.contains(words::SYNTHETIC));
        comparison.dataset.synthetic = false;
        assert!(!card(&comparison, None).contains("ynthetic"));
    }
}
