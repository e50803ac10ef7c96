//! Which of another program's columns is which class, and what a reader is told about it.

use std::path::Path;

use ndarray::Array2;

use super::{Predictions, rows_of};
use crate::Progress;
use crate::error::{Error, Result};
use crate::predictions::ClassMapping;

/// Maps their classes to ours by name; `strangers` are columns that were taken for no class.
///
/// More classes than ours are fine: their probability is left out and the rest divided by its sum. Fewer are fine as well:
/// a program that says by name which classes it knows gives the others 0, and that their rows sum to 1 shows that none was
/// forgotten. But where names are left over on both sides, a class may stand there in a spelling that is not known, and
/// its probability would be lost without a word.
///
/// # Errors
/// [`Error::Malformed`] at `place` with the names that are left over, or with two that are one class.
pub(super) fn by_name(
    (path, place): (&Path, &str),
    theirs: &[String],
    ours: &[String],
    strangers: &[String],
) -> Result<ClassMapping> {
    let mapping = ClassMapping::by_name(theirs, ours).map_err(|e| match e {
        Error::Invalid { found, expected, .. } => Error::malformed(path, place, found, expected),
        other => other,
    })?;
    let lacking = mapping.only_in_target();
    let over: Vec<&str> = mapping.only_in_source().into_iter().chain(strangers.iter().map(String::as_str)).collect();
    let found = match (lacking.as_slice(), over.as_slice()) {
        ([], _) => return Ok(mapping),
        (_, []) if mapping.common().len() > 1 => return Ok(mapping),
        (_, []) => format!("nothing for {}", lacking.join(", ")),
        (_, over) => format!("nothing for {}, but {}", lacking.join(", "), over.join(", ")),
    };
    let expected =
        format!("the classes by name: {}; or only some of them, or others beside all of them", ours.join(", "));
    Err(Error::malformed(path, place, found, expected))
}

/// Tells which of their classes are which of ours.
pub(super) fn say(name: &str, path: &Path, mapping: &ClassMapping, progress: &dyn Progress) {
    let zero = if mapping.only_in_target().is_empty() { "" } else { " (probability 0)" };
    progress.say(&format!("{name}: classes of {}: {mapping}{zero}", path.display()));
}

/// Probabilities of their classes as predictions of the template's rows; tells how many rows are undecided.
pub(super) fn predictions(
    path: &Path,
    template: &Predictions,
    (mapping, theirs): (&ClassMapping, Array2<f32>),
    progress: &dyn Progress,
) -> Result<Predictions> {
    let mapped = mapping.onto_target(theirs.view()).map_err(|e| match e {
        Error::Invalid { what, found, expected } => Error::malformed(path, what, found, expected),
        other => other,
    })?;
    if mapped.undecided > 0 {
        let how = "have no probability on the dataset's classes and count as undecided, the same for each";
        progress.say(&format!("{}: {} of {} {how}", template.model, mapped.undecided, rows_of(template)));
    }
    Ok(Predictions { probabilities: mapped.probabilities, ..template.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(of: &[&str]) -> Vec<String> {
        of.iter().map(|name| (*name).to_string()).collect()
    }

    fn map(theirs: &[&str], strangers: &[&str]) -> Result<ClassMapping> {
        let ours = names(&["happy", "sad", "neutral"]);
        by_name((Path::new("classes.txt"), "line 1"), &names(theirs), &ours, &names(strangers))
    }

    #[test]
    fn more_classes_or_fewer_are_taken_but_not_both() {
        assert!(map(&["sad", "happy", "neutral"], &["path"]).is_ok());
        assert_eq!(map(&["sad", "joy", "contempt", "neutral"], &[]).unwrap().only_in_source(), ["contempt"]);
        assert_eq!(map(&["sad", "happiness"], &[]).unwrap().only_in_target(), ["neutral"]);
        for (theirs, strangers, found) in [
            (&["sad", "happy", "nuetral"][..], &[][..], "found nothing for neutral, but nuetral"),
            (&["sad", "happy"], &["nuetral", "path"], "found nothing for neutral, but nuetral, path"),
            (&["0", "1", "2"], &[], "found nothing for happy, sad, neutral, but 0, 1, 2"),
            (&["sad"], &[], "found nothing for happy, neutral"),
            (&[], &[], "found nothing for happy, sad, neutral"),
            (&["sad", "happy", "joy"], &[], "`happy` and `joy`"),
        ] {
            let message = map(theirs, strangers).unwrap_err().to_string();
            assert!(message.contains("classes.txt: line 1") && message.contains(found), "{message}");
        }
    }
}
