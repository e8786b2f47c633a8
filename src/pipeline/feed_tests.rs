use std::thread;

use super::*;
use crate::aggregate::ask::ROWS;
use crate::state::live::WindowConfig;
use crate::state::sources::SourcesConfig;

#[test]
fn whoever_comes_to_a_view_that_is_there_does_not_wait_for_one_that_is_counted() {
    let (window, sources) = (WindowConfig::default(), SourcesConfig::default());
    let node = Node::new(window, sources, "boot".to_owned(), Millis(0));
    let feed = Feed::new(Arc::clone(&node), Hello::default(), 2);
    let (all, asks) = (Filter::default(), Asks::usual(ROWS));
    let some = Filter::parse("status:5xx").unwrap();
    let join = |filter| feed.subscribe(filter, 60, &asks, None, Second(1000)).unwrap();
    let first = join(&all);
    thread::scope(|scope| {
        // As long as it is looked at, nothing can be counted in it.
        let looking = node.live();
        let opening = scope.spawn(|| join(&some));
        while !feed.turns.is_taken() {
            thread::yield_now();
        }
        let second = join(&all);
        assert!(!opening.is_finished());
        drop(looking);
        let other = opening.join().unwrap();
        assert_eq!(feed.channels().len(), 2);
        drop((first, second, other));
        assert_eq!(feed.channels().len(), 0);
    });
}
