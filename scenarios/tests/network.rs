//! Links, zones and the schedules of faults, as files write them.

#![allow(clippy::unwrap_used, reason = "what a test needs it may unwrap")]

use scenarios::{NoFiles, load};
use sim_core::kernel::{ByteRate, Bytes, SimDuration, SimTime};
use sim_core::model::network::*;
use sim_core::model::spec::*;
use sim_core::model::watch::{Counted, Side, Watched};

const FILE: &str = include_str!("valid/network.toml");

fn model() -> Model {
    let (study, _) = load("network.toml", FILE.as_bytes(), &NoFiles, &[])
        .unwrap_or_else(|wrong| panic!("{wrong}"));
    study.variants[0].model.clone()
}

fn seconds(n: u64) -> SimTime {
    SimTime::ZERO + SimDuration::from_secs(n)
}

#[test]
fn links_are_as_the_network_where_they_say_nothing_else() {
    let model = model();
    let link = |name: &str| model.links.iter().find(|link| &*link.name == name).unwrap().clone();
    let plain = link("both->checkout-us");
    assert_eq!(plain.loss, Loss::Correlated { share: 0.01, correlation: 0.25 });
    assert_eq!(plain.transport, Transport::Silent);
    let bandwidth = Bandwidth { rate: ByteRate(10_000_000), queue: Some(Bytes(1_000_000)) };
    assert_eq!(plain.bandwidth, Some(bandwidth));
    let own = link("shop->checkout-eu");
    let bursts = GilbertElliott { p: 0.01, r: 0.2, good_loss: 0.0, bad_loss: 1.0 };
    assert_eq!(own.loss, Loss::GilbertElliott(bursts));
    let Transport::Tcp(tcp) = &own.transport else { panic!() };
    assert_eq!((tcp.handshake, tcp.syn_retries), (Handshake::PerAttempt, 3));
    assert_eq!(own.sizes, Sizes { request: Bytes(2_000), answer: Bytes(50_000) });
    // One that says something of its loss has nothing of the network's.
    assert_eq!(link("us->checkout-us").loss, Loss::Independent(0.5));
}

#[test]
fn zones_are_those_of_the_services() {
    let zones = model().zones;
    assert_eq!(zones.count, 3);
    assert_eq!((zones.of_client(ClientId(0)), zones.of_client(ClientId(1))), (Some(0), None));
    assert_eq!(zones.of_service(ServiceId(0)), [0, 1, 2]);
    assert_eq!(zones.of_instance(ServiceId(0), 4), Some(1));
    assert_eq!(zones.of_instance(ServiceId(1), 0), None);
    assert_eq!(zones.between, SimDuration::from_millis(2));
}

#[test]
fn faults_hit_parts_shares_and_patterns() {
    let model = model();
    let fault = |name: &str| model.faults.iter().find(|fault| &*fault.name == name).unwrap();
    let instances = Target::Instances(ServiceId(0), Portion::First(3));
    assert_eq!(fault("half").targets, [instances]);
    let both = [Target::Service(ServiceId(0)), Target::Service(ServiceId(1))];
    assert_eq!(fault("too broad").targets, both);
    let zone = Portion::Turn { nth: 1, of: 3 };
    assert_eq!(fault("zone").targets, [Target::Instances(ServiceId(0), zone)]);
    assert_eq!(fault("game day").targets, [Target::CallsAlong(EdgeId(0), 0.5)]);
    assert_eq!(fault("links").targets.len(), 3);
}

#[test]
fn faults_come_in_stages_again_and_may_stay() {
    let model = model();
    let fault = |name: &str| model.faults.iter().find(|fault| &*fault.name == name).unwrap();
    let game_day = fault("game day");
    let stages: Vec<f64> = game_day.stages.iter().map(|stage| stage.share).collect();
    assert_eq!((stages, game_day.ends()), (vec![0.1, 1.0], seconds(70)));
    let starts: Vec<(&str, SimTime)> = model
        .faults
        .iter()
        .filter(|fault| fault.name.starts_with("half"))
        .map(|fault| (&*fault.name, fault.at))
        .collect();
    let again = [("half", seconds(20)), ("half #2", seconds(60)), ("half #3", seconds(100))];
    assert_eq!(starts, again);
    assert_eq!(fault("links").withdrawal, Withdrawal { fails: 1.0, residue: 0.3 });
    assert!(fault("links").spares_open_connections);
}

#[test]
fn conditions_watch_what_they_name() {
    let model = model();
    let watch = |name: &str| {
        let fault = model.faults.iter().find(|fault| &*fault.name == name).unwrap();
        fault.stop_when.clone().unwrap()
    };
    let share = watch("too broad");
    assert_eq!((share.subject, share.measure), (0, Watched::Share(Counted::Failed)));
    assert_eq!((share.side, share.bound), (Side::Above, 0.05));
    assert_eq!(share.window, SimDuration::from_secs(10));
    // Three clients come first, and then their calls.
    let slow = watch("game day");
    let above = Watched::SlowerThan(SimDuration::from_millis(500));
    assert_eq!((slow.subject, slow.measure), (4, above));
    assert!(slow.side == Side::Above && (slow.bound - 0.01).abs() < 1e-12);
}
