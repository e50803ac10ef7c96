//! What a fusion gains over what it is made from, class by class.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::comparison::Entry;
use super::{holm, mcnemar};
use crate::error::{Error, Result};
use crate::predictions::EntryKind;
use crate::recipe::{ModelRecipe, NetworkRecipe};

/// A fusion beside what it is made from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FusionGain {
    /// Name of the fused network or the aggregate.
    pub fusion: String,
    /// Name of what it is compared with.
    pub over: String,
    /// What that is to it.
    pub relation: Relation,
    /// One for each class, in label order, on the test split.
    pub per_class: Vec<ClassGain>,
}

/// What a fusion is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Relation {
    /// The network of the same trunk without the feature.
    Trunk,
    /// The best of its members on validation.
    BestMember,
}

/// The test rows of one class.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClassGain {
    /// Rows of the class.
    pub support: u64,
    /// Rows that the fusion alone has right.
    pub only_fusion_right: u64,
    /// Rows that the other alone has right.
    pub only_other_right: u64,
    /// Two-sided p of the exact McNemar test on the rows of this class.
    pub p: f64,
    /// `p` after Holm's correction over the classes of this fusion.
    pub p_holm: f64,
}

impl ClassGain {
    /// Recall of the fusion minus that of the other, from -1 to 1; `None` without support.
    pub fn recall_gain(&self) -> Option<f64> {
        let difference = self.only_fusion_right as f64 - self.only_other_right as f64;
        (self.support > 0).then(|| difference / self.support as f64)
    }
}

/// The gains of all fusions of a comparison in the order of its entries; `predicted` holds the labels that each entry
/// gave to n rows. A fused network whose trunk is not in the comparison has none.
///
/// # Errors
/// [`Error::Invalid`] for a label that is no class.
pub(super) fn fusion_gains(
    entries: &[Entry],
    predicted: &[Vec<u8>],
    labels: &[u8],
    classes: usize,
) -> Result<Vec<FusionGain>> {
    let networks: Vec<Option<Box<NetworkRecipe>>> = entries.iter().map(network).collect();
    let mut gains = Vec::new();
    for (i, entry) in entries.iter().enumerate() {
        let over = match entry.kind {
            EntryKind::Aggregate => best_member(entries, entry).map(|j| (j, Relation::BestMember)),
            _ => trunk(&networks, i).map(|j| (j, Relation::Trunk)),
        };
        if let Some((j, relation)) = over {
            gains.push(FusionGain {
                fusion: entry.name.clone(),
                over: entries[j].name.clone(),
                relation,
                per_class: per_class(&predicted[i], &predicted[j], labels, classes)?,
            });
        }
    }
    Ok(gains)
}

/// The recipe of an entry that is a network.
fn network(entry: &Entry) -> Option<Box<NetworkRecipe>> {
    match toml::from_str(&entry.training.as_ref()?.recipe_toml).ok()? {
        ModelRecipe::Network(network) => Some(network),
        _ => None,
    }
}

/// The network with the input and the blocks of network `i` that is not fused with anything.
fn trunk(networks: &[Option<Box<NetworkRecipe>>], i: usize) -> Option<usize> {
    let fused = networks[i].as_ref().filter(|n| n.fusion.is_some())?;
    networks.iter().position(|other| {
        other.as_ref().is_some_and(|o| o.fusion.is_none() && o.input == fused.input && o.block == fused.block)
    })
}

fn best_member(entries: &[Entry], aggregate: &Entry) -> Option<usize> {
    let mut best: Option<usize> = None;
    for name in &aggregate.members {
        let Some(j) = entries.iter().position(|e| e.name == *name) else { continue };
        let right = |j: usize| entries[j].validation.metrics.correct;
        if best.is_none_or(|b| right(j) > right(b)) {
            best = Some(j);
        }
    }
    best
}

fn per_class(fusion: &[u8], other: &[u8], labels: &[u8], classes: usize) -> Result<Vec<ClassGain>> {
    let none = ClassGain { support: 0, only_fusion_right: 0, only_other_right: 0, p: 1.0, p_holm: 1.0 };
    let mut gains = vec![none; classes];
    for ((label, fusion), other) in labels.iter().zip(fusion).zip(other) {
        let gain = gains
            .get_mut(usize::from(*label))
            .ok_or_else(|| Error::invalid("label", label, format!("below {classes}, the number of classes")))?;
        gain.support += 1;
        gain.only_fusion_right += u64::from(fusion == label && other != label);
        gain.only_other_right += u64::from(other == label && fusion != label);
    }
    for gain in &mut gains {
        gain.p = mcnemar(gain.only_fusion_right, gain.only_other_right);
    }
    let corrected = holm(&gains.iter().map(|g| g.p).collect::<Vec<_>>());
    gains.iter_mut().zip(corrected).for_each(|(gain, p)| gain.p_holm = p);
    Ok(gains)
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    #[test]
    fn gains_are_counted_by_class() {
        let labels = [0, 0, 0, 0, 1, 1, 1];
        let fusion = [0, 0, 0, 1, 1, 1, 0];
        let other = [1, 1, 0, 0, 0, 1, 0];
        let gains = per_class(&fusion, &other, &labels, 3).unwrap();
        let counts = |g: &ClassGain| (g.support, g.only_fusion_right, g.only_other_right);
        assert_eq!(gains.iter().map(counts).collect::<Vec<_>>(), [(4, 2, 1), (3, 1, 0), (0, 0, 0)]);
        assert_relative_eq!(gains[0].recall_gain().unwrap(), 0.25);
        assert_relative_eq!(gains[1].recall_gain().unwrap(), 1.0 / 3.0);
        assert_eq!(gains[2].recall_gain(), None);
        assert!(gains.iter().all(|g| g.p_holm == 1.0));
        assert!(per_class(&fusion, &other, &labels, 1).is_err());
    }
}
