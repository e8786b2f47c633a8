//! `tapline replay`: log files run through the dashboard on a virtual clock.

mod merge;
