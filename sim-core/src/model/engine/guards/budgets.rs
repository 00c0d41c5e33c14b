//! What is told to the budgets of retries and hedges, and what they say.

use super::super::Engine;
use super::Guards;
use crate::policy::Outcome;
use crate::policy::budget::{AttemptEnd, CallMemory};

impl Engine<'_> {
    /// A call comes to a retry with a budget.
    pub(in crate::model::engine) fn open_budget(&mut self, call: u32, layer: usize) {
        let (index, memory) = (self.budget_of(call, layer), self.memory_of(call, layer));
        if self.guards.memories.len() <= memory {
            self.guards.memories.resize(memory + 1, CallMemory::default());
        }
        self.guards.memories[memory] = CallMemory::default();
        let (budgets, memories) = (&mut self.guards.budgets, &mut self.guards.memories);
        budgets[index].call_starts(self.now, &mut memories[memory]);
        budgets[index].attempt_starts(self.now, &mut memories[memory]);
    }

    /// A retry goes out under a budget.
    pub(in crate::model::engine) fn book_attempt(&mut self, call: u32, layer: usize) {
        let (index, memory) = (self.budget_of(call, layer), self.memory_of(call, layer));
        let Guards { budgets, memories, .. } = &mut self.guards;
        budgets[index].attempt_starts(self.now, &mut memories[memory]);
    }

    /// An attempt under a budget has ended so.
    pub(in crate::model::engine) fn book_end_of_attempt(
        &mut self,
        call: u32,
        layer: usize,
        end: AttemptEnd,
    ) {
        let (index, memory) = (self.budget_of(call, layer), self.memory_of(call, layer));
        let Guards { budgets, memories, .. } = &mut self.guards;
        budgets[index].attempt_ends(self.now, &mut memories[memory], end);
    }

    /// Whether a budget pays for a retry.
    pub(in crate::model::engine) fn budget_pays(
        &mut self,
        call: u32,
        layer: usize,
        outcome: Outcome,
    ) -> bool {
        let (index, memory) = (self.budget_of(call, layer), self.memory_of(call, layer));
        let Guards { budgets, memories, .. } = &mut self.guards;
        let pays = budgets[index].may_retry(self.now, &mut memories[memory], outcome);
        if !pays {
            let edge = self.calls[call].edge;
            self.meters.edge(edge).was_rejected(Outcome::RejectedBudget);
        }
        pays
    }

    /// Whether a budget pays for a further copy of a call.
    pub(in crate::model::engine) fn budget_pays_for_hedge(
        &mut self,
        call: u32,
        layer: usize,
    ) -> bool {
        let (index, memory) = (self.budget_of(call, layer), self.memory_of(call, layer));
        let Guards { budgets, memories, .. } = &mut self.guards;
        let pays = budgets[index].may_hedge(self.now, &mut memories[memory]);
        if !pays {
            let edge = self.calls[call].edge;
            self.meters.edge(edge).was_rejected(Outcome::RejectedBudget);
        }
        pays
    }

    /// A call under a budget is over.
    pub(in crate::model::engine) fn close_budget(
        &mut self,
        call: u32,
        layer: usize,
        outcome: Outcome,
    ) {
        let (index, memory) = (self.budget_of(call, layer), self.memory_of(call, layer));
        let Guards { budgets, memories, .. } = &mut self.guards;
        budgets[index].call_ends(self.now, &mut memories[memory], outcome);
    }

    fn memory_of(&self, call: u32, layer: usize) -> usize {
        call as usize * self.layers_per_call + layer
    }
}
