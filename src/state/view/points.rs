//! The points of a view, one for each step of its span.

use super::{Beside, Buffers, View};
use crate::aggregate::moment;
use crate::aggregate::wire::Point;
use crate::state::window::Window;
use crate::vocab::time::Second;

/// Points that a view has at most; a longer span has longer steps.
const POINTS: u32 = 3600;

/// The shortest step that a span needs: one that divides a minute or is whole minutes.
pub(super) fn step_for(span_s: u32) -> i64 {
    const STEPS: [u32; 7] = [1, 2, 5, 10, 15, 20, 30];
    let least = span_s.div_ceil(POINTS);
    STEPS.into_iter().find(|step| *step >= least).unwrap_or(60).into()
}

impl View {
    /// Where the step of a second starts.
    pub(super) fn step_of(&self, second: Second) -> i64 {
        second.0.div_euclid(self.step) * self.step
    }

    pub(super) fn point_at(&self, t: i64) -> Option<&Point> {
        let first = self.points.front()?.t;
        self.points.get(usize::try_from(t.checked_sub(first)? / self.step).ok()?)
    }

    pub(super) fn point_mut(&mut self, t: i64) -> Option<&mut Point> {
        let first = self.points.front()?.t;
        let index = usize::try_from(t.checked_sub(first)? / self.step).ok()?;
        self.points.get_mut(index)
    }

    /// Whether it counted any row of the step that a second is in.
    pub(crate) fn has(&self, second: Second) -> bool {
        let point = self.point_at(self.step_of(second));
        point.is_some_and(|point| point.requests + point.errors + point.messages != 0)
    }

    pub(super) fn set_point(&mut self, buffers: &mut Buffers, t: i64, from: Beside) {
        let point = match from {
            Beside::Open => self.open.so_far(t),
            _ => {
                if self.filter.is_empty() {
                    self.shapes.insert(t, buffers.moment.shape());
                }
                buffers.moment.point(t)
            }
        };
        if let Some(old) = self.point_mut(t) {
            *old = point;
        }
    }

    /// For a step whose rows are gone or too many: sums, means and the longest time stay exact, quantiles and visitors
    /// are of the larger part.
    pub(super) fn add_to_point(&mut self, buffers: &mut Buffers, t: i64) {
        let new = buffers.moment.point(t);
        self.shapes.remove(&t);
        let Some(old) = self.point_mut(t) else { return };
        *old = moment::joined(old, &new);
    }

    /// Reads a whole second again.
    pub(super) fn read_point(&mut self, buffers: &mut Buffers, window: &Window, second: Second) {
        let dictionaries = window.dictionaries();
        let bound = dictionaries.visitors().bound();
        for (_, chunk, segment) in window.segments(second, second.plus(1)) {
            self.scanner.scan(&chunk.columns, segment.rows(), dictionaries, |batch| {
                buffers.moment.add(batch, bound);
            });
        }
        self.set_point(buffers, second.0, Beside::Moment);
    }
}
