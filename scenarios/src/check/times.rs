//! Times that contradict each other: warm-up, faults, bins and the length of the run.

use sim_core::kernel::SimDuration;

use crate::diagnostic::Diagnostic;
use crate::document::{Document, Fault};
use crate::tree::{Node, Place};
use crate::warning::Trap;

/// Longer runs need more memory for their bins than machines have.
const LONGEST: SimDuration = SimDuration::from_secs(7 * 24 * 3600);

/// The results hold a record for each of so many bins.
const MOST_BINS: u64 = 1_000_000;

pub(super) fn check(document: &Document, root: &Node) -> Vec<Diagnostic> {
    let mut check = Check { root, found: Vec::new() };
    check.run(document);
    for (index, fault) in document.faults.iter().enumerate() {
        check.fault(document, fault, &Place::keys(["faults"]).index(index));
    }
    check.end(document);
    check.found
}

struct Check<'a> {
    root: &'a Node,
    found: Vec<Diagnostic>,
}

impl Check<'_> {
    fn error(&mut self, place: &Place, title: impl Into<String>) {
        self.found.push(Diagnostic::error(title).at(place.value(self.root), ""));
    }

    fn run(&mut self, document: &Document) {
        let run = &document.run;
        let place = Place::keys(["run"]);
        if run.length.is_zero() {
            self.error(&place.key("length"), "a run of no length shows nothing");
        } else if run.length > LONGEST {
            self.error(&place.key("length"), "a run of more than seven days is too long");
        } else if run.warmup >= run.length {
            let title = format!("the warm-up lasts as long as the run, {}, or longer", run.length);
            let length = place.key("length").value(self.root);
            let warmup = place.key("warmup").value(self.root);
            self.found.push(Diagnostic::error(title).at(warmup, "").at(length, "the run"));
        }
        if run.baseline.is_some_and(|rate| rate.per_second() <= 0.0) {
            self.error(&place.key("baseline"), "a ratio to a baseline of zero is none");
        }
        let bin = place.key("steady").key("bin");
        if run.steady.bin.is_zero() {
            self.error(&bin, "a bin of no width holds nothing");
        } else if run.length.as_nanos() / run.steady.bin.as_nanos() > MOST_BINS {
            let title =
                format!("more than {MOST_BINS} bins of {} fit into the run", run.steady.bin);
            self.error(&bin, title);
        }
        for (name, link) in &document.links {
            if link.give_up.is_some_and(SimDuration::is_zero) {
                let place = Place::keys(["links", name, "give_up"]);
                self.error(&place, "a connection that is given up at once carries nothing");
            }
        }
        if document.network.give_up.is_zero() {
            let place = Place::keys(["network", "give_up"]);
            self.error(&place, "a connection that is given up at once carries nothing");
        }
    }

    fn fault(&mut self, document: &Document, fault: &Fault, place: &Place) {
        let length = document.run.length;
        if fault.at >= length && !length.is_zero() {
            let title = format!("the fault starts at {}, after the end of the run", fault.at);
            let end = Place::keys(["run", "length"]).value(self.root);
            let at = place.key("at").value(self.root);
            let label = format!("the run ends at {length}");
            self.found.push(Diagnostic::error(title).at(at, "").at(end, label));
        }
        if fault.lasts.is_some_and(SimDuration::is_zero) {
            self.error(&place.key("for"), "a fault that lasts no time does nothing");
        } else if fault.ramp > fault.length() {
            let title = "the ramp is longer than the fault: it never reaches its full intensity";
            self.error(&place.key("ramp"), title);
        }
    }

    /// Whether there is time after the last fault to see what comes of it.
    fn end(&mut self, document: &Document) {
        let length = document.run.length;
        let faults = document.faults.iter().enumerate().filter(|(_, fault)| fault.at < length);
        let Some((index, last)) = faults.max_by_key(|(_, fault)| fault.ends()) else {
            return;
        };
        let ends = last.ends();
        let needed = document.run.steady.trigger_gone;
        let left = length.saturating_sub(ends);
        if left >= needed {
            return;
        }
        let title = match left.is_zero() {
            true => format!("the run ends while `{}` still lasts", last.name),
            false => format!("the run ends {left} after its last fault"),
        };
        let place = Place::keys(["faults"]).index(index);
        let said = if last.stages.is_empty() { "for" } else { "stages" };
        let end = Place::keys(["run", "length"]).value(self.root);
        self.found.push(
            Diagnostic::warning(Trap::EndsTooSoon, title)
                .at(end, "")
                .at(place.key(said).value(self.root), format!("this fault ends at {ends}"))
                .note(format!(
                    "a run that has not recovered by then cannot be told from one that never \
                     will: `metastable` is said {needed} after the last fault"
                )),
        );
    }
}
