//! `stack`: real Kafka and real Cassandra on loopback.

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use rustix::process::Signal;
use stack::{Alive, Plan, Stack, State, Target};
use std::path::PathBuf;
use std::process::ExitCode;

/// What Prometheus scrapes when nothing else is named: the program's default address.
const SCRAPE: &str = "127.0.0.1:8080";

/// Real Kafka (KRaft) and real Cassandra 5 on loopback, from jars of Maven Central. For tests and for trying things out; never
/// for data that matters.
#[derive(Parser)]
#[command(name = "stack")]
struct Cli {
    /// Where data, logs and the state file stand [default: congdanso/stack in the user's folder for state].
    #[arg(long, global = true)]
    data_dir: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Starts servers, prints the configuration that uses them, and leaves them running.
    Up(Up),
    /// Shows what runs; exit code 1 when a member does not.
    Status,
    /// Ends what runs; data stay.
    Down {
        /// Takes the data away too.
        #[arg(long)]
        purge: bool,
    },
    /// Kills a member with SIGKILL: `broker-2`, `node-1`.
    Kill {
        /// Its name.
        member: String,
    },
    /// Starts a member again that is gone.
    Start {
        /// Its name.
        member: String,
    },
    /// Stops a member with SIGSTOP, or all: they are there and say nothing.
    Pause {
        /// Its name.
        member: Option<String>,
    },
    /// Lets a paused member go on, or all.
    Resume {
        /// Its name.
        member: Option<String>,
    },
    /// Prints the configuration that uses what runs.
    Config,
    /// Runs a command-line tool of Kafka on the brokers: `tool consumer-groups --describe --all-groups`.
    Tool {
        /// `consumer-groups`, `topics` or `configs`.
        name: String,
        /// Its own arguments; the address of the brokers is added.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
}

#[derive(Args)]
struct Up {
    /// Kafka brokers: 0, 1 or 3.
    #[arg(long, default_value_t = 1)]
    brokers: u8,
    /// Cassandra nodes: 0, 1 or 3.
    #[arg(long, default_value_t = 1)]
    nodes: u8,
    /// Starts Prometheus too, which must be installed.
    #[arg(long)]
    prometheus: bool,
    /// What Prometheus scrapes, with its role (`ingest`, `process`, `serve`; else `up`); may be given several times.
    #[arg(long, value_name = "[ROLE=]ADDRESS", default_value = SCRAPE, requires = "prometheus")]
    scrape: Vec<Target>,
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let data_dir = cli.data_dir.map_or_else(Plan::default_data_dir, Ok)?;
    let found =
        || State::load(&data_dir)?.with_context(|| format!("no stack was started in {}", data_dir.display()));
    match cli.command {
        Command::Up(up) => {
            let scrape = if up.prometheus { up.scrape } else { Vec::new() };
            let plan = Plan { brokers: up.brokers, nodes: up.nodes, scrape, data_dir };
            let state = Stack::start(&plan, &mut say)?.leave()?;
            print!("{}", state.configuration());
        }
        Command::Status => {
            let state = found()?;
            show(&state);
            if state.members.iter().any(|member| member.alive() != Alive::Running) {
                return Ok(ExitCode::FAILURE);
            }
        }
        Command::Down { purge } => {
            found()?.end(&mut say)?;
            if purge {
                State::purge(&data_dir)?;
            }
        }
        Command::Kill { member } => found()?.kill(&member)?,
        Command::Start { member } => found()?.start(&member, &data_dir, &mut say)?,
        Command::Pause { member } => found()?.signal(member.as_deref(), Signal::STOP)?,
        Command::Resume { member } => found()?.signal(member.as_deref(), Signal::CONT)?,
        Command::Config => print!("{}", found()?.configuration()),
        Command::Tool { name, arguments } => {
            let status = stack::tool(&found()?, &name, &arguments)?;
            if !status.success() {
                return Ok(ExitCode::FAILURE);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn say(line: &str) {
    eprintln!("{line}");
}

fn show(state: &State) {
    for member in &state.members {
        let pid = member.process.as_ref().map_or_else(String::new, |process| process.pid.to_string());
        let does = match member.alive() {
            Alive::Running if member.answers(0) => "answers",
            Alive::Running => "does not answer",
            Alive::Stopped => "paused",
            Alive::Gone => "gone",
        };
        println!("{:<12} {:<22} {:>8}  {does}", member.name, member.address.to_string(), pid);
    }
}
