//! From the bytes of a file to a study: read, set, check, compile, variant by variant.

mod charts;
mod focus;
mod hypothesis;
mod text;

use crate::check::{self, Facts};
use crate::compile::{Compiled, Files, compile};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::document::Document;
use crate::expectation;
use crate::overrides::Override;
use crate::schema;
use crate::source::{FileSource, Sources, Span};
use crate::study::{Claim, Study, Variant, VariantExpectation};
use crate::tree::{self, Entry, Node, SetPath, parse_document, parse_value};

/// Reads, checks and compiles a scenario with all its variants.
///
/// `name` is the file's name as messages show it; the study is named after it. `files` hands out
/// the files that the scenario names. The second part of a good result are the warnings.
///
/// # Errors
/// Everything that is wrong, as far as it can be found in one pass, and the warnings.
pub fn load(
    name: &str,
    bytes: &[u8],
    files: &dyn FileSource,
    overrides: &[Override],
) -> Result<(Study, Diagnostics), Diagnostics> {
    let found = Diagnostics::new(Sources::default());
    let mut loader = Loader { found, files: Files::new(files) };
    let study = loader.load(name, bytes, overrides);
    loader.found.sort();
    match study {
        Some(study) if loader.found.errors() == 0 => Ok((study, loader.found)),
        _ => Err(loader.found),
    }
}

/// More variants than these nobody compares; the schema says so, too.
const MOST_VARIANTS: usize = 1_000;

struct Loader<'f> {
    found: Diagnostics,
    files: Files<'f>,
}

/// One form of the scenario: the file as it is written, or with a variant's changes.
struct Form {
    name: String,
    /// What was read and compiled; `None` if that failed.
    good: Option<Good>,
}

struct Good {
    document: Document,
    compiled: Compiled,
}

impl Loader<'_> {
    fn load(&mut self, name: &str, bytes: &[u8], overrides: &[Override]) -> Option<Study> {
        let text = text::text(name, bytes).map_err(|wrong| self.found.push(wrong)).ok()?;
        let id = self.found.sources.add(name, text);
        let mut root = match parse_document(id, text) {
            Ok(root) => root,
            Err(errors) => {
                self.found.extend(errors);
                return None;
            }
        };
        for override_ in overrides {
            self.apply_override(&mut root, override_);
        }
        let forms = self.forms(&root);
        let expectations = self.expectations(&forms, &root);
        let hypothesis = self.hypothesis(&forms, &root);
        self.claims(&forms, &root, overrides);
        let charts = self.charts(&forms, &root);
        self.unused(&forms, &root);
        let base = forms.first()?.good.as_ref()?;
        self.found.silence(&base.document.allow);
        let (focus_client, focus_service) = focus::focus(base);
        Some(Study {
            name: text::stem(name).to_owned(),
            title: base.document.title.clone(),
            description: base.document.description.clone(),
            from: base.document.from.clone(),
            moral: base.document.moral.clone(),
            claims: claims(&base.document),
            hash: self.hash(bytes, overrides),
            seed: base.document.run.seed,
            replications: base.document.run.replications,
            focus_client,
            focus_service,
            expectations,
            hypothesis,
            charts,
            text: text.to_owned(),
            overrides: overrides.iter().map(ToString::to_string).collect(),
            variants: forms.into_iter().map(variant).collect::<Option<_>>()?,
        })
    }

    fn apply_override(&mut self, root: &mut Node, override_: &Override) {
        let id = self.found.sources.add("--set", override_.text());
        let span = Span::new(id, 0..override_.path().len());
        let value = parse_value(id, override_.text(), override_.value_start());
        let set = SetPath::parse(override_.path(), span)
            .and_then(|path| tree::set(root, schema::document(), &path, value));
        self.found.extend(set.err());
    }

    /// The file as it is written, then each variant.
    fn forms(&mut self, root: &Node) -> Vec<Form> {
        let base = root.get("run").and_then(|run| run.get("base")).and_then(Node::as_str);
        let base = base.unwrap_or("base").to_owned();
        let good = self.form(root.clone(), None);
        let mut forms = vec![Form { name: base, good }];
        let variants = root.get("variants").and_then(Node::as_list).unwrap_or(&[]);
        // The check of the base has reported that these are too many.
        let too_many = variants.len() > MOST_VARIANTS;
        for variant in variants.iter().filter(|_| !too_many) {
            let name = variant.get("name").and_then(Node::as_str).unwrap_or("").to_owned();
            let set = variant.get("set").and_then(Node::as_table);
            let mut root = root.clone();
            for entry in set.into_iter().flat_map(|table| &table.entries) {
                self.found.extend(apply(&mut root, entry).err());
            }
            let good = self.form(root, Some(&name));
            forms.push(Form { name, good });
        }
        forms
    }

    /// Checks, reads and compiles one form: a variant, or the file as it is written.
    fn form(&mut self, mut root: Node, variant: Option<&str>) -> Option<Good> {
        let checked = schema::check(&mut root, schema::document(), &self.found.sources);
        self.note(variant, checked.diagnostics);
        if !checked.readable {
            return None;
        }
        let read = tree::read::<Document>(&root);
        let document = read.map_err(|error| self.note(variant, vec![error])).ok()?;
        self.note(variant, check::document(&document, &root));
        let compiled = compile(&document, &root, &mut self.files);
        let compiled = compiled.map_err(|errors| self.note(variant, errors)).ok()?;
        let facts = Facts { document: &document, root: &root, compiled: &compiled };
        let mut found = check::model(&facts);
        found.extend(check::alerts(&facts, &self.found.sources));
        self.note(variant, found);
        Some(Good { document, compiled })
    }

    /// Adds what was found; what only a variant has says so.
    fn note(&mut self, variant: Option<&str>, diagnostics: Vec<Diagnostic>) {
        for diagnostic in diagnostics {
            self.found.push(match variant {
                None => diagnostic,
                Some(name) => diagnostic.note(format!("in the variant `{name}`")),
            });
        }
    }

    /// That every claim is answered; whoever asks for expectations of his own has not made them.
    fn claims(&mut self, forms: &[Form], root: &Node, overrides: &[Override]) {
        let asks = |override_: &Override| {
            override_.path().split('.').next().is_some_and(|section| section.trim() == "expect")
        };
        if let Some(Good { document, .. }) = forms.first().and_then(|form| form.good.as_ref())
            && !overrides.iter().any(asks)
        {
            self.found.extend(check::claims(document, root));
        }
    }

    /// What no form uses. Where something is wrong, it may be that which would use it.
    fn unused(&mut self, forms: &[Form], root: &Node) {
        if self.found.errors() > 0 {
            return;
        }
        let good = forms.iter().filter_map(|form| form.good.as_ref());
        let facts: Vec<Facts<'_>> = good.map(|good| good.facts(root)).collect();
        self.found.extend(check::unused(&facts));
    }

    /// The expectations, each checked against its variant.
    fn expectations(&mut self, forms: &[Form], root: &Node) -> Vec<VariantExpectation> {
        let Some(Form { name: base, good: Some(Good { document, .. }) }) = forms.first() else {
            return Vec::new();
        };
        let names: Vec<&str> = forms.iter().map(|form| form.name.as_str()).collect();
        let mut expectations = Vec::new();
        for (index, expect) in document.expect.iter().enumerate() {
            let name = expect.variant.as_ref().map_or(base, |variant| &variant.0);
            let form = forms.iter().find(|form| form.name == *name);
            let Some(good) = form.and_then(|form| form.good.as_ref()) else { continue };
            // Its grammar has been checked with the schema.
            let Ok(expectation) = expectation::parse(&expect.that.0) else { continue };
            let facts = good.facts(root);
            let wrong =
                check::expectation(&facts, index, &expectation, &names, &self.found.sources);
            self.found.extend(wrong);
            let claim = expect.claim.as_ref().map(|claim| claim.0.clone());
            expectations.push(VariantExpectation { variant: name.clone(), expectation, claim });
        }
        expectations
    }

    /// The hash of the file, of the files it names and of what was set.
    fn hash(&self, bytes: &[u8], overrides: &[Override]) -> String {
        let mut hasher = blake3::Hasher::new();
        let mut part = |bytes: &[u8]| {
            hasher.update(&(bytes.len() as u64).to_le_bytes());
            hasher.update(bytes);
        };
        part(bytes);
        for (name, bytes) in self.files.contents() {
            part(name.as_bytes());
            part(bytes);
        }
        for override_ in overrides {
            part(override_.text().as_bytes());
        }
        hasher.finalize().to_hex().to_string()
    }
}

impl Good {
    fn facts<'a>(&'a self, root: &'a Node) -> Facts<'a> {
        Facts { document: &self.document, root, compiled: &self.compiled }
    }
}

/// Makes one change of a variant.
fn apply(root: &mut Node, change: &Entry) -> Result<(), Diagnostic> {
    let path = SetPath::parse(&change.key, change.key_span)?;
    check::settable(&path, root)?;
    tree::set(root, schema::document(), &path, change.value.clone())
}

fn variant(form: Form) -> Option<Variant> {
    let compiled = form.good?.compiled;
    Some(Variant {
        name: form.name,
        model: compiled.model,
        warmup: compiled.warmup,
        steady: compiled.steady,
        baseline_per_s: compiled.baseline_per_s,
        alerts: compiled.alerts,
    })
}

fn claims(document: &Document) -> Vec<Claim> {
    let claim = |(name, claim): (&String, &crate::document::Claim)| Claim {
        name: name.clone(),
        says: claim.says.clone(),
        source: claim.source.clone().unwrap_or_else(|| document.from.clone()),
        verdict: claim.verdict,
        because: claim.because.clone(),
    };
    document.claims.iter().map(claim).collect()
}
