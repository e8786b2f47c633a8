use super::*;

const MASKED: Privacy = Privacy { clients: 1, redacted: true };

/// A second of five clients in each of three networks, of which the addresses are masked.
fn send_masked(node: &Node, second: i64) {
    let mut block = Block::new(Second(second));
    for i in 0..15 {
        let mut row = Row::new(event::Kind::Access);
        let (client, stand_in) = (format!("203.0.{}.0", i % 3), format!("5ca1ab1e{second}{i:04}"));
        row.status = 200;
        row.set(Field::Client, &client);
        row.set(Field::Visitor, &stand_in);
        row.set(Field::Agent, "curl/8.11.0");
        block.append(&row);
    }
    let mut live = node.live_mut();
    live.absorb(block);
    live.close(Second(second));
}

fn visitors(node: &Node) -> u64 {
    let asks = Asks::all(20);
    node.live().summary(Range::default(), &Filter::default(), &asks, None).visitors
}

#[test]
fn what_stands_in_for_a_client_is_not_written_and_masked_addresses_are_visitors_after_a_restart() {
    let dir = TempDir::new().unwrap();
    let store = Store::new(dir.path(), BUDGET, MASKED).unwrap();
    let before = node();
    send_masked(&before, START);
    assert_eq!(visitors(&before), 15);
    store.save(&before).unwrap();
    for serial in names::list(store.dir()).unwrap() {
        let file = fs::read(store.dir().join(names::of(serial))).unwrap();
        let (rows, _) = unseal(serial, &file, store.most()).unwrap();
        let mut written = Vec::new();
        rows.encode(&mut written);
        let written = String::from_utf8_lossy(&written);
        assert!(written.contains("203.0.1.0") && !written.contains("5ca1ab1e"));
    }
    let after = node();
    let again = Store::new(dir.path(), BUDGET, MASKED).unwrap();
    again.load(&after, Second(START + 1), AHEAD).unwrap();
    assert!(!again.is_behind(&after));
    assert_eq!(visitors(&after), 3);
    send_masked(&after, START + 1);
    assert_eq!(visitors(&after), 18, "who comes is told apart from who was there");
}
