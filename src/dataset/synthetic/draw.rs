//! A whole dataset of drawn faces.

use ndarray::Array3;
use rand::seq::SliceRandom;
use rayon::prelude::*;

use super::{picture, random};
use crate::dataset::{Dataset, DatasetInfo, SCHEMA, Split};
use crate::error::{Error, Result};
use crate::expression::Expression;
use crate::progress::Progress;
use crate::recipe::SyntheticRecipe;

/// Pictures of one person, on average.
const PICTURES_EACH: usize = 7;

/// More rows than this are taken for a slip of the pen.
const MOST_ROWS: usize = 10_000_000;

/// Draws the dataset `name`: n = train + validation + test faces of `size` (height, width), in that order.
///
/// `classes` are names of expressions in label order. Some are rarer than others, as in real collections (disgust is
/// the rarest). Every person is in one split only; `subjects` holds the person of each row. Labels are what was acted:
/// there is no label noise, but weak and mixed performances are ambiguous. The same recipe gives the same bytes on any
/// number of threads.
///
/// # Errors
/// [`Error::Invalid`] for a class that is no expression or stands there twice, an empty split, a size of 0, or more
/// pictures than memory holds; [`Error::Interrupted`] when asked to stop.
pub fn draw(
    name: &str,
    title: &str,
    recipe: &SyntheticRecipe,
    classes: &[String],
    size: [usize; 2],
    progress: &dyn Progress,
) -> Result<Dataset> {
    let expressions = expressions(classes)?;
    let counts = [recipe.train, recipe.validation, recipe.test];
    let rows = counts.iter().try_fold(0_usize, |sum, &n| sum.checked_add(n)).filter(|&n| n <= MOST_ROWS);
    let Some(rows) = rows.filter(|_| !counts.contains(&0)) else {
        let found = format!("{} + {} + {} rows", counts[0], counts[1], counts[2]);
        return Err(Error::invalid("synthetic", found, format!("1 to {MOST_ROWS} rows, some in every split")));
    };
    if !(0.0..=10.0).contains(&recipe.difficulty) {
        return Err(Error::invalid("difficulty", recipe.difficulty, "0 (clean) to 10, 1 is the default"));
    }
    if size.iter().any(|s| !(1..=4096).contains(s)) {
        return Err(Error::invalid("size", format!("{size:?}"), "height and width from 1 to 4096 pixels"));
    }
    let area = size[0] * size[1];
    let mut pixels = Vec::new();
    if rows.checked_mul(area).is_none_or(|n| pixels.try_reserve_exact(n).is_err()) {
        let found = format!("{rows} pictures of {} x {}", size[0], size[1]);
        return Err(Error::invalid("synthetic", found, "no more than memory holds"));
    }
    pixels.resize(rows * area, 0_u8);

    let mut labels = Vec::with_capacity(rows);
    let mut splits = Vec::with_capacity(rows);
    let mut subjects = Vec::with_capacity(rows);
    let mut known_people = 0_usize;
    for (split, count) in Split::ALL.into_iter().zip(counts) {
        let people = count.div_ceil(PICTURES_EACH);
        labels.extend(shuffled_labels(&expressions, count, recipe.seed, split));
        splits.extend(std::iter::repeat_n(split, count));
        // Labels are shuffled, so people taken in turn show a mixture of expressions.
        subjects.extend((0..count).map(|row| (known_people + row % people) as u32));
        known_people += people;
    }

    progress.start("drawing synthetic faces", rows as u64, "faces");
    pixels.par_chunks_mut(area).enumerate().for_each(|(row, target)| {
        if progress.stop_requested() {
            return;
        }
        let expression = expressions[usize::from(labels[row])];
        let drawn = picture(expression, recipe.seed, subjects[row].into(), row as u64, recipe.difficulty, size);
        target.iter_mut().zip(&drawn).for_each(|(to, from)| *to = *from);
        progress.advance(1);
    });
    progress.finish("");
    if progress.stop_requested() {
        return Err(Error::Interrupted { kept: "nothing of the synthetic faces is kept; start again".to_owned() });
    }

    let images = Array3::from_shape_vec((rows, size[0], size[1]), pixels)
        .map_err(|e| Error::invalid("pictures", e, "as many pixels as the sizes say"))?;
    let fingerprint = Dataset::content_fingerprint(&images, &labels, &splits, (Some(&subjects), None), classes);
    let info = DatasetInfo {
        schema: SCHEMA,
        name: name.to_owned(),
        title: title.to_owned(),
        classes: classes.to_vec(),
        rows,
        height: size[0],
        width: size[1],
        synthetic: true,
        source: format!(
            "synthetic faces: drawings made by ferrofuse, no photographs and no people (seed {}, difficulty {})",
            recipe.seed, recipe.difficulty
        ),
        split_rule: format!("drawn for each split, {known_people} invented persons, none in two splits"),
        resize: "none".to_owned(),
        prepared: Default::default(),
        skipped: 0,
        recipe: String::new(),
        fingerprint,
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    Ok(Dataset { info, images, labels, splits, subjects: Some(subjects), shares: None })
}

fn expressions(classes: &[String]) -> Result<Vec<Expression>> {
    let mut known: Vec<Expression> = Vec::with_capacity(classes.len());
    for class in classes {
        let expression: Expression = class.parse()?;
        if known.contains(&expression) {
            return Err(Error::invalid("classes", format!("{expression} twice (`{class}`)"), "each expression once"));
        }
        known.push(expression);
    }
    if known.is_empty() {
        return Err(Error::invalid("classes", "none", "at least one expression"));
    }
    Ok(known)
}

/// How common an expression is against the others: a mild form of what FER2013 shows.
fn frequency(expression: Expression) -> f64 {
    match expression {
        Expression::Happy => 1.35,
        Expression::Neutral | Expression::Sad => 1.1,
        Expression::Angry | Expression::Fear => 1.0,
        Expression::Surprise => 0.9,
        Expression::Contempt => 0.65,
        Expression::Disgust => 0.55,
    }
}

/// Labels of a split in random order: counts follow [`frequency`] to within one row.
fn shuffled_labels(expressions: &[Expression], count: usize, seed: u64, split: Split) -> Vec<u8> {
    let total: f64 = expressions.iter().map(|&e| frequency(e)).sum();
    let mut labels = Vec::with_capacity(count);
    let mut upto = 0.0;
    for (label, &expression) in (0_u8..).zip(expressions) {
        upto += frequency(expression) / total;
        let end = ((upto * count as f64).round() as usize).min(count);
        labels.resize(end.max(labels.len()), label);
    }
    labels.resize(count, expressions.len().saturating_sub(1) as u8);
    labels.shuffle(&mut random::generator(seed, random::Purpose::Labels, split as u64));
    labels
}
