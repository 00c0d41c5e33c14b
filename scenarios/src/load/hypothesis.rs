//! The hypothesis of a file, checked against every form that has faults.

use super::{Form, Good, Loader};
use crate::check;
use crate::diagnostic::Diagnostic;
use crate::expectation::parse_probe;
use crate::study::{Hypothesis, Probe};
use crate::tree::{Node, Place};

impl Loader<'_> {
    /// The hypothesis, if the file has one.
    pub(super) fn hypothesis(&mut self, forms: &[Form], root: &Node) -> Option<Hypothesis> {
        let good = |form: &'_ Form| form.good.as_ref().map(|good| good.has_faults());
        let has_faults = forms.iter().filter_map(good).any(|has| has);
        let Good { document, .. } = forms.first()?.good.as_ref()?;
        let written = document.hypothesis.as_ref()?;
        // Its grammar has been checked with the schema.
        let probe = |probe: &crate::document::Probe| {
            let that = parse_probe(&probe.that.0).ok()?;
            Some(Probe { name: probe.name.clone(), that })
        };
        let mut phases = written.phases.clone();
        phases.sort_unstable();
        phases.dedup();
        let hypothesis = Hypothesis {
            title: written.title.clone(),
            phases,
            after: written.after,
            probes: written.probes.iter().filter_map(probe).collect(),
        };
        if !has_faults {
            let span = Place::keys(["hypothesis"]).name(root);
            let title = "there is no fault that could refute the hypothesis";
            self.found.push(Diagnostic::error(title).at(span, ""));
        }
        for (form, variant) in forms.iter().zip(0..) {
            let Some(good) = form.good.as_ref().filter(|good| good.has_faults()) else { continue };
            let found = check::hypothesis(&good.facts(root), &hypothesis, &self.found.sources);
            self.note((variant > 0).then_some(form.name.as_str()), found);
        }
        Some(hypothesis)
    }
}

impl Good {
    fn has_faults(&self) -> bool {
        !self.compiled.model.faults.is_empty()
    }
}
