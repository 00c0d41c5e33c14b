//! Conditions that stop a fault: a text to what the engine watches.

use sim_core::kernel::SimDuration;
use sim_core::model::spec::{EndpointId, EndpointSpec, Model};
use sim_core::model::watch::{Counted, Level, Side, Watch, Watched};
use sim_core::policy::Outcome;

use super::Compiler;
use crate::diagnostic::Diagnostic;
use crate::document;
use crate::expectation::{Aggregation, MeasureTerm, Op, Quantity, parse_condition};
use crate::suggest::{did_you_mean, one_of};
use crate::tree::Place;

impl Compiler<'_, '_> {
    /// The condition that stops a fault, if it has one that is right.
    pub(super) fn condition(
        &mut self,
        fault: &document::Fault,
        place: &Place,
        model: &Model,
    ) -> Option<Watch> {
        let text = &fault.stop_when.as_ref()?.0;
        let place = place.key("stop_when");
        // A text that cannot be read has been told of.
        let condition = parse_condition(text).ok()?;
        let (term, bound) = (&condition.term, condition.bound);
        let subject = self.watched_subject(&term.subject.name, &place, model)?;
        let Some((measure, side, bound)) = watched(term, condition.op, bound) else {
            let title = "this cannot be watched while the run goes on";
            self.error(&place, title).helps.push(
                "watch a `rate`, `count`, `share`, `availability` or percentile, or the `mean` or \
                 `max` of `queue_length`, `busy_workers` or `in_flight`"
                    .to_owned(),
            );
            return None;
        };
        let window = condition.window;
        Some(Watch { text: text.as_str().into(), subject, measure, window, side, bound })
    }

    /// The place of a subject among those of a record.
    fn watched_subject(&mut self, name: &str, place: &Place, model: &Model) -> Option<u32> {
        let is_apart = |(index, e): &(usize, &EndpointSpec)| {
            let several = model.services[e.service.index()].endpoints.len() > 1;
            several || model.is_task(EndpointId(*index as u16))
        };
        let clients = model.clients.iter().map(|client| &*client.name);
        let edges = model.edges.iter().map(|edge| &*edge.name);
        let services = model.services.iter().map(|service| &*service.name);
        let endpoints = model.endpoints.iter().enumerate().filter(is_apart);
        let endpoints = endpoints.map(|(_, endpoint)| &*endpoint.name);
        let names: Vec<&str> = clients.chain(edges).chain(services).chain(endpoints).collect();
        let found = names.iter().position(|known| *known == name);
        if found.is_none() {
            let span = place.value(self.root);
            self.push(
                Diagnostic::error(format!("there is nothing called `{name}` to watch"))
                    .at(span, "")
                    .maybe_help(did_you_mean(name, names.iter().copied()))
                    .help(format!("what is measured is {}", one_of(names.iter().copied()))),
            );
        }
        found.map(|place| place as u32)
    }
}

/// What a term watches, and on which side of which bound.
fn watched(term: &MeasureTerm, op: Op, bound: f64) -> Option<(Watched, Side, f64)> {
    let side = match op {
        Op::Greater => Side::Above,
        Op::GreaterOrEqual => Side::NotBelow,
        Op::Less => Side::Below,
        Op::LessOrEqual => Side::NotAbove,
        Op::Equal | Op::Before => return None,
    };
    let quantity = term.subject.quantity;
    let measure = match term.aggregation {
        Aggregation::Rate => Watched::Rate(counted(quantity)?),
        Aggregation::Count => Watched::Count(counted(quantity)?),
        Aggregation::Share => Watched::Share(counted(quantity)?),
        Aggregation::Availability => Watched::Share(Counted::Outcome(Outcome::Ok)),
        Aggregation::Mean => Watched::Mean(level(quantity)?),
        Aggregation::Max => Watched::Max(level(quantity)?),
        Aggregation::Percentile(percent) => {
            let is_time = matches!(quantity, Quantity::Usual | Quantity::ResponseTime);
            let above = matches!(side, Side::Above | Side::NotBelow);
            let side = if above { Side::Above } else { Side::NotAbove };
            let slower = Watched::SlowerThan(SimDuration::from_secs_f64(bound));
            return is_time.then_some((slower, side, 1.0 - percent / 100.0));
        }
        _ => return None,
    };
    Some((measure, side, bound))
}

fn counted(quantity: Quantity) -> Option<Counted> {
    match quantity {
        Quantity::Usual => Some(Counted::Arrivals),
        Quantity::Outcome(outcome) => Some(Counted::Outcome(outcome)),
        Quantity::Failed => Some(Counted::Failed),
        Quantity::Goodput => Some(Counted::Goodput),
        Quantity::Retries => Some(Counted::Retries),
        _ => None,
    }
}

fn level(quantity: Quantity) -> Option<Level> {
    match quantity {
        Quantity::QueueLength => Some(Level::QueueLength),
        Quantity::BusyWorkers => Some(Level::BusyWorkers),
        Quantity::InFlight => Some(Level::InFlight),
        _ => None,
    }
}
