//! Those who wait for the time that they were told.

use std::collections::BTreeMap;

use super::Ticket;
use crate::kernel::SimTime;

/// Tickets that wait, by the time at which they are released; at one time, who came first.
#[derive(Clone, Debug, Default)]
pub(super) struct Reservations {
    waiting: BTreeMap<(SimTime, u64), Reservation>,
    made: u64,
}

/// A ticket that waits.
#[derive(Clone, Copy, Debug)]
struct Reservation {
    ticket: Ticket,
    cost: u32,
    /// Whether it passes when its time has come.
    passes: bool,
}

impl Reservations {
    /// Lets the ticket wait until then, to pass or, having waited in vain, not to.
    pub(super) fn make(&mut self, until: SimTime, ticket: Ticket, cost: u32, passes: bool) {
        self.waiting.insert((until, self.made), Reservation { ticket, cost, passes });
        self.made += 1;
    }

    /// Forgets a ticket: the cost of the reservation, if there was one that would pass.
    pub(super) fn forget(&mut self, ticket: Ticket) -> Option<u32> {
        let place = self.waiting.iter().find(|(_, waiting)| waiting.ticket == ticket)?.0;
        let place = *place;
        let reservation = self.waiting.remove(&place)?;
        reservation.passes.then_some(reservation.cost)
    }

    pub(super) fn next_at(&self) -> Option<SimTime> {
        self.waiting.first_key_value().map(|((until, _), _)| *until)
    }

    /// Moves those whose time has come.
    pub(super) fn release(&mut self, now: SimTime, woken: &mut Vec<(Ticket, bool)>) {
        while self.next_at().is_some_and(|until| until <= now) {
            let first = self.waiting.pop_first();
            woken.extend(first.map(|(_, waiting)| (waiting.ticket, waiting.passes)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_released_in_the_order_of_their_times_and_then_of_their_coming() {
        let at = SimTime::from_nanos;
        let mut reservations = Reservations::default();
        for (ticket, until) in [(1, 20), (2, 10), (3, 20), (4, 30)] {
            reservations.make(at(until), Ticket(ticket), 5, ticket != 3);
        }
        assert_eq!(reservations.next_at(), Some(at(10)));
        assert_eq!(reservations.forget(Ticket(4)), Some(5));
        assert_eq!(reservations.forget(Ticket(4)), None);
        let mut woken = Vec::new();
        reservations.release(at(19), &mut woken);
        assert_eq!(woken, [(Ticket(2), true)]);
        reservations.release(at(20), &mut woken);
        assert_eq!(woken[1..], [(Ticket(1), true), (Ticket(3), false)]);
        assert_eq!(reservations.next_at(), None);
    }

    #[test]
    fn who_waits_in_vain_has_reserved_nothing() {
        let mut reservations = Reservations::default();
        reservations.make(SimTime::ZERO, Ticket(1), 5, false);
        assert_eq!(reservations.forget(Ticket(1)), None);
        assert_eq!(reservations.next_at(), None);
    }
}
