//! Mean, weighted mean, geometric mean and vote over the probabilities of several models.

mod alike;
mod fit;
mod geometric;
mod mean;
mod vote;
mod weighted;

use ndarray::Array2;

use crate::error::{Error, Result};
use crate::predictions::Predictions;
use crate::recipe::AggregateMethod;

pub use alike::check_alike;
pub use fit::fit_weights;
pub use weighted::normalised_weights;

/// Combines the probabilities of members that predicted the same rows of the same dataset; `weights` go with
/// [`AggregateMethod::Weighted`] alone, which needs them ([`fit_weights`] chooses them on validation).
///
/// The result is called after the method and its members; all else is as the members have it. It depends on nothing
/// but the members and the weights, in f64 inside.
///
/// # Errors
/// [`Error::Mismatch`] names the member that differs and how, [`Error::Invalid`] weights that do not fit or
/// probabilities that are none.
pub fn aggregate(method: AggregateMethod, members: &[&Predictions], weights: Option<&[f64]>) -> Result<Predictions> {
    check_alike(members)?;
    for member in members {
        member.check()?;
    }
    let first = members[0];
    let (label, probabilities) = match (method, weights) {
        (AggregateMethod::Mean, None) => ("mean", mean::mean(members)),
        (AggregateMethod::Geometric, None) => ("geometric", geometric::geometric(members)),
        (AggregateMethod::Vote, None) => ("vote", vote::vote(members)),
        (AggregateMethod::Weighted, Some(weights)) => {
            ("weighted", weighted::weighted(members, &normalised_weights(weights, members.len())?))
        }
        (AggregateMethod::Weighted, None) => {
            return Err(Error::invalid("weights", "none", "one for each member, given or fitted on validation"));
        }
        (_, Some(weights)) => {
            return Err(Error::invalid("weights", format!("{weights:?}"), "none, unless the method is weighted"));
        }
    };
    let names: Vec<&str> = members.iter().map(|m| m.model.as_str()).collect();
    Ok(Predictions {
        model: format!("{label}({})", names.join(", ")),
        probabilities: narrowed(&probabilities),
        ..first.clone()
    })
}

fn narrowed(probabilities: &Array2<f64>) -> Array2<f32> {
    probabilities.mapv(|p| p as f32)
}

#[cfg(test)]
mod tests;
