//! The command line: arguments, files, terminal, exit codes.

mod cli;

fn main() -> std::process::ExitCode {
    cli::main()
}
