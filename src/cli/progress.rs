//! Progress on the terminal: a bar where there is one, plain lines where there is none.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use ferrofuse::Progress;
use indicatif::{HumanCount, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

/// Set by the first Ctrl-C; the second one ends the process at once.
static STOP: AtomicBool = AtomicBool::new(false);

/// How often work that goes to a file or a pipe says where it is.
const PLAIN_INTERVAL: Duration = Duration::from_secs(30);

/// Draws on standard error.
pub struct Terminal {
    bar: Mutex<Option<ProgressBar>>,
    quiet: bool,
    /// When the last plain line was written; `None` on a terminal, where the bar moves.
    last_line: Option<Mutex<Instant>>,
}

impl Terminal {
    /// Takes over Ctrl-C.
    pub fn new(quiet: bool) -> anyhow::Result<Self> {
        ctrlc::set_handler(|| {
            if STOP.swap(true, Ordering::SeqCst) {
                std::process::exit(130);
            }
            eprintln!("stopping at the next safe point; press Ctrl-C again to stop at once");
        })
        .context("cannot listen for Ctrl-C")?;
        let last_line = (!std::io::stderr().is_terminal()).then(|| Mutex::new(Instant::now()));
        Ok(Self { bar: Mutex::new(None), quiet, last_line })
    }

    /// A line instead of a moving bar, now and then.
    fn plain_line(&self, bar: &ProgressBar) {
        let Some(Ok(mut last)) = self.last_line.as_ref().map(Mutex::try_lock) else { return };
        if last.elapsed() < PLAIN_INTERVAL {
            return;
        }
        *last = Instant::now();
        let done = bar.position();
        let Some(total) = bar.length() else {
            eprintln!("{}: {done}, {:.0} a second {}", bar.prefix(), bar.per_sec(), bar.message());
            return;
        };
        let left = HumanDuration(Duration::from_secs(bar.eta().as_secs()));
        eprintln!("{}: {done} of {total}, {:.0} a second, {left} left {}", bar.prefix(), bar.per_sec(), bar.message());
    }

    fn with_bar(&self, act: impl FnOnce(&ProgressBar)) {
        if let Ok(bar) = self.bar.lock()
            && let Some(bar) = bar.as_ref()
        {
            act(bar);
        }
    }
}

impl Progress for Terminal {
    fn start(&self, what: &str, total: u64, unit: &str) {
        if self.quiet {
            return;
        }
        let unit = unit.to_string();
        let known = (total > 0).then_some(total);
        let bar = ProgressBar::with_draw_target(known, ProgressDrawTarget::stderr_with_hz(5));
        let template = match known {
            Some(_) => "{prefix:24!} {bar:24} {pos}/{len} {rate} {left} {msg}",
            None => "{prefix:24!} {spinner} {pos} {rate} {msg}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(
                style
                    .progress_chars("=> ")
                    .with_key("rate", move |s: &ProgressState, w: &mut dyn std::fmt::Write| {
                        let _ = write!(w, "{} {unit}/s", HumanCount(s.per_sec() as u64));
                    })
                    .with_key("left", |s: &ProgressState, w: &mut dyn std::fmt::Write| {
                        let seconds = Duration::from_secs(s.eta().as_secs());
                        let _ = write!(w, "{} left", HumanDuration(seconds));
                    }),
            );
        }
        bar.set_prefix(what.to_string());
        if let Ok(mut slot) = self.bar.lock() {
            *slot = Some(bar);
        }
    }

    fn advance(&self, n: u64) {
        self.with_bar(|bar| {
            bar.inc(n);
            self.plain_line(bar);
        });
    }

    fn note(&self, text: &str) {
        self.with_bar(|bar| bar.set_message(text.to_string()));
    }

    fn finish(&self, summary: &str) {
        if let Ok(mut slot) = self.bar.lock()
            && let Some(bar) = slot.take()
        {
            bar.finish_and_clear();
        }
        if !summary.is_empty() {
            self.say(summary);
        }
    }

    fn say(&self, text: &str) {
        if self.quiet {
            return;
        }
        let mut shown = false;
        self.with_bar(|bar| {
            shown = true;
            bar.suspend(|| eprintln!("{text}"));
        });
        if !shown {
            eprintln!("{text}");
        }
    }

    fn stop_requested(&self) -> bool {
        STOP.load(Ordering::SeqCst)
    }
}
