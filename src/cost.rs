//! What a step of the work took.

use std::time::Instant;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Time and memory of a step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    /// Wall-clock time.
    pub seconds: f64,
    /// Time that processors worked on it, all cores together; `None` where the system does not say. The fairer figure
    /// on a machine that does other work too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processor_seconds: Option<f64>,
    /// The most bytes of memory that the whole process held at any moment of it; `None` where the system does not say.
    pub peak_memory: Option<u64>,
}

/// Runs while a step does. Steps follow each other: the peak of one inside another is lost to the outer one.
pub(crate) struct Meter {
    clock: Instant,
    processor: Option<f64>,
}

impl Meter {
    pub(crate) fn start() -> Self {
        // Linux forgets the peak so far; elsewhere, and where that is not allowed, the peak is that of the whole run.
        std::fs::write("/proc/self/clear_refs", "5").ok();
        Self { clock: Instant::now(), processor: processor_seconds() }
    }

    pub(crate) fn stop(&self) -> Cost {
        let processor = self.processor.zip(processor_seconds()).map(|(before, now)| now - before);
        Cost { seconds: self.clock.elapsed().as_secs_f64(), processor_seconds: processor, peak_memory: peak_memory() }
    }
}

/// User and system time of this process so far.
fn processor_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program, in brackets, may hold anything.
    let mut fields = stat.rsplit(')').next()?.split_whitespace().skip(11);
    let (user, system): (f64, f64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    // Linux counts in hundredths of a second, whatever the kernel's own ticks are.
    Some((user + system) / 100.0)
}

fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

/// `1.5 GiB`, `33 MiB`, `900 B`: three digits at the most, rounded up so that the amount suffices.
pub(crate) fn show_memory(bytes: u64) -> String {
    for (name, unit) in [("GiB", 1u64 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)] {
        if bytes >= unit {
            let tenths = (bytes as f64 / unit as f64 * 10.0).ceil() / 10.0;
            return if tenths < 10.0 { format!("{tenths:.1} {name}") } else { format!("{:.0} {name}", tenths.ceil()) };
        }
    }
    format!("{bytes} B")
}

impl std::iter::Sum for Cost {
    /// Of steps one after the other: all of their time, the most of their memory.
    fn sum<I: Iterator<Item = Self>>(costs: I) -> Self {
        let none = Self { seconds: 0.0, processor_seconds: Some(0.0), peak_memory: None };
        costs.fold(none, |sum, cost| Self {
            seconds: sum.seconds + cost.seconds,
            processor_seconds: sum.processor_seconds.zip(cost.processor_seconds).map(|(a, b)| a + b),
            peak_memory: sum.peak_memory.max(cost.peak_memory),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_of_steps_add_up() {
        let cost = |seconds, processor_seconds, peak_memory| Cost { seconds, processor_seconds, peak_memory };
        let all: Cost = [cost(1.5, Some(3.0), Some(10)), cost(2.0, Some(1.0), None), cost(0.5, Some(0.5), Some(7))]
            .into_iter()
            .sum();
        assert_eq!(all, cost(4.0, Some(4.5), Some(10)));
        let unknown: Cost = [cost(1.5, None, None), all].into_iter().sum();
        assert_eq!(unknown, cost(5.5, None, Some(10)));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn memory_that_is_held_is_counted() {
        let meter = Meter::start();
        let held = vec![1u8; 64 << 20];
        let mut sum = 0u64;
        while processor_seconds().unwrap() < meter.processor.unwrap() + 0.05 {
            sum = held.iter().fold(sum, |sum, v| sum.wrapping_mul(3) + u64::from(*v));
        }
        let cost = meter.stop();
        assert!(cost.peak_memory.unwrap() > held.len() as u64 && cost.seconds > 0.0, "{cost:?} {sum}");
        assert!(cost.processor_seconds.unwrap() >= 0.04, "{cost:?}");
    }
}
