//! What is told to the budgets of retries and hedges, and what they say.

use super::super::Engine;
use super::super::layer::Layer;
use super::Guards;
use crate::kernel::SimTime;
use crate::policy::Outcome;
use crate::policy::budget::{AttemptEnd, BudgetMachine, CallMemory};

impl Engine<'_> {
    /// A call comes to a layer that may have a budget.
    #[inline]
    pub(in crate::model::engine) fn open_budget(
        &mut self,
        call: u32,
        index: usize,
        layer: &Layer<'_>,
    ) {
        if layer.follows_calls {
            self.tell_budget_of_call(call, index, layer);
        }
    }

    #[inline(never)]
    fn tell_budget_of_call(&mut self, call: u32, index: usize, layer: &Layer<'_>) {
        let memory = self.layer_place(call, index);
        if self.guards.memories.len() <= memory {
            self.guards.memories.resize(memory + 1, CallMemory::default());
        }
        self.guards.memories[memory] = CallMemory::default();
        self.at_budget(call, index, layer, |budget, now, memory| {
            budget.call_starts(now, memory);
            budget.attempt_starts(now, memory);
        });
    }

    /// A retry or a further copy goes out under a budget, if there is one.
    pub(in crate::model::engine) fn book_attempt(
        &mut self,
        call: u32,
        index: usize,
        layer: &Layer<'_>,
    ) {
        if layer.follows_calls {
            self.at_budget(call, index, layer, BudgetMachine::attempt_starts);
        }
    }

    /// An attempt under a budget has ended so, if there is one.
    #[inline]
    pub(in crate::model::engine) fn book_end_of_attempt(
        &mut self,
        call: u32,
        index: usize,
        layer: &Layer<'_>,
        end: AttemptEnd,
    ) {
        if !layer.budget.is_none() {
            self.at_budget(call, index, layer, |budget, now, memory| {
                budget.attempt_ends(now, memory, end);
            });
        }
    }

    /// Whether there is no budget, or it pays for a retry.
    pub(in crate::model::engine) fn budget_pays(
        &mut self,
        call: u32,
        index: usize,
        layer: &Layer<'_>,
        outcome: Outcome,
    ) -> bool {
        self.pays(call, index, layer, |budget, now, memory| budget.may_retry(now, memory, outcome))
    }

    /// Whether there is no budget, or it pays for a further copy of a call.
    pub(in crate::model::engine) fn budget_pays_for_hedge(
        &mut self,
        call: u32,
        index: usize,
        layer: &Layer<'_>,
    ) -> bool {
        self.pays(call, index, layer, BudgetMachine::may_hedge)
    }

    fn pays(
        &mut self,
        call: u32,
        index: usize,
        layer: &Layer<'_>,
        asked: impl FnOnce(&mut BudgetMachine, SimTime, &mut CallMemory) -> bool,
    ) -> bool {
        let pays = layer.budget.is_none() || self.at_budget(call, index, layer, asked);
        if !pays {
            let edge = self.calls[call].edge;
            self.meters.edge(edge).was_rejected(Outcome::RejectedBudget);
        }
        pays
    }

    /// A call that may be under a budget is over.
    #[inline]
    pub(in crate::model::engine) fn close_budget(
        &mut self,
        call: u32,
        index: usize,
        layer: &Layer<'_>,
        outcome: Outcome,
    ) {
        if layer.follows_calls {
            self.at_budget(call, index, layer, |budget, now, memory| {
                budget.call_ends(now, memory, outcome);
            });
        }
    }

    /// What is done at the budget of a layer, with what it remembers of a call.
    #[inline(always)]
    fn at_budget<T>(
        &mut self,
        call: u32,
        index: usize,
        layer: &Layer<'_>,
        done: impl FnOnce(&mut BudgetMachine, SimTime, &mut CallMemory) -> T,
    ) -> T {
        let (budget, memory) = (self.state_at(call, &layer.budget), self.layer_place(call, index));
        let Guards { budgets, memories, .. } = &mut self.guards;
        let mut nothing = CallMemory::default();
        let memory = match layer.follows_calls {
            true => &mut memories[memory],
            false => &mut nothing,
        };
        done(&mut budgets[budget], self.now, memory)
    }
}
