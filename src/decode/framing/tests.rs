use proptest::prelude::*;

use super::*;

/// One outcome of a stream: a frame's bytes, or why there is none.
type Outcome = Result<Vec<u8>, RejectReason>;

/// Runs the framer over `input` in reads of the given lengths, the rest in one.
fn cut(mut framer: Framer, input: &[u8], reads: &[usize]) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    let mut buffer: Vec<u8> = Vec::new();
    let mut left = input;
    let mut reads = reads.iter();
    loop {
        let read = reads.next().map_or(left.len(), |&n| n.clamp(1, left.len().max(1)));
        let (chunk, rest) = left.split_at(read.min(left.len()));
        buffer.extend_from_slice(chunk);
        left = rest;
        let eof = left.is_empty();
        let mut at = 0;
        loop {
            let consumed = match framer.next(&buffer[at..], eof) {
                Step::Frame { bytes, consumed } => {
                    outcomes.push(Ok(bytes.to_vec()));
                    consumed
                }
                Step::Rejected { reason, consumed } => {
                    outcomes.push(Err(reason));
                    consumed
                }
                Step::Skip { consumed } => consumed,
                Step::Incomplete => break,
            };
            assert!(consumed > 0 && at + consumed <= buffer.len());
            at += consumed;
        }
        let waiting = buffer.len() - at;
        assert!(waiting <= framer.max_frame + HEADROOM, "asks for {waiting} bytes and more");
        buffer.drain(..at);
        if eof {
            assert!(buffer.is_empty(), "left over at the end: {buffer:?}");
            return outcomes;
        }
    }
}

fn show(outcomes: &[Outcome]) -> Vec<String> {
    outcomes
        .iter()
        .map(|o| match o {
            Ok(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Err(reason) => format!("!{}", reason.name()),
        })
        .collect()
}

/// The outcomes, whole and byte by byte, must be these.
#[track_caller]
fn check(mode: Mode, input: &[u8], expect: &[&str]) {
    for reads in [vec![], vec![1; input.len()]] {
        let got = cut(Framer::new(mode, 64), input, &reads);
        assert_eq!(show(&got), expect, "{:?}", String::from_utf8_lossy(input));
    }
}

#[test]
fn auto_decides_frame_by_frame() {
    let cases: &[(&[u8], &[&str])] = &[
        (b"", &[]),
        (b"6 <1>one6 <2>two", &["<1>one", "<2>two"]),
        (b"6 <1>one\n6 <2>two\n", &["<1>one", "<2>two"]),
        (b"6 <1>one<2>line\n6 <3>two", &["<1>one", "<2>line", "<3>two"]),
        (b"7 <1>one\n7 <2>two\n", &["<1>one", "<2>two"]),
        (b"  6 <1>one 6 <2>two", &["<1>one", "<2>two"]),
        (b"0000006 <1>one", &["<1>one"]),
        (b"10 <1>a\nb\nc\nd\n<2>x\n", &["<1>a\nb\nc\nd", "<2>x"]),
        (b"one\r\ntwo\0three\n\0four\n\rfive", &["one", "two", "three", "four", "five"]),
        (b"\n\n\r\n\0  \n", &[]),
        (b" <181>a\n   <181>b\n indented\n", &["<181>a", "<181>b", " indented"]),
        (b"200 1234 GET /x\nnext\n", &["200 1234 GET /x", "next"]),
        (b"232>1 zork\nnext\n", &["232>1 zork", "next"]),
        (b"33<134>no space\n", &["33<134>no space"]),
        (b"-5 <134>x\n+5 <134>y\n", &["-5 <134>x", "+5 <134>y"]),
        ("٣٣ <134>x\n".as_bytes(), &["٣٣ <134>x"]),
        (b"99999999999 <134>x\nnext\n", &["99999999999 <134>x", "next"]),
        (b"18446744073709551616 <134>x\n", &["18446744073709551616 <134>x"]),
    ];
    for (input, expect) in cases {
        check(Mode::Auto, input, expect);
    }
}

#[test]
fn a_wrong_count_is_told_and_the_stream_goes_on() {
    let cases: &[(&[u8], &[&str])] = &[
        (b"5 <134>short\n<134>next\n", &["<134>", "!framing", "<134>next"]),
        (b"5 <134> short\n6 <2>two", &["<134>", "!framing", "<2>two"]),
        (b"60 <134>long\n<134>second\n", &["!incomplete"]),
        (b"0 <134>zero\n<134>next\n", &["!framing", "<134>next"]),
        (b"12345", &["!incomplete"]),
        (b"50 ", &["!incomplete"]),
        (b"50 <134>abc", &["!incomplete"]),
        // Counted without a PRI, told only by the close.
        (b"9 123456789", &["123456789"]),
        (b"8 123456789", &["8 123456789"]),
    ];
    for (input, expect) in cases {
        check(Mode::Auto, input, expect);
    }
}

#[test]
fn an_oversize_frame_is_told_once_and_costs_only_itself() {
    let long = "x".repeat(65);
    let fits = "y".repeat(64);
    let counted = format!("68 <1>{long}<2>next\n");
    check(Mode::Auto, counted.as_bytes(), &["!oversize", "<2>next"]);
    check(Mode::Octet, format!("65 {long}4 next").as_bytes(), &["!oversize", "next"]);
    let lines = format!("{long}\n{fits}\nnext\n{long}{long}");
    check(Mode::Auto, lines.as_bytes(), &["!oversize", &fits, "next", "!oversize"]);
    check(Mode::Lf, lines.as_bytes(), &["!oversize", &fits, "next", "!oversize"]);
    check(Mode::Nul, format!("{long}\0a\nb\0").as_bytes(), &["!oversize", "a\nb"]);
    let joined = format!("<1>{long}\nmore\n<2>next\nline");
    check(Mode::Multiline, joined.as_bytes(), &["!oversize", "<2>next\nline"]);
    check(Mode::Auto, b"9999999 <1>and then nothing", &["!oversize"]);
}

#[test]
fn an_oversize_frame_may_give_its_head_instead() {
    let framer = Framer::new(Mode::Octet, 2).trim_oversize();
    assert_eq!(show(&cut(framer, b"1 07 1abcdef1 2", &[])), ["0", "1a", "2"]);
    let framer = Framer::new(Mode::Lf, 4).trim_oversize();
    assert_eq!(show(&cut(framer, b"abcdef\nghi\n", &[1; 11])), ["abcd", "ghi"]);
}

#[test]
fn octet_mode_takes_any_counted_bytes_and_nothing_else() {
    let cases: &[(&[u8], &[&str])] = &[
        (b"7 012345\n4 123\n", &["012345\n", "123\n"]),
        (b"5 hello\n5 world\n", &["hello", "world"]),
        (b"1 11 2", &["1", "2"]),
        (b"1 z2 zx3 zxy", &["z", "zx", "zxy"]),
        (b"12foo bar\n3 abc", &["!framing", "abc"]),
        (b"<134>line\n3 abc", &["!framing", "abc"]),
        (b"0 <134>x\n3 abc", &["!framing", "abc"]),
        (b"00000000003 abc\n3 abc", &["!framing", "abc"]),
        (b"5 abc", &["!incomplete"]),
    ];
    for (input, expect) in cases {
        check(Mode::Octet, input, expect);
    }
}

#[test]
fn lf_and_nul_hold_to_their_terminator() {
    check(Mode::Lf, b"33 <1>a\nb\0c\r\nd", &["33 <1>a", "b\0c", "d"]);
    check(Mode::Nul, b"<1>multi\nline\0\0<2>b\n\0c", &["<1>multi\nline", "<2>b", "c"]);
}

#[test]
fn multiline_joins_what_does_not_start_a_message() {
    let input = b"<1>a\nb\n\nc\n<2>d\r\n<x>e\n<1234>f\n<3>g\n\n";
    check(Mode::Multiline, input, &["<1>a\nb\n\nc", "<2>d\r\n<x>e\n<1234>f", "<3>g"]);
    check(Mode::Multiline, b"head\n<1>a\n<2", &["head", "<1>a\n<2"]);
}

#[test]
fn a_stranger_of_another_protocol_is_told_by_name() {
    let cases: &[(&[u8], RejectReason)] = &[
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03TLS\n", RejectReason::TlsOnPlain),
        (b"\x78\x9c\xed\n\n", RejectReason::Compressed),
        (b"\x78\xda\xed\n\n", RejectReason::Compressed),
        (b"\x28\xb5\x2f\xfd\x00", RejectReason::Compressed),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", RejectReason::HttpOnSyslog),
        (b"POST /api/v1/logs HTTP/1.1\r\n\r\n", RejectReason::HttpOnSyslog),
    ];
    for mode in Mode::ALL {
        for (input, reason) in cases {
            // NUL never comes in an HTTP request, so that mode sees one long frame.
            if mode == Mode::Nul && *reason == RejectReason::HttpOnSyslog {
                continue;
            }
            let mut framer = Framer::new(mode, 64);
            let step = framer.next(input, true);
            assert!(
                matches!(step, Step::Rejected { reason: r, .. } if r == *reason),
                "{mode} {input:?} {step:?}"
            );
            assert!(framer.hopeless());
            assert_eq!(framer.next(b"<1>more\n", true), Step::Skip { consumed: 8 });
            assert_eq!(cut(Framer::new(mode, 64), input, &[1; 64]), [Err(*reason)], "{mode}");
        }
    }
    check(Mode::Auto, b"GET / HTTP/1.1 200 12\n", &["GET / HTTP/1.1 200 12"]);
    check(Mode::Auto, b"a\nGET / HTTP/1.1\n", &["a", "GET / HTTP/1.1"]);
    check(Mode::Auto, b"x", &["x"]);
    let file = cut(Framer::lines(64), b"GET / HTTP/1.1\nb\n", &[]);
    assert_eq!(show(&file), ["GET / HTTP/1.1", "b"]);
}

#[test]
fn a_compressed_frame_costs_only_itself() {
    for mode in [Mode::Auto, Mode::Octet] {
        let input = b"8 zx\xda\n<1>a6 <1>one13 zx\x9c\n\n34567890";
        let got = cut(Framer::new(mode, 64), input, &[2; 40]);
        assert_eq!(show(&got), ["!compressed", "<1>one", "!compressed"], "{mode}");
    }
    check(Mode::Auto, b"200 zxcv\n", &["200 zxcv"]);
}

#[test]
fn a_datagram_is_one_message_unless_every_line_is() {
    let cases: &[(&[u8], &[&str])] = &[
        (b"", &[]),
        (b"\0", &[]),
        (b" \n", &[]),
        (b"<134>h a: x\n", &["<134>h a: x"]),
        (b"<134>h a: x\r\n", &["<134>h a: x"]),
        (b"<134>h a: x\0", &["<134>h a: x"]),
        (b"10 <134>hello", &["<134>hello"]),
        (b"11 <134>hello\n", &["<134>hello"]),
        (b"10 <134>hello\n", &["<134>hello"]),
        (b"55 <134>hello", &["55 <134>hello"]),
        (b"<134>line1\nline2", &["<134>line1\nline2"]),
        (b"<134>one\n<134>two\r\n\n<13>three\n", &["<134>one", "<134>two", "<13>three"]),
        (b"one\n<134>two", &["one\n<134>two"]),
        (b"{\"a\":1}\n", &["{\"a\":1}"]),
    ];
    for (input, expect) in cases {
        let got: Vec<_> = match datagram(input) {
            Datagram::Empty => vec![],
            Datagram::Frames(frames) => {
                frames.map(|f| String::from_utf8_lossy(f).into_owned()).collect()
            }
            Datagram::Rejected(reason) => panic!("{input:?} {reason:?}"),
        };
        assert_eq!(&got, expect, "{:?}", String::from_utf8_lossy(input));
    }
    for zipped in [&b"zx\xda\x01\x02"[..], b"5 zx\x9c\x01\x02"] {
        assert_eq!(datagram(zipped), Datagram::Rejected(RejectReason::Compressed));
    }
}

#[test]
fn a_long_line_byte_by_byte_is_searched_once() {
    // 2 MiB in single bytes: with a search from the start each time this would take minutes.
    let line = vec![b'x'; 2 << 20];
    let mut framer = Framer::new(Mode::Auto, line.len());
    for end in 1..=line.len() {
        assert_eq!(framer.next(&line[..end], false), Step::Incomplete);
    }
}

#[test]
fn modes_are_read_by_name() {
    for mode in Mode::ALL {
        assert_eq!(mode.name().parse(), Ok(mode));
    }
    assert_eq!("octets".parse::<Mode>(), Err(UnknownMode));
}

/// Pieces that meet at every seam a framer has.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let fixed: Vec<&'static [u8]> = vec![
        b"6 <1>one",
        b"7 <1>one\n",
        b"<13>line\n",
        b"<13>crlf\r\n",
        b"{\"a\":1}\0",
        b"\n",
        b"\0",
        b"\r",
        b"  ",
        b"12",
        b" ",
        b"<",
        b"0 <1>x",
        b"9999999 <1>",
        b"40 <1>",
        b"8 zx\xda\n<1>a",
        b"12 zx",
        b"z",
        b"x",
        b"\xda",
        b"\x16\x03",
        b"\x01",
        b"GET / HTTP/1.1",
        b"00000000",
        b"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz",
        b"                    ",
        b">",
    ];
    prop_oneof![
        4 => prop::sample::select(fixed).prop_map(<[u8]>::to_vec),
        1 => prop::collection::vec(any::<u8>(), 0..8),
    ]
}

#[test]
fn many_blanks_behind_a_counted_frame_are_judged_alike_however_they_come() {
    let input = [b"6 <1>one".as_slice(), &[b' '; 40], b"<13>line\n"].concat();
    let framer = || Framer::new(Mode::Auto, 400);
    assert_eq!(cut(framer(), &input, &vec![1; input.len()]), cut(framer(), &input, &[]));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_stream_cut_anywhere_gives_the_same_frames(
        pieces in prop::collection::vec(piece(), 0..12),
        reads in prop::collection::vec(1usize..9, 0..60),
        max_frame in prop::sample::select(vec![1usize, 2, 8, 32, 400]),
        mode in prop::sample::select(Mode::ALL.to_vec()),
        trims in any::<bool>(),
    ) {
        let input = pieces.concat();
        let framer = || {
            let framer = Framer::new(mode, max_frame);
            if trims { framer.trim_oversize() } else { framer }
        };
        let whole = cut(framer(), &input, &[]);
        prop_assert_eq!(&cut(framer(), &input, &reads), &whole);
        prop_assert_eq!(&cut(framer(), &input, &vec![1; input.len()]), &whole);
        for frame in whole.iter().flatten() {
            prop_assert!(!frame.is_empty() && frame.len() <= max_frame);
        }
    }

    #[test]
    fn a_good_stream_of_any_mix_gives_back_its_messages(
        messages in prop::collection::vec(("<[0-9]{1,3}>[ -~]{1,40}[!-~]", 0u8..4), 0..20),
        reads in prop::collection::vec(1usize..30, 0..60),
    ) {
        let mut input = Vec::new();
        for (message, way) in &messages {
            match way {
                0 => input.extend_from_slice(format!("{} {message}", message.len()).as_bytes()),
                1 => input.extend_from_slice(format!("{message}\n").as_bytes()),
                2 => input.extend_from_slice(format!("{message}\r\n").as_bytes()),
                _ => input.extend_from_slice(format!("{message}\0").as_bytes()),
            }
        }
        let got = cut(Framer::new(Mode::Auto, 64), &input, &reads);
        let expect: Vec<_> = messages.iter().map(|(m, _)| m.clone()).collect();
        prop_assert_eq!(show(&got), expect);
    }

    #[test]
    fn a_datagram_of_any_bytes_is_an_outcome(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Datagram::Frames(frames) = datagram(&bytes) {
            prop_assert!(frames.count() > 0);
        }
    }
}
