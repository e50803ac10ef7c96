//! Training a network from its recipe, from fresh weights or those of a trained one: epoch by epoch, the best on validation
//! or the last one kept. Without rows that validate, as in the second training of a fold, the last one is kept.

use std::path::Path;
use std::time::Instant;

use crate::artifact::{Precision, read_tensors, write_atomically, write_tensors};
use crate::dataset::Split;
use crate::error::{Error, Result};
use crate::models::network::{Device, FEATURE_CODEBOOK, FEATURE_DEVIATION, FEATURE_MEAN, Network, TrainedNetwork};
use crate::models::{EpochRecord, NetworkDescription, SCHEMA, Start, network_fingerprint};
use crate::progress::Progress;
use crate::recipe::{Keep, NetworkRecipe, Recipe};

use super::checkpoint::Checkpoint;
use super::data::{TrainingData, consistent, labels_of, measure, rows};
use super::epoch::Pass;
use super::learner::Learner;
use super::pretrained::{in_words, take_over};

/// How a training runs; none of it changes what is learned, but for rounding.
#[derive(Clone, Copy, Debug)]
pub struct TrainOptions {
    /// What to do with a checkpoint.
    pub start: Start,
    /// Where it runs.
    pub device: Device,
    /// Threads of libtorch.
    pub threads: usize,
}

/// Trains a network and leaves it in `folder`: weights.safetensors, model.json and history.csv, and while it runs a
/// checkpoint after every epoch. It starts from the checkpoint where there is one to go on from, else from the pretrained network
/// that the recipe names, else from fresh weights.
///
/// # Errors
/// [`Error::Interrupted`] when the user asked to stop (the checkpoint stays), [`Error::Mismatch`] when a checkpoint
/// belongs to another recipe or dataset or a pretrained network has other layers, [`Error::Invalid`] when the loss is no longer finite, and what the files give.
pub fn train_network(
    recipe: &Recipe<NetworkRecipe>,
    data: TrainingData,
    folder: &Path,
    options: TrainOptions,
    progress: &dyn Progress,
) -> Result<TrainedNetwork> {
    tch::set_num_threads(options.threads.try_into().unwrap_or(1));
    let (scale, feature_mean, feature_deviation) = measure(&recipe.value, data)?;
    let consistent = consistent(&recipe.value, data, (&feature_mean, &feature_deviation), options.device)?;
    let stored = TrainingData { feature: data.feature.filter(|_| consistent.is_none()), ..data };
    let [train, validation] = [Split::Train, Split::Validation]
        .map(|split| rows(stored, split, (&feature_mean, &feature_deviation), options.device));
    let (train, validation) = (train?, validation?);
    let (_, height, width) = data.dataset.images.dim();
    let classes = data.dataset.info.classes.clone();
    let seed = recipe.value.training.seed;
    let device = options.device.0;
    let mut network = Network::new(&recipe.value, [height, width], feature_mean.len(), classes.len(), seed, device)?;
    if recipe.value.training.mixed_precision && !options.device.multiplies_bfloat16() {
        progress.say(&format!("{}: this processor has no bfloat16 and trains in single precision", recipe.name));
        network.use_single_precision();
    }
    let parameters = network.parameters();
    let starting_point = take_over(&mut network, recipe, data)?;
    let mut learner = Learner::new(&recipe.value.training, network)?;
    let fingerprint = network_fingerprint(
        &recipe.value,
        &data.dataset.info.fingerprint,
        data.feature.map(|f| f.fingerprint),
        data.pretrained.map(|p| p.fingerprint.as_str()),
    );

    let mut history: Vec<EpochRecord> = Vec::new();
    let mut best_epoch = 0;
    if let Some(checkpoint) = usable_checkpoint(folder, &fingerprint, options, progress)? {
        let path = Checkpoint::path(folder);
        learner.restore(&checkpoint.weights, &checkpoint.moments, checkpoint.steps, &path)?;
        (history, best_epoch) = (checkpoint.history, checkpoint.best_epoch);
        progress.say(&format!("{}: going on after epoch {}", recipe.name, history.len()));
    } else if let Some(point) = &starting_point {
        progress.say(&format!("{}: {}", recipe.name, in_words(point, &classes)));
    }

    TrainedNetwork::forget(folder)?;
    let labels = labels_of(data, Split::Train);
    let computed = consistent.as_ref().map(|(_, computed)| computed);
    let pass = Pass::new(&recipe.value, scale, computed, device, progress, (&labels, classes.len()))?;
    let epochs = recipe.value.training.epochs;
    let training_rows = train.labels.size()[0] as u64;
    let validates = validation.labels.size()[0] > 0;
    for epoch in history.len() + 1..=epochs {
        if recipe.value.training.patience.is_some_and(|patience| epoch > best_epoch + patience) {
            progress.say(&format!("{}: no better on validation since epoch {best_epoch}; training ends", recipe.name));
            break;
        }
        let clock = Instant::now();
        progress.start(&format!("{} {epoch}/{epochs}", recipe.name), training_rows, "images");
        let Some(fitted) = pass.train(&mut learner, &train, epoch)? else {
            progress.finish("");
            return Err(Error::Interrupted { kept: kept(&recipe.name, history.len(), options.start) });
        };
        let scored = match validates {
            true => Some(learner.kept(|network| pass.score(network, &validation))?),
            false => None,
        };
        let steps = pass.batches(training_rows as usize);
        let training = &recipe.value.training;
        let record = EpochRecord {
            epoch: epoch as u64,
            train_loss: finite(fitted.loss),
            train_accuracy: fitted.accuracy,
            validation_loss: scored.as_ref().and_then(|s| finite(s.loss)),
            validation_accuracy: scored.map(|s| s.accuracy),
            learning_rate: super::schedule::learning_rate(training, epoch * steps - 1, steps),
            seconds: clock.elapsed().as_secs_f64(),
        };
        progress.finish(&line(&recipe.name, &record, epochs, training_rows));
        let best_so_far = history.get(best_epoch.wrapping_sub(1));
        let better = recipe.value.training.keep == Keep::Last
            || !validates
            || best_so_far.is_none_or(|best| {
                let (a, b) = (record.validation_accuracy, best.validation_accuracy);
                let loss = |r: &EpochRecord| r.validation_loss.unwrap_or(f64::INFINITY);
                a > b || (a == b && loss(&record) < loss(best))
            });
        history.push(record);
        if better {
            best_epoch = epoch;
            let mut kept = learner.kept(Network::weights)?;
            kept.insert(FEATURE_MEAN.into(), feature_mean.clone().into_dyn());
            kept.insert(FEATURE_DEVIATION.into(), feature_deviation.clone().into_dyn());
            let words = consistent.as_ref().and_then(|(feature, _)| feature.vocabulary.codebook.clone());
            kept.extend(words.map(|words| (FEATURE_CODEBOOK.to_string(), words.into_dyn())));
            // Before the checkpoint: if the run ends between the two, the repeated epoch writes the same weights again.
            write_tensors(&folder.join("weights.safetensors"), &kept, "", Precision::Single)?;
        }
        write_history(&folder.join("history.csv"), &history)?;
        let (moments, steps) = learner.state()?;
        Checkpoint {
            fingerprint: fingerprint.clone(),
            threads: options.threads,
            history: history.clone(),
            best_epoch,
            steps,
            weights: learner.network.weights()?,
            moments,
        }
        .save(folder)?;
    }

    let info = &data.dataset.info;
    let description = NetworkDescription {
        schema: SCHEMA,
        name: recipe.name.clone(),
        recipe: recipe.value.clone(),
        classes,
        dataset: info.name.clone(),
        dataset_fingerprint: info.fingerprint.clone(),
        synthetic: info.synthetic,
        feature_fingerprint: data.feature.map(|f| f.fingerprint.to_string()),
        fingerprint,
        pretrained: starting_point,
        size: [height, width],
        prepared: info.prepared.clone(),
        feature_dimensions: feature_mean.len(),
        consistent_feature: consistent.as_ref().map(|(feature, _)| feature.recipe.clone()),
        pixel_mean: scale.mean,
        pixel_deviation: scale.deviation,
        parameters,
        best_epoch,
        history,
        threads: options.threads,
        device: options.device.to_string(),
        version: env!("CARGO_PKG_VERSION").to_string(),
    };
    let path = folder.join("weights.safetensors");
    let (weights, _) = read_tensors(&path)?;
    TrainedNetwork::describe(folder, &description)?;
    Checkpoint::remove(folder)?;
    TrainedNetwork::assemble(description, &weights, options.device, &path)
}

/// The checkpoint to go on from, if there is one and the options allow it.
fn usable_checkpoint(
    folder: &Path,
    fingerprint: &str,
    options: TrainOptions,
    progress: &dyn Progress,
) -> Result<Option<Checkpoint>> {
    if options.start == Start::Restart {
        Checkpoint::remove(folder)?;
        return Ok(None);
    }
    let Some(checkpoint) = Checkpoint::load(folder)? else { return Ok(None) };
    let at = Checkpoint::path(folder).display().to_string();
    let hint = "--restart throws it away".to_string();
    if checkpoint.fingerprint != fingerprint {
        let what = "checkpoint and recipe".to_string();
        return Err(Error::Mismatch {
            what,
            detail: format!("{at} comes from another recipe, dataset, feature or pretrained network"),
            hint,
        });
    }
    if options.start == Start::Fresh {
        return Err(Error::invalid(
            at,
            format!("a checkpoint after epoch {}", checkpoint.history.len()),
            format!("--resume to go on from it, or --restart; {hint}"),
        ));
    }
    if checkpoint.threads != options.threads {
        progress.say(&format!(
            "note: the checkpoint was made with {} threads, this run has {}; results may differ in rounding",
            checkpoint.threads, options.threads
        ));
    }
    Ok(Some(checkpoint))
}

fn kept(name: &str, epochs: usize, start: Start) -> String {
    let command = match start {
        Start::Resume => "the same command",
        Start::Fresh | Start::Restart => "the same command with --resume",
    };
    match epochs {
        0 => "no epoch was complete yet, nothing is kept".into(),
        n => format!("`{name}` is kept as it was after epoch {n}; {command} goes on from there"),
    }
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

fn line(name: &str, r: &EpochRecord, epochs: usize, rows: u64) -> String {
    let validation = r.validation_accuracy.map_or_else(String::new, |accuracy| {
        format!(", validation {:.2} % (loss {:.3})", 100.0 * accuracy, r.validation_loss.unwrap_or(f64::NAN))
    });
    format!(
        "{name} {}/{epochs}: loss {:.3}, train {:.2} %{validation}, {:.0} images/s, {:.0} s",
        r.epoch,
        r.train_loss.unwrap_or(f64::NAN),
        100.0 * r.train_accuracy,
        rows as f64 / r.seconds,
        r.seconds
    )
}

/// The history as a table for any plotting program.
fn write_history(path: &Path, history: &[EpochRecord]) -> Result<()> {
    write_atomically(path, |w| {
        let mut csv = csv::Writer::from_writer(w);
        for record in history {
            csv.serialize(record).map_err(|e| Error::io("write", path, e.into()))?;
        }
        csv.flush().map_err(|e| Error::io("write", path, e))
    })
}
