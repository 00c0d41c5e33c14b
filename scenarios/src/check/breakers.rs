//! Breakers in the wrong place: inside the retries whose attempts they count, or around calls that
//! nothing ends.

use std::num::NonZeroU32;

use sim_core::policy::breaker::Trip;
use sim_core::policy::{BreakerPolicy, GuardKind, Outcome, ResolvedLayer, RetryPolicy, Scope};

use super::Facts;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::tree::Place;
use crate::warning::Trap;

pub(super) fn check(facts: &Facts<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let model = &facts.compiled.model;
    for (edge, site) in model.edges.iter().zip(&facts.compiled.sites) {
        let Some(name) = &site.policy else { continue };
        let place = Place::keys(["policies", name, "layers"]);
        let span = |index: usize| place.index(index).value(facts.root);
        let layers = &edge.policy.layers;
        let service = &model.services[model.endpoints[edge.to.index()].service.index()];
        for (index, breaker, scope) in breakers(layers) {
            // Around a breaker for each of several instances a retry goes to another of them.
            let goes_elsewhere = scope == Scope::Callee && service.instances > 1;
            for (around, retry) in retries(&layers[..index]).filter(|_| !goes_elsewhere) {
                let spans = (span(index), span(around));
                found.extend(counts_attempts(breaker, retry, spans));
                found.extend(rejections_repeated(retry, spans));
            }
            if !notices_silence(breaker, &layers[index + 1..]) {
                found.push(without_timeout(span(index)));
            }
        }
    }
    found
}

fn breakers(layers: &[ResolvedLayer]) -> impl Iterator<Item = (usize, &BreakerPolicy, Scope)> {
    layers.iter().enumerate().filter_map(|(index, layer)| match layer {
        ResolvedLayer::Guard(guard) => match &guard.kind {
            GuardKind::Breaker(breaker) => Some((index, &**breaker, guard.scope)),
            _ => None,
        },
        _ => None,
    })
}

/// The retries that ever try again.
fn retries(layers: &[ResolvedLayer]) -> impl Iterator<Item = (usize, &RetryPolicy)> {
    layers.iter().enumerate().filter_map(|(index, layer)| match layer {
        ResolvedLayer::Retry(retry) if retry.max_attempts != NonZeroU32::new(1) => {
            Some((index, retry))
        }
        _ => None,
    })
}

/// The retry is around the breaker: each of a call's attempts is a failure to it.
fn counts_attempts(
    breaker: &BreakerPolicy,
    retry: &RetryPolicy,
    (at, around): (Span, Span),
) -> Option<Diagnostic> {
    let counted = |outcome: &&Outcome| {
        retry.on.contains(**outcome)
            && breaker.failures.contains(**outcome)
            && !breaker.ignored.contains(**outcome)
    };
    Outcome::ALL.iter().find(counted)?;
    let title = "this breaker is inside of a retry: it counts attempts, not calls";
    Some(
        Diagnostic::warning(Trap::BreakerCountsAttempts, title)
            .at(at, "")
            .at(around, "each call makes several attempts")
            .note(how_soon(&breaker.trip, retry.max_attempts))
            .help("put the breaker before the retry to count calls, or ask for more failures"),
    )
}

/// After how many calls it opens.
fn how_soon(trip: &Trip, attempts: Option<NonZeroU32>) -> String {
    match (trip, attempts) {
        (Trip::Consecutive(trip), Some(attempts)) => {
            let calls = match trip.failures.div_ceil(attempts.get()) {
                1 => "a single call".to_owned(),
                calls => format!("{calls} calls"),
            };
            let failures = trip.failures;
            format!(
                "of {attempts} attempts each, {calls} can be the {failures} failures that open it"
            )
        }
        (_, Some(attempts)) => {
            format!("one call that fails is up to {attempts} failures to it")
        }
        (_, None) => "a single call can be all the failures that open it".to_owned(),
    }
}

/// The retry tries again when the breaker was open, and mostly finds it open again.
fn rejections_repeated(retry: &RetryPolicy, (at, around): (Span, Span)) -> Option<Diagnostic> {
    let title = "this retry repeats what an open breaker inside of it turns away";
    retry.on.contains(Outcome::RejectedBreaker).then(|| {
        Diagnostic::warning(Trap::RetriesRejections, title)
            .at(around, "")
            .at(at, "the breaker")
            .note("the attempts are spent while it is open, and nothing is tried")
            .help("leave `rejected_breaker` out of `on`")
    })
}

/// Whether a call that hangs is ended inside of the breaker, or is too slow for it.
fn notices_silence(breaker: &BreakerPolicy, inside: &[ResolvedLayer]) -> bool {
    let slow = breaker.slow_after.is_some() && breaker.rates.slow.is_some();
    let ends = |layer: &ResolvedLayer| {
        matches!(layer, ResolvedLayer::Timeout(_) | ResolvedLayer::Deadline(_))
    };
    slow || inside.iter().any(ends)
}

fn without_timeout(span: Span) -> Diagnostic {
    let title = "this breaker has no timeout inside it: a call that hangs is no failure to it";
    Diagnostic::warning(Trap::BreakerWithoutTimeout, title)
        .at(span, "")
        .note(
            "it hears of a slow call when that has ended; what a timeout around it calls off \
             counts as nothing",
        )
        .help("put `{ timeout = \"…\" }` after it, or give it `slow_after` and `slow_rate`")
}
