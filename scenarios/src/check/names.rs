//! Names: of what characters, and each only once.

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;
use crate::document::Document;
use crate::source::Span;
use crate::tree::{Node, Place, shortened};

pub(super) fn check(document: &Document, root: &Node) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    characters(document, root, &mut found);
    clients_and_services(document, root, &mut found);
    subjects(document, root, &mut found);
    variants(document, root, &mut found);
    faults(document, root, &mut found);
    alerts(document, root, &mut found);
    probes(document, root, &mut found);
    found
}

/// The names that expectations and links use have to be told from the signs around them.
fn characters(document: &Document, root: &Node, found: &mut Vec<Diagnostic>) {
    let mut check = |place: Place, name: &str| {
        if !is_name(name) {
            found.push(not_a_name(&place, name, root));
        }
    };
    for name in document.clients.keys() {
        check(Place::keys(["clients", name]), name);
    }
    for (index, alert) in document.alerts.iter().enumerate().filter(|(_, a)| !a.name.is_empty()) {
        check(Place::keys(["alerts"]).index(index).key("name"), &alert.name);
    }
    for (name, service) in &document.services {
        check(Place::keys(["services", name]), name);
        for endpoint in service.endpoints.iter().flatten().map(|(endpoint, _)| endpoint) {
            check(Place::keys(["services", name, "endpoints", endpoint]), endpoint);
        }
    }
}

/// Names that tables and expectations use, of whatever kind: each only once.
fn subjects(document: &Document, root: &Node, found: &mut Vec<Diagnostic>) {
    let sections: [(&str, Vec<&String>); 4] = [
        ("stores", document.stores.keys().collect()),
        ("effects", document.effects.keys().collect()),
        ("caches", document.caches.keys().collect()),
        ("brokers", document.brokers.keys().collect()),
    ];
    let mut seen: BTreeMap<&str, Place> = BTreeMap::new();
    let known = document.clients.keys().map(|name| ("clients", name));
    let known = known.chain(document.services.keys().map(|name| ("services", name)));
    seen.extend(known.map(|(section, name)| (name.as_str(), Place::keys([section, name]))));
    for (section, name) in
        sections.iter().flat_map(|(section, names)| names.iter().map(move |name| (section, *name)))
    {
        let place = Place::keys([*section, name]);
        if !is_name(name) {
            found.push(not_a_name(&place, name, root));
        }
        if let Some(first) = seen.get(name.as_str()) {
            let title = format!("`{name}` names two things");
            let diagnostic = Diagnostic::error(title).at(place.name(root), "");
            let help = "expectations and tables need one name for each";
            found.push(diagnostic.at(first.name(root), "the first").help(help));
        } else {
            seen.insert(name, place);
        }
    }
}

fn not_a_name(place: &Place, name: &str, root: &Node) -> Diagnostic {
    Diagnostic::error(format!("`{}` is not a name", shortened(name)))
        .at(place.name(root), "")
        .help("a name has letters, digits, `_` and, between them, `-`")
}

fn is_name(name: &str) -> bool {
    let is_inner = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let is_outer = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    is_outer(name.chars().next()) && is_outer(name.chars().last()) && name.chars().all(is_inner)
}

fn clients_and_services(document: &Document, root: &Node, found: &mut Vec<Diagnostic>) {
    for name in document.services.keys().filter(|name| document.clients.contains_key(*name)) {
        let client = Place::keys(["clients", name]).name(root);
        let service = Place::keys(["services", name]).name(root);
        let title = format!("`{name}` names both clients and a service");
        found.push(
            Diagnostic::error(title)
                .at(service, "")
                .at(client, "the clients")
                .help("expectations and tables need one name for each"),
        );
    }
}

fn variants(document: &Document, root: &Node, found: &mut Vec<Diagnostic>) {
    let base = (document.run.base.as_str(), Place::keys(["run", "base"]).value(root));
    let place = |index: usize| Place::keys(["variants"]).index(index).key("name").value(root);
    let named = document.variants.iter().enumerate().map(|(i, v)| (v.name.as_str(), place(i)));
    once("variants", [base].into_iter().chain(named), found);
}

fn faults(document: &Document, root: &Node, found: &mut Vec<Diagnostic>) {
    let place = |index: usize| Place::keys(["faults"]).index(index).key("name").value(root);
    let named = document.faults.iter().enumerate().map(|(i, f)| (f.name.as_str(), place(i)));
    once("faults", named, found);
}

fn alerts(document: &Document, root: &Node, found: &mut Vec<Diagnostic>) {
    let place = |index: usize| Place::keys(["alerts"]).index(index).key("name").value(root);
    let named = document.alerts.iter().enumerate().map(|(i, a)| (a.name.as_str(), place(i)));
    once("alerts", named, found);
}

fn probes(document: &Document, root: &Node, found: &mut Vec<Diagnostic>) {
    let probes = document.hypothesis.iter().flat_map(|hypothesis| &hypothesis.probes);
    let place =
        |index: usize| Place::keys(["hypothesis", "probes"]).index(index).key("name").value(root);
    let named = probes.enumerate().map(|(i, p)| (p.name.as_str(), place(i)));
    once("probes", named, found);
}

fn once<'a>(what: &str, names: impl Iterator<Item = (&'a str, Span)>, found: &mut Vec<Diagnostic>) {
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    for (name, span) in names {
        if name.trim().is_empty() {
            found.push(Diagnostic::error("a name is missing").at(span, "this is empty"));
            continue;
        }
        match seen.get(name) {
            None => {
                seen.insert(name, span);
            }
            Some(first) => {
                let title = format!("two {what} are called `{}`", shortened(name));
                found.push(Diagnostic::error(title).at(span, "").at(*first, "the first"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_name;

    #[test]
    fn names_can_be_told_from_the_signs_around_them() {
        for good in ["shop", "shop-2", "_a", "größe", "a_b-c"] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["", "-a", "a-", "a.b", "a b", "a->b", "a:b", "a,b", "a#2", "a)"] {
            assert!(!is_name(bad), "{bad}");
        }
    }
}
