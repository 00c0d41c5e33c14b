//! Everything that can happen in a model: a closed enum of 8 bytes, stored by value.

/// Something that happens at a point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// The next call of an open loop is due.
    Arrival { source: u16 },
    /// A user of a closed loop has thought.
    UserCalls { client: u16, user: u32 },
    /// The timer of a layer of a call fires.
    LayerTimer { layer: u8, call: u32 },
    /// A request reaches its instance.
    Reaches { request: u32 },
    /// The step that a request works on is done.
    WorkDone { request: u32 },
    /// An answer reaches its caller.
    AnswerReaches { request: u32 },
    /// A message of a request is sent again, or sent over a connection that has been opened.
    Transmits { request: u32 },
    /// The operating system gives up on a connection that stays silent.
    GivesUp { request: u32 },
    /// The news that the caller has closed the connection reaches the instance.
    CancelReaches { request: u32 },
    /// A request has waited in its queue for as long as the queue lets it.
    QueueTimeout { request: u32 },
    /// A request has waited for a row for as long as it would.
    RowTimeout { request: u32 },
    /// A store looks whether a request that waits for a row waits in a circle.
    DeadlockCheck { request: u32 },
    /// It is looked whether some wait for each other.
    LooksForCircles,
    /// Somebody who works on a machine is done.
    MachineTurns { machine: u32 },
    /// The garbage of an instance has been collected.
    CollectionEnds { service: u16, place: u32 },
    /// A message whose delivery has failed stands in its queue again.
    Redelivers { message: u32 },
    /// The time has come that a limit of a server wanted to be woken at.
    LimitWakes { limit: u32 },
    /// The deadline of a request passes while its handler waits for a call.
    DeadlinePasses { request: u32 },
    /// A fault starts.
    FaultStarts { fault: u16 },
    /// A fault is withdrawn.
    FaultEnds { fault: u16 },
    /// The condition that stops a fault is looked at.
    Watches { fault: u16 },
    /// A fault kills an instance, by its place among those that it may kill.
    Crashes { fault: u16, instance: u32 },
    /// The time has come that a guard wanted to be woken at.
    GuardWakes { guard: u32 },
    /// A sweep of the outlier detection of a service is due.
    Sweeps { service: u16 },
    /// An instance is asked whether it is well.
    HealthCheck { service: u16, instance: u32 },
    /// An instance that was asked answers after a while, or has been silent for too long.
    HealthCheckEnds { well: bool, service: u16, instance: u32 },
    /// An instance is asked whether it is alive.
    LivenessProbe { service: u16, instance: u32 },
    /// Something has come to the replicas of a replicated service.
    Replicated { group: u16 },
    /// A replica takes the place of a primary that has died.
    FailsOver { group: u16 },
    /// An autoscaler looks at its service.
    Scales { place: u16 },
    /// A new instance of a service that is scaled is ready.
    Joins { place: u16, instance: u32 },
    /// An instance may be up again.
    Restarts { service: u16, instance: u32 },
}

#[cfg(test)]
mod tests {
    use super::Event;

    #[test]
    fn an_event_takes_eight_bytes() {
        assert_eq!(std::mem::size_of::<Event>(), 8);
    }
}
