//! The facial expressions that the field's datasets share, in the fixed order of FER2013.

use std::fmt;
use std::str::FromStr;

use crate::error::Error;

/// A basic facial expression; the number is the label that FER2013 gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Expression {
    /// Label 0.
    Angry = 0,
    /// Label 1.
    Disgust = 1,
    /// Label 2.
    Fear = 2,
    /// Label 3.
    Happy = 3,
    /// Label 4.
    Sad = 4,
    /// Label 5.
    Surprise = 5,
    /// Label 6.
    Neutral = 6,
    /// Only in CK+ and FER+.
    Contempt = 7,
}

impl Expression {
    /// All expressions, in label order.
    pub const ALL: [Self; 8] =
        [Self::Angry, Self::Disgust, Self::Fear, Self::Happy, Self::Sad, Self::Surprise, Self::Neutral, Self::Contempt];

    /// The seven classes of FER2013, in label order.
    pub fn fer2013() -> &'static [Self] {
        &Self::ALL[..7]
    }

    /// The canonical lower-case name: `angry`, `disgust`, `fear`, `happy`, `sad`, `surprise`, `neutral`, `contempt`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Angry => "angry",
            Self::Disgust => "disgust",
            Self::Fear => "fear",
            Self::Happy => "happy",
            Self::Sad => "sad",
            Self::Surprise => "surprise",
            Self::Neutral => "neutral",
            Self::Contempt => "contempt",
        }
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Expression {
    type Err = Error;

    /// Reads the spellings that datasets use for their folders (`Anger`, `happiness`, `surprised`, ...), in any case.
    fn from_str(text: &str) -> Result<Self, Error> {
        Ok(match text.trim().to_ascii_lowercase().as_str() {
            "angry" | "anger" => Self::Angry,
            "disgust" | "disgusted" => Self::Disgust,
            "fear" | "fearful" | "afraid" | "scared" => Self::Fear,
            "happy" | "happiness" | "joy" => Self::Happy,
            "sad" | "sadness" => Self::Sad,
            "surprise" | "surprised" => Self::Surprise,
            "neutral" | "neutrality" => Self::Neutral,
            "contempt" | "contemptuous" => Self::Contempt,
            other => {
                return Err(Error::invalid(
                    "expression",
                    format!("`{other}`"),
                    "angry, disgust, fear, happy, sad, surprise, neutral or contempt",
                ));
            }
        })
    }
}

/// The number of the class that `name` stands for: the same name, else the same in any case and without the spaces around
/// it, else another spelling of the same expression (`Happiness` for `happy`).
pub(crate) fn class_named(name: &str, classes: &[impl AsRef<str>]) -> Option<usize> {
    let position = |fits: &dyn Fn(&str) -> bool| classes.iter().position(|class| fits(class.as_ref()));
    position(&|class| class == name)
        .or_else(|| position(&|class| class.trim().eq_ignore_ascii_case(name.trim())))
        .or_else(|| {
            let expression: Expression = name.parse().ok()?;
            position(&|class| class.parse().is_ok_and(|other: Expression| other == expression))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back_as_itself() {
        for (label, expression) in Expression::ALL.into_iter().enumerate() {
            assert_eq!(expression.name().parse::<Expression>().unwrap(), expression);
            assert_eq!(expression as usize, label);
        }
    }

    #[test]
    fn spellings_of_common_folders_are_understood() {
        assert_eq!("Happiness".parse::<Expression>().unwrap(), Expression::Happy);
        assert_eq!("SURPRISED".parse::<Expression>().unwrap(), Expression::Surprise);
        assert!("bored".parse::<Expression>().unwrap_err().to_string().contains("`bored`"));
    }
    #[test]
    fn the_same_name_goes_before_other_cases_and_those_before_other_spellings() {
        let classes = ["joy", "Happy", "happy", "Größe"];
        for (name, class) in [
            ("happy", Some(2)),
            ("Happy", Some(1)),
            (" HAPPY ", Some(1)),
            ("happiness", Some(0)),
            ("JOY", Some(0)),
            ("GRöße", Some(3)),
            ("sad", None),
            ("", None),
        ] {
            assert_eq!(class_named(name, &classes), class, "{name}");
        }
    }
}
