//! Who follows some of the calls of a run: nobody, unless a trace is asked for.
//!
//! A traced run is made twice. The first time a [`Scout`] hears how the calls of clients end, and chooses
//! those that are worth it; the second time, which goes as the first did, a [`Recorder`] follows them.
//! So no more is remembered than is kept, and those that took longest are known before they start.
//!
//! The places where something is told are such that a run without a tracer hardly passes them: they
//! stand behind what [`super::Route`] says of an edge, which says more of one that is watched
//! ([`super::Route::watched`]).

mod hooks;
mod recorder;
mod scout;
mod slots;

use super::super::RunSeed;
use super::super::record::{MeasurePlan, RunRecord};
use super::super::spec::Model;
use super::super::trace::{Sampling, Trace};
use super::{Engine, Route};
use recorder::Recorder;
use scout::Scout;

/// See [`crate::model::trace`].
pub(in crate::model) fn trace(
    model: &Model,
    seed: RunSeed,
    plan: &MeasurePlan,
    sampling: &Sampling,
) -> (RunRecord, Trace) {
    let follow = |routes: &[Route<'_>], follower| {
        let mut engine = Engine::new(model, routes, seed, plan);
        engine.tracer = Tracer(Some(follower));
        engine.run_to_the_end()
    };
    let routes = Route::all(model);
    let (_, tracer) = follow(&routes, Follower::Scout(Scout::new(*sampling).into()));
    let chosen = tracer.into_scout().map(Scout::chosen).unwrap_or_default();
    let routes: Vec<_> = routes.into_iter().map(Route::watched).collect();
    let recorder = Recorder::new(model, seed, chosen, sampling.spans);
    let (record, tracer) = follow(&routes, Follower::Recorder(recorder.into()));
    (record, tracer.into_recorder().map(Recorder::into_trace).unwrap_or_default())
}

/// Who follows the calls of a run.
#[derive(Debug, Default)]
pub(super) struct Tracer(Option<Follower>);

#[derive(Debug)]
enum Follower {
    Scout(Box<Scout>),
    Recorder(Box<Recorder>),
}

impl Tracer {
    /// Whether anybody listens.
    #[inline(always)]
    pub(super) fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Tells whoever follows calls something.
    #[inline(always)]
    pub(super) fn tell(&mut self, tell: impl FnOnce(&mut Recorder)) {
        if let Some(Follower::Recorder(recorder)) = &mut self.0 {
            tell(recorder);
        }
    }

    fn tell_scout(&mut self, tell: impl FnOnce(&mut Scout)) {
        if let Some(Follower::Scout(scout)) = &mut self.0 {
            tell(scout);
        }
    }

    /// The scout, if it is one.
    fn into_scout(self) -> Option<Scout> {
        match self.0 {
            Some(Follower::Scout(scout)) => Some(*scout),
            _ => None,
        }
    }

    /// The recorder, if it is one.
    fn into_recorder(self) -> Option<Recorder> {
        match self.0 {
            Some(Follower::Recorder(recorder)) => Some(*recorder),
            _ => None,
        }
    }
}
