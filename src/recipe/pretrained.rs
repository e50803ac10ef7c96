//! Fine-tuning: which trained network another one starts from.

use serde::{Deserialize, Serialize};

use super::Check;
use crate::error::{Error, Result};

/// The trained network whose weights a network starts from, in place of fresh ones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PretrainedRecipe {
    /// Its name in `models/pretrained/` or the folder of an exported network, as `predict --model` takes it; with `dataset` the
    /// name of a model that was trained on it.
    pub model: String,
    /// The dataset that it was trained on here: then it is the one in `models/DATASET/MODEL/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset: Option<String>,
}

impl Check for PretrainedRecipe {
    fn check(&self) -> Result<()> {
        let is_name = |name: &str| !name.is_empty() && !name.contains(['/', '\\']) && name != "." && name != "..";
        match &self.dataset {
            None if self.model.is_empty() => {
                Err(Error::invalid("pretrained.model", "nothing", "a name in models/pretrained/ or a folder"))
            }
            None => Ok(()),
            Some(dataset) if is_name(dataset) && is_name(&self.model) => Ok(()),
            Some(dataset) => {
                let expected =
                    "the names of a dataset and of a model that was trained on it; a folder goes without dataset";
                Err(Error::invalid("pretrained", format!("model `{}`, dataset `{dataset}`", self.model), expected))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_goes_without_dataset_and_unknown_keys_are_refused() {
        let read = |text: &str| toml::from_str::<PretrainedRecipe>(text).map_err(|e| e.to_string());
        let check = |text: &str| read(text).unwrap().check().map_err(|e| e.to_string());
        for good in ["model = 'compact'", "model = '../away/compact'", "model = 'a'\ndataset = 'b.shuffled-3-1-01'"] {
            check(good).unwrap();
        }
        for bad in [
            "model = ''",
            "model = 'away/a'\ndataset = 'b'",
            "model = 'a'\ndataset = '..'",
            "model = 'a'\ndataset = ''",
        ] {
            assert!(check(bad).unwrap_err().contains("pretrained"), "{bad}");
        }
        assert!(read("model = 'a'\nepoch = 3").unwrap_err().contains("epoch"));
        assert!(read("dataset = 'a'").unwrap_err().contains("model"));
    }
}
