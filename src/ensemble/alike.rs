//! Members of an aggregate must have predicted the same rows.

use crate::error::{Error, Result};
use crate::predictions::Predictions;

/// Checks that all members predicted the same rows of the same split of the same dataset, with the same labels and
/// classes. An empty fingerprint (a dataset that nobody named) is taken on trust.
///
/// # Errors
/// [`Error::Invalid`] without members, [`Error::Mismatch`] naming the first member that differs and how.
pub fn check_alike(members: &[&Predictions]) -> Result<()> {
    let Some((first, others)) = members.split_first() else {
        return Err(Error::invalid("members", "none", "at least one"));
    };
    let mut named = *first;
    for other in others {
        if let Some((detail, hint)) = difference(first, other) {
            let what = format!("members `{}` and `{}`", first.model, other.model);
            return Err(Error::Mismatch { what, detail, hint: hint.into() });
        }
        // A member without fingerprint vouches for nothing; those with one must agree among themselves.
        if named.fingerprint.is_empty() {
            named = other;
        } else if !other.fingerprint.is_empty() && other.fingerprint != named.fingerprint {
            return Err(Error::Mismatch {
                what: format!("members `{}` and `{}`", named.model, other.model),
                detail: format!("datasets {} and {}", of(named), of(other)),
                hint: "predict the same dataset with both".into(),
            });
        }
    }
    Ok(())
}

/// Checks also that what each member predicted are probabilities.
///
/// # Errors
/// Those of [`check_alike`] and of [`Predictions::check`].
pub(super) fn check_members(members: &[&Predictions]) -> Result<()> {
    check_alike(members)?;
    members.iter().try_for_each(|member| member.check())
}

fn of(p: &Predictions) -> String {
    format!("`{}` ({})", p.dataset, p.fingerprint)
}

fn difference(a: &Predictions, b: &Predictions) -> Option<(String, &'static str)> {
    let rows = "predict the same rows in the same order with both";
    if a.split != b.split {
        return Some((format!("split {} and {}", a.split, b.split), "take predictions of one split"));
    }
    if a.classes != b.classes {
        let detail = format!("classes {} and {}", a.classes.join(", "), b.classes.join(", "));
        return Some((detail, "predict the same classes in the same order with both"));
    }
    if a.probabilities.dim() != b.probabilities.dim() {
        return Some((format!("shape {:?} and {:?}", a.probabilities.dim(), b.probabilities.dim()), rows));
    }
    if a.rows.len() != b.rows.len() || a.labels.len() != b.labels.len() {
        return Some((format!("{} rows and {} rows", a.rows.len(), b.rows.len()), rows));
    }
    if let Some(i) = (0..a.rows.len()).find(|&i| a.rows[i] != b.rows[i]) {
        return Some((format!("at place {i} rows {} and {} of the dataset", a.rows[i], b.rows[i]), rows));
    }
    if let Some(i) = (0..a.labels.len()).find(|&i| a.labels[i] != b.labels[i]) {
        return Some((format!("labels {} and {} in row {i}", a.labels[i], b.labels[i]), rows));
    }
    None
}
