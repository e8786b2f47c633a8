//! What was tried and what became of it.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::bench::{Bench, Finished};
use crate::canary::Cut;

#[derive(Debug, Default)]
pub(crate) struct Report {
    /// By number: what was wrong.
    tried: BTreeMap<u16, Vec<String>>,
    /// What was wrong with a server as a whole.
    servers: Vec<String>,
    sum: Finished,
}

impl Report {
    /// Tries one input of a case; what it panics with is what was wrong.
    pub(crate) fn tries(
        &mut self,
        number: u16,
        what: &str,
        bench: &mut Bench,
        case: impl FnOnce(&mut Bench),
    ) {
        let outcome = caught(|| {
            case(bench);
            bench.check();
        });
        let wrong = self.tried.entry(number).or_default();
        wrong.extend(outcome.err().map(|why| format!("F-{number:03} {what}: {why}")));
    }

    pub(crate) fn tried(&self) -> impl Iterator<Item = u16> {
        self.tried.keys().copied()
    }

    /// A server of its own with these lines in its configuration, and its canaries, for some cases.
    pub(crate) fn on_a_server(
        &mut self,
        config: &str,
        cases: impl FnOnce(&mut Report, &mut Bench),
    ) {
        self.on(Bench::start(config), cases);
    }

    /// Where streams are not cut at LF.
    pub(crate) fn on_a_server_cut(
        &mut self,
        cut: Cut,
        config: &str,
        cases: impl FnOnce(&mut Report, &mut Bench),
    ) {
        self.on(Bench::start_cut(config, cut), cases);
    }

    fn on(&mut self, mut bench: Bench, cases: impl FnOnce(&mut Report, &mut Bench)) {
        cases(self, &mut bench);
        match caught(|| bench.finish()) {
            Ok(one) => {
                self.sum.frames += one.frames;
                self.sum.unaccounted += one.unaccounted;
                self.sum.longest_gap_ms = self.sum.longest_gap_ms.max(one.longest_gap_ms);
                self.sum.peak_mib = self.sum.peak_mib.max(one.peak_mib);
            }
            Err(why) => self.servers.push(why),
        }
    }

    /// The last word, a line that `tests/run` repeats.
    #[allow(clippy::print_stdout)]
    pub(crate) fn conclude(self) {
        let Finished { frames, unaccounted, longest_gap_ms, peak_mib } = self.sum;
        let survived = self.tried.values().filter(|wrong| wrong.is_empty()).count();
        println!(
            "{frames} frames, at most {longest_gap_ms} ms between two ticks, {peak_mib} MiB at the peak"
        );
        println!(
            "{} cases tried, {survived} survived, {unaccounted} lines unaccounted; {} more have tests of their own",
            self.tried.len(),
            crate::elsewhere::count()
        );
        let wrong: Vec<String> = self.tried.into_values().flatten().chain(self.servers).collect();
        assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
        assert_eq!(unaccounted, 0);
    }
}

/// What it gives, or what it panicked with.
fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        text.or_else(|| panic.downcast_ref::<&str>().map(|t| (*t).to_owned())).unwrap_or_default()
    })
}
