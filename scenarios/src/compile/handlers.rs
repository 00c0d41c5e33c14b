//! The steps of a handler to a flat program: steps within steps come behind the one that holds them,
//! which says where to go on.

use sim_core::model::cache::Look;
use sim_core::model::handler::{Fork, Step, Ways};
use sim_core::model::spec::{EffectId, ServiceId};

use super::calls::{CallBook, CallSite, Caller, Carries};
use super::tasks::Tasks;
use super::{Compiler, id};
use crate::document::{
    self, Cached, EffectName, IfApplied, Parallel, Service, Transaction, WaitFor, Way,
};
use crate::tree::Place;

/// What the handlers of all services share: what is written down while they are compiled.
pub(super) struct Books<'a, 'b> {
    pub(super) calls: &'b mut CallBook<'a>,
    pub(super) tasks: &'b mut Tasks,
    pub(super) rows_used: &'b mut Vec<String>,
}

/// The service whose handler it is.
#[derive(Clone, Copy)]
pub(super) struct Host<'a, 'b> {
    pub(super) id: ServiceId,
    pub(super) name: &'a str,
    pub(super) service: &'a Service,
    /// The pools that its endpoints work in.
    pub(super) pools_of_handlers: &'b [u16],
}

/// The longest program: the number of a step has 16 bits, and one says where the end is.
const MOST_STEPS: usize = 60_000;

impl<'a> Compiler<'a, '_> {
    /// The program of a handler.
    pub(super) fn program(
        &mut self,
        books: &mut Books<'a, '_>,
        host: &Host<'a, '_>,
        caller: Caller<'a>,
        steps: &'a [document::Step],
        place: &Place,
    ) -> Vec<Step> {
        let (program, within) = (Vec::new(), Vec::new());
        let mut writer = Writer { compiler: self, books, host, caller, program, within };
        writer.steps(steps, place);
        let program = writer.program;
        if program.len() > MOST_STEPS {
            let title = format!("the handler has {} steps: more than {MOST_STEPS}", program.len());
            self.error(place, title);
        }
        program
    }
}

/// Writes the program of one handler.
struct Writer<'w, 'a, 'f, 'b, 'h> {
    compiler: &'w mut Compiler<'a, 'f>,
    books: &'w mut Books<'a, 'b>,
    host: &'w Host<'a, 'h>,
    caller: Caller<'a>,
    program: Vec<Step>,
    /// What the present step stands in, the outermost first.
    within: Vec<Within>,
}

/// What a step can stand in that matters to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Within {
    Lock,
    Transaction,
    Branch,
}

impl<'a> Writer<'_, 'a, '_, '_, '_> {
    fn steps(&mut self, steps: &'a [document::Step], place: &Place) {
        for (index, step) in steps.iter().enumerate() {
            self.step(step, &place.index(index));
        }
    }

    fn step(&mut self, step: &'a document::Step, place: &Place) {
        let step = match step {
            document::Step::Work(demand) => {
                Step::Work(self.compiler.distribution(demand, &place.key("work")))
            }
            document::Step::Call(call) => {
                let edge = self.books.calls.edge(CallSite {
                    caller: self.caller,
                    to: &call.to.0,
                    policy: call.policy.as_ref().map(|policy| policy.0.as_str()),
                    priority: call.priority,
                    carries: Carries { keys: call.key, idempotency: call.idempotency_key },
                    place: place.key("call"),
                });
                Step::Call { edge, optional: call.optional }
            }
            document::Step::Read(step) => {
                Step::Read(self.compiler.row(&step.row.0, self.books.rows_used))
            }
            document::Step::WriteIfUnchanged(step) => {
                Step::WriteIfUnchanged(self.compiler.row(&step.row.0, self.books.rows_used))
            }
            document::Step::Lock(lock) => return self.lock(lock, &place.key("lock")),
            document::Step::Transaction(transaction) => {
                return self.transaction(transaction, &place.key("transaction"));
            }
            document::Step::Cache(cached) => return self.cache(cached, &place.key("cache")),
            document::Step::Publish(publish) => {
                let broker = self.compiler.document.brokers.get_index_of(&publish.to.0);
                Step::Publish(id(broker.unwrap_or(0)))
            }
            document::Step::Apply(step) => {
                let at_commit = self.within.contains(&Within::Transaction);
                Step::Apply { effect: self.effect(&step.effect), at_commit }
            }
            document::Step::IfApplied(step) => {
                return self.if_applied(step, &place.key("if_applied"));
            }
            document::Step::Branch(ways) => return self.branch(ways, &place.key("branch")),
            document::Step::Parallel(parallel) => {
                return self.parallel(parallel, &place.key("parallel"));
            }
            document::Step::Spawn(spawn) => return self.spawn(spawn, &place.key("spawn")),
        };
        self.program.push(step);
    }

    fn steps_within(&mut self, within: Within, steps: &'a [document::Step], place: &Place) {
        self.within.push(within);
        self.steps(steps, place);
        self.within.pop();
    }

    fn lock(&mut self, lock: &'a document::Lock, place: &Place) {
        let until_commit = self.within.contains(&Within::Transaction);
        let taken = self.here();
        self.program.push(Step::Lock(Box::new(self.compiler.lock(lock, until_commit, place))));
        self.steps_within(Within::Lock, &lock.steps, &place.key("steps"));
        if !until_commit {
            self.program.push(Step::Unlock(taken));
        }
    }

    fn transaction(&mut self, transaction: &'a Transaction, place: &Place) {
        let wrong = match self.within.last() {
            None => None,
            Some(_) if self.within.contains(&Within::Transaction) => {
                Some("a transaction within a transaction")
            }
            Some(_) if self.within.contains(&Within::Lock) => {
                Some("a transaction while a row is held that is not its own")
            }
            Some(_) => Some("a transaction in one of several branches"),
        };
        if let Some(title) = wrong {
            let help = "the end of a transaction gives back all rows that a request has locked";
            self.compiler.error(place, title).helps.push(help.to_owned());
        }
        self.steps_within(Within::Transaction, &transaction.steps, &place.key("steps"));
        self.program.push(Step::Commit);
    }

    fn cache(&mut self, cached: &'a Cached, place: &Place) {
        let cache = self.compiler.document.caches.get_index_of(&cached.cache.0).unwrap_or(0);
        let look = self.leave_room();
        self.steps(&cached.otherwise, &place.key("otherwise"));
        let fill = self.here();
        self.program.push(Step::Fill(id(look)));
        self.program[look] = Step::Look(Look { cache: id(cache), fill });
    }

    fn if_applied(&mut self, step: &'a IfApplied, place: &Place) {
        let asks = self.leave_room();
        self.steps(&step.then, &place.key("then"));
        let end = self.leave_room();
        let otherwise = self.here();
        self.steps(&step.otherwise, &place.key("otherwise"));
        self.program[end] = Step::Jump(self.here());
        self.program[asks] = Step::UnlessApplied { effect: self.effect(&step.effect), otherwise };
    }

    fn effect(&self, effect: &EffectName) -> EffectId {
        EffectId(id(self.compiler.document.effects.get_index_of(&effect.0).unwrap_or(0)))
    }

    /// The number of the step that comes next.
    fn here(&self) -> u16 {
        id(self.program.len())
    }

    /// A place in the program for a step that has yet to be known.
    fn leave_room(&mut self) -> usize {
        self.program.push(Step::Join);
        self.program.len() - 1
    }

    fn branch(&mut self, ways: &'a [Way], place: &Place) {
        let branch = self.leave_room();
        let (mut sum, mut firsts, mut ends) = (0.0, Vec::new(), Vec::new());
        for (index, way) in ways.iter().enumerate() {
            sum += way.share;
            firsts.push((sum, self.here()));
            self.steps(&way.steps, &place.index(index).key("steps"));
            ends.push(self.leave_room());
        }
        // Shares such as 0.7, 0.2 and 0.1 may add up to a little more than 1.
        if sum > 1.0 + 1e-9 {
            let title = format!("the shares add up to {sum}: more than 1");
            self.compiler.error(place, title);
        }
        let otherwise = self.here();
        ends.into_iter().for_each(|end| self.program[end] = Step::Jump(otherwise));
        self.program[branch] = Step::Branch(Ways { ways: firsts.into(), otherwise });
    }

    fn parallel(&mut self, parallel: &'a Parallel, place: &Place) {
        let fork = self.leave_room();
        let mut branches = Vec::new();
        for (index, steps) in parallel.branches.iter().enumerate() {
            branches.push(self.here());
            self.steps_within(Within::Branch, steps, &place.key("branches").index(index));
            self.program.push(Step::Join);
        }
        let all = id(branches.len());
        let needed = match parallel.wait_for {
            WaitFor::All => all,
            WaitFor::Any => 1,
            WaitFor::Quorum(needed) if (1..=all).contains(&needed) => needed,
            WaitFor::Quorum(needed) => {
                let title = format!("{needed} of {all} branches can never end well");
                let title =
                    if needed == 0 { "a quorum has at least one".to_owned() } else { title };
                self.compiler.error(&place.key("wait_for").key("quorum"), title);
                all
            }
        };
        let (next, rest) = (self.here(), parallel.rest);
        let branches = branches.into();
        self.program[fork] = Step::Fork(Box::new(Fork { branches, needed, next, rest }));
    }

    fn spawn(&mut self, spawn: &'a document::Spawn, place: &Place) {
        let Some(task) = self.compiler.task(self.books.tasks, self.host, spawn, place) else {
            return;
        };
        let caller = Caller::Endpoint(self.host.name, &spawn.name);
        let (books, host) = (&mut *self.books, self.host);
        let steps = self.compiler.program(books, host, caller, &spawn.steps, &place.key("steps"));
        self.books.tasks.does(task, steps);
        let name = self.books.tasks.name(task);
        let edge = self.books.calls.task(self.caller, task, &name, place.clone());
        self.program.push(Step::Spawn(edge));
    }
}
