//! `summary.json`: everything but the single runs and the courses over time, which are tables and
//! lie in the CSV files.

use std::io::Write;

use experiments::results::{
    AlertResult, ChartResult, ExpectationResult, FaultWindow, Figure, HypothesisResult, Manifest,
    MeasureInfo, StudyResults, VariantResults, VerdictCounts, Why,
};
use serde::{Serialize, Serializer};

use crate::ReportError;

#[derive(Serialize)]
struct Summary<'a> {
    manifest: &'a Manifest,
    fault_windows: &'a [FaultWindow],
    expectations: &'a [ExpectationResult],
    measures: &'a [MeasureInfo],
    variants: Vec<Variant<'a>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    charts: &'a [ChartResult],
}

#[derive(Serialize)]
struct Variant<'a> {
    name: &'a str,
    verdicts: VerdictCounts,
    #[serde(skip_serializing_if = "Option::is_none")]
    hypothesis: Option<&'a HypothesisResult>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    alerts: &'a [AlertResult],
    why: Option<&'a Why>,
    figures: Figures<'a>,
}

/// The figures of a variant under the keys of their measures, in the order of the measures.
pub(super) struct Figures<'a> {
    pub(super) measures: &'a [MeasureInfo],
    pub(super) figures: &'a [Figure],
}

impl Serialize for Figures<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let keys = self.measures.iter().map(|measure| &measure.key);
        serializer.collect_map(keys.zip(self.figures))
    }
}

/// Writes `summary.json`: manifest, faults, expectations with their verdicts, the measures, and
/// for each variant its verdicts, what its hypothesis and its alerts came to, why it went as it did, and
/// its figures under the measures' keys; then what the file's own charts draw.
///
/// # Errors
///
/// When `out` refuses.
pub fn summary(results: &StudyResults, out: &mut dyn Write) -> Result<(), ReportError> {
    let variant = |variant| variant_of(results, variant);
    let summary = Summary {
        manifest: &results.manifest,
        fault_windows: &results.fault_windows,
        expectations: &results.expectations,
        measures: &results.measures,
        variants: results.variants.iter().map(variant).collect(),
        charts: &results.charts,
    };
    super::write("summary.json", &summary, out)
}

fn variant_of<'a>(results: &'a StudyResults, variant: &'a VariantResults) -> Variant<'a> {
    Variant {
        name: &variant.name,
        verdicts: variant.verdicts,
        hypothesis: variant.hypothesis.as_ref(),
        alerts: &variant.alerts,
        why: variant.why.as_ref(),
        figures: Figures { measures: &results.measures, figures: &variant.figures },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    fn json(results: &StudyResults) -> String {
        let mut bytes = Vec::new();
        summary(results, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn holds_variants_figures_and_expectations() {
        let mut results = fixture::small();
        results.variants.truncate(1);
        results.measures.truncate(2);
        insta::assert_snapshot!(json(&results));
    }

    #[test]
    fn figures_are_found_by_the_key_of_their_measure() {
        let results = fixture::small();
        let parsed: serde_json::Value = serde_json::from_str(&json(&results)).unwrap();
        let mean = &parsed["variants"][1]["figures"]["peak_rate_1s_after_per_s"]["ratio"]["mean"];
        assert_eq!(mean.as_f64(), results.variants[1].figures[3].ratio.unwrap().mean);
    }
}
