//! Results of other programs in an experiment.

use serde::{Deserialize, Serialize};

use super::Check;
use crate::error::{Error, Result};

/// Probabilities made by another program: two files, a folder, or one table of both splits. Paths are relative to the
/// working folder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ExternalRecipe {
    /// Its name in the report.
    pub name: String,
    /// Probabilities of the validation rows: an `.npy` file of n x c in the row order of the dataset's split, or a `.csv`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation: Option<String>,
    /// The same of the test rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<String>,
    /// A folder with `validation.npy` and `test.npy` in it; see [`crate::predictions::external::ExternalFolder`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// A table with the rows of both splits; see [`crate::predictions::external::load_csv`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub csv: Option<String>,
}

/// Where the probabilities of another program lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExternalSource<'a> {
    /// One file for each split.
    Files {
        /// The validation rows.
        validation: &'a str,
        /// The test rows.
        test: &'a str,
    },
    /// A folder of arrays.
    Folder(&'a str),
    /// One table of both splits.
    Csv(&'a str),
}

impl ExternalRecipe {
    /// What the keys say together.
    ///
    /// # Errors
    /// [`Error::Invalid`] when they name no place, half of one, or several.
    pub fn source(&self) -> Result<ExternalSource<'_>> {
        match (&self.validation, &self.test, &self.folder, &self.csv) {
            (Some(validation), Some(test), None, None) => Ok(ExternalSource::Files { validation, test }),
            (None, None, Some(folder), None) => Ok(ExternalSource::Folder(folder)),
            (None, None, None, Some(csv)) => Ok(ExternalSource::Csv(csv)),
            _ => {
                let keys = [
                    ("validation", &self.validation),
                    ("test", &self.test),
                    ("folder", &self.folder),
                    ("csv", &self.csv),
                ];
                let given: Vec<&str> = keys.iter().filter(|(_, value)| value.is_some()).map(|(key, _)| *key).collect();
                let found = if given.is_empty() { "no place of its files".to_string() } else { given.join(" and ") };
                let expected = "either validation and test, or folder, or csv";
                Err(Error::invalid(format!("external `{}`", self.name), found, expected))
            }
        }
    }
}

impl Check for ExternalRecipe {
    fn check(&self) -> Result<()> {
        self.source().map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::ExperimentRecipe;

    fn parsed(keys: &str) -> ExternalRecipe {
        toml::from_str(&format!("name = \"theirs\"\n{keys}")).unwrap()
    }

    #[test]
    fn three_ways_to_name_the_files_are_read() {
        let files = parsed("validation = \"v.npy\"\ntest = \"t.csv\"");
        assert_eq!(files.source().unwrap(), ExternalSource::Files { validation: "v.npy", test: "t.csv" });
        assert_eq!(parsed("folder = \"f\"").source().unwrap(), ExternalSource::Folder("f"));
        assert_eq!(parsed("csv = \"c.csv\"").source().unwrap(), ExternalSource::Csv("c.csv"));
        // Recipes of two files keep their fingerprint: nothing is written out that they do not say.
        assert_eq!(serde_json::to_string(&files).unwrap(), r#"{"name":"theirs","validation":"v.npy","test":"t.csv"}"#);
    }

    #[test]
    fn half_a_place_and_two_places_are_refused() {
        for (keys, found) in [
            ("", "no place of its files"),
            ("test = \"t.npy\"", "found test, expected"),
            ("validation = \"v.npy\"", "found validation, expected"),
            ("folder = \"f\"\ncsv = \"c.csv\"", "folder and csv"),
            ("validation = \"v.npy\"\ntest = \"t.npy\"\nfolder = \"f\"", "validation and test and folder"),
            ("test = \"t.npy\"\ncsv = \"c.csv\"", "test and csv"),
        ] {
            let message = parsed(keys).check().unwrap_err().to_string();
            assert!(message.contains("external `theirs`") && message.contains(found), "{message}");
            assert!(message.contains("either validation and test, or folder, or csv"), "{message}");
        }
        assert!(toml::from_str::<ExternalRecipe>("name = \"x\"\ncvs = \"c.csv\"").is_err());
    }

    #[test]
    fn an_experiment_checks_its_externals_and_needs_no_models() {
        let recipe = |external: &str| {
            let text = format!("title = \"x\"\ndataset = \"d\"\n[[external]]\nname = \"theirs\"\n{external}");
            toml::from_str::<ExperimentRecipe>(&text).unwrap()
        };
        recipe("csv = \"c.csv\"").check().unwrap();
        assert!(recipe("").check().unwrap_err().to_string().contains("external `theirs`"));
        let empty: ExperimentRecipe = toml::from_str("title = \"x\"\ndataset = \"d\"").unwrap();
        assert!(empty.check().unwrap_err().to_string().contains("at least one model or [[external]]"));
    }
}
