//! What outlives the process: what was learnt of what is usual, and the window with its accounting. Loaded
//! at the start, saved while it runs and at the end.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::config::{Anomalies, Place};
use crate::aggregate::forget::Forget;
use crate::state::anomalies::keep::{FILE, Found, Keeper};
use crate::state::forget::Kept;
use crate::state::kept::{LoadedFigures, Privacy, Store};
use crate::state::node::Node;
use crate::state::shares::Shares;
use crate::vocab::time::Second;

/// What was told people is saved at most so much later: a restart must not tell it again.
const SOON: Duration = Duration::from_secs(5);

/// Where what outlives the process is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    /// Nothing is to be kept.
    #[default]
    Nothing,
    In(PathBuf),
    /// It is to be kept, and nothing says where.
    Unknown,
}

/// Why there is no place.
pub const UNKNOWN: &str = "nothing says where, as none of $STATE_DIRECTORY, $XDG_STATE_HOME and $HOME is set: \
    name a directory in [anomalies] data, or write \"off\"";

/// Why a directory that another process has is not written to. What that one keeps is not known here, so nothing
/// is written over it when it has ended, either.
const HELD: &str =
    "another tapline keeps its own there; a restart goes on with it, once that one has ended";

/// The directory that the configuration means. A demo's traffic is made up: it keeps nothing unless a directory
/// is named.
#[must_use]
pub fn place(config: &Anomalies, demo: bool, environment: &[(OsString, OsString)]) -> Keep {
    match &config.data {
        Place::Off => Keep::Nothing,
        Place::At(dir) => Keep::In(dir.clone()),
        Place::Auto if demo => Keep::Nothing,
        Place::Auto => usual_place(environment).map_or(Keep::Unknown, Keep::In),
    }
}

fn usual_place(environment: &[(OsString, OsString)]) -> Option<PathBuf> {
    let variable = |name: &str| {
        let found = environment.iter().find(|(n, v)| n == name && !v.is_empty());
        found.map(|(_, value)| PathBuf::from(value))
    };
    // systemd.exec(5): several directories are separated by colons.
    let service = variable("STATE_DIRECTORY").and_then(|all| {
        all.to_string_lossy().split(':').next().filter(|first| !first.is_empty()).map(PathBuf::from)
    });
    let user = || {
        let state = variable("XDG_STATE_HOME").filter(|path| path.is_absolute());
        state.or_else(|| variable("HOME").map(|home| home.join(".local/state")))
    };
    service.or_else(|| user().map(|state| state.join("tapline")))
}

/// The file of this process.
#[derive(Debug)]
pub struct Keeping {
    /// Empty where nothing says which.
    dir: PathBuf,
    /// `None` where the directory can't be used: nothing is kept.
    keeper: Option<Keeper>,
    /// Where the window is kept, too.
    store: Option<Store>,
    /// Written where they change; here only if that failed.
    shares: OnceLock<Arc<Shares>>,
    /// What is to be kept and can't, and why: what is in its files is not known, so nothing is written over
    /// them.
    unopened: Option<String>,
    node: Arc<Node>,
    started: Second,
    every: Duration,
    /// One writes at a time: who forgets must not be overtaken by who saves what was before.
    writing: Mutex<()>,
    /// The last time something could not be written: told once, not every minute.
    failing: AtomicBool,
}

/// Why files could not be written.
struct Failed {
    window: Option<io::Error>,
    learnt: Option<io::Error>,
    /// With their path.
    shares: Option<io::Error>,
}

/// How the window is kept.
#[derive(Clone, Copy, Debug)]
pub struct KeepWindow {
    pub budget: usize,
    /// How far a line's own time may be in the future, rounded up.
    pub ahead_s: i64,
}

impl Keeping {
    /// Takes the directory and goes on with what is in it; `None` where nothing is to be kept. What goes
    /// wrong is told, and never fatal: each save of what could not be opened fails, and the end names it.
    #[must_use]
    pub fn start(
        keep: &Keep,
        every: Duration,
        (window, privacy): (Option<KeepWindow>, Privacy),
        node: &Arc<Node>,
        now: Second,
    ) -> Option<Arc<Keeping>> {
        let dir = match keep {
            Keep::Nothing => return None,
            Keep::In(dir) => dir.as_path(),
            Keep::Unknown => Path::new(""),
        };
        let taken = match keep {
            Keep::Unknown => Err(UNKNOWN.to_owned()),
            _ => take(dir, node, privacy, now).map_err(|why| format!("{}: {why}", dir.display())),
        };
        let (keeper, store, unopened) = match taken {
            Ok(keeper) => {
                let store = window.and_then(|window| open(dir, (window, privacy), node, now));
                let unopened = (window.is_some() && store.is_none())
                    .then(|| "the window: its files could not be opened at the start".to_owned());
                (Some(keeper), store, unopened)
            }
            Err(why) => {
                tracing::warn!(%why, "nothing is kept over a restart; see [anomalies] data");
                (None, None, Some(format!("everything: {why}")))
            }
        };
        Some(Arc::new(Keeping {
            dir: dir.to_owned(),
            keeper,
            store,
            shares: OnceLock::new(),
            unopened,
            node: Arc::clone(node),
            started: now,
            every,
            writing: Mutex::default(),
            failing: AtomicBool::new(false),
        }))
    }

    /// Whether the directory is this process's own to write.
    #[must_use]
    pub fn has_directory(&self) -> bool {
        self.keeper.is_some()
    }

    /// Writes share links again where they could not be written when they changed.
    pub fn keep_shares(&self, shares: Arc<Shares>) {
        let _ = self.shares.set(shares);
    }

    /// Writes the files; blocks.
    pub fn save(&self) {
        self.write();
    }

    /// Writes the files for the last time; blocks. Gives what is not in them, and why.
    #[must_use]
    pub fn finish(&self) -> Option<String> {
        if let Some(store) = &self.store {
            store.ends();
        }
        let failed = self.write();
        let mut unkept: Vec<String> = self.unopened.iter().cloned().collect();
        if let (Some(error), Some(store)) = (failed.window, &self.store) {
            let mut what = Vec::new();
            let (events, oldest) = store.unwritten(&self.node);
            if let Some(oldest) = oldest {
                let end = self.node.live().closed().map_or(oldest, |closed| closed.plus(1));
                let event = if events == 1 { "event" } else { "events" };
                what.push(format!("{events} {event} of the last {} s", (end.0 - oldest.0).max(1)));
            }
            // Where all is written there is still what has left the window and could not be taken away.
            if store.figures_failed() || what.is_empty() {
                what.push("the accounting, sources and markers since the last save".to_owned());
            }
            unkept.push(format!("{}: {}: {error}", what.join("; "), store.dir().display()));
        }
        if let Some(error) = failed.learnt {
            let path = self.learnt_path();
            let what = "what was learnt, anomalies and mutes since the last save";
            unkept.push(format!("{what}: {}: {error}", path.display()));
        }
        if let Some(error) = failed.shares {
            unkept
                .push(format!("share links that were made or ended since the last save: {error}"));
        }
        (!unkept.is_empty()).then(|| unkept.join("; "))
    }

    /// Writes all that can be written.
    fn write(&self) -> Failed {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let at = self.node.live().closed().unwrap_or(self.started);
        let learnt = self.save_learnt().err();
        let window = self.store.as_ref().and_then(|store| store.save(&self.node).err());
        let shares = self.shares.get().and_then(|shares| shares.save().err());
        let failed = Failed { window, learnt, shares };
        let first = match (&failed.window, &self.store) {
            (Some(error), Some(store)) => Some((store.dir().to_owned(), error)),
            _ => failed.learnt.as_ref().map(|error| (self.learnt_path(), error)),
        };
        let first = first.or_else(|| Some((self.dir.clone(), failed.shares.as_ref()?)));
        self.node.saves.count(first.is_none() && self.unopened.is_none(), at);
        let was_failing = self.failing.swap(first.is_some(), Ordering::Relaxed);
        match first {
            Some((path, error)) if !was_failing => tracing::warn!(
                path = %path.display(),
                %error,
                "what is kept over a restart can't be written; it is tried again"
            ),
            None if was_failing => tracing::info!("what is kept over a restart is written again"),
            _ => {}
        }
        failed
    }

    fn learnt_path(&self) -> PathBuf {
        self.dir.join(FILE)
    }

    fn save_learnt(&self) -> io::Result<()> {
        let Some(keeper) = &self.keeper else { return Ok(()) };
        // Copied under the lock, packed and written without it: the tick must not wait for a disk.
        let mut kept = self.node.anomalies().kept();
        let live = self.node.live();
        let known = live.dictionaries().knowledge();
        kept.templates = Some(known.templates().clone());
        kept.routes = Some(known.routes.clone());
        drop(live);
        keeper.save(&kept)
    }

    fn forget_in_files(&self, who: &Forget) -> io::Result<u64> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(keeper) = &self.keeper else {
            // One that could not be made has no files.
            return if self.dir.try_exists()? { Err(unread(&self.dir)) } else { Ok(0) };
        };
        // What is learnt is written whole, and without it by now; the file of before is asked whether it
        // had it.
        let learnt = u64::from(keeper.forget(who)?);
        self.save_learnt()?;
        if self.unopened.is_some() {
            return Err(unread(&self.dir.join(crate::state::kept::DIR)));
        }
        let store = self.store.as_ref().map_or(Ok(0), |store| {
            let window = store.forget(who)?;
            store.save(&self.node).map(|()| window)
        });
        store.map(|window| learnt + window)
    }

    fn is_behind(&self) -> bool {
        // Somebody was told that a link has ended: that must not wait for the next time that is due.
        self.shares.get().is_some_and(|shares| shares.is_unwritten())
            || self.store.as_ref().is_some_and(|store| store.is_behind(&self.node))
    }

    /// Saves now and then, until told to stop.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let mut saved = tokio::time::Instant::now();
        let mut told = self.node.anomalies().changes();
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(SOON.min(self.every)) => {}
            }
            let now_told = self.node.anomalies().changes();
            if now_told == told && saved.elapsed() < self.every && !self.is_behind() {
                continue;
            }
            (saved, told) = (tokio::time::Instant::now(), now_told);
            let own = Arc::clone(&self);
            // A panic in there has been told, and the file of before is still good.
            let _ = tokio::task::spawn_blocking(move || own.save()).await;
        }
    }
}

impl Kept for Keeping {
    fn forget(&self, who: &Forget) -> io::Result<u64> {
        self.forget_in_files(who)
    }
}

/// Why it can't be said that a client is in no file there.
fn unread(path: &Path) -> io::Error {
    let path = path.display();
    io::Error::other(format!("{path}: it could not be read at the start, and may name the client"))
}

/// Takes the directory and goes on with what was learnt there.
fn take(dir: &Path, node: &Node, privacy: Privacy, now: Second) -> Result<Keeper, String> {
    match Keeper::take(dir) {
        Ok(Some(keeper)) => match go_on(&keeper, node, privacy, now) {
            Ok(()) => Ok(keeper),
            Err(error) => Err(error.to_string()),
        },
        Ok(None) => Err(HELD.to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// Goes on with what was learnt. What can't be read is told, and set aside.
fn go_on(keeper: &Keeper, node: &Node, privacy: Privacy, now: Second) -> io::Result<()> {
    let shown = keeper.dir().display();
    let found = keeper.load().map_err(|error| {
        io::Error::new(error.kind(), format!("what was learnt can't be read: {error}"))
    });
    match found? {
        Found::Nothing => tracing::info!(%shown, "nothing was learnt yet"),
        Found::Kept(mut kept) => {
            if let Some(templates) = kept.templates.take() {
                node.live_mut().dictionaries_mut().restore_templates(templates);
            }
            if let Some(routes) = kept.routes.take() {
                node.live_mut().dictionaries_mut().restore_routes(routes);
            }
            let kept = kept.hiding_clients(privacy.of_addresses());
            if node.anomalies().restore(kept, now) {
                tracing::info!(%shown, "goes on with what was learnt");
            } else {
                tracing::warn!(%shown, "another version learnt what is here: it is learnt anew");
            }
        }
        Found::Damaged(damage, aside) => tracing::warn!(
            aside = %aside.display(),
            "what was learnt can't be read, because {damage}: it is set aside and learnt anew"
        ),
    }
    Ok(())
}

/// Goes on with the window that was kept. What goes wrong is told, and never fatal.
fn open(
    dir: &Path,
    (window, privacy): (KeepWindow, Privacy),
    node: &Arc<Node>,
    now: Second,
) -> Option<Store> {
    let begun = Instant::now();
    let opened = Store::new(dir, window.budget, privacy)
        .and_then(|store| store.load(node, now, window.ahead_s).map(|loaded| (store, loaded)));
    let (store, loaded) = match opened {
        Ok(opened) => opened,
        Err(error) => {
            let shown = dir.display();
            tracing::warn!(%shown, %error, "the window can't be kept; see [window] keep");
            return None;
        }
    };
    if let (Some(damage), Some(first)) = (loaded.damage, loaded.damaged.first()) {
        tracing::warn!(
            files = loaded.damaged.len(),
            first = %first.display(),
            "a part of the window can't be read, because {damage}: it is set aside and the rest is loaded"
        );
    }
    if loaded.missing > 0 {
        tracing::warn!(
            files = loaded.missing,
            directory = %store.dir().display(),
            "files of the window are gone: of the time that they had nothing is known"
        );
    }
    match &loaded.figures {
        LoadedFigures::Kept => {}
        LoadedFigures::Missing(path) => tracing::warn!(
            path = %path.display(),
            "the accounting, the sources and the markers begin anew: their file is missing beside the window's"
        ),
        LoadedFigures::Damaged(damage, aside) => tracing::warn!(
            aside = %aside.display(),
            "the accounting, the sources and the markers begin anew: their file can't be read, because {damage}, \
             and is set aside"
        ),
    }
    if loaded.cut > 0 {
        tracing::info!(
            files = loaded.cut,
            "a part of the window was kept with more than [privacy] allows now: that is taken out of it"
        );
    }
    if loaded.too_open > 0 {
        tracing::warn!(
            files = loaded.too_open,
            "a part of the window was kept with more than [privacy] allows now and can't be written anew: it is deleted"
        );
    }
    if loaded.ahead > 0 {
        tracing::warn!(
            events = loaded.ahead_events,
            files = loaded.ahead,
            shown = %store.dir().display(),
            "a part of the window lies ahead of the clock by more than [time] ahead, so the clock was ahead or is \
             behind now: it is not loaded, and stays where it is for a start by whose clock it is past"
        );
    }
    if loaded.events > 0 {
        let ms = begun.elapsed().as_millis();
        tracing::info!(events = loaded.events, %ms, "goes on with the window of before");
    }
    Some(store)
}

/// Takes the window away that was kept before that was switched off: nobody would take it out of there.
pub fn discard_window(dir: &Path) {
    let shown = dir.display();
    match Store::discard(dir) {
        Ok(0) => {}
        Ok(files) => tracing::info!(
            %shown,
            files,
            "[window] keep is off: the window that was kept before is deleted"
        ),
        Err(error) => tracing::warn!(%shown, %error, "the window that was kept can't be deleted"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::live::WindowConfig;
    use crate::state::sources::SourcesConfig;
    use crate::vocab::time::Millis;

    #[test]
    fn nothing_is_promised_of_a_window_that_can_not_be_opened() {
        let dir = tempfile::TempDir::new().expect("a directory");
        // In the place of the folder, so that it can't be made.
        std::fs::write(dir.path().join(crate::state::kept::DIR), "").expect("written");
        let sources = SourcesConfig::default();
        let node = Node::new(WindowConfig::default(), sources, "boot".into(), Millis(0));
        let window = KeepWindow { budget: 8 << 20, ahead_s: 2 };
        let keeping = Keeping::start(
            &Keep::In(dir.path().into()),
            Duration::from_secs(60),
            (Some(window), Privacy::default()),
            &node,
            Second(0),
        );
        let keeping = keeping.expect("what is learnt is kept all the same");
        let who = Forget::client("203.0.113.9").expect("a client");
        assert!(keeping.forget(&who).is_err());
        keeping.save();
        assert_eq!((node.saves.done(), node.saves.failed()), (0, 1));
        let unkept = keeping.finish();
        assert!(unkept.is_some_and(|what| what.starts_with("the window: ")), "nor at the end");
    }

    #[test]
    fn nothing_is_promised_of_a_directory_that_can_not_be_used() {
        let root = tempfile::TempDir::new().expect("a directory");
        let dir = |name: &str| root.path().join(name);
        // Root may write everywhere but in the place of something else.
        std::fs::write(dir("a-file"), "").expect("written");
        std::fs::create_dir_all(dir("locked/anomalies.tapline.lock")).expect("made");
        std::fs::create_dir_all(dir("unread/anomalies.tapline.new")).expect("made");
        for (dir, may_name) in [
            (dir("a-file"), true),
            (dir("locked"), true),
            (dir("unread"), true),
            ("/proc/nothing/tapline".into(), false),
        ] {
            let sources = SourcesConfig::default();
            let node = Node::new(WindowConfig::default(), sources, "boot".into(), Millis(0));
            let every = Duration::from_secs(60);
            let window = KeepWindow { budget: 8 << 20, ahead_s: 2 };
            let keeping = Keeping::start(
                &Keep::In(dir.clone()),
                every,
                (Some(window), Privacy::default()),
                &node,
                Second(0),
            );
            let keeping = keeping.expect("it is to be kept");
            assert!(!keeping.has_directory(), "{dir:?}");
            let who = Forget::client("203.0.113.9").expect("a client");
            assert_eq!(keeping.forget(&who).is_err(), may_name, "{dir:?}");
            keeping.save();
            assert_eq!((node.saves.done(), node.saves.failed()), (0, 1), "{dir:?}");
            let unkept = keeping.finish().expect("the end says so");
            let why = format!("everything: {}: ", dir.display());
            assert!(unkept.starts_with(&why) && unkept.len() > why.len(), "{unkept}");
        }
    }

    #[test]
    fn nothing_is_promised_where_nothing_says_where_or_another_has_the_directory() {
        let root = tempfile::TempDir::new().expect("a directory");
        let other = Keeper::take(root.path()).expect("made").expect("nobody has it");
        let held = format!("everything: {}: another tapline keeps", root.path().display());
        for (keep, why, may_name) in [
            (Keep::Unknown, "everything: nothing says where, as none of $STATE_DIRECTORY", false),
            (Keep::In(root.path().into()), held.as_str(), true),
        ] {
            let sources = SourcesConfig::default();
            let node = Node::new(WindowConfig::default(), sources, "boot".into(), Millis(0));
            let every = Duration::from_secs(60);
            let window = KeepWindow { budget: 8 << 20, ahead_s: 2 };
            let keeping =
                Keeping::start(&keep, every, (Some(window), Privacy::default()), &node, Second(0));
            let keeping = keeping.expect("it is to be kept");
            assert!(!keeping.has_directory(), "{keep:?}");
            let who = Forget::client("203.0.113.9").expect("a client");
            assert_eq!(keeping.forget(&who).is_err(), may_name, "{keep:?}");
            keeping.save();
            assert_eq!((node.saves.done(), node.saves.failed()), (0, 1), "{keep:?}");
            let unkept = keeping.finish().expect("the end says so");
            assert!(unkept.starts_with(why), "{unkept}");
        }
        drop(other);
        assert!(!Keeper::has_file(root.path()).expect("looked into"), "nor written behind it");
    }

    #[test]
    fn share_links_that_could_not_be_written_are_written_again_and_else_named_at_the_end() {
        let dir = tempfile::TempDir::new().expect("a directory");
        let sources = SourcesConfig::default();
        let node = Node::new(WindowConfig::default(), sources, "boot".into(), Millis(0));
        let every = Duration::from_secs(60);
        let keeping = Keeping::start(
            &Keep::In(dir.path().into()),
            every,
            (None, Privacy::default()),
            &node,
            Second(0),
        );
        let keeping = keeping.expect("it is ours");
        let shares = Arc::new(Shares::default());
        shares.keep_in(dir.path(), Second(0)).expect("nothing there");
        keeping.keep_shares(Arc::clone(&shares));
        let share = shares.add("t", "a.example", Second(100), Second(0));
        let share = share.expect("written").expect("room");
        // Root may write everywhere but in the place of a directory.
        let obstacle = dir.path().join("shares.new");
        std::fs::create_dir(&obstacle).expect("made");
        assert!(shares.revoke(&share.id).is_err() && keeping.is_behind());
        let unkept = keeping.finish().expect("the end says so");
        assert!(unkept.starts_with("share links that were made or ended"), "{unkept}");
        assert!(unkept.contains("shares.json: "), "{unkept}");
        assert_eq!((node.saves.done(), node.saves.failed()), (0, 1));
        assert_eq!(node.unwritten_since().as_deref(), Some("1970-01-01T00:00:00Z"), "its start");
        node.live_mut().close(Second(60));
        keeping.save();
        assert_eq!(node.saves.unwritten_since(), Some(Second(0)), "nothing was written");
        std::fs::remove_dir(&obstacle).expect("gone");
        keeping.save();
        assert_eq!(node.unwritten_since(), None);
        std::fs::create_dir(&obstacle).expect("made");
        node.live_mut().close(Second(120));
        assert!(shares.add("t", "b.example", Second(200), Second(0)).is_err());
        keeping.save();
        assert_eq!(node.saves.unwritten_since(), Some(Second(60)), "the last that was");
        std::fs::remove_dir(&obstacle).expect("gone");
        keeping.save();
        assert!(!keeping.is_behind());
        assert_eq!((node.saves.done(), keeping.finish()), (2, None));
    }

    #[test]
    fn what_was_learnt_is_kept_where_the_service_or_the_user_keeps_state() {
        let (auto, at) = (Place::Auto, Place::At("/srv/t".into()));
        let service = ("STATE_DIRECTORY", "/var/lib/tapline:/var/lib/other");
        let (xdg, home) = (("XDG_STATE_HOME", "/s"), ("HOME", "/home/ann"));
        let within = |dir: &str| Keep::In(dir.into());
        for (data, demo, environment, expected) in [
            (&auto, false, &[service, xdg, home][..], within("/var/lib/tapline")),
            (&auto, false, &[xdg, home], within("/s/tapline")),
            (
                &auto,
                false,
                &[("XDG_STATE_HOME", "s"), home],
                within("/home/ann/.local/state/tapline"),
            ),
            (&auto, false, &[home], within("/home/ann/.local/state/tapline")),
            (&auto, false, &[("HOME", "")], Keep::Unknown),
            (&auto, true, &[home], Keep::Nothing),
            (&auto, true, &[], Keep::Nothing),
            (&at, true, &[home], within("/srv/t")),
            (&at, false, &[service], within("/srv/t")),
            (&Place::Off, false, &[home], Keep::Nothing),
        ] {
            let config = Anomalies { data: data.clone(), ..Anomalies::default() };
            let environment: Vec<(OsString, OsString)> =
                environment.iter().map(|(name, value)| (name.into(), value.into())).collect();
            let found = place(&config, demo, &environment);
            assert_eq!(found, expected, "{data:?} {environment:?}");
            let off = Anomalies { enabled: false, ..config };
            assert_eq!(
                place(&off, demo, &environment),
                expected,
                "the window is kept all the same"
            );
        }
    }
}
