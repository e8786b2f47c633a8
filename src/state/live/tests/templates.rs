//! Errors by the template of their message.

use super::*;
use crate::aggregate::wire::TopRow;

fn error<'a>(level: &'a str, message: &'a str) -> Row<'a> {
    let mut row = Row::new(Kind::Error);
    row.set(Field::Level, level);
    row.set(Field::Message, message);
    row
}

fn templates() -> Asks {
    Asks::read(["templates"], 12, 50).unwrap()
}

fn told(summary: &Summary) -> Vec<(&str, u64)> {
    summary.top["templates"].iter().map(|row| (row.value.as_str(), row.requests)).collect()
}

#[test]
fn errors_are_counted_by_template_and_requests_are_not() {
    let mut live = Live::new(WindowConfig::default());
    let id = live.view(&Filter::default(), 600, &templates(), Second(0));
    for second in 1..4 {
        let mut block = Block::new(Second(second));
        let path = format!("open() \"/srv/{second}\" failed (2: No such file or directory)");
        block.append(&error("error", &path));
        block.append(&error("crit", "no live upstreams"));
        let mut request = Row::new(Kind::Access);
        request.set(Field::Message, "a request has no template");
        block.append(&request);
        let mut unread = Row::new(Kind::Message);
        unread.set(Field::Message, "a line that nobody read has none either");
        block.append(&unread);
        live.absorb(block);
        live.close(Second(second));
    }
    let open = "open() \"<*>\" failed (<*>: No such file or directory)";
    let scanned = live.summary(Range::default(), &Filter::default(), &templates(), None);
    for summary in [&scanned, &live.update(id, &templates()).summary] {
        assert_eq!(told(summary), [(open, 3), ("no live upstreams", 3)]);
        let first: &TopRow = &summary.top["templates"][0];
        assert_eq!(first.level.as_deref(), Some("error"));
        assert_eq!(first.first_seen.as_deref(), Some("1970-01-01T00:00:01Z"));
        let sample = "open() \"/srv/1\" failed (2: No such file or directory)";
        assert_eq!(first.sample.as_deref(), Some(sample));
        assert_eq!((first.p95_s, first.visitors), (None, None));
        assert_eq!(summary.top["templates"][1].level.as_deref(), Some("crit"));
        assert_eq!(summary.other["templates"].values, 0);
    }
    let range = Range { from: Some(Second(1)), to: Some(Second(5)) };
    let ask = *templates().iter().next().unwrap();
    let trend = live.trend(range, 2, &Filter::default(), ask);
    let rows: Vec<(&str, &[u64])> =
        trend.rows.iter().map(|row| (row.value.as_str(), &*row.requests)).collect();
    assert_eq!(rows, [(open, &[1, 2, 0][..]), ("no live upstreams", &[1, 2, 0])]);
    let list = List::named("templates").unwrap();
    let offered = live.values(Range::default(), &Filter::default(), list, "LIVE", 5);
    assert_eq!(offered.len(), 1);
}

#[test]
fn the_sample_of_a_template_is_of_the_lines_that_are_counted() {
    let mut live = Live::new(WindowConfig { max_age_s: 600, ..WindowConfig::default() });
    let filter = |site: &str| Filter::parse(&format!("site:{site}")).unwrap();
    let ids: Vec<ViewId> = ["a.example", "b.example"]
        .map(|site| live.view(&filter(site), 600, &templates(), Second(0)))
        .to_vec();
    let open = |site: &str, second: i64| format!("open() \"/srv/{site}/{second}\" failed");
    for second in [1, 2, 900] {
        let mut block = Block::new(Second(second));
        for site in ["a.example", "b.example"] {
            let message = open(site, second);
            let mut row = error("error", &message);
            row.set(Field::Site, site);
            block.append(&row);
        }
        live.absorb(block);
        live.close(Second(second));
        for (site, id) in ["a.example", "b.example"].into_iter().zip(&ids) {
            // The oldest that is still there.
            let expected = open(site, if second == 900 { 900 } else { 1 });
            let range = Range { from: Some(Second(second - 600)), to: None };
            let scanned = live.summary(range, &filter(site), &templates(), None);
            for summary in [&scanned, &live.update(*id, &templates()).summary] {
                let [row] = &summary.top["templates"][..] else { panic!("{summary:?}") };
                assert_eq!(row.value, "open() \"<*>\" failed");
                assert_eq!(row.sample.as_deref(), Some(&*expected), "{second}");
            }
        }
    }
}

#[test]
fn a_click_on_a_template_finds_its_errors_though_it_is_learnt_meanwhile() {
    let mut live = Live::new(WindowConfig::default());
    let filter = Filter::parse("template:\"no such user <\\*> here\"").unwrap();
    let id = live.view(&filter, 600, &templates(), Second(0));
    let everything = live.view(&Filter::default(), 600, &templates(), Second(0));
    let mut rebuilt = false;
    for second in 0..30 {
        let name = char::from(b'a' + (second % 15) as u8).to_string().repeat(3);
        let message = format!("no such user {name} here");
        let mut block = Block::new(Second(second));
        block.append(&error("warn", &message));
        block.append(&error("warn", "something else"));
        live.absorb(block);
        live.close(Second(second));
        let update = live.update(id, &templates());
        rebuilt |= update.rebuilt;
        let range = Range { from: Some(Second(-600)), to: Some(Second(second + 1)) };
        let scanned = live.summary(range, &filter, &templates(), None);
        assert_eq!(update.summary.errors, scanned.errors, "second {second}");
        let all = live.update(everything, &templates()).summary;
        let sum: u64 = told(&all).iter().map(|(_, n)| n).sum();
        assert_eq!(sum, all.errors, "second {second}");
    }
    assert!(rebuilt);
    let all = live.update(everything, &templates()).summary;
    assert_eq!(told(&all), [("something else", 30), ("no such user <*> here", 30)]);
    assert_eq!(live.update(id, &templates()).summary.errors, 30);
}

#[test]
fn a_tick_tells_its_templates_and_each_new_one_once() {
    let mut live = Live::new(WindowConfig::default());
    let mut ticks = Vec::new();
    for (second, messages) in [
        (1, vec!["disk 1 full", "disk 2 full"]),
        (2, vec!["disk 3 full", "out of memory"]),
        (3, vec![]),
        (4, vec!["out of memory"]),
    ] {
        let mut block = Block::new(Second(second));
        messages.iter().for_each(|message| block.append(&error("crit", message)));
        live.absorb(block);
        let closed = live.close(Second(second));
        let templates = live.dictionaries().knowledge().templates();
        let text = |id: u32| templates.text(id).to_owned();
        let lines = closed.templates.iter().map(|t| (text(t.id), t.lines, t.is_new));
        ticks.push(lines.collect::<Vec<_>>());
    }
    let line = |text: &str, lines, is_new| (text.to_owned(), lines, is_new);
    assert_eq!(ticks[0], [line("disk <*> full", 2, true)]);
    assert_eq!(ticks[1], [line("disk <*> full", 1, false), line("out of memory", 1, true)]);
    assert_eq!((&ticks[2], &ticks[3]), (&vec![], &vec![line("out of memory", 1, false)]));
}

#[test]
fn what_leaves_the_window_takes_its_template_from_the_list_and_not_from_what_is_known() {
    let mut live = Live::new(WindowConfig { max_age_s: 60, ..WindowConfig::default() });
    let id = live.view(&Filter::default(), 600, &templates(), Second(0));
    for second in [1, 500, 1000] {
        let message = format!("word{}", ["one", "two", "three"][second as usize / 500]);
        let mut block = Block::new(Second(second));
        block.append(&error("error", &message));
        live.absorb(block);
        live.close(Second(second));
    }
    let summary = live.update(id, &templates()).summary;
    assert_eq!(told(&summary), [("wordthree", 1)]);
    let dictionaries = live.dictionaries();
    assert_eq!(dictionaries.knowledge().templates().len(), 3);
    assert_eq!(
        dictionaries.derived(crate::aggregate::derived::Derived::Template).iter().count(),
        1
    );
}
