//! Whether a model has anything that could be waited for in a circle.

use super::super::super::spec::{EdgeId, Model, ServiceMode, Step};
use super::is_a_place;
use crate::policy::{ResolvedLayer, Scope};

/// Something that is held, or a call on the way to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Point<'m> {
    /// A call comes to its first layer.
    Call(EdgeId),
    /// The places of a guard: of one call, or of all under a policy.
    Guard(EdgeId, usize),
    Shared(&'m str, usize),
    /// A pool of workers: the service, and which of its pools.
    Pool(u16, u16),
    /// The rows of a store.
    Rows(u16),
    /// What is being fetched for a cache.
    Fetched(u16),
}

/// What may be waited for next by whoever has come to a point, and holds it.
#[derive(Debug, Default)]
struct Ways<'m> {
    points: Vec<Point<'m>>,
    next: Vec<Vec<usize>>,
}

/// Whether somebody may hold a thing and wait for something that leads back to it.
pub(super) fn may_stand_still(model: &Model) -> bool {
    let ways = Ways::of(model);
    let is_held = |point: &Point<'_>| !matches!(point, Point::Call(_));
    (0..ways.points.len()).any(|at| is_held(&ways.points[at]) && ways.lead_back(at))
}

impl<'m> Ways<'m> {
    fn of(model: &'m Model) -> Self {
        let mut ways = Self::default();
        for index in 0..model.edges.len() {
            ways.along(model, EdgeId(index as u16));
        }
        ways
    }

    /// Through the layers of a call to the pool where it is worked on, and on from there.
    fn along(&mut self, model: &'m Model, id: EdgeId) {
        let edge = &model.edges[id.index()];
        let mut held = self.at(Point::Call(id));
        for (place, layer) in edge.policy.layers.iter().enumerate() {
            for other in edge.substitutes.iter().filter(|s| usize::from(s.layer) == place) {
                self.on(held, Point::Call(other.edge));
            }
            let ResolvedLayer::Guard(guard) = layer else { continue };
            if is_a_place(&guard.kind) {
                let point = match guard.scope {
                    Scope::Shared if !edge.policy.name.is_empty() => {
                        Point::Shared(&edge.policy.name, place)
                    }
                    _ => Point::Guard(id, place),
                };
                held = self.on(held, point);
            }
        }
        let endpoint = &model.endpoints[edge.to.index()];
        let service = &model.services[endpoint.service.index()];
        if service.pools[usize::from(endpoint.pool)].workers.is_some() {
            let pool = Point::Pool(endpoint.service.0, endpoint.pool);
            let worker = self.on(held, pool);
            // An asynchronous service lets its worker go when it waits.
            if service.mode == ServiceMode::Blocking {
                held = worker;
            }
        }
        let mut locked = 0;
        for step in &endpoint.steps {
            if let Step::Lock(lock) = step {
                let rows = self.on(held, Point::Rows(lock.store));
                locked += 1;
                if locked > 1 {
                    self.lead(held, rows);
                    self.lead(rows, rows);
                }
                held = rows;
            }
            if let Step::Look(look) = step {
                held = self.on(held, Point::Fetched(look.cache));
            }
            if let Some(call) = step.call() {
                self.on(held, Point::Call(call));
            }
        }
    }

    /// From one point on to another.
    fn on(&mut self, from: usize, point: Point<'m>) -> usize {
        let to = self.at(point);
        self.lead(from, to);
        to
    }

    fn lead(&mut self, from: usize, to: usize) {
        if !self.next[from].contains(&to) {
            self.next[from].push(to);
        }
    }

    fn at(&mut self, point: Point<'m>) -> usize {
        match self.points.iter().position(|known| *known == point) {
            Some(known) => known,
            None => {
                self.points.push(point);
                self.next.push(Vec::new());
                self.points.len() - 1
            }
        }
    }

    fn lead_back(&self, to: usize) -> bool {
        let mut seen = vec![false; self.points.len()];
        let mut ahead = self.next[to].clone();
        while let Some(point) = ahead.pop() {
            if point == to {
                return true;
            }
            if !std::mem::replace(&mut seen[point], true) {
                ahead.extend(&self.next[point]);
            }
        }
        false
    }
}
