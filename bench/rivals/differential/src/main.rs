//! A rival: differential-dataflow keeps up what each device gets, and is told of one edited layer.
//!
//! `differential DEVICES LAYERS FOLDER RUNS` reads what `decide` wrote, builds the dataflow for each
//! fleet, then makes each edit and takes it back, `RUNS` times. It prints the least times as JSON and
//! writes the devices that each edit changes to `FOLDER`. One thread.

#![expect(clippy::print_stdout, reason = "this program prints its figures")]

mod dataflow;
mod table;

use std::path::Path;
use std::time::Instant;

use dataflow::Answer;
use serde_json::{Value, json};
use table::Table;

type Error = Box<dyn std::error::Error>;

fn main() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [devices, layers, folder, n_runs] = arguments.as_slice() else {
        return Err("DEVICES LAYERS FOLDER RUNS are needed".into());
    };
    let n_runs = n_runs.parse()?;
    let fleets: Vec<Value> = serde_json::from_slice(&std::fs::read(layers)?)?;
    let labels = fleets.first().map_or(&Value::Null, |fleet| &fleet["labels"]);
    let start = Instant::now();
    let table = Table::read(Path::new(devices), labels)?;
    let mut notes = vec![format!("loaded in {:.1} s", start.elapsed().as_secs_f64())];
    let table = std::sync::Arc::new(table);
    let mut answers = Vec::new();
    for (at, fleet) in fleets.iter().enumerate() {
        let answer = dataflow::run(&table, fleet, n_runs)?;
        for (number, rows) in answer.changed.iter().enumerate() {
            let bytes: Vec<u8> = rows.iter().flat_map(|row| row.to_le_bytes()).collect();
            let name = format!("differential-edit-{at}-{number}.bin");
            std::fs::write(Path::new(folder).join(name), bytes)?;
        }
        let Answer { set_up_s, edits_s, .. } = answer;
        let n_layers = fleet["layers"].as_array().map_or(0, Vec::len);
        let peak = peak_mib().map_or_else(String::new, |mib| format!(", peak {mib:.0} MiB"));
        notes.push(format!("{n_layers} layers: set up in {set_up_s:.1} s{peak}"));
        answers.push(json!({ "edits_s": edits_s, "set_up_s": set_up_s }));
    }
    println!("{}", json!({ "fleets": answers, "notes": notes }));
    Ok(())
}

/// The peak memory of this process until now, where the kernel tells it.
fn peak_mib() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<f64>().ok()? / 1024.0)
}
