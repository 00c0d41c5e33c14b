//! What nobody uses, in any variant: mostly a name that was meant to be used somewhere.

use std::collections::BTreeSet;

use sim_core::model::spec::EndpointId;

use super::Facts;
use crate::diagnostic::Diagnostic;
use crate::tree::Place;
use crate::warning::Trap;

/// What none of the forms of a scenario uses.
pub(crate) fn unused(forms: &[Facts<'_>]) -> Vec<Diagnostic> {
    let Some(base) = forms.first() else { return Vec::new() };
    let mut found = policies(forms, base);
    found.extend(endpoints(forms, base));
    found.extend(rows(forms, base));
    found
}

fn policies(forms: &[Facts<'_>], base: &Facts<'_>) -> Vec<Diagnostic> {
    let sites = forms.iter().flat_map(|form| &form.compiled.sites);
    let used: BTreeSet<&str> = sites.filter_map(|site| site.policy.as_deref()).collect();
    let unused = base.document.policies.keys().filter(|name| !used.contains(name.as_str()));
    let warning = |name: &String| {
        let span = Place::keys(["policies", name]).name(base.root);
        let title = format!("no call uses the policy `{name}`");
        Diagnostic::warning(Trap::UnusedPolicy, title).at(span, "")
    };
    unused.map(warning).collect()
}

fn endpoints(forms: &[Facts<'_>], base: &Facts<'_>) -> Vec<Diagnostic> {
    let edges = forms.iter().flat_map(|form| &form.compiled.model.edges);
    let called: BTreeSet<_> = edges.map(|edge| edge.to).collect();
    let model = &base.compiled.model;
    let mut found = Vec::new();
    for service in &model.services {
        let (called, uncalled): (Vec<EndpointId>, Vec<EndpointId>) =
            service.endpoints.iter().partition(|endpoint| called.contains(endpoint));
        let place = Place::keys(["services", &service.name]);
        let mut warn = |place: Place, name: &str| {
            let title = format!("nobody calls `{name}`");
            let span = place.name(base.root);
            found.push(Diagnostic::warning(Trap::UnusedService, title).at(span, ""));
        };
        if called.is_empty() {
            warn(place, &service.name);
            continue;
        }
        for endpoint in uncalled {
            let name = &model.endpoints[endpoint.index()].name;
            let own = name.rsplit('.').next().unwrap_or(name);
            warn(place.key("endpoints").key(own), name);
        }
    }
    found
}

fn rows(forms: &[Facts<'_>], base: &Facts<'_>) -> Vec<Diagnostic> {
    let used: BTreeSet<&String> = forms.iter().flat_map(|form| &form.compiled.rows_used).collect();
    let unused = base.document.rows.keys().filter(|name| !used.contains(name));
    let warning = |name: &String| {
        let span = Place::keys(["rows", name]).name(base.root);
        let title = format!("no step reads or writes the row `{name}`");
        Diagnostic::warning(Trap::UnusedRow, title).at(span, "")
    };
    unused.map(warning).collect()
}
