//! Where a network runs.

use std::fmt;
use std::str::FromStr;

use super::cuda;
use crate::error::{Error, Result};

/// The processor or a CUDA device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Device(pub(crate) tch::Device);

impl Device {
    /// The processor.
    pub const CPU: Self = Self(tch::Device::Cpu);

    /// Whether bfloat16 is multiplied by instructions of its own; where it is emulated, it is slower than single precision.
    pub(crate) fn multiplies_bfloat16(self) -> bool {
        match self.0 {
            tch::Device::Cuda(_) => true,
            tch::Device::Cpu => std::fs::read_to_string("/proc/cpuinfo").is_ok_and(|text| has_bfloat16(&text)),
            _ => false,
        }
    }
}

/// Whether Linux lists the instructions among those of the first processor: AMX, AVX-512 or those of ARM.
fn has_bfloat16(cpuinfo: &str) -> bool {
    let listed = cpuinfo.lines().filter_map(|line| line.split_once(':'));
    let mut flags = listed.filter(|(key, _)| matches!(key.trim(), "flags" | "Features"));
    let known = |flag: &str| matches!(flag, "amx_bf16" | "avx512_bf16" | "bf16");
    flags.next().is_some_and(|(_, flags)| flags.split_whitespace().any(known))
}

impl FromStr for Device {
    type Err = Error;

    /// Reads `auto` (the first CUDA device where there is one), `cpu`, `cuda` or `cuda:N`.
    fn from_str(text: &str) -> Result<Self> {
        let expected = "auto, cpu, cuda or cuda:N";
        let index = match text {
            // Without a driver the second half of libtorch would be read for nothing.
            "auto" if cuda::has_driver() && cuda::open().is_ok() && tch::Cuda::device_count() > 0 => 0,
            "auto" | "cpu" => return Ok(Self::CPU),
            "cuda" => 0,
            other => other
                .strip_prefix("cuda:")
                .and_then(|n| n.parse().ok())
                .ok_or_else(|| Error::invalid("device", format!("`{other}`"), expected))?,
        };
        let opened = cuda::open();
        let there = tch::Cuda::device_count();
        if (index as i64) < there {
            return Ok(Self(tch::Device::Cuda(index)));
        }
        let why = match opened {
            Err(why) => why,
            Ok(()) if !cuda::has_driver() => "NVIDIA's driver is not there".into(),
            Ok(()) => format!("libtorch sees {there} CUDA devices here"),
        };
        Err(Error::invalid("device", format!("`{text}`"), format!("{expected}; {why}")))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bfloat16_is_told_by_what_linux_says_of_the_processor() {
        let of =
            |flags: &str| has_bfloat16(&format!("processor\t: 0\nmodel name\t: bf16 maker\n{flags}\nprocessor\t: 1\n"));
        assert!(
            of("flags\t\t: fpu avx512f avx512_bf16 sse")
                && of("flags\t\t: amx_bf16")
                && of("Features\t: fp asimd bf16")
        );
        assert!(!of("flags\t\t: fpu avx2 avx512f") && !of("") && !of("bugs\t: amx_bf16"));
    }
}
