//! How long work tells its caller where it is, and hears that it should stop.

/// Listens to long work. The library knows no terminal; the command line draws the bar.
pub trait Progress: Sync {
    /// A stretch of work begins: `what` is done `total` times (rows, batches, iterations), counted in `unit`s; 0 where nobody
    /// knows how often.
    fn start(&self, what: &str, total: u64, unit: &str);
    /// `n` more are done. May be called from many threads.
    fn advance(&self, n: u64);
    /// A short figure to show beside the bar, such as `loss 1.23`.
    fn note(&self, text: &str);
    /// The stretch is over; `summary` stays visible, empty for none.
    fn finish(&self, summary: &str);
    /// A line for the reader between stretches of work.
    fn say(&self, text: &str);
    /// True once the user asked to stop; work then saves what it has and returns [`crate::Error::Interrupted`].
    fn stop_requested(&self) -> bool;
}

/// Listens to nothing and never asks to stop.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn start(&self, _: &str, _: u64, _: &str) {}
    fn advance(&self, _: u64) {}
    fn note(&self, _: &str) {}
    fn finish(&self, _: &str) {}
    fn say(&self, _: &str) {}
    fn stop_requested(&self) -> bool {
        false
    }
}

/// Says nothing, but hears when to stop: for work inside work that is counted otherwise.
pub(crate) struct Quiet<'a>(pub &'a dyn Progress);

impl Progress for Quiet<'_> {
    fn start(&self, _: &str, _: u64, _: &str) {}
    fn advance(&self, _: u64) {}
    fn note(&self, _: &str) {}
    fn finish(&self, _: &str) {}
    fn say(&self, _: &str) {}
    fn stop_requested(&self) -> bool {
        self.0.stop_requested()
    }
}

/// Asks tests' work to stop once so many items are done: at once for 0.
#[cfg(test)]
pub(crate) struct StopAfter(std::sync::atomic::AtomicU64);

#[cfg(test)]
impl StopAfter {
    pub(crate) fn new(items: u64) -> Self {
        Self(std::sync::atomic::AtomicU64::new(items))
    }
}

#[cfg(test)]
impl Progress for StopAfter {
    fn start(&self, _: &str, _: u64, _: &str) {}
    fn advance(&self, n: u64) {
        use std::sync::atomic::Ordering::SeqCst;
        let _ = self.0.fetch_update(SeqCst, SeqCst, |left| Some(left.saturating_sub(n)));
    }
    fn note(&self, _: &str) {}
    fn finish(&self, _: &str) {}
    fn say(&self, _: &str) {}
    fn stop_requested(&self) -> bool {
        self.0.load(std::sync::atomic::Ordering::SeqCst) == 0
    }
}

/// Keeps what was said, for tests.
#[cfg(test)]
#[derive(Debug, Default)]
pub(crate) struct Said(std::sync::Mutex<Vec<String>>);

#[cfg(test)]
impl Said {
    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

#[cfg(test)]
impl Progress for Said {
    fn start(&self, _: &str, _: u64, _: &str) {}
    fn advance(&self, _: u64) {}
    fn note(&self, _: &str) {}
    fn finish(&self, _: &str) {}
    fn say(&self, text: &str) {
        self.0.lock().unwrap().push(text.into());
    }
    fn stop_requested(&self) -> bool {
        false
    }
}
