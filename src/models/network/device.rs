//! Where a network runs.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};

/// The processor or a CUDA device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Device(pub(crate) tch::Device);

impl Device {
    /// The processor.
    pub const CPU: Self = Self(tch::Device::Cpu);
}

impl FromStr for Device {
    type Err = Error;

    /// Reads `auto` (the first CUDA device where there is one), `cpu`, `cuda` or `cuda:N`.
    fn from_str(text: &str) -> Result<Self> {
        let expected = || "auto, cpu, cuda or cuda:N";
        let index = match text {
            "auto" if tch::Cuda::is_available() => 0,
            "auto" | "cpu" => return Ok(Self::CPU),
            "cuda" => 0,
            other => other
                .strip_prefix("cuda:")
                .and_then(|n| n.parse().ok())
                .ok_or_else(|| Error::invalid("device", format!("`{other}`"), expected()))?,
        };
        let there = tch::Cuda::device_count();
        if (index as i64) < there {
            return Ok(Self(tch::Device::Cuda(index)));
        }
        let expected = format!("{}; libtorch sees {there} CUDA devices here", expected());
        Err(Error::invalid("device", format!("`{text}`"), expected))
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            tch::Device::Cuda(n) => write!(f, "cuda:{n}"),
            _ => f.write_str("cpu"),
        }
    }
}
