fn main() -> std::process::ExitCode {
    tapline::app::main()
}
