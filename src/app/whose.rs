//! Whose lines a file has that is named on the command line: its name tells, or the names that stand in front of its lines.

use std::path::Path;

use crate::decode::fronts::{Fronts, Written};
use crate::pipeline::ingest::{Frame, Told};
use crate::state::sources::{Peer, Sources};

/// Whom the lines of one file or pipe are of where they don't say so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Whose {
    peer: Peer,
}

impl Whose {
    /// `-` is standard input; of another file its name without the folders.
    #[must_use]
    pub(super) fn of(path: &Path) -> Whose {
        if path == Path::new("-") {
            return Whose { peer: Peer::Name("stdin".into()) };
        }
        let name = path.file_name().unwrap_or(path.as_os_str());
        Whose { peer: Peer::Name(name.to_string_lossy().into()) }
    }

    /// The names in front of its lines, where these may tell whose they are: not where the operator said how its lines are
    /// read.
    #[must_use]
    pub(super) fn fronts(&self, sources: &Sources, format: Option<&str>) -> Option<Fronts> {
        let is_said = format.is_some() || sources.is_pinned(&self.peer.to_string());
        (!is_said).then(|| Fronts::new(sources.formats()))
    }

    /// Gives lines as frames, those with a name in front of them without it.
    pub(super) fn frames<'a, R>(
        &'a self,
        lines: impl Iterator<Item = (&'a [u8], Option<Written<'a>>)>,
        give: impl FnOnce(&[Frame<'_>]) -> R,
    ) -> R {
        let told = |(line, written): (&'a [u8], Option<Written<'a>>)| match written {
            Some(Written { hostname, app_name, line }) => {
                (line, Some(Told { hostname: Some(hostname), app_name, at: None }))
            }
            None => (line, None),
        };
        let told: Vec<(&[u8], Option<Told<'_>>)> = lines.map(told).collect();
        let frames: Vec<Frame<'_>> = told
            .iter()
            .map(|(bytes, told)| Frame { peer: &self.peer, bytes, told: told.as_ref() })
            .collect();
        give(&frames)
    }
}
