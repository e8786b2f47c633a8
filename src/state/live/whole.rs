//! Everything at once, for a report: what all rows add up to is counted as chunks close, and of their columns
//! only those stay that a second look reads, since what is shown is known at the end alone.

use crate::aggregate::ask::Asks;
use crate::aggregate::column::{Column, Columns, REQUEST, STATUS, VISITOR};
use crate::aggregate::filter::Filter;
use crate::aggregate::list::Base;
use crate::aggregate::scan::Scanner;
use crate::aggregate::tally::{Change, Tally};
use crate::state::window::Window;
use crate::vocab::field::Field;

use super::Live;

/// What was counted so far.
#[derive(Debug)]
pub(super) struct Whole {
    pub(super) filter: Filter,
    pub(super) asks: Asks,
    pub(super) tally: Tally,
    scanner: Scanner,
    /// The chunk that is counted next.
    next: u32,
    /// Rows of it that match.
    rows: Vec<u32>,
}

impl Whole {
    /// Counts the chunks that have closed.
    pub(super) fn count(&mut self, window: &mut Window) {
        while let Some(chunk) = window.chunk(self.next).filter(|_| window.is_closed(self.next)) {
            let (dictionaries, tally) = (window.dictionaries(), &mut self.tally);
            let rows = &mut self.rows;
            rows.clear();
            let all = (0, chunk.columns.len());
            self.scanner.scan(&chunk.columns, all, dictionaries, |batch| {
                tally.apply(batch, Change::Add, dictionaries);
                // A chunk's rows are few.
                rows.extend((0..batch.access.len()).map(|at| batch.access.row(at) as u32));
            });
            window.keep(self.next, rows, is_read);
            self.next = self.next.wrapping_add(1);
        }
    }
}

/// Whether a second look, or a series of requests, reads the column.
fn is_read(columns: &Columns, place: usize) -> bool {
    let is_timed = !matches!(columns.at(REQUEST), Column::Const(0));
    let is_hashed = !matches!(columns.text(Field::Visitor), Column::Const(0));
    match place {
        STATUS | REQUEST | VISITOR => true,
        // Clients and agents are what a visitor is made of.
        _ if place == Columns::place(Field::Agent) => is_timed,
        _ if place == Columns::place(Field::Client) => is_timed || is_hashed,
        _ => Base::ALL.iter().any(|base| {
            !base.is_of_errors() && base.field().is_some_and(|of| Columns::place(of) == place)
        }),
    }
}

impl Live {
    /// From now on counts all that comes, for one [`summary`](Live::summary) of everything through this filter
    /// and a [`series`](Live::series) of its requests, their statuses, times and visitors; nothing else can be
    /// asked then. Not where the filter asks
    /// for what is still learnt: then all is kept and counted at the end.
    pub fn count_all(&mut self, filter: &Filter, asks: &Asks) {
        let scanner = Scanner::new(filter);
        if !scanner.asks_for_learnt() {
            self.whole = Some(Whole {
                filter: filter.clone(),
                asks: asks.clone(),
                tally: Tally::of(asks.bases()),
                scanner,
                next: 0,
                rows: Vec::new(),
            });
        }
    }

    /// Nothing more will come.
    pub fn counted_all(&mut self) {
        self.window.finish();
        if let Some(whole) = &mut self.whole {
            whole.count(&mut self.window);
        }
    }

    /// What everything was counted as, where just this is asked for.
    pub(super) fn whole(&self, filter: &Filter) -> Option<&Whole> {
        self.whole.as_ref().filter(|whole| whole.filter == *filter)
    }
}
