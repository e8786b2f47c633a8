//! Takes a client out of everything that a running process keeps.

use super::node::Node;
use crate::aggregate::forget::Forget;

/// Where else a client may be: files, which the caller of [`everywhere`] keeps.
pub trait Kept: std::fmt::Debug + Send + Sync {
    /// Takes it out of them; how many there were. Blocks.
    ///
    /// # Errors
    /// What could not be read or written; a second call begins anew.
    fn forget(&self, who: &Forget) -> std::io::Result<u64>;
}

/// How many texts of the window, anomalies, mutes, sources and markers have named the client. No sum changes, and lines of
/// it that come from now on are somebody new.
pub fn everywhere(node: &Node, who: &Forget) -> u64 {
    // The open second, too.
    node.flush();
    // What open requests asked for names who asked, too.
    node.pairs.forget();
    let texts = node.live_mut().forget(who);
    let anomalies = node.anomalies().forget(who);
    let sources = node.sources.forget(who);
    let markers = node.markers.forget(who);
    texts + anomalies + sources + markers
}
