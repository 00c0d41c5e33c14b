//! The closed forms of queueing theory that this model covers.
//!
//! Each case is run in replications from an empty system. The warm-up that is thrown away is
//! many times as long as the system takes to forget its start: 40 relaxation times of an open
//! queue, `1/(c·μ·(1−√ρ)²)` each (times what a demand that varies more than an exponential one
//! adds), and 100 rounds of all users of a closed one.

use serde_json::{Map, Value};

use super::Validation;
use super::case::{self, Case, Effort};
use super::figure::figure;
use super::parameters::{
    Parameters, abandoning, closed, general, hedged, impatient, loss, open, retrying,
    retrying_loss, sharing, sharing_alike, unhedged, unlimited,
};
use super::station::Station;

/// Why the closed forms cannot be compared with.
#[derive(Debug, thiserror::Error)]
pub enum QueueingError {
    /// The text is no JSON.
    #[error("the closed forms are not JSON")]
    Json(#[from] serde_json::Error),
    /// Something that a case needs is missing, or is no number.
    #[error("the case {case} of {family} has no usable `{key}`")]
    Case {
        /// The family, such as `M/M/1`.
        family: String,
        /// The place of the case in it, from 0.
        case: usize,
        /// What is missing.
        key: String,
    },
    /// A family that the model covers is not there.
    #[error("the closed forms of {0} are missing")]
    Family(&'static str),
}

/// Compares the simulator with the closed forms in `json` (the text of `queueing.json`).
///
/// # Errors
///
/// When the text does not hold the closed forms.
pub fn compare(json: &str, effort: Effort, seed: u64) -> Result<Validation, QueueingError> {
    let source: Value = serde_json::from_str(json)?;
    Ok(case::compare(&read_cases(&source)?, effort, seed))
}

/// A family of closed forms: how its station is built, and which keys are its parameters.
struct Family {
    name: &'static str,
    station: fn(&Parameters) -> Option<Station>,
    parameters: &'static [&'static str],
    /// Which of the source's entries are figures of this station.
    figures: Figures,
}

/// Which of a source's entries are figures.
enum Figures {
    /// Only these; the others belong to another station with the same parameters.
    Only(&'static [&'static str]),
    /// All but the parameters and these: parameters under other names, checks of the source
    /// itself, and figures of another station.
    AllBut(&'static [&'static str]),
}

use Figures::{AllBut, Only};

const FAMILIES: [Family; 15] = [
    Family { name: "M/M/1", station: open, parameters: &["lam", "mu"], figures: AllBut(&[]) },
    Family {
        name: "M/M/c",
        station: open,
        parameters: &["lam", "mu", "c"],
        figures: AllBut(&["a", "ErlangB"]),
    },
    Family {
        name: "M/M/c",
        station: loss,
        parameters: &["lam", "mu", "c"],
        figures: Only(&["ErlangB"]),
    },
    Family {
        name: "M/M/c/K",
        station: open,
        parameters: &["lam", "mu", "c", "K"],
        figures: AllBut(&["note"]),
    },
    Family {
        name: "M/G/1",
        station: general,
        parameters: &["lam", "ES", "scv"],
        figures: AllBut(&["service", "ES2"]),
    },
    Family {
        name: "closed_machine_repair_MVA",
        station: closed,
        parameters: &["N", "think_Z", "S", "c"],
        figures: AllBut(&["check_R_eq_N_over_X_minus_Z"]),
    },
    Family {
        name: "M/M/1_client_timeout_server_oblivious",
        station: impatient,
        parameters: &["lam", "mu", "timeout"],
        figures: AllBut(&[]),
    },
    Family {
        name: "retry_closed_form_independent_failures",
        station: retrying,
        parameters: &["failure_prob_per_attempt", "max_retries"],
        figures: AllBut(&[]),
    },
    Family {
        name: "retry_fixed_point_loss_server",
        station: retrying_loss,
        parameters: &["lam", "capacity", "max_retries"],
        figures: AllBut(&[]),
    },
    Family {
        name: "hedging_iid_exp_no_queueing",
        station: hedged,
        parameters: &["mu", "hedge_delay"],
        figures: AllBut(&["service", "p99_nohedge"]),
    },
    Family {
        name: "hedging_iid_exp_no_queueing",
        station: unhedged,
        parameters: &["mu"],
        figures: Only(&["p99_nohedge"]),
    },
    Family {
        name: "M/M/1-PS",
        station: sharing,
        parameters: &["lam", "mu"],
        figures: Only(&["W", "L"]),
    },
    Family {
        name: "M/M/1-PS",
        station: sharing_alike,
        parameters: &["lam", "mu", "x"],
        figures: Only(&["E_W_given_size_x"]),
    },
    Family {
        name: "M/G/inf",
        station: unlimited,
        parameters: &["lam", "ES"],
        figures: AllBut(&["var_N", "P0", "k", "P_N_le_k"]),
    },
    Family {
        name: "Erlang-A_M/M/n+M",
        station: abandoning,
        parameters: &["lam", "mu", "n", "theta"],
        figures: AllBut(&["rho_offered", "mean_offered_wait_all", "check_goodput_mu_busy"]),
    },
];

fn read_cases(source: &Value) -> Result<Vec<Case>, QueueingError> {
    let mut cases = Vec::new();
    for family in &FAMILIES {
        let list = source["cases"][family.name].as_array();
        let list = list.ok_or(QueueingError::Family(family.name))?;
        for (place, entries) in list.iter().enumerate() {
            cases.push(family.case(place, entries)?);
        }
    }
    Ok(cases)
}

impl Family {
    fn case(&self, place: usize, entries: &Value) -> Result<Case, QueueingError> {
        let error = |key: &str| QueueingError::Case {
            family: self.name.into(),
            case: place,
            key: key.into(),
        };
        let none = Map::new();
        let entries = entries.as_object().unwrap_or(&none);
        let number = |key: &str| entries.get(key).and_then(Value::as_f64).ok_or_else(|| error(key));
        let mut parameters = Vec::new();
        for key in self.parameters {
            parameters.push((*key, number(key)?));
        }
        let parameters = Parameters(parameters);
        let (mut figures, mut unmeasured) = (Vec::new(), Vec::new());
        let name = format!("{} {}", self.name, parameters.in_words());
        for key in entries.keys().filter(|key| self.is_figure(key)) {
            match figure(key, parameters.servers(), parameters.mean_demand_s()) {
                Some(read) => figures.push((key.clone(), number(key)?, read)),
                None => unmeasured.push(format!("{name}: {key}")),
            }
        }
        let station = (self.station)(&parameters).ok_or_else(|| error("parameters"))?;
        Ok(Case {
            warmup_s: parameters.warmup_s(),
            requests_per_s: parameters.requests_per_s(),
            station,
            name,
            figures,
            unmeasured,
        })
    }

    fn is_figure(&self, key: &str) -> bool {
        match self.figures {
            Only(figures) => figures.contains(&key),
            AllBut(others) => !self.parameters.contains(&key) && !others.contains(&key),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_simulator_agrees_with_queueing_theory() {
        let json = include_str!("../../../tests/data/queueing.json");
        let effort = Effort { replications: 30, requests: 20_000 };
        let validation = compare(json, effort, 1).unwrap();
        for c in &validation.comparisons {
            println!(
                "{:60} {:18} {:>12.6} {:>12.6} ± {:<10.6} z={:>6.2} {:?}",
                c.case, c.figure, c.theory, c.simulation, c.half_width, c.z, c.verdict
            );
        }
        println!("not measured: {:?}", validation.unmeasured);
        assert!(validation.comparisons.len() >= 80, "{}", validation.comparisons.len());
        assert!(validation.passes());
    }

    #[test]
    fn closed_forms_without_a_parameter_are_refused() {
        let json = r#"{ "cases": { "M/M/1": [ { "lam": 0.5 } ] } }"#;
        let error = compare(json, Effort::default(), 1).err().map(|e| e.to_string());
        assert_eq!(error.as_deref(), Some("the case 0 of M/M/1 has no usable `mu`"));
    }
}
