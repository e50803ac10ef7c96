//! A way to combine members, with what was fitted for it.

use rayon::prelude::*;

use super::alike::check_members;
use super::geometric::geometric;
use super::greedy::greedy_weights;
use super::grid::{fit_weights, fit_weights_without_each};
use super::mean::mean;
use super::stacking::Stacker;
use super::vote::vote;
use super::weighted::{normalised_weights, weighted};
use crate::error::{Error, Result};
use crate::predictions::Predictions;
use crate::recipe::AggregateMethod;

/// How the probabilities of several members are made into one.
#[derive(Clone, Debug, PartialEq)]
pub enum Combination {
    /// The arithmetic mean (soft voting).
    Mean,
    /// The geometric mean, renormalised.
    Geometric,
    /// One vote for each member; ties go to the higher mean probability.
    Vote,
    /// The mean with a weight for each member, from 0.
    Weighted(Vec<f64>),
    /// The same with weights from greedy selection.
    Greedy(Vec<f64>),
    /// A logistic regression on the members' log-probabilities.
    Stacked(Stacker),
}

impl Combination {
    /// The method that it is of.
    pub fn method(&self) -> AggregateMethod {
        match self {
            Self::Mean => AggregateMethod::Mean,
            Self::Geometric => AggregateMethod::Geometric,
            Self::Vote => AggregateMethod::Vote,
            Self::Weighted(_) => AggregateMethod::Weighted,
            Self::Greedy(_) => AggregateMethod::Greedy,
            Self::Stacked(_) => AggregateMethod::Stacking,
        }
    }

    /// Fits what the method needs on the members' predictions of validation rows, which matter to no other method
    /// ([`AggregateMethod::is_fitted`] says to which); `weights` go with [`AggregateMethod::Weighted`] alone.
    ///
    /// The same on any number of threads.
    ///
    /// # Errors
    /// [`Error::Mismatch`] names the member that differs and how, [`Error::Invalid`] weights that do not fit,
    /// probabilities that are none, or too few rows for stacking.
    pub fn fit(method: AggregateMethod, validation: &[&Predictions], weights: Option<&[f64]>) -> Result<Self> {
        Ok(match (method, weights) {
            (AggregateMethod::Weighted, Some(given)) => Self::Weighted(normalised_weights(given, given.len())?),
            (_, Some(given)) => {
                return Err(Error::invalid("weights", format!("{given:?}"), "none, unless the method is weighted"));
            }
            (AggregateMethod::Mean, None) => Self::Mean,
            (AggregateMethod::Geometric, None) => Self::Geometric,
            (AggregateMethod::Vote, None) => Self::Vote,
            (AggregateMethod::Weighted, None) => Self::Weighted(fit_weights(validation)?),
            (AggregateMethod::Greedy, None) => Self::Greedy(greedy_weights(validation)?),
            (AggregateMethod::Stacking, None) => Self::Stacked(Stacker::fit(validation)?),
        })
    }

    /// For each member the combination of the others, fitted anew as [`Combination::fit`] does, but for the grid of
    /// weights, which has the steps that it has for all members. Given weights keep their proportions; `None` where those
    /// of the others are all 0.
    ///
    /// # Errors
    /// As [`Combination::fit`].
    pub fn fit_without_each(
        method: AggregateMethod,
        validation: &[&Predictions],
        weights: Option<&[f64]>,
    ) -> Result<Vec<Option<Self>>> {
        if method == AggregateMethod::Weighted && weights.is_none() {
            let fitted = fit_weights_without_each(validation)?;
            return Ok(fitted.into_iter().map(|weights| Some(Self::Weighted(weights))).collect());
        }
        let others = |member| {
            let weights = weights.map(|all| without(all, member));
            if weights.as_ref().is_some_and(|others| others.iter().all(|w| *w == 0.0)) {
                return Ok(None);
            }
            Self::fit(method, &without(validation, member), weights.as_deref()).map(Some)
        };
        (0..validation.len()).into_par_iter().map(others).collect()
    }

    /// Combines the probabilities of members that predicted the same rows of the same dataset.
    ///
    /// The result is called after the method and its members; all else is as the members have it. It depends on nothing
    /// but the members and what was fitted, in f64 inside.
    ///
    /// # Errors
    /// [`Error::Mismatch`] names the member that differs and how, [`Error::Invalid`] weights or a stacker of other
    /// members, or probabilities that are none.
    pub fn apply(&self, members: &[&Predictions]) -> Result<Predictions> {
        check_members(members)?;
        let (name, probabilities) = match self {
            Self::Mean => ("mean", mean(members)),
            Self::Geometric => ("geometric", geometric(members)),
            Self::Vote => ("vote", vote(members)),
            Self::Weighted(weights) => ("weighted", weighted(members, &normalised_weights(weights, members.len())?)),
            Self::Greedy(weights) => ("greedy", weighted(members, &normalised_weights(weights, members.len())?)),
            Self::Stacked(stacker) => ("stacking", stacker.probabilities(members)?),
        };
        let names: Vec<&str> = members.iter().map(|m| m.model.as_str()).collect();
        Ok(Predictions {
            model: format!("{name}({})", names.join(", ")),
            probabilities: probabilities.mapv(|p| p as f32),
            ..members[0].clone()
        })
    }

    /// The weight of each member, summing to 1; `None` when there are none.
    pub fn weights(&self) -> Option<&[f64]> {
        match self {
            Self::Weighted(weights) | Self::Greedy(weights) => Some(weights),
            Self::Mean | Self::Geometric | Self::Vote | Self::Stacked(_) => None,
        }
    }
}

/// All but one.
fn without<T: Copy>(all: &[T], place: usize) -> Vec<T> {
    all.iter().enumerate().filter(|&(i, _)| i != place).map(|(_, &one)| one).collect()
}
