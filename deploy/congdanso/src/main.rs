//! The one program of the platform: configuration, roles, commands.

mod admin;
mod archive;
mod backends;
mod cli;
mod command;
mod config;
mod exit;
mod forward;
mod front;
mod moving;
mod names;
mod node;
mod notify;
mod observer;
mod ops;
mod qr;
mod running;
mod served;
mod telemetry;
mod watch;

use clap::{CommandFactory, Parser};
use cli::{Cli, Command};
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let Cli { global, command } = Cli::parse();
    let result = match command {
        Command::Up => command::up::run(&global),
        Command::Ingest => command::role::front(&global, front::FrontRole::Ingest),
        Command::Process => command::role::process(&global),
        Command::Serve => command::role::front(&global, front::FrontRole::Serve),
        Command::Demo(args) => command::demo::run(&global, &args),
        Command::Import(args) => command::import::run(&global, &args),
        Command::Rebuild { verify } => command::rebuild::run(&global, verify),
        Command::Agency(command) => command::agency::run(&global, command),
        Command::Verify(args) => command::verify::run(&global, &args),
        Command::Qr(command) => command::qr::run(&global, &command),
        Command::Keys(command) => command::keys::run(&global, command),
        Command::Dlq(command) => command::dlq::run(&global, command),
        Command::Dump { table } => command::dump::run(&global, table),
        Command::Backup { file, passphrase_file } => {
            command::backup::backup(&global, file, passphrase_file.as_deref())
        }
        Command::Restore { file, passphrase_file } => {
            command::backup::restore(&global, &file, passphrase_file.as_deref())
        }
        Command::Move { to } => command::moving::run(&global, &to),
        Command::Topics(command) => command::clusters::topics(&global, &command),
        Command::Store(command) => command::clusters::store(&global, &command),
        Command::Config(command) => command::config::run(&global, &command),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "congdanso", &mut std::io::stdout());
            Ok(())
        }
    };
    command::up::exit_code(result)
}
