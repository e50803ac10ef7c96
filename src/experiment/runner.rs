//! What all steps share: where things lie, how to run, whom to tell.

use crate::artifact::Workspace;
use crate::progress::Progress;

/// How steps run; none of it changes what they make, but for rounding.
#[derive(Clone, Debug)]
pub struct Options {
    /// Threads of libtorch.
    pub threads: usize,
    /// Where networks run: `auto`, `cpu`, `cuda` or `cuda:N`.
    pub device: String,
    /// Bytes that descriptors may take at once.
    pub memory: u64,
    /// Bytes that the kernel matrix of kernel ridge regression may take.
    pub kernel_memory: u64,
    /// What was imported from, where it is not where the data recipe says.
    pub from: Option<std::path::PathBuf>,
    /// Whether an experiment may choose on the test rows what it then scores on them.
    pub allow_test_selection: bool,
}

/// Makes what is stale.
pub struct Runner<'a> {
    pub(super) workspace: &'a Workspace,
    pub(super) options: Options,
    pub(super) progress: &'a dyn Progress,
}

impl<'a> Runner<'a> {
    /// A runner for a workspace.
    pub fn new(workspace: &'a Workspace, options: Options, progress: &'a dyn Progress) -> Self {
        Self { workspace, options, progress }
    }

    /// The same runner, allowed to choose on the test rows.
    pub fn allow_test_selection(mut self, allowed: bool) -> Self {
        self.options.allow_test_selection = allowed;
        self
    }

    /// Work over images, announced and closed on the progress bar.
    pub(super) fn over_images<T>(&self, what: &str, images: usize, work: impl FnOnce() -> T) -> T {
        self.progress.start(what, images as u64, "images");
        let made = work();
        self.progress.finish("");
        made
    }

    /// Lets libtorch use the threads that were asked for.
    #[cfg(feature = "torch")]
    pub(super) fn use_threads(&self) {
        tch::set_num_threads(self.options.threads.try_into().unwrap_or(1));
    }
}
