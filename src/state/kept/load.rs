//! Loading at the start: chunks from the oldest to the newest, what is damaged set aside.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::figures::{self, Figures};
use super::{Store, Written, names, remove, seal, unseal};
use crate::aggregate::kept::KeptRows;
use crate::state::node::Node;
use crate::state::sealed::{self, Damage};
use crate::vocab::time::Second;

/// Damaged files that are left for somebody to look at; the oldest go.
const MAX_ASIDE: usize = 8;
/// The end of their names.
pub(super) const ASIDE: &str = ".damaged";

/// What was found.
#[derive(Debug, Default)]
pub struct Loaded {
    pub events: u64,
    /// Set aside, with the reason of the first.
    pub damaged: Vec<PathBuf>,
    pub damage: Option<Damage>,
    /// Files that were written and are gone.
    pub missing: usize,
    /// What became of the accounting, sources and markers.
    pub figures: LoadedFigures,
    /// Written when more was kept than may be now, and cut to that.
    pub cut: usize,
    /// What of these could not be written anew: taken away.
    pub too_open: usize,
    /// Files with events further ahead of the clock than any may be, and the events in them: they stay where they are
    /// until a start by whose clock they are past.
    pub ahead: usize,
    pub ahead_events: u64,
}

/// What became of the file of figures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum LoadedFigures {
    /// It goes on, or there never was one.
    #[default]
    Kept,
    /// There are chunks beside which it was written, and it is gone.
    Missing(PathBuf),
    /// It is set aside under this name.
    Damaged(Damage, PathBuf),
}

impl Store {
    /// Goes on with what is there: before anything is received or looked at. `now` is when somebody
    /// listens again; a row's own time was at most `ahead_s` seconds ahead of its arrival.
    ///
    /// # Errors
    /// Where the directory can't be read, or what is damaged can't be set aside. A file that can't be read is.
    pub fn load(&self, node: &Node, now: Second, ahead_s: i64) -> io::Result<Loaded> {
        let mut files = self.files();
        self.remove_unfinished()?;
        let mut loaded = Loaded::default();
        let serials = names::list(&self.dir)?;
        let (figures, became) = self.load_figures(!serials.is_empty())?;
        loaded.figures = became;
        files.known_until = figures.as_ref().and_then(Figures::until);
        let were = figures.iter().flat_map(|figures| figures.behind(serials.first().copied()));
        let mut gone: Vec<u64> = were.filter(|serial| !serials.contains(serial)).collect();
        gone.sort_unstable();
        // What an earlier start set aside was told then.
        let is_aside = |serial: u64| self.dir.join(names::of(serial) + ASIDE).exists();
        loaded.missing = gone.iter().filter(|serial| !is_aside(**serial)).count();
        let mut gone = gone.into_iter().peekable();
        let mut lost = false;
        for &serial in &serials {
            while gone.next_if(|gone| *gone < serial).is_some() {
                lost = true;
            }
            files.next = files.next.max(serial);
            let path = self.dir.join(names::of(serial));
            let mut rows = match read(&path, self.most())
                .and_then(|file| unseal(serial, &file, self.most()))
            {
                Ok((rows, privacy)) if privacy.is_enough_for(self.privacy) => rows,
                Ok((mut rows, _)) => {
                    // At once, not with the next save: what may not be kept does not lie about until then.
                    if self.cut(serial, &mut rows).is_err() {
                        remove(&path)?;
                        loaded.too_open += 1;
                        lost = true;
                        continue;
                    }
                    loaded.cut += 1;
                    rows
                }
                Err(damage) => {
                    loaded.damaged.push(self.set_aside(&path)?);
                    loaded.damage.get_or_insert(damage);
                    // The rows of a copy are in the file that it is of.
                    lost |= !matches!(damage, Damage::Renamed(of) if serials.contains(&of));
                    continue;
                }
            };
            // The clock was ahead, or is behind now. With them the window would end there, and nothing that comes
            // be its newest second; but only the next start may know which clock is wrong.
            if rows.span().is_some_and(|(_, newest)| newest > now.plus(ahead_s)) {
                loaded.ahead += 1;
                loaded.ahead_events += rows.len() as u64;
                continue;
            }
            // An earlier version's stand-ins and secrets go with the next save.
            let mut stale = rows.stand_in(self.privacy.masks_clients());
            stale |= self.privacy.redacted && rows.redact();
            let closed = !stale;
            let mut live = node.live_mut();
            if let (true, Some((oldest, newest))) = (std::mem::take(&mut lost), rows.span()) {
                // Of the stretch in between nothing is known, and late lines of what follows may be
                // missing, too.
                let before = live.newest().map_or(oldest, |newest| newest.plus(1));
                live.unheard(before, oldest);
                live.lost_before(newest.plus(1));
            }
            if let Some(number) = live.restore(&rows, now) {
                let events = rows.len();
                files.written.insert(number, Written { serial, events, closed });
            }
        }
        lost |= gone.next().is_some();
        if lost {
            node.live_mut().lost_before(now);
        }
        let chunks = node.live().chunks();
        loaded.events = chunks.iter().map(|chunk| chunk.events as u64).sum();
        // Rows are taken with those of the second that is open, which a kill leaves half heard: the figures say
        // which seconds were closed. Rows may have been written after them; then whatever lies further back
        // than a clock may be fast was over when the newest came.
        // Of what the newest file had nothing is known, whatever was closed.
        let closed = figures.as_ref().and_then(Figures::until).map(Second).filter(|_| !lost);
        let mut live = node.live_mut();
        let over = live.newest().map(|newest| newest.plus(-ahead_s));
        let heard = closed.max(over);
        if let Some(figures) = &figures {
            figures.restore_gaps(&mut live, now);
        }
        if let Some(heard) = heard {
            // One that was killed may have had a part of the second in which this one starts.
            let ended = figures.as_ref().is_some_and(|figures| figures.ended);
            live.unheard(heard, if ended { now } else { now.plus(1) });
        }
        live.withhold();
        drop(live);
        if let Some(figures) = figures {
            figures.restore(node, self.privacy);
        }
        self.forget_gone(&mut files, &chunks)?;
        Ok(loaded)
    }

    /// Takes out what may not be kept any more, and writes the file anew.
    fn cut(&self, serial: u64, rows: &mut KeptRows) -> io::Result<()> {
        rows.stand_in(false);
        if self.privacy.masks_clients() {
            rows.hide_clients(self.privacy.of_addresses());
        }
        if self.privacy.redacted {
            rows.redact();
        }
        sealed::replace(&self.dir, &names::of(serial), &seal(serial, rows, self.privacy)?)
    }

    /// Chunks are written with figures beside them.
    fn load_figures(&self, has_chunks: bool) -> io::Result<(Option<Figures>, LoadedFigures)> {
        let path = self.dir.join(figures::FILE);
        if let Err(error) = fs::symlink_metadata(&path)
            && error.kind() == io::ErrorKind::NotFound
        {
            let missing = LoadedFigures::Missing(path);
            return Ok((None, if has_chunks { missing } else { LoadedFigures::Kept }));
        }
        match read(&path, figures::MAX_BYTES).and_then(|file| Figures::unseal(&file)) {
            Ok(figures) => Ok((Some(figures), LoadedFigures::Kept)),
            Err(damage) => {
                let aside = self.set_aside(&path)?;
                Ok((None, LoadedFigures::Damaged(damage, aside)))
            }
        }
    }

    /// Gives the name that it has now.
    fn set_aside(&self, path: &Path) -> io::Result<PathBuf> {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(ASIDE);
        let aside = self.dir.join(name);
        fs::rename(path, &aside)?;
        let all = damaged(&self.dir)?;
        let beyond = all.len().saturating_sub(MAX_ASIDE);
        all.iter().take(beyond).try_for_each(|path| remove(path))?;
        Ok(aside)
    }
}

/// What was set aside, the oldest first.
pub(super) fn damaged(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut all: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "damaged") {
            all.push(path);
        }
    }
    all.sort_unstable();
    Ok(all)
}

/// A file of at most so many bytes: one that is larger is none of ours.
fn read(path: &Path, most: usize) -> Result<Vec<u8>, Damage> {
    sealed::read(path, most).map_err(|error| match error.kind() {
        io::ErrorKind::FileTooLarge => Damage::Content,
        _ => Damage::Unreadable,
    })
}
