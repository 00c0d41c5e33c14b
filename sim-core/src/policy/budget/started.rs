//! A registry whose rows also name what runs them: parameters on one side, the state machine that
//! is started from them on the other.

/// Defines a `registry!` of parameters and, beside it, the enum of their machines.
///
/// ```text
/// started! {
///     ($)                                     // passes the dollar sign to the inner macros
///     /// Whether a retry may be made.
///     pub enum Budget as "retry budget", dispatch each_budget;
///     /// A budget that runs.
///     pub enum BudgetMachine, dispatch each_machine;
///     "grpc" => Grpc(grpc::Grpc) runs grpc::Tokens,
/// }
/// ```
///
/// Each parameters' type has a method `start(&self, now)` that makes its machine.
macro_rules! started {
    (
        ($d:tt)
        $(#[$doc:meta])*
        pub enum $Enum:ident as $kind:literal, dispatch $each:ident;
        $(#[$machine_doc:meta])*
        pub enum $Machine:ident, dispatch $each_machine:ident;
        $( $name:literal => $Variant:ident($($Params:tt)+) runs $State:ty ),+ $(,)?
    ) => {
        $crate::catalogue::registry! {
            ($d)
            $(#[$doc])*
            pub enum $Enum as $kind, dispatch $each {
                $( $name => $Variant($($Params)+) ),+
            }
        }

        $(#[$machine_doc])*
        #[derive(Clone, Debug)]
        pub enum $Machine {
            $(
                #[doc = concat!("Runs `", $name, "`.")]
                $Variant($State),
            )+
        }

        impl $Enum {
            /// A machine that follows these parameters, which were checked, from `now` on.
            pub fn start(&self, now: $crate::kernel::SimTime) -> $Machine {
                match self {
                    $( Self::$Variant(parameters) => $Machine::$Variant(parameters.start(now)), )+
                }
            }
        }

        macro_rules! $each_machine {
            ($d value:expr, $d item:ident => $d body:expr) => {
                match $d value { $( $Machine::$Variant($d item) => $d body, )+ }
            };
        }
    };
}
pub(in crate::policy) use started;
