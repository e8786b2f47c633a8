//! The shapes that leave the process as JSON: the live feed and the HTTP API.
//!
//! TypeScript types are generated from these (`cargo test wire_types`), so the page can't drift.
//! Times are epoch seconds in the feed (`t`) and RFC 3339 strings in ranges; durations are seconds;
//! sizes are bytes. `null` means unknown, never zero.
//!
//! What `tapline top` shows can be read back; of what another version left out, or added, nothing is an error.

mod anomaly;
mod error;
mod event;
mod feed;
mod host;
mod lists;
mod rules;
mod series;
mod sources;
mod summary;

pub use anomaly::{
    Anomaly, AnomalyCause, AnomalyKind, AnomalyPeak, AnomalySeen, AnomalyState, AnomalyTold,
    AnomalyWhy, Mute,
};
pub use error::{ErrorBody, ErrorDetail};
pub use event::EventRow;
pub use feed::{
    Bye, ClientMessage, Forgotten, GeoInfo, Hello, Kept, Lag, Marker, Problem, ServerMessage,
    Snapshot, Snippet, Status, Subscribed, Tail, Tick,
};
pub use host::{DiskInfo, HostInfo, HostPoint, ProcessInfo};
pub use lists::{FieldValue, OtherRow, TopRow, Trend, TrendRow, Values};
pub use rules::{FIRINGS_MAX, RuleFiring, RuleTest};
pub use series::{BAND_EDGES_US, BANDS, Point, Series};
pub use sources::{
    Accounting, FirstLine, FormatChange, FormatEvidence, Lack, ListenerInfo, NamedValue,
    ProposalInfo, SourceInfo,
};
pub use summary::{Before, Latency, Summary};

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use ts_rs::{Config, TS};

    use super::*;
    use crate::aggregate::list::List;

    /// The page's types are the types in here: `static/src/wire.ts` is written from them, and a
    /// difference fails. `TAPLINE_BLESS=1 cargo test wire_types` writes it anew.
    #[test]
    fn wire_types() {
        let config = Config::new();
        let mut text = String::from(
            "// Written from src/aggregate/wire/ by `TAPLINE_BLESS=1 cargo test wire_types`; a test fails when they differ.\n",
        );
        macro_rules! write_types {
            ($($t:ty),+ $(,)?) => { $(writeln!(text, "\nexport {}", <$t>::decl(&config)).expect("a String takes all");)+ };
        }
        write_types![
            ServerMessage,
            Hello,
            Snippet,
            Subscribed,
            Snapshot,
            Tick,
            Status,
            Kept,
            Tail,
            Lag,
            Problem,
            Forgotten,
            Bye,
            ClientMessage,
            Point,
            HostPoint,
            Series,
            Summary,
            Latency,
            Before,
            TopRow,
            Marker,
            Trend,
            TrendRow,
            Values,
            FieldValue,
            GeoInfo,
            OtherRow,
            Accounting,
            SourceInfo,
            FormatEvidence,
            Lack,
            FormatChange,
            ProposalInfo,
            NamedValue,
            ListenerInfo,
            FirstLine,
            EventRow,
            HostInfo,
            DiskInfo,
            ProcessInfo,
            Anomaly,
            AnomalyKind,
            AnomalyState,
            AnomalyPeak,
            AnomalyCause,
            AnomalyTold,
            AnomalyWhy,
            AnomalySeen,
            Mute,
            RuleTest,
            RuleFiring,
        ];
        let names = |lists: Vec<List>| {
            let names: Vec<&str> = lists.into_iter().map(List::name).collect();
            serde_json::to_string(&names).expect("a list of texts")
        };
        let of_visitors = List::all().filter(|list| list.has_visitors()).collect();
        write!(
            text,
            "\n/** Every list that there is. */\nexport const LISTS: readonly string[] = {};\n\
             \n/** Those whose values have visitors in the live feed: only clients and agents are some. */\n\
             export const OF_VISITORS: ReadonlySet<string> = new Set({});\n",
            names(List::all().collect()),
            names(of_visitors),
        )
        .expect("a String takes all");
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/static/src/wire.ts");
        if std::env::var_os("TAPLINE_BLESS").is_some() {
            std::fs::write(path, &text).expect("static/src/wire.ts is writable");
        }
        let kept = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            kept == text,
            "static/src/wire.ts differs from src/aggregate/wire/; TAPLINE_BLESS=1 cargo test wire_types writes it anew"
        );
    }
}
