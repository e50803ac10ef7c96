//! The classes of one source as those of another, by name: for results of other programs, and for a model that is scored
//! on another dataset than its own.

use std::fmt;

use ndarray::{Array2, ArrayView1, ArrayView2, ArrayViewMut1, Axis};

use super::check_rows;
use crate::error::{Error, Result};
use crate::expression::class_named;

/// Which class of a target each class of a source is.
///
/// It prints in words what differs: `happy <- happiness; contempt has no counterpart; neutral <- nothing`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassMapping {
    source: Vec<String>,
    target: Vec<String>,
    /// The class of the target for each class of the source.
    counterparts: Vec<Option<usize>>,
}

/// Probabilities of a source's classes as those of the target's.
#[derive(Clone, Debug, PartialEq)]
pub struct MappedProbabilities {
    /// n x c of the target; each row is non-negative and sums to 1. A class that the source lacks has 0.
    pub probabilities: Array2<f32>,
    /// Rows without any probability on the classes that both have; see [`ClassMapping::onto_target`].
    pub undecided: usize,
}

/// What is left of probabilities and labels on the classes that a source and a target have in common.
#[derive(Clone, Debug, PartialEq)]
pub struct CommonClasses {
    /// The classes that both have, by the target's names and in its order; c of them, at least two.
    pub classes: Vec<String>,
    /// The numbers, ascending, of the m rows whose label is one of them.
    pub rows: Vec<usize>,
    /// m labels, each below c.
    pub labels: Vec<u8>,
    /// m x c; each row is non-negative and sums to 1.
    pub probabilities: Array2<f32>,
    /// Those of the m rows without any probability on the common classes; see [`ClassMapping::onto_target`].
    pub undecided: usize,
}

impl ClassMapping {
    /// Finds each class of `source` in `target`: the same name, else in any case, else another spelling of the same
    /// expression, as in the names of folders (`anger`, `Happiness`).
    ///
    /// # Errors
    /// [`Error::Invalid`] for two classes of the source that are the same one.
    pub fn by_name(source: &[String], target: &[String]) -> Result<Self> {
        let counterparts: Vec<Option<usize>> = source.iter().map(|name| class_named(name, target)).collect();
        for (i, name) in source.iter().enumerate() {
            let before = &source[..i];
            let same = match counterparts[i] {
                Some(class) => counterparts[..i].iter().position(|other| *other == Some(class)),
                None => class_named(name, before).filter(|&other| counterparts[other].is_none()),
            };
            if let Some(other) = same {
                let found = format!("`{}` and `{name}`, which are one class", source[other]);
                return Err(Error::invalid("classes", found, "each class once"));
            }
        }
        Ok(Self { source: source.to_vec(), target: target.to_vec(), counterparts })
    }

    /// The classes of the source, in its order.
    pub fn source(&self) -> &[String] {
        &self.source
    }

    /// The class of the target that a class of the source is; `None` where the target lacks it.
    pub fn counterpart(&self, class: usize) -> Option<usize> {
        self.counterparts.get(class).copied().flatten()
    }

    /// The classes that both have, as numbers of the target, ascending.
    pub fn common(&self) -> Vec<usize> {
        (0..self.target.len()).filter(|class| self.counterparts.contains(&Some(*class))).collect()
    }

    /// The names of the classes that the target lacks.
    pub fn only_in_source(&self) -> Vec<&str> {
        let lost = self.source.iter().zip(&self.counterparts).filter(|(_, class)| class.is_none());
        lost.map(|(name, _)| name.as_str()).collect()
    }

    /// The names of the classes that the source lacks.
    pub fn only_in_target(&self) -> Vec<&str> {
        let lacked = |class: &usize| !self.counterparts.contains(&Some(*class));
        (0..self.target.len()).filter(lacked).map(|class| self.target[class].as_str()).collect()
    }

    /// True when both have the same classes in the same order, however they are spelled.
    pub fn is_identity(&self) -> bool {
        self.source.len() == self.target.len() && self.counterparts.iter().enumerate().all(|(i, c)| *c == Some(i))
    }

    /// Probabilities of the source's classes, n x its classes, in the columns of the target.
    ///
    /// Where the target lacks none of the source's classes, every number stays as it is. Otherwise the probability of the
    /// others is left out and each row divided by what remains: the probabilities given that it is a class both have.
    /// A row where nothing remains says nothing about them and becomes undecided: the same probability for each common
    /// class. It is kept, because without it a model would gain from rows that it takes for some other class; as ties go to
    /// the first class, a reader should be told how many there are.
    ///
    /// # Errors
    /// [`Error::Invalid`] for another number of columns, for rows that are no probabilities, and without common classes.
    pub fn onto_target(&self, probabilities: ArrayView2<'_, f32>) -> Result<MappedProbabilities> {
        if probabilities.ncols() != self.source.len() {
            let expected = format!("{}, one for each of {}", self.source.len(), self.source.join(", "));
            return Err(Error::invalid("columns of probabilities", probabilities.ncols(), expected));
        }
        self.at_least(1)?;
        check_rows("", probabilities)?;
        let mut mapped = Array2::zeros((probabilities.nrows(), self.target.len()));
        let mut undecided = 0;
        for (row, out) in probabilities.outer_iter().zip(mapped.outer_iter_mut()) {
            undecided += usize::from(self.map_row(row, out));
        }
        Ok(MappedProbabilities { probabilities: mapped, undecided })
    }

    /// True for a row that becomes undecided.
    fn map_row(&self, row: ArrayView1<'_, f32>, mut out: ArrayViewMut1<'_, f32>) -> bool {
        let kept =
            || row.iter().zip(&self.counterparts).filter_map(|(&p, class)| class.map(|class| (f64::from(p), class)));
        let all_kept = self.counterparts.iter().all(Option::is_some);
        let sum: f64 = kept().map(|(p, _)| p).sum();
        let undecided = !all_kept && sum <= 0.0;
        for (p, class) in kept() {
            out[class] = match (all_kept, undecided) {
                (true, _) => p as f32,
                (_, true) => (1.0 / kept().count() as f64) as f32,
                _ => (p / sum) as f32,
            };
        }
        undecided
    }

    /// The same on the common classes alone: `labels`, n of them, are those of the target, and rows with another label
    /// than a common one are left out.
    ///
    /// # Errors
    /// As [`ClassMapping::onto_target`]; [`Error::Invalid`] too for fewer than two common classes, for another number of
    /// labels than of rows, and for a label that is none of the target.
    pub fn onto_common(&self, probabilities: ArrayView2<'_, f32>, labels: &[u8]) -> Result<CommonClasses> {
        self.at_least(2)?;
        if labels.len() != probabilities.nrows() {
            let expected = format!("{}, one for each row of probabilities", probabilities.nrows());
            return Err(Error::invalid("labels", labels.len(), expected));
        }
        if let Some(row) = labels.iter().position(|&label| usize::from(label) >= self.target.len()) {
            let expected = format!("0 to {}", self.target.len() - 1);
            return Err(Error::invalid(format!("label in row {row}"), labels[row], expected));
        }
        let common = self.common();
        let new_label = |label: u8| common.iter().position(|&class| class == usize::from(label));
        let (mut rows, mut kept) = (Vec::new(), Vec::new());
        for (row, &label) in labels.iter().enumerate() {
            if let Some(label) = new_label(label) {
                rows.push(row);
                kept.push(label as u8);
            }
        }
        check_rows("", probabilities)?;
        let mapped = self.onto_target(probabilities.select(Axis(0), &rows).view())?;
        Ok(CommonClasses {
            classes: common.iter().map(|&class| self.target[class].clone()).collect(),
            rows,
            labels: kept,
            probabilities: mapped.probabilities.select(Axis(1), &common),
            undecided: mapped.undecided,
        })
    }

    fn at_least(&self, classes: usize) -> Result<()> {
        let common = self.common().len();
        if common >= classes {
            return Ok(());
        }
        let found = format!("{common} of {} and {}", self.source.join(", "), self.target.join(", "));
        Err(Error::invalid("classes in common", found, format!("at least {classes}")))
    }
}

impl fmt::Display for ClassMapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pairs: Vec<(usize, usize)> = self
            .counterparts
            .iter()
            .enumerate()
            .filter_map(|(source, class)| class.map(|class| (source, class)))
            .collect();
        let mut parts = Vec::new();
        for class in self.common() {
            if let Some(&(source, _)) = pairs.iter().find(|pair| pair.1 == class)
                && self.source[source] != self.target[class]
            {
                parts.push(format!("{} <- {}", self.target[class], self.source[source]));
            }
        }
        if pairs.windows(2).any(|two| two[1].1 < two[0].1) {
            let order: Vec<&str> = pairs.iter().map(|&(_, class)| self.target[class].as_str()).collect();
            parts.push(format!("in the order {}", order.join(", ")));
        }
        match self.only_in_source().as_slice() {
            [] => {}
            [one] => parts.push(format!("{one} has no counterpart")),
            several => parts.push(format!("{} have no counterpart", several.join(", "))),
        }
        parts.extend(self.only_in_target().iter().map(|class| format!("{class} <- nothing")));
        match parts.is_empty() {
            true => f.write_str("the same classes in the same order"),
            false => f.write_str(&parts.join("; ")),
        }
    }
}

#[cfg(test)]
mod tests;
