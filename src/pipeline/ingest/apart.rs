//! Lines of the past, of which only what they add up to is asked for: some thousands of them are read apart from those
//! before them, by whatever core is free, and what could be otherwise behind these is told.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use super::Ingest;
use super::row::Prepared;
use crate::aggregate::block::Block;
use crate::aggregate::row::{Common, Request};
use crate::decode::formats::units::{Behind, Units};
use crate::decode::formats::w3c;
use crate::state::node::Node;
use crate::state::sources::Source;
use crate::vocab::time::{Millis, Second};

#[derive(Debug)]
pub(super) struct Apart {
    /// Where rows go in place of the open seconds.
    rows: RefCell<Block>,
    before: Option<Arc<Node>>,
    doubts: Cell<Doubts>,
}

/// Why lines may mean something else behind other lines, or those behind them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Doubts {
    /// A line without a time had none of its source before it.
    pub is_adrift: bool,
    /// A line said how to read those behind it: a header, or a duration that tells in which unit others are.
    pub has_learnt: bool,
}

/// What lines of some sources said of how to read others.
#[derive(Clone, Debug, Default)]
pub struct Learnt(Vec<(Arc<Source>, Option<w3c::Headers>, Units)>);

impl Learnt {
    /// What was made of the numbers that stand behind lines, by source.
    pub fn behind(&self) -> impl Iterator<Item = Behind> {
        self.0.iter().filter_map(|(_, _, units)| units.behind())
    }

    /// What is to be known of all units where the lines are read from their beginning once more; headers come anew.
    #[must_use]
    pub fn anew(self) -> Learnt {
        Learnt(self.0.into_iter().map(|(source, _, units)| (source, None, units.anew())).collect())
    }
}

impl Apart {
    pub(super) fn append(&self, rows: &[Prepared<'_>]) {
        let ready: Vec<&Prepared<'_>> = rows.iter().filter(|row| !row.passed).collect();
        let seconds = ready.iter().map(|row| row.at.second());
        self.rows.borrow_mut().append_of(seconds, &ready);
    }

    pub(super) fn append_requests(&self, common: &Common<'_>, requests: &[Request<'_>]) {
        self.rows.borrow_mut().append_requests_of_all(common, requests);
    }

    /// A line was read that says how to read others.
    pub(super) fn learn(&self) {
        self.doubts.set(Doubts { has_learnt: true, ..self.doubts.get() });
    }

    /// When the last line was of a source of which none with a time was read here.
    #[cold]
    pub(super) fn last_time_of(&self, source: &Source) -> Option<Millis> {
        self.doubts.set(Doubts { is_adrift: true, ..self.doubts.get() });
        self.before.as_ref()?.sources.last_time_of(source)
    }
}

impl Ingest {
    /// Rows of all seconds go into one block, which is to be taken, and of sources nothing is kept that is shown while
    /// they send. The node that is `before` knows when the last lines before these were.
    #[must_use]
    pub fn apart(self, before: Option<Arc<Node>>) -> Ingest {
        let rows = RefCell::new(Block::new(Second(0)));
        Ingest { apart: Some(Apart { rows, before, doubts: Cell::default() }), ..self }
    }

    /// The rows since it was called last, in place of an empty block; none where they go into the open seconds.
    #[must_use]
    pub fn take(&self, empty: Block) -> Block {
        match &self.apart {
            Some(apart) => apart.rows.replace(empty),
            None => empty,
        }
    }

    /// Why the lines since it was called last may mean something else behind other lines.
    #[must_use]
    pub fn doubts(&self) -> Doubts {
        self.apart.as_ref().map_or(Doubts::default(), |apart| apart.doubts.take())
    }

    /// What lines said of how to read those behind them.
    #[must_use]
    pub fn learnt(&self) -> Learnt {
        let of = |source: &Arc<Source>| {
            let headers = self.headers.get(&source.id).cloned();
            let units = source.lock().recogniser.order.units();
            let is_any = headers.is_some() || units != Units::default();
            is_any.then(|| (Arc::clone(source), headers, units))
        };
        Learnt(self.node.sources.all().iter().filter_map(of).collect())
    }

    /// Reads lines as these say, which others have read.
    pub fn know(&mut self, learnt: &Learnt) {
        for (source, headers, units) in &learnt.0 {
            let own = self.node.sources.alike(source);
            own.lock().recogniser.order.know(*units);
            if let Some(headers) = headers {
                self.headers.insert(own.id, headers.clone());
            }
        }
    }
}
