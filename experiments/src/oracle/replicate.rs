//! The runs of a variant, for oracles that read whole records.

use rayon::prelude::*;
use scenarios::study::{Study, Variant};
use sim_core::kernel::SimTime;
use sim_core::model::record::{MeasurePlan, RunRecord, SubjectKind, SubjectRecord};
use sim_core::model::{self, RunSeed};

/// What every replication of a variant comes to, in the order of their numbers; its records are
/// cut into slices at these times only.
pub(super) fn each_run<T: Send>(
    study: &Study,
    variant: &Variant,
    cuts: &[SimTime],
    comes_to: impl Fn(&RunRecord) -> T + Sync,
) -> Vec<T> {
    let length = variant.model.length;
    let plan = MeasurePlan::new(length, length, length, cuts);
    let run = |replication| {
        let seed = RunSeed { seed: study.seed, replication };
        comes_to(&model::run(&variant.model, seed, &plan))
    };
    (0..study.replications).into_par_iter().map(run).collect()
}

/// The variant of a study that stands for a row of a table, by pairs of a row's name and the
/// variant's.
pub(super) fn variant_for<'s>(
    study: &'s Study,
    row: &str,
    variants: &[(&str, &str)],
) -> Option<&'s Variant> {
    let (_, name) = variants.iter().find(|(of, _)| *of == row)?;
    study.variants.iter().find(|variant| variant.name == *name)
}

/// The first subject of a kind.
pub(super) fn first(record: &RunRecord, kind: SubjectKind) -> Option<&SubjectRecord> {
    record.subjects.iter().find(|subject| subject.kind == kind)
}
