//! `squall bench`: how fast this machine runs the models by which engines are compared.

mod footprint;
mod json;
mod table;

use clap::{Args, ValueEnum};
use squall::bench::{Duel, Effort, Footprint, Load, MODELS, Model};

use super::exit::{Exit, Failure};
use super::terminal;

#[derive(Debug, Args)]
pub(crate) struct BenchArguments {
    /// Run only this model, or all of this kind: hold, mm1, retry, layer, stack, three-tier (may
    /// be given several times)
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Run short, and leave out the million clients
    #[arg(long)]
    quick: bool,
    /// How many times each model is run [default: 5; 3 of a quick run and of the million
    /// clients]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    repeat: Option<u32>,
    /// How results are printed
    #[arg(long, value_enum, default_value_t = BenchFormat::Table)]
    format: BenchFormat,
    /// Print what this load takes in a process that does nothing else
    #[arg(long, hide = true, value_name = "LOAD")]
    footprint: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum BenchFormat {
    Table,
    Markdown,
    Json,
}

/// Everything that was measured.
struct Results {
    effort: Effort,
    duels: Vec<Duel>,
    /// What each load took; `None` where the system does not say.
    footprints: Vec<(Load, Option<Footprint>)>,
}

/// How much longer a model takes with a layer of a policy.
struct LayerCost {
    /// The model without it.
    bare: &'static str,
    /// Nanoseconds a request.
    nanos: f64,
    /// Yardsticks.
    ratio: f64,
}

impl Results {
    fn are_right(&self) -> bool {
        self.duels.iter().all(Duel::is_right)
    }

    /// What the layers of a policy cost, where the model without them was run too.
    fn layer_costs(&self) -> Vec<(&Duel, LayerCost)> {
        let cost = |layer: &Duel, bare: &Duel| LayerCost {
            bare: bare.model.name,
            nanos: layer.squall.nanos.median - bare.squall.nanos.median,
            ratio: layer.ratio.median - bare.ratio.median,
        };
        let costs = self.duels.iter().filter_map(|layer| {
            let bare = self.duels.iter().find(|bare| layer.model.adds_to(bare.model))?;
            Some((layer, cost(layer, bare)))
        });
        costs.collect()
    }

    fn ending(&self) -> Exit {
        if self.are_right() { Exit::Good } else { Exit::Missed }
    }
}

/// Measures, and prints each figure beside the yardstick's and each answer beside the right one.
pub(crate) fn run(arguments: &BenchArguments) -> Result<Exit, Failure> {
    if let Some(load) = &arguments.footprint {
        return footprint::print(load);
    }
    let results = measure(arguments)?;
    let text = match arguments.format {
        BenchFormat::Table => table::text(&results),
        BenchFormat::Markdown => table::markdown(&results),
        BenchFormat::Json => json::document(&results),
    };
    terminal::print(&text)?;
    Ok(results.ending())
}

fn measure(arguments: &BenchArguments) -> Result<Results, Failure> {
    let effort = if arguments.quick { Effort::Quick } else { Effort::Full };
    let models = chosen(arguments)?;
    let mut duels = Vec::new();
    for model in &models {
        let usually = if arguments.quick || model.takes_long { 3 } else { 5 };
        let repetitions = arguments.repeat.unwrap_or(usually);
        terminal::say(&format!("running: {} ({repetitions} times)", model.name));
        duels.push(Duel::fight(model, effort, repetitions).map_err(Failure::bad_input)?);
    }
    let mut footprints = Vec::new();
    // What a part of the models is asked for is no question about memory.
    let loads = Load::ALL.iter().filter(|_| arguments.only.is_empty());
    for load in loads.filter(|load| !(arguments.quick && **load == Load::MillionClients)) {
        terminal::say(&format!("measuring the memory of: {}", load.name()));
        footprints.push((*load, footprint::of(*load)?));
    }
    Ok(Results { effort, duels, footprints })
}

/// The models that are asked for, in their usual order.
fn chosen(arguments: &BenchArguments) -> Result<Vec<&'static Model>, Failure> {
    for name in &arguments.only {
        if !MODELS.iter().any(|model| is_called(model, name)) {
            return Err(Failure::bad_input(unknown(name)));
        }
    }
    let is_asked_for = |model: &&Model| match arguments.only.as_slice() {
        [] => !(arguments.quick && model.takes_long),
        // Of a kind, a quick run takes what is quick; what is named is run.
        names => names.iter().any(|name| {
            model.name == name || is_called(model, name) && !(arguments.quick && model.takes_long)
        }),
    };
    Ok(MODELS.iter().filter(is_asked_for).collect())
}

/// `retry` is the kind of `retry-400`.
fn is_called(model: &Model, name: &str) -> bool {
    let kind = |kind: &str| kind == name;
    model.name == name || model.name.rsplit_once('-').is_some_and(|(before, _)| kind(before))
}

fn unknown(name: &str) -> String {
    let names: Vec<&str> = MODELS.iter().map(|model| model.name).collect();
    let nearest = scenarios::nearest(name, names.iter().copied());
    let meant = nearest.map_or(String::new(), |name| format!("; did you mean `{name}`?"));
    format!("no model is called `{name}`{meant}\nmodels: {}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(only: &[&str], quick: bool) -> Vec<&'static str> {
        let arguments = BenchArguments {
            only: only.iter().map(|name| (*name).to_owned()).collect(),
            quick,
            repeat: None,
            format: BenchFormat::Table,
            footprint: None,
        };
        chosen(&arguments).unwrap().iter().map(|model| model.name).collect()
    }

    #[test]
    fn a_kind_stands_for_all_its_models() {
        assert_eq!(names(&["hold"], false), ["hold-1k", "hold-100k", "hold-1m"]);
        assert_eq!(names(&["three-tier", "mm1"], false), ["mm1", "three-tier"]);
    }

    #[test]
    fn a_quick_run_takes_what_takes_long_only_by_its_name() {
        assert!(names(&[], false).contains(&"retry-1m"));
        assert!(!names(&[], true).contains(&"retry-1m"));
        assert_eq!(names(&["retry"], true), ["retry-400", "retry-40k"]);
        assert_eq!(names(&["retry-1m"], true), ["retry-1m"]);
    }

    #[test]
    fn a_layer_costs_what_the_model_takes_longer_with_it() {
        let duel = |name: &str| {
            let model = MODELS.iter().find(|model| model.name == name).unwrap();
            Duel::fight(model, Effort::Quick, 1).unwrap()
        };
        let mut duels = vec![duel("retry-400"), duel("layer-breaker"), duel("mm1")];
        (duels[0].squall.nanos.median, duels[1].squall.nanos.median) = (200.0, 230.0);
        let results = Results { effort: Effort::Quick, duels, footprints: vec![] };
        let costs = results.layer_costs();
        assert_eq!(costs.len(), 1);
        assert_eq!((costs[0].0.model.name, costs[0].1.bare), ("layer-breaker", "retry-400"));
        assert_eq!(costs[0].1.nanos, 30.0);
        assert!(table::text(&results).contains("+30.0"));
    }

    #[test]
    fn one_wrong_answer_ends_the_command_with_1() {
        let model = MODELS.iter().find(|model| model.name == "hold-1k").unwrap();
        let duel = Duel::fight(model, Effort::Quick, 1).unwrap();
        let mut results = Results { effort: Effort::Quick, duels: vec![duel], footprints: vec![] };
        assert_eq!(results.ending(), Exit::Good);
        let figure = &mut results.duels[0].squall.figures[0];
        figure.value = figure.right + 1.01 * figure.tolerance();
        assert_eq!(results.ending(), Exit::Missed);
        assert!(table::text(&results).contains("WRONG"));
        assert!(json::document(&results).contains("\"right\": false"));
    }

    #[test]
    fn an_unknown_name_is_told_the_nearest() {
        assert!(unknown("mm2").contains("did you mean `mm1`"));
    }
}
