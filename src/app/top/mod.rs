//! `tapline top`: the dashboard in a terminal, of a server that runs here or elsewhere.
//!
//! The feed's messages make the `state`, keys the `keys` of the user, and `draw` makes lines of both; all
//! three are pure. Around them are the connection (`feed`) and the terminal (`screen`).

mod address;
mod draw;
mod feed;
mod keys;
mod line;
mod lists;
mod message;
mod screen;
mod state;
#[cfg(test)]
mod tests;

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use crossterm::event::{Event, EventStream, KeyEventKind, poll};
use futures_util::{FutureExt, StreamExt};
use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::report::terminal_columns;
use super::{bearer, exit, print, say};
use crate::aggregate::filter::Filter;
use crate::aggregate::order::{DEFAULT_WINDOW_S, WINDOW_S};
use crate::edge::clock::Clock;
use address::Address;
use draw::Frame;
use feed::{Asked, Failure, Feed, Heard, Server, WAITING};
use keys::{Order, Ui, Wish};
use lists::By;
use screen::Screen;
use state::{Link, State};

/// The picture follows keys at once, and the server's words so often.
const SOON: Duration = Duration::from_millis(25);
const CALMLY: Duration = Duration::from_millis(250);
/// A terminal that takes nothing is left alone after so long when the program is to end.
const GRACE: Duration = Duration::from_secs(1);
/// From asking to the first word, and to the first snapshot.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Clone, Debug, clap::Args)]
pub struct TopArgs {
    /// The server's dashboard, as a browser has it; a filter and a window in it are taken too
    #[arg(value_name = "URL", default_value = "http://127.0.0.1:8514")]
    pub url: String,
    /// Show only what matches, e.g. 'status:5xx -path:/health*'
    #[arg(long, value_parser = filter_argument, allow_hyphen_values = true)]
    pub filter: Option<Filter>,
    /// Show the last 1m, 5m, 15m, 1h, 6h, 24h, or so many seconds [default: 15m]
    #[arg(long, value_name = "SPAN", value_parser = window_argument)]
    pub window: Option<u32>,
    /// Print one picture as plain text and end; so too where the output is no terminal
    #[arg(long)]
    pub once: bool,
    /// File with a token of the right look, where the server asks for one; else it is in $TAPLINE_TOKEN
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
}

fn filter_argument(text: &str) -> Result<Filter, String> {
    Filter::parse(text).map_err(|error| error.to_string())
}

/// Reads `90`, `15m`, `1h`.
fn window_argument(text: &str) -> Result<u32, String> {
    let (digits, unit) = match text.char_indices().next_back() {
        Some((at, 's')) => (&text[..at], 1),
        Some((at, 'm')) => (&text[..at], 60),
        Some((at, 'h')) => (&text[..at], 3_600),
        _ => (text, 1),
    };
    let seconds = digits.parse().ok().and_then(|n: u32| n.checked_mul(unit));
    seconds
        .filter(|seconds| WINDOW_S.contains(seconds))
        .ok_or_else(|| "it is 1m to 24h, as 15m or 1h".to_owned())
}

/// Shows the server until somebody has seen enough. Exit code 1 where there is none.
#[must_use]
pub fn run(args: &TopArgs) -> ExitCode {
    // Not by clap, which would repeat what stands in the URL.
    let url = match Address::parse(&args.url) {
        Ok(url) => url,
        Err(why) => {
            say(&format!("error: {why}"));
            return exit::USAGE.into();
        }
    };
    let token = match bearer::find(args.token_file.as_deref()) {
        Ok(token) => token,
        Err(why) => return failed(&why),
    };
    let filter = match (&args.filter, &url.filter) {
        (Some(filter), _) => filter.as_str().to_owned(),
        (None, Some(text)) => match Filter::parse(text) {
            Ok(_) => text.clone(),
            Err(error) => {
                say(&format!("error: the filter in the URL: {error}"));
                return exit::USAGE.into();
            }
        },
        (None, None) => String::new(),
    };
    let window_s = args.window.or(url.window_s).unwrap_or(DEFAULT_WINDOW_S);
    let window_s = window_s.clamp(*WINDOW_S.start(), *WINDOW_S.end());
    let wish = Wish { filter, window_s, by: By::Requests };
    let server = match Server::new(url, token) {
        Ok(server) => server,
        Err(why) => return failed(&why),
    };
    // The screen may wait for its terminal: what is heard, and signals, have a thread of their own.
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return failed(&format!("can't start: {error}")),
    };
    let code = if args.once || !io::stdout().is_terminal() {
        runtime.block_on(once(&server, wish))
    } else {
        watch(&runtime, server, wish)
    };
    // Somebody may still be looked up by name.
    runtime.shutdown_background();
    code
}

fn failed(why: &str) -> ExitCode {
    say(&format!("error: {why}"));
    exit::FAILURE.into()
}

/// Why there is nothing to show.
enum Trouble {
    None(String),
    /// The server does not take what was asked for.
    Refused(String),
}

impl Trouble {
    fn tell(&self) -> ExitCode {
        match self {
            Trouble::None(why) => failed(why),
            Trouble::Refused(why) => {
                say(&format!("error: {why}"));
                exit::USAGE.into()
            }
        }
    }
}

/// Connects, asks, and waits for the first word.
async fn first(server: &Server, wish: &Wish) -> Result<(Feed, State), String> {
    let mut feed = server.open().await.map_err(|Failure(why)| why)?;
    let mut state = State::default();
    let told = async {
        feed.ask(&Asked::Show(wish.clone())).await?;
        feed.next().await
    };
    let lost = |why: &str| format!("{}: {why}", server.address);
    let message = match timeout(PATIENCE, told).await {
        Ok(told) => told.map_err(|why| lost(&why))?,
        Err(_) => return Err(lost("it says nothing that a Tapline would")),
    };
    state.take(message, Clock::System.now().0);
    Ok((feed, state))
}

/// Waits for the whole picture.
async fn snapshot(server: &Server, mut feed: Feed, state: &mut State) -> Result<(), Trouble> {
    let lost = |why: &str| Trouble::None(format!("{}: {why}", server.address));
    let told = async {
        while !state.has_snapshot {
            state.take(feed.next().await.map_err(|why| lost(&why))?, Clock::System.now().0);
            if let Some(problem) = &state.problem {
                let text = format!("{}; {}", problem.message, problem.hint);
                let text = super::figures::clean(&text, 500);
                let wrong = problem.code.starts_with("bad_");
                return Err(if wrong { Trouble::Refused(text) } else { lost(&text) });
            }
        }
        Ok(())
    };
    match timeout(PATIENCE, told).await {
        Ok(told) => told,
        Err(_) => Err(lost("it shows nothing")),
    }
}

/// One picture, as text.
async fn once(server: &Server, wish: Wish) -> ExitCode {
    let (feed, mut state) = match first(server, &wish).await {
        Ok(first) => first,
        Err(why) => return failed(&why),
    };
    match snapshot(server, feed, &mut state).await {
        Err(trouble) => trouble.tell(),
        Ok(()) => {
            let frame = Frame {
                state: &state,
                ui: &Ui::new(wish),
                address: &server.address.to_string(),
                now_ms: Clock::System.now().0,
                columns: terminal_columns().unwrap_or(100).clamp(40, 400),
            };
            print(&draw::page(frame))
        }
    }
}

/// The terminal, from the first picture to the last.
fn watch(runtime: &Runtime, server: Server, wish: Wish) -> ExitCode {
    let (feed, state) = match runtime.block_on(first(&server, &wish)) {
        Ok(first) => first,
        Err(why) => return failed(&why),
    };
    let end = CancellationToken::new();
    let ended = CancellationToken::new();
    // Before the terminal is taken: a signal that found nobody would leave it as it is then.
    let told = runtime.block_on(async { signals() });
    runtime.spawn(end_when_told(told, end.clone(), ended.clone()));
    let colour = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let screen = match Screen::take(colour) {
        Ok(screen) => screen,
        Err(error) => {
            screen::give_back();
            return failed(&format!("this terminal can't be drawn on: {error}"));
        }
    };
    let address = server.address.to_string();
    let (ask, asked) = mpsc::channel(WAITING);
    let (hear, heard) = mpsc::channel(WAITING);
    runtime.spawn(feed::follow(server, feed, wish.clone(), asked, hear));
    let mut watcher = Watcher { screen, state, ui: Ui::new(wish), address, ask };
    let done = runtime.block_on(watcher.run(heard, &end));
    drop(watcher);
    ended.cancel();
    match done {
        Ok(()) => exit::OK.into(),
        // Who closed the terminal does not read why.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => exit::OK.into(),
        Err(error) => failed(&format!("the terminal is gone: {error}")),
    }
}

/// What ends the program, from now on by our own hand. Panics outside of a runtime.
fn signals() -> Vec<Signal> {
    let kinds = [
        SignalKind::terminate(),
        SignalKind::hangup(),
        SignalKind::interrupt(),
        SignalKind::quit(),
    ];
    kinds.into_iter().filter_map(|kind| signal(kind).ok()).collect()
}

/// Ends the program when it is told to, also while its terminal takes nothing.
async fn end_when_told(mut signals: Vec<Signal>, end: CancellationToken, ended: CancellationToken) {
    let any = futures_util::future::select_all(signals.iter_mut().map(|s| Box::pin(s.recv())));
    tokio::select! {
        _ = any => {}
        () = ended.cancelled() => return,
    }
    end.cancel();
    if timeout(GRACE, ended.cancelled()).await.is_err() {
        screen::give_back_modes();
        std::process::exit(i32::from(exit::OK));
    }
}

struct Watcher {
    screen: Screen,
    state: State,
    ui: Ui,
    address: String,
    ask: mpsc::Sender<Asked>,
}

impl Watcher {
    /// # Errors
    /// Where the terminal can't be written to or read any more.
    async fn run(
        &mut self,
        mut heard: mpsc::Receiver<Heard>,
        end: &CancellationToken,
    ) -> io::Result<()> {
        // The stream panics where there is nobody to press keys; this says so.
        poll(Duration::ZERO)?;
        let mut events = EventStream::new();
        let mut second = interval(Duration::from_secs(1));
        second.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut drawn = Instant::now() - CALMLY;
        let mut due = Some(drawn);
        loop {
            let draw = async {
                match due {
                    Some(at) => sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            let soonest = tokio::select! {
                biased;
                () = end.cancelled() => return Ok(()),
                event = events.next() => {
                    let mut next = event;
                    // A storm of them is one picture.
                    loop {
                        let Some(event) = next else { return Ok(()) };
                        if !self.event(event?).await? {
                            return Ok(());
                        }
                        match events.next().now_or_never() {
                            Some(event) => next = event,
                            None => break,
                        }
                    }
                    drawn + SOON
                }
                () = draw => {
                    self.draw()?;
                    drawn = Instant::now();
                    due = None;
                    continue;
                }
                message = heard.recv() => {
                    let Some(message) = message else { return Ok(()) };
                    self.heard(message);
                    drawn + CALMLY
                }
                _ = second.tick() => drawn + SOON,
            };
            due = Some(due.map_or(soonest, |at| at.min(soonest)));
        }
    }

    fn heard(&mut self, heard: Heard) {
        match heard {
            Heard::Message(message) => {
                self.state.take(*message, Clock::System.now().0);
                self.ui.answered(&self.state);
            }
            Heard::Away { why, again_ms } => self.state.link = Link::Away { why, again_ms },
        }
    }

    /// Whether to go on.
    async fn event(&mut self, event: Event) -> io::Result<bool> {
        let key = match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => key,
            Event::Resize(..) => {
                self.screen.forget();
                return Ok(true);
            }
            _ => return Ok(true),
        };
        let order = self.ui.press(key, &self.state);
        if self.ui.edit.is_none() {
            // It was read.
            self.state.problem = None;
        }
        let asked = match order {
            None => return Ok(true),
            Some(Order::Quit) => return Ok(false),
            Some(Order::Stop) => {
                screen::give_back();
                // What the shell's `fg` continues, here.
                signal_hook::low_level::emulate_default_handler(libc::SIGTSTP)?;
                self.screen.take_again()?;
                return Ok(true);
            }
            Some(Order::Redraw) => {
                self.screen.forget();
                return Ok(true);
            }
            Some(Order::Pause) => {
                self.state.paused = true;
                Asked::Pause
            }
            Some(Order::Resume) => {
                self.state.paused = false;
                Asked::Resume
            }
            Some(Order::Subscribe) => {
                // The server ends a pause with it, too.
                self.state.paused = false;
                self.state.problem = None;
                Asked::Show(self.ui.wish.clone())
            }
        };
        // The other side always reads, unless it is over; then this is, too.
        Ok(self.ask.send(asked).await.is_ok())
    }

    fn draw(&mut self) -> io::Result<()> {
        let (columns, rows) = self.screen.size();
        let frame = Frame {
            state: &self.state,
            ui: &self.ui,
            address: &self.address,
            now_ms: Clock::System.now().0,
            columns,
        };
        let picture = draw::screen(frame, rows);
        self.screen.show(&picture)
    }
}
