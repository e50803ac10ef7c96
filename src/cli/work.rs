//! Options that every command takes which may have to compute something.

use clap::Args;
use ferrofuse::experiment::{Options, Runner};
use ferrofuse::features::parse_memory;

use super::Context;

/// How work runs.
#[derive(Args)]
pub struct WorkArgs {
    /// Where networks run: auto (a CUDA device where there is one), cpu, cuda or cuda:N
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    device: String,
    /// Memory for descriptors, beside the pictures and the finished features; what does not fit is computed twice
    #[arg(long, value_name = "SIZE", default_value = "2GiB", value_parser = |s: &str| parse_memory(s))]
    memory: u64,
    /// Memory for the kernel matrix of kernel ridge regression: 4 bytes for each pair of training rows
    #[arg(long, value_name = "SIZE", default_value = "8GiB", value_parser = |s: &str| parse_memory(s))]
    kernel_memory: u64,
}

impl WorkArgs {
    /// A runner in the context's workspace.
    pub fn runner<'a>(&self, context: &'a Context) -> Runner<'a> {
        self.runner_from(context, None)
    }

    /// A runner that imports the dataset from `from` where it is not imported yet.
    pub fn runner_from<'a>(&self, context: &'a Context, from: Option<std::path::PathBuf>) -> Runner<'a> {
        let (memory, kernel_memory) = (self.memory, self.kernel_memory);
        let (threads, device) = (context.threads, self.device.clone());
        let options = Options { threads, device, memory, kernel_memory, from, allow_test_selection: false };
        Runner::new(&context.workspace, options, &context.progress)
    }
}
