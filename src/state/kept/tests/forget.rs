use super::*;
use crate::aggregate::forget::{FORGOTTEN, Forget};
use crate::aggregate::wire::EventRow;
use crate::state::anomalies::Wish;
use crate::state::sources::{Peer, SourceKey};

const CLIENT: &str = "203.0.113.7";

fn who() -> Forget {
    Forget::client(CLIENT).unwrap()
}

/// A source with a first line, whose raw text may write an address otherwise than what was read of it.
fn hear(node: &Node, peer: &str, raw: &str, client: &str) {
    let peer = Peer::Ip(peer.parse().unwrap());
    let key = SourceKey { peer: &peer, hostname: None, app_name: Some("nginx") };
    let source = node.sources.get(key, "udp", Millis(START * 1000));
    let row = EventRow { remote_ip: Some(client.into()), ..EventRow::default() };
    source.lock().first_line = Some((raw.into(), row));
}

fn first_lines(node: &Node) -> usize {
    node.sources.all().iter().filter(|source| source.lock().first_line.is_some()).count()
}

fn mark(node: &Node, text: &str) {
    let at = Second(START);
    node.markers.add(node.markers.fit(at, text, None, at).unwrap());
}

#[test]
fn a_sender_that_is_a_client_too_keeps_its_figures_when_it_is_forgotten() {
    let dir = TempDir::new().unwrap();
    let before = node();
    before.add_listener(Listener::new("tcp", format!("{CLIENT}:8514")));
    send(&before, START..START + 10, 5);
    before.listeners()[1].account.record(&Counts { counted: 3, ..Counts::default() });
    hear(&before, CLIENT, "GET /", CLIENT);
    hear(&before, "192.0.2.1", "GET /", "198.51.100.1");
    mark(&before, &format!("blocked {CLIENT}"));
    store(&dir).save(&before).unwrap();
    assert_eq!(store(&dir).forget(&who()).unwrap(), 1);
    let (after, loaded) = restarted(&dir, START + 30);
    assert!(loaded.damaged.is_empty());
    let per_listener = |node: &Node| -> Vec<u64> {
        node.listeners().iter().map(|l| l.account.snapshot().counted).collect()
    };
    assert_eq!(after.accounting(), before.accounting());
    assert_eq!(per_listener(&after), [50], "the other is no listener now");
    let peers = |node: &Node| {
        let mut all: Vec<String> = node.sources.all().iter().map(|s| s.peer.to_string()).collect();
        all.sort_unstable();
        all
    };
    assert_eq!(peers(&after), peers(&before));
    assert_eq!(first_lines(&after), 1);
    assert_eq!(after.markers.newest(1)[0].text, format!("blocked {FORGOTTEN}"));
    assert_eq!(after.live().known().0, [(Second(START + 10), Second(START + 30))]);
    assert_eq!(store(&dir).forget(&who()).unwrap(), 0);
}

#[test]
fn without_figures_the_time_in_between_is_a_gap_too() {
    let dir = TempDir::new().unwrap();
    let before = node();
    send(&before, START..START + 10, 5);
    store(&dir).save(&before).unwrap();
    fs::remove_file(store(&dir).dir().join(figures::FILE)).unwrap();
    let (after, _) = restarted(&dir, START + 30);
    // The newest second may not have been over, and a clock fast by which it is told.
    let over = Second(START + 9 - AHEAD);
    assert_eq!(after.live().known().0, [(over, Second(START + 31))]);
}

#[test]
fn what_a_killed_process_was_writing_goes_at_the_start_and_with_a_client() {
    for by_start in [true, false] {
        let dir = TempDir::new().unwrap();
        let before = node();
        send(&before, START..START + 10, 5);
        store(&dir).save(&before).unwrap();
        let inside = store(&dir).dir().to_owned();
        let left = [format!("{}.new", names::of(7)), format!("{}.new", figures::FILE)];
        left.iter().for_each(|name| fs::write(inside.join(name), CLIENT).unwrap());
        fs::write(inside.join("notes.new"), "somebody's").unwrap();
        if by_start {
            assert_eq!(restarted(&dir, START + 10).1.events, 50);
        } else {
            assert_eq!(store(&dir).forget(&who()).unwrap(), 0);
        }
        assert!(left.iter().all(|name| !inside.join(name).exists()));
        assert!(inside.join("notes.new").exists());
    }
}

#[test]
fn a_file_that_can_not_be_read_goes_with_a_client_and_keeps_it_in_no_other() {
    let dir = TempDir::new().unwrap();
    let before = node();
    send(&before, START..START + 130, 20);
    store(&dir).save(&before).unwrap();
    let serials = names::list(store(&dir).dir()).unwrap();
    let first = store(&dir).dir().join(names::of(serials[0]));
    fs::write(&first, "what a disk made of it").unwrap();
    assert_eq!(store(&dir).forget(&who()).unwrap(), serials.len() as u64);
    assert!(!first.exists());
    assert_eq!(store(&dir).forget(&who()).unwrap(), 0);
    let (after, loaded) = restarted(&dir, START + 130);
    assert!(loaded.damaged.is_empty() && loaded.events > 0);
    let clients = after.live().dictionaries().field(Field::Client).iter().count();
    assert_eq!(clients, 20, "one of them has no name");
}

#[test]
fn a_window_that_is_not_kept_any_more_is_taken_away_and_nothing_of_somebody_else() {
    let dir = TempDir::new().unwrap();
    assert_eq!(Store::discard(dir.path()).unwrap(), 0);
    let before = node();
    send(&before, START..START + 10, 5);
    for notes in [false, true] {
        store(&dir).save(&before).unwrap();
        let inside = store(&dir).dir().to_owned();
        fs::write(inside.join(format!("{}.damaged", names::of(1))), CLIENT).unwrap();
        if notes {
            fs::write(inside.join("notes.txt"), "somebody's").unwrap();
        }
        assert_eq!(Store::discard(dir.path()).unwrap(), 3);
        assert_eq!(inside.exists(), notes);
    }
}

#[test]
fn a_client_is_forgotten_in_notes_and_mutes_and_in_a_first_line_that_writes_it_otherwise() {
    const V6: &str = "2001:db8::1";
    let node = node();
    hear(&node, "192.0.2.1", "2001:DB8::1 GET /", V6);
    mark(&node, &format!("blocked {V6}"));
    let mute = |filter: &str, note: &str| Wish {
        filter: Filter::parse(filter).unwrap(),
        note: note.into(),
        ..Wish::default()
    };
    for wish in [
        mute(&format!("client:\"{V6}\""), "a scanner"),
        mute("status:404", &format!("since {V6} came")),
        mute("status:500", "known"),
    ] {
        node.anomalies().add_mute(wish, Second(START)).unwrap();
    }
    assert_eq!(crate::state::forget::everywhere(&node, &Forget::client(V6).unwrap()), 4);
    assert_eq!(first_lines(&node), 0);
    assert_eq!(node.markers.newest(1)[0].text, format!("blocked {FORGOTTEN}"));
    let notes: Vec<String> = node.anomalies().mutes().into_iter().map(|mute| mute.note).collect();
    assert_eq!(notes, [format!("since {FORGOTTEN} came"), "known".into()]);
}
