//! Pools, their queues, and who sheds what waits there.

use indexmap::IndexMap;
use sim_core::model::spec::{Discipline, PoolSpec, QueueSpec};
use sim_core::policy::Shedding;

use super::Compiler;
use crate::diagnostic::Diagnostic;
use crate::document::{Bounds, Pool, Queue, Service};
use crate::tree::Place;

/// What limits nothing.
const NO_QUEUE: QueueSpec = QueueSpec { discipline: Discipline::Fifo, capacity: None };

/// The pools of a service; without any in the file, one that limits nothing. Behind them is one that
/// limits nothing for its background tasks, if there are some without a pool.
pub(super) fn pools(pools: &IndexMap<String, Pool>, has_tasks: bool) -> Vec<PoolSpec> {
    let endless =
        |name: &str| PoolSpec { name: name.into(), workers: None, queue: NO_QUEUE, shedding: None };
    let mut specs = of_file(pools);
    if specs.is_empty() {
        specs.push(endless("main"));
    }
    if has_tasks {
        specs.push(endless("tasks"));
    }
    specs
}

fn of_file(pools: &IndexMap<String, Pool>) -> Vec<PoolSpec> {
    let spec = |(name, pool): (&String, &Pool)| PoolSpec {
        name: name.as_str().into(),
        workers: pool.workers,
        queue: pool.queue.as_ref().map_or(NO_QUEUE, queue),
        shedding: pool.shedding.clone(),
    };
    pools.iter().map(spec).collect()
}

fn queue(queue: &Queue) -> QueueSpec {
    match queue {
        Queue::Fifo(bounds) => {
            QueueSpec { discipline: Discipline::Fifo, capacity: bounds.capacity }
        }
        Queue::Lifo(bounds) => {
            QueueSpec { discipline: Discipline::Lifo, capacity: bounds.capacity }
        }
    }
}

impl Compiler<'_, '_> {
    /// A shedder with impossible parameters, or that contradicts the queue.
    pub(super) fn check_shedding(&mut self, service: &Service, place: &Place) {
        for (name, pool) in &service.pools {
            let Some(shedding) = &pool.shedding else { continue };
            let place = place.key("pools").key(name);
            for problem in shedding.check().err().unwrap_or_default().0 {
                let place = place.key("shedding").dotted(&problem.path);
                self.error(&place, problem.to_string());
            }
            let serves = "the shedder says from which end the queue is served";
            let bounds = "the shedder has a capacity of its own";
            let contradiction = match (&pool.queue, shedding) {
                (Some(Queue::Lifo(_)), _) => Some((place.key("queue").key("lifo"), serves)),
                (Some(Queue::Fifo(Bounds { capacity: Some(_) })), Shedding::Priority(_)) => {
                    Some((place.key("queue").key("fifo").key("capacity"), bounds))
                }
                _ => None,
            };
            if let Some((queue, title)) = contradiction {
                let shedder = place.key("shedding").name(self.root);
                let span = queue.name(self.root);
                self.push(Diagnostic::error(title).at(span, "").at(shedder, "given here"));
            }
        }
    }
}
