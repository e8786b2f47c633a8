//! What a server writes by a template, the template reads back: a small renderer, and any values.

use proptest::prelude::*;

use super::{Body, Dialect, Options, compile, matcher, program};

/// One field of a generated format: its variable, and whether it stands in quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Var {
    Client,
    User,
    Time,
    Status,
    Bytes,
    Took,
    Target,
    Referrer,
    Agent,
    Other,
}

const VARS: [Var; 10] = [
    Var::Client,
    Var::User,
    Var::Time,
    Var::Status,
    Var::Bytes,
    Var::Took,
    Var::Target,
    Var::Referrer,
    Var::Agent,
    Var::Other,
];

impl Var {
    fn nginx(self) -> &'static str {
        match self {
            Var::Client => "$remote_addr",
            Var::User => "$remote_user",
            Var::Time => "$time_local",
            Var::Status => "$status",
            Var::Bytes => "$body_bytes_sent",
            Var::Took => "$request_time",
            Var::Target => "$request_uri",
            Var::Referrer => "$http_referer",
            Var::Agent => "$http_user_agent",
            Var::Other => "$http_x_trace",
        }
    }

    fn apache(self) -> &'static str {
        match self {
            Var::Client => "%a",
            Var::User => "%u",
            Var::Time => "%{%d/%b/%Y:%H:%M:%S %z}t",
            Var::Status => "%>s",
            Var::Bytes => "%B",
            Var::Took => "%{ms}T",
            Var::Target => "%U%q",
            Var::Referrer => "%{Referer}i",
            Var::Agent => "%{User-Agent}i",
            Var::Other => "%{X-Trace}i",
        }
    }

    /// Whether a client can write anything there.
    fn is_text(self) -> bool {
        matches!(self, Var::User | Var::Target | Var::Referrer | Var::Agent | Var::Other)
    }
}

#[derive(Clone, Debug, Default)]
struct Values {
    client: String,
    status: u16,
    bytes: u64,
    took_ms: u64,
    texts: Vec<String>,
}

/// What stands in the line, and what the event should say.
fn value(var: Var, values: &Values, apache: bool) -> (String, String) {
    let escaped = |text: &str| -> String {
        let one = |c: char| match c {
            '"' if apache => "\\\"".to_owned(),
            '\\' if apache => "\\\\".to_owned(),
            '"' | '\\' => format!("\\x{:02X}", c as u32),
            c if c.is_control() => format!("\\x{:02X}", c as u32),
            c => c.to_string(),
        };
        if text.is_empty() { "-".to_owned() } else { text.chars().map(one).collect() }
    };
    let text = |at: usize| (escaped(&values.texts[at]), values.texts[at].clone());
    match var {
        Var::Client => (values.client.clone(), values.client.clone()),
        Var::Status => (values.status.to_string(), values.status.to_string()),
        Var::Bytes => (values.bytes.to_string(), values.bytes.to_string()),
        Var::Took if apache => (values.took_ms.to_string(), (values.took_ms * 1000).to_string()),
        Var::Took => {
            let (whole, ms) = (values.took_ms / 1000, values.took_ms % 1000);
            (format!("{whole}.{ms:03}"), (values.took_ms * 1000).to_string())
        }
        Var::Time => ("22/Nov/2026:10:00:00 +0000".into(), String::new()),
        Var::User => text(0),
        Var::Target => text(1),
        Var::Referrer => text(2),
        Var::Agent => text(3),
        Var::Other => text(4),
    }
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zé0-9 /?|\\[\\]\\\\\"-]{0,12}",
        Just(" 200 ".to_owned()),
        Just("\" 200 5 \"".to_owned()),
        Just("x [22/Nov/2026:10:00:00 +0000] 200 192.0.2.66".to_owned()),
        Just("- 1.500 | 404".to_owned()),
    ]
}

prop_compose! {
    fn any_values()(
        client in prop_oneof!["192\\.0\\.2\\.[1-9]", "2001:db8::[1-9a-f]{1,4}"],
        status in 100_u16..600,
        bytes in 0_u64..1_000_000_000_000,
        took_ms in 0_u64..100_000,
        texts in prop::collection::vec(texts(), 5),
    ) -> Values {
        Values { client, status, bytes, took_ms, texts }
    }
}

fn any_layout() -> impl Strategy<Value = Vec<(Var, bool, &'static str)>> {
    let gap = prop::sample::select(vec![" ", " - ", "] [", "|", "\t", " ; ", " x="]);
    let field = (any::<bool>(), gap);
    (Just(VARS.to_vec()).prop_shuffle(), prop::collection::vec(field, 1..=10)).prop_map(
        |(vars, fields)| vars.into_iter().zip(fields).map(|(v, (q, gap))| (v, q, gap)).collect(),
    )
}

/// The format, the line, and whether all that a client writes is quoted.
fn render(layout: &[(Var, bool, &str)], values: &Values, apache: bool) -> (String, String, bool) {
    // Not a quote first: a format that is in quotes as a whole is a string of `httpd.conf`.
    let (mut format, mut line, mut safe) = ("own ".to_owned(), "own ".to_owned(), true);
    for (at, (var, quoted, gap)) in layout.iter().enumerate() {
        let gap = if at == 0 { "" } else { gap };
        let quote = if *quoted { "\"" } else { "" };
        let name = if apache { var.apache() } else { var.nginx() };
        format += &format!("{gap}{quote}{name}{quote}");
        line += &format!("{gap}{quote}{}{quote}", value(*var, values, apache).0);
        safe &= *quoted || !var.is_text();
    }
    (format, line, safe)
}

fn check(layout: &[(Var, bool, &'static str)], values: &Values, apache: bool) {
    let dialect = if apache { Dialect::Apache } else { Dialect::Nginx };
    let (format, line, safe) = render(layout, values, apache);
    let template = compile("own", Some(dialect), &format, &Options::default()).expect(&format);
    let event = match template.explain(&line) {
        Ok(event) => event,
        Err(mismatch) => {
            assert!(!safe, "{format}\n{line}\n{mismatch:?}");
            return;
        }
    };
    for (var, quoted, _) in layout {
        let number = |value: Option<u64>| value.map(|value| value.to_string());
        let text =
            |text: &Option<crate::vocab::event::Text<'_>>| text.as_deref().map(str::to_owned);
        let said = match var {
            Var::Client => text(&event.remote_ip),
            Var::Status => number(event.status.map(u64::from)),
            Var::Bytes => number(event.bytes),
            Var::Took => number(event.request_time_us),
            Var::Target => text(&event.target),
            Var::Referrer => text(&event.referrer),
            Var::Agent => text(&event.user_agent),
            Var::User => text(&event.user),
            Var::Time | Var::Other => continue,
        };
        // A bare text of a client's may be cut elsewhere, where nothing that is believed moves.
        if !safe && var.is_text() && !quoted {
            continue;
        }
        let wanted = value(*var, values, apache).1;
        let wanted = Some(wanted).filter(|wanted| !matches!(wanted.as_str(), "" | "-"));
        assert_eq!(said, wanted, "{var:?}\n{format}\n{line}");
    }
}

/// Whether a line is read as trying out every reading says: where there is one, as far as anything
/// that is believed goes.
fn check_with_oracle(layout: &[(Var, bool, &'static str)], line: &str) {
    let values = Values { texts: vec![String::new(); 5], ..Values::default() };
    let (format, _, _) = render(layout, &values, false);
    let template =
        compile("own", Some(Dialect::Nginx), &format, &Options::default()).expect(&format);
    let Body::Line { program, .. } = &template.body else { return };
    let readings = matcher::oracle::readings(program, line);
    let places = |stretch: usize| {
        let mut places: Vec<usize> = readings.iter().map(|starts| starts[stretch]).collect();
        places.sort_unstable();
        places.dedup();
        places
    };
    let pinned: Vec<usize> =
        (0..program.open.len()).filter(|at| program.stretches[at + 1].pinned).collect();
    let clear = !readings.is_empty() && pinned.iter().all(|&at| places(at).len() == 1);
    let mut spans = [(0, 0); program::FIELDS_MAX];
    let read = matcher::run(program, line, &mut spans);
    // An address is looked at once its place is known.
    if matches!(read, Err(matcher::Fail { what: matcher::What::Open { .. }, .. })) {
        assert!(clear, "{format}\n{line}");
        return;
    }
    assert_eq!(read.is_ok(), clear, "{format}\n{line}\n{readings:?} {read:?}");
    for at in pinned.into_iter().filter(|_| clear) {
        let end = spans[usize::from(program.open[at].field)].1;
        assert_eq!(end as usize, places(at)[0], "{format}\n{line}\n{readings:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    /// Whatever a client writes: what is believed is what the server wrote, or the line is refused.
    #[test]
    fn what_a_template_renders_it_reads_back(
        layout in any_layout(),
        values in any_values(),
        apache in any::<bool>(),
    ) {
        check(&layout, &values, apache);
    }

    #[test]
    fn a_line_is_read_where_it_has_one_reading(
        layout in any_layout(),
        values in any_values(),
        piece in texts(),
        place in any::<prop::sample::Index>(),
    ) {
        let layout = &layout[..layout.len().min(6)];
        let (_, mut line, _) = render(layout, &values, false);
        // And once with a piece more than the server wrote.
        check_with_oracle(layout, &line);
        let places: Vec<usize> = line.char_indices().map(|(at, _)| at).collect();
        line.insert_str(*place.get(&places), &piece);
        check_with_oracle(layout, line.trim_end_matches([' ', '\t']));
    }
}
