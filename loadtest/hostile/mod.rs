//! Tapline, rsyslog and GoAccess under the same hostile inputs: each input meets a fresh process with a canary
//! beside it, whose lines tell what the input does to others.

mod inputs;
mod subjects;

use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::Outcome;
use super::server::resident_mib;
use inputs::{INPUTS, Means};
use subjects::{Kind, Subject};

/// Lines of the canary before, during and after an input.
const BEFORE: usize = 50;
const DURING: usize = 100;
const AFTER: usize = 50;
const ALL: usize = BEFORE + DURING + AFTER;
/// Who has not answered by then is late, and by then hangs.
const SOON: Duration = Duration::from_secs(5);
const LATE: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) binary: PathBuf,
    /// Only inputs whose name holds one of these; all where there is none.
    pub(crate) words: Vec<String>,
}

/// What an input did.
#[derive(Debug, Default)]
struct Outcomes {
    ended: Option<String>,
    /// When all of the canary was there, or the first answer; none: it hangs.
    answered: Option<Duration>,
    lost: usize,
    grown_mib: f64,
    leaked: bool,
}

/// Prints a row for each input; false where Tapline did worse than survive whole.
pub(crate) fn hostile(plan: &Plan) -> Outcome<bool> {
    println!("| input | Tapline | rsyslog | GoAccess |\n|---|---|---|---|");
    let mut good = true;
    for (name, means) in &INPUTS {
        if !plan.words.is_empty() && !plan.words.iter().any(|word| name.contains(word.as_str())) {
            continue;
        }
        let mut row = format!("| {name} |");
        for kind in Kind::ALL {
            if !means.reaches(kind) {
                row += " does not receive it |";
                continue;
            }
            let outcome = meet(kind, &plan.binary, means)?;
            row += &format!(" {} |", outcome.said());
            good &= kind != Kind::Tapline || outcome.whole();
        }
        println!("{row}");
    }
    Ok(good)
}

fn meet(kind: Kind, tapline: &Path, means: &Means) -> Outcome<Outcomes> {
    let mut subject = Subject::start(kind, tapline)?;
    canary(&subject, 0..BEFORE, Duration::ZERO)?;
    if all_there(&subject, BEFORE).0.is_none() {
        return Err(format!("{kind:?} has not read the canary before anything happened").into());
    }
    let before = resident_mib(subject.id())?;
    let (open, leaked) = thread::scope(|scope| {
        let subject = &subject;
        let pause = means.lasts() / DURING as u32;
        let beside = scope.spawn(move || canary(subject, BEFORE..BEFORE + DURING, pause));
        let sent = means.send(subject);
        // A canary that was refused is counted where it is missing.
        let _ = beside.join();
        sent
    })?;
    let _ = canary(&subject, BEFORE + DURING..ALL, Duration::ZERO);
    let (answered, counted) = all_there(&subject, ALL);
    let ended = subject.ended().map(|status| match (status.signal(), status.code()) {
        (Some(signal), _) => format!("signal {signal}"),
        (None, code) => format!("exit {}", code.unwrap_or(-1)),
    });
    let after = if ended.is_some() { before } else { resident_mib(subject.id())? };
    drop(open);
    Ok(Outcomes {
        ended,
        answered,
        lost: ALL - counted.min(ALL),
        grown_mib: after - before,
        leaked,
    })
}

/// Sends these lines of the canary down one connection.
fn canary(subject: &Subject, which: std::ops::Range<usize>, pause: Duration) -> Outcome<()> {
    let mut way = subject.way()?;
    for n in which {
        way.send(&subject.canary(n));
        thread::sleep(pause);
    }
    Ok(())
}

/// When so many lines of the canary were there, or the last answer that had fewer; and how many there are.
fn all_there(subject: &Subject, wanted: usize) -> (Option<Duration>, usize) {
    let start = Instant::now();
    let (mut answered, mut best) = (None, 0);
    while start.elapsed() < LATE {
        if let Ok(counted) = subject.counted() {
            // Fewer are an answer, too, where the rest is lost.
            if counted > best || answered.is_none() {
                answered = Some(start.elapsed());
            }
            best = best.max(counted);
            if counted >= wanted {
                break;
            }
        }
        thread::sleep(Duration::from_millis(100));
    }
    (answered, best)
}

impl Outcomes {
    fn whole(&self) -> bool {
        let soon = self.answered.is_some_and(|time| time < SOON);
        self.ended.is_none() && soon && self.lost == 0 && !self.leaked
    }

    fn said(&self) -> String {
        let mut said = Vec::new();
        match (&self.ended, self.answered) {
            (Some(how), _) => said.push(format!("**crashed** ({how})")),
            (None, None) => said.push("**hung**".to_owned()),
            (None, Some(time)) if time >= SOON => {
                said.push(format!("**answers after {:.0} s**", time.as_secs_f64()));
            }
            (None, Some(_)) => {}
        }
        if self.lost > 0 {
            said.push(format!("**lost {} of {ALL}**", self.lost));
        }
        if self.leaked {
            said.push("**leaked**".to_owned());
        }
        if said.is_empty() {
            said.push("unharmed".to_owned());
        }
        said.push(format!("{:+.1} MiB", self.grown_mib));
        said.join(", ")
    }
}
