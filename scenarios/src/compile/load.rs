//! When clients call: rates, stages, bursts and replayed rates.

use sim_core::kernel::{SimDuration, SimTime};
use sim_core::model::workload::{Arrivals, ClosedLoad, Load, OpenLoad, RateProfile, Start};

use super::Compiler;
use crate::document::{self, ArrivalProcess, Bursts, Closed, Open, Rate, Stage};
use crate::suggest::one_of;
use crate::tree::Place;

const SHAPES: [&str; 4] = ["rate", "stages", "bursts", "replay"];

impl Compiler<'_, '_> {
    pub(super) fn load(&mut self, load: &document::Load, place: &Place) -> Option<Load> {
        match load {
            document::Load::Open(open) => self.open(open, &place.key("open")).map(Load::Open),
            document::Load::Closed(closed) => {
                Some(Load::Closed(self.closed(closed, &place.key("closed"))))
            }
        }
    }

    fn closed(&mut self, closed: &Closed, place: &Place) -> ClosedLoad {
        ClosedLoad {
            users: closed.users,
            think: self.distribution(&closed.think, &place.key("think")),
            start: closed.start,
            calls_per_user: closed.calls_per_user,
        }
    }

    fn open(&mut self, open: &Open, place: &Place) -> Option<OpenLoad> {
        let given = [
            open.rate.is_some(),
            open.stages.is_some(),
            open.bursts.is_some(),
            open.replay.is_some(),
        ];
        let given: Vec<&str> = SHAPES
            .into_iter()
            .zip(given)
            .filter(|(_, given)| *given)
            .map(|(name, _)| name)
            .collect();
        match given.as_slice() {
            [_] => {}
            [] => {
                let title =
                    format!("nothing says how many calls there are: {} is missing", one_of(SHAPES));
                self.error(place, title);
                return None;
            }
            [.., last] => {
                let list = one_of(given.iter().copied()).replace(" or ", " and ");
                self.error(&place.key(last), format!("{list} at once: only one can be"));
                return None;
            }
        }
        if let Some(bursts) = &open.bursts {
            self.check_bursts(open, bursts, place);
            let Bursts { size, every, spread } = *bursts;
            let arrivals = Arrivals::Bursts { size, every, spread };
            return Some(OpenLoad { clients: open.clients, arrivals });
        }
        let profile = self.profile(open, place)?;
        Some(OpenLoad { clients: open.clients, arrivals: self.at_rate(open, profile, place) })
    }

    /// How calls follow each other at a rate.
    fn at_rate(&mut self, open: &Open, profile: RateProfile, place: &Place) -> Arrivals {
        let start = open.start.unwrap_or_default();
        match open.arrivals.unwrap_or_default() {
            ArrivalProcess::Paced => Arrivals::Paced(profile, start),
            ArrivalProcess::Poisson => {
                if start == Start::Synchronized {
                    self.error(&place.key("start"), "clients that call at random are not in step")
                        .helps
                        .push("add `arrivals = \"paced\"`, or leave `start` out".to_owned());
                }
                Arrivals::Poisson(profile)
            }
        }
    }

    fn check_bursts(&mut self, open: &Open, bursts: &Bursts, place: &Place) {
        for (key, given) in [("arrivals", open.arrivals.is_some()), ("start", open.start.is_some())]
        {
            if given {
                self.error(
                    &place.key(key),
                    format!("`{key}` means nothing where calls come in bursts"),
                );
            }
        }
        let place = place.key("bursts");
        if bursts.every.is_zero() {
            self.error(&place.key("every"), "bursts that follow at once never end");
        } else if bursts.spread > bursts.every {
            self.error(&place.key("spread"), "a burst is not spread over more than `every`");
        }
    }

    fn profile(&mut self, open: &Open, place: &Place) -> Option<RateProfile> {
        if let Some(rate) = open.rate {
            if rate.per_second() <= 0.0 {
                self.error(&place.key("rate"), "at this rate nobody ever calls");
            }
            return Some(RateProfile::constant(rate.per_second()));
        }
        if let Some(stages) = &open.stages {
            return self.staged(stages, &place.key("stages"));
        }
        let replay = open.replay.as_ref()?;
        match self.files.rates(&replay.0) {
            Ok(points) => Some(RateProfile { points: points.into() }),
            Err(why) => {
                self.error(&place.key("replay"), why.to_string());
                None
            }
        }
    }

    fn staged(&mut self, stages: &[Stage], place: &Place) -> Option<RateProfile> {
        if stages.is_empty() {
            self.error(place, "there are no stages");
            return None;
        }
        let mut points: Vec<(SimTime, f64)> = Vec::new();
        let (mut now, mut rate) = (SimTime::ZERO, 0.0);
        for (index, stage) in stages.iter().enumerate() {
            let place = place.index(index);
            if stage.lasts.is_zero() {
                self.error(&place.key("for"), "a stage lasts for some time");
            }
            let (from, to) = self.stage(stage, rate, &place)?;
            points.extend([(now, from), (now + stage.lasts, to)]);
            now += stage.lasts;
            rate = to;
        }
        points.dedup();
        if points.iter().all(|(_, rate)| *rate <= 0.0) {
            self.error(place, "at these rates nobody ever calls");
        }
        Some(RateProfile { points: points.into() })
    }

    /// The rates at the start and at the end of a stage.
    fn stage(&mut self, stage: &Stage, before: f64, place: &Place) -> Option<(f64, f64)> {
        match (stage.rate.map(Rate::per_second), stage.to.map(Rate::per_second)) {
            (Some(rate), None) => Some((rate, rate)),
            (None, Some(to)) => Some((before, to)),
            (Some(_), Some(_)) => {
                self.error(&place.key("to"), "`rate` and `to` at once: only one can be");
                None
            }
            (None, None) => {
                self.error(
                    place,
                    "nothing says how many calls there are: `rate` or `to` is missing",
                );
                None
            }
        }
    }
}

/// A profile that starts with its first point and ends with its last.
pub(super) fn starting_at_zero(mut points: Vec<(SimTime, f64)>) -> Vec<(SimTime, f64)> {
    match points.first() {
        Some((first, rate)) if first.since(SimTime::ZERO) > SimDuration::ZERO => {
            points.insert(0, (SimTime::ZERO, *rate));
        }
        _ => {}
    }
    points
}
