//! Fitted linear machines as files of a model folder: `linear.json` and `weights.npy` (d + 1 x c, f32; the last row
//! holds the biases), which need nothing else.

use std::path::Path;

use ndarray::{Array2, Axis, concatenate, s};
use serde::{Deserialize, Serialize};

use super::{LinearModel, Planes};
use crate::artifact::{read_npy2, remove_if_there, write_json, write_npy};
use crate::error::{Error, Result};
use crate::models::Classifier;
use crate::models::calibration::Calibration;
use crate::models::stored::{check_schema, read_description};
use crate::recipe::{Check, LinearRecipe};

const SCHEMA: u32 = 1;
const DESCRIPTION: &str = "linear.json";
const WEIGHTS: &str = "weights.npy";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    schema: u32,
    recipe: LinearRecipe,
    classes: usize,
    widths: Vec<usize>,
    training_rows: usize,
    passes: Option<usize>,
    calibration: Calibration,
}

impl Classifier for LinearModel {
    const DESCRIPTION: &str = DESCRIPTION;

    fn save(&self, folder: &Path) -> Result<()> {
        // An older description must not vouch for arrays that are half replaced.
        for name in [DESCRIPTION, WEIGHTS] {
            remove_if_there(&folder.join(name))?;
        }
        let biases = self.planes.biases.view().insert_axis(Axis(0));
        let both: Array2<f32> = concatenate(Axis(0), &[self.planes.weights.view(), biases])
            .map_err(|e| Error::invalid("weights and biases", e, "as many biases as columns of weights"))?;
        write_npy(&folder.join(WEIGHTS), both.view())?;
        let written = Description {
            schema: SCHEMA,
            recipe: self.recipe.clone(),
            classes: self.planes.biases.len(),
            widths: self.widths.clone(),
            training_rows: self.rows,
            passes: self.passes,
            calibration: self.calibration.clone(),
        };
        write_json(&folder.join(DESCRIPTION), &written)
    }

    fn note(&self) -> String {
        let what = if self.recipe.mirrored { "training rows and mirror images" } else { "training rows" };
        let passes = self.passes.map_or(String::new(), |passes| format!(", {passes} passes"));
        format!("all {} {what}{passes}; probabilities calibrated on the validation rows", self.rows)
    }
}

impl LinearModel {
    /// Reads the model in `folder`.
    ///
    /// # Errors
    /// [`Error::Missing`] without a model, [`Error::Malformed`] when files do not fit together.
    pub fn load(folder: &Path) -> Result<Self> {
        let path = folder.join(DESCRIPTION);
        let Description { schema, recipe, classes, widths, training_rows, passes, calibration } =
            read_description(&path)?;
        check_schema(&path, schema, SCHEMA)?;
        recipe.check()?;
        calibration.check(&path, classes)?;
        let both: Array2<f32> = read_npy2(&folder.join(WEIGHTS))?;
        let width: usize = widths.iter().sum();
        if both.dim() != (width + 1, classes) || both.iter().any(|v| !v.is_finite()) {
            let expected = format!("({}, {classes}) finite numbers", width + 1);
            return Err(Error::malformed(folder.join(WEIGHTS), "shape", format!("{:?}", both.dim()), expected));
        }
        let (weights, biases) = (both.slice(s![..width, ..]).to_owned(), both.row(width).to_owned());
        let planes = Planes { normalisation: recipe.normalisation, weights, biases };
        Ok(Self { recipe, widths, rows: training_rows, passes, calibration, planes })
    }
}
