//! A checked scenario: what the experiment floor runs.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::kernel::SimDuration;
use sim_core::model::spec::Model;

use crate::document::ClaimVerdict;
use crate::expectation::{Bound, Condition, Expectation, MeasureTerm, Phase, Reference, Term};

/// A checked scenario with its variants compiled.
#[derive(Clone, Debug)]
pub struct Study {
    /// The file's name without its ending.
    pub name: String,
    /// The file's title.
    pub title: String,
    /// The file's description: what one sees and why; empty if it has none.
    pub description: String,
    /// Where the system comes from; empty if the file does not say.
    pub from: String,
    /// What one learns from it, in one line; empty if the file does not say.
    pub moral: String,
    /// What sources say, each answered by at least one of the expectations; in the file's order.
    pub claims: Vec<Claim>,
    /// The hash of the file, of all files it names, and of what was set on the command line.
    pub hash: String,
    /// The seed.
    pub seed: u64,
    /// How many replications each variant has; at least 1.
    pub replications: u32,
    /// The variants, in the order of the file; the file with nothing set comes first. It is
    /// called `base`, or as `[run] base = "…"` says.
    pub variants: Vec<Variant>,
    /// What the file expects, in its order.
    pub expectations: Vec<VariantExpectation>,
    /// What the file claims of every variant with faults.
    pub hypothesis: Option<Hypothesis>,
    /// The charts that show its story, in the order of the file.
    pub charts: Vec<Chart>,
    /// The client population that tables and charts are about.
    pub focus_client: String,
    /// The service that tables and charts are about.
    pub focus_service: String,
    /// The file's text as it was read, for reports that show it.
    pub text: String,
    /// What was set from outside, as `path=value`, for the command that reproduces the results.
    pub overrides: Vec<String>,
}

impl Study {
    /// Keeps the expectations that are asked for, and the variants that they are about or compare with,
    /// beside those that are `wanted`; of charts, what shows these.
    pub fn keep(
        &mut self,
        wanted: &BTreeSet<String>,
        mut is_asked_for: impl FnMut(&VariantExpectation) -> bool,
    ) {
        self.expectations.retain(|expectation| is_asked_for(expectation));
        let mut kept = wanted.clone();
        for VariantExpectation { variant, expectation, .. } in &self.expectations {
            kept.insert(variant.clone());
            if let Bound::Times(_, Reference::Variant(other)) = &expectation.bound {
                kept.insert(other.clone());
            }
        }
        self.variants.retain(|variant| kept.contains(&variant.name));
        for chart in &mut self.charts {
            chart.variants.retain(|variant| kept.contains(variant));
        }
        self.charts.retain(|chart| !chart.variants.is_empty());
    }
}

/// One variant, compiled.
#[derive(Clone, Debug)]
pub struct Variant {
    /// Its name.
    pub name: String,
    /// The model with its faults. Its control is the same model with `faults` emptied.
    pub model: Model,
    /// The end of the warm-up.
    pub warmup: SimDuration,
    /// What counts as steady, and the thresholds of the verdict.
    pub steady: Steady,
    /// `[run] baseline`: the reference of `baseline` bounds and ratios of rates, per second,
    /// in place of the mean before the first fault.
    pub baseline_per_s: Option<f64>,
    /// The rules that it is watched by, in the order of the file.
    pub alerts: Vec<Alert>,
}

/// What is steady, and is meant to stay so whatever is injected.
#[derive(Clone, Debug, PartialEq)]
pub struct Hypothesis {
    /// What is claimed, in one line.
    pub title: String,
    /// When the probes are checked, each phase once.
    pub phases: Vec<ProbePhase>,
    /// How long `after` the end of the last fault is.
    pub after: SimDuration,
    /// How it is seen; at least one.
    pub probes: Vec<Probe>,
}

/// A part of a run in which probes are checked.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ProbePhase {
    /// From the warm-up to the first fault.
    Before,
    /// From the start of the first fault to the end of the last.
    During,
    /// For some time from the end of the last fault.
    After,
}

/// One thing that is looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// Its name.
    pub name: String,
    /// What has to hold, in whichever phase.
    pub that: Expectation,
}

impl Hypothesis {
    /// What a probe says of a phase, as an expectation.
    pub fn expectation(&self, probe: &Probe, phase: ProbePhase) -> Expectation {
        let mut that = probe.that.clone();
        if let Term::Measure(term) = &mut that.term {
            term.phase = self.phase(phase);
        }
        that
    }

    /// A phase of the probes as a phase of the run.
    pub fn phase(&self, phase: ProbePhase) -> Phase {
        match phase {
            ProbePhase::Before => Phase::Before,
            ProbePhase::During => Phase::During,
            ProbePhase::After => Phase::After(self.after),
        }
    }
}

/// A rule that fires while something is wrong, with the semantics of Prometheus.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// Its name.
    pub name: String,
    /// How bad it is: a word of the file's.
    pub severity: Option<String>,
    /// What has to hold: all of them; at least one.
    pub conditions: Vec<Condition>,
    /// For how long that has to hold, at every evaluation, before it fires.
    pub pending: SimDuration,
    /// How often it is evaluated.
    pub every: SimDuration,
    /// For how long it goes on firing after the first evaluation at which that no longer holds.
    pub keep_firing_for: SimDuration,
}

impl Alert {
    /// The rule in one line: `share(shop:failed, 1m) > 5% for 2m`.
    pub fn rule(&self) -> String {
        let texts: Vec<&str> = self.conditions.iter().map(|c| c.text.as_str()).collect();
        let pending = match self.pending.is_zero() {
            true => String::new(),
            false => format!(" for {}", self.pending),
        };
        format!("{}{pending}", texts.join(" and "))
    }
}

/// What counts as steady, and the thresholds of the verdict.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Steady {
    /// The width of the bins that are judged.
    pub bin: SimDuration,
    /// The least share of the control's goodput, 0 to 1.
    pub goodput_share: f64,
    /// The most by which the share of failed calls may exceed the control's, in points as a share.
    pub failed_excess: f64,
    /// The most by which the p99 response time may exceed the control's, as a factor.
    pub p99_factor: f64,
    /// How many consecutive bins have to hold.
    pub bins: u32,
    /// How many bins a run may be out and still have `held`.
    pub held_bins_out: u32,
    /// Below which share of the control's goodput an unsteady end is metastable.
    pub metastable_share: f64,
    /// For how long every trigger has to be gone before that is said.
    pub trigger_gone: SimDuration,
}

impl Default for Steady {
    fn default() -> Self {
        Self {
            bin: SimDuration::from_secs(1),
            goodput_share: 0.95,
            failed_excess: 0.01,
            p99_factor: 2.0,
            bins: 5,
            held_bins_out: 2,
            metastable_share: 0.5,
            trigger_gone: SimDuration::from_secs(60),
        }
    }
}

/// An expectation and the variant it is about.
#[derive(Clone, Debug, PartialEq)]
pub struct VariantExpectation {
    /// The variant's name.
    pub variant: String,
    /// What is expected.
    pub expectation: Expectation,
    /// The name of the claim that it answers.
    pub claim: Option<String>,
}

/// A chart that the file asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// What one should see: the heading of the picture.
    pub title: String,
    /// What is drawn, as the file writes it: `share(shop:failed, during)`.
    pub text: String,
    /// What is drawn.
    pub draw: Draw,
    /// The names of the variants that are drawn, in this order; at least one, each once.
    pub variants: Vec<String>,
    /// The axis of the figures.
    pub scale: ChartScale,
    /// Whether the control is drawn beside it.
    pub control: bool,
}

/// What a chart draws.
#[derive(Clone, Debug, PartialEq)]
pub enum Draw {
    /// A bar a variant: this figure, which is a number.
    Bars(Term),
    /// A line a variant: this, measured bin by bin, whatever its phase.
    OverTime(MeasureTerm),
}

/// The axis of a chart's figures.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ChartScale {
    /// Equal steps are equally wide; it begins at zero.
    #[default]
    Linear,
    /// Equal factors are equally wide; there is no zero.
    Log,
}

/// What a source says of such a system, and what the file answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Its name.
    pub name: String,
    /// What is said.
    pub says: String,
    /// Who says it.
    pub source: String,
    /// Whether it is so.
    pub verdict: ClaimVerdict,
    /// Under which conditions, or what is so instead.
    pub because: String,
}
