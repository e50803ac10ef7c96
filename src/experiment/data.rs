//! The first step: the dataset.

use super::Runner;
use crate::dataset::{Dataset, DatasetInfo, ImportOptions, import};
use crate::error::Result;
use crate::recipe::{DataRecipe, Kind, Recipe, load};

impl Runner<'_> {
    /// The description of a dataset, which is imported (or drawn) first where it is missing or its recipe changed.
    ///
    /// # Errors
    /// What [`load`] and [`import`] give.
    pub fn dataset_info(&self, name: &str) -> Result<DatasetInfo> {
        let recipe: Recipe<DataRecipe> = load(self.workspace, Kind::Data, name)?;
        let folder = self.workspace.dataset(&recipe.name);
        if folder.join("dataset.json").exists() {
            let info = Dataset::load_info(&folder)?;
            if info.recipe == recipe.fingerprint() {
                if let Some(from) = &self.options.from {
                    let said = "is imported already; `ferrofuse import` would replace it by";
                    self.progress.say(&format!("{} {said} {}", recipe.name, from.display()));
                }
                return Ok(info);
            }
            self.progress.say(&format!("{}: the recipe changed, importing again", recipe.name));
        }
        let imported =
            import(self.workspace, &recipe, self.options.from.as_deref(), ImportOptions::default(), self.progress)?;
        imported.dataset.save(&folder)?;
        let info = imported.dataset.info;
        self.progress.say(&format!("{}: {} rows of {} x {} pixels", info.title, info.rows, info.height, info.width));
        Ok(info)
    }

    /// The dataset itself, made first where [`Runner::dataset_info`] finds it stale.
    ///
    /// # Errors
    /// As [`Runner::dataset_info`], and what [`Dataset::load`] gives.
    pub fn dataset(&self, name: &str) -> Result<Dataset> {
        let info = self.dataset_info(name)?;
        Dataset::load(&self.workspace.dataset(&info.name))
    }
}
