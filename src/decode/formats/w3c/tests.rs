//! Header lines, the lines behind them, and lines that somebody wrote to look like others.

use super::super::recognise::Recogniser;
use super::super::tests::{brief, check};
use super::HEADER;
use crate::vocab::event::Kind;

const IIS: &str = "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken";

/// Reads the lines one after the other, as one source's; gives the last.
fn after(lines: &[&str]) -> String {
    let mut recogniser = Recogniser::default();
    let mut last = String::new();
    for line in lines {
        last = brief(&recogniser.decode(line));
    }
    last
}

#[test]
fn columns_are_what_the_header_line_names() {
    let cases = [
        (
            IIS,
            "2026-11-22 10:00:00 192.0.2.1 GET /a b=c 443 DOM\\bob 203.0.113.9 Mozilla/5.0+(X11;+Linux) https://example.org/ 304 0 0 15",
            "access w3c utc=1795341600000 ip=203.0.113.9 user=DOM\\bob method=GET path=/a query=b=c referrer=https://example.org/ agent=Mozilla/5.0 (X11; Linux) status=304 us=15000",
        ),
        // IIS, with the header of a proxy; the address has a zone.
        (
            "#Fields: date time cs-method cs-uri-stem c-ip sc-status sc-bytes cs-bytes time-taken cs-host cs-version X-Forwarded-For",
            "2026-11-22 10:00:00 HEAD / fe80::1%3 200 512 99 7 shop.example.org HTTP/2.0 203.0.113.9,+198.51.100.7",
            "access w3c utc=1795341600000 ip=fe80::1%3 method=HEAD path=/ protocol=HTTP/2.0 host=shop.example.org xff=203.0.113.9, 198.51.100.7 status=200 bytes=512 in=99 us=7000",
        ),
        // IIS 5: the day stands in the header alone.
        (
            "#Date: 2026-11-22 09:30:00\n#Fields: time c-ip cs-method cs-uri-stem sc-status",
            "10:00:00 203.0.113.9 GET /a.asp 200",
            "access w3c utc=1795341600000 ip=203.0.113.9 method=GET path=/a.asp status=200",
        ),
        (
            "#Date: 2026-11-21 23:30:00\n#Fields: time c-ip cs-method cs-uri-stem sc-status",
            "10:00:00 203.0.113.9 GET /a.asp 200",
            "access w3c utc=1795341600000 ip=203.0.113.9 method=GET path=/a.asp status=200",
        ),
        // IIS Advanced Logging: local time, blanks in quotes, other names.
        (
            "#Fields:  date-local time-local  s-ip cs-method cs-uri-stem c-ip cs(User-Agent) cs(Host) sc-status TimeTakenMS",
            r#"2026-11-22 10:00:00.363 192.0.2.1 GET /a "203.0.113.9" "Mozilla/5.0 (X11; ""Linux"")" "shop.example.org" 200 109"#,
            r#"access w3c local=1795341600363 ip=203.0.113.9 method=GET path=/a agent=Mozilla/5.0 (X11; "Linux") host=shop.example.org status=200 us=109000"#,
        ),
        // CloudFront, of the second version too: chosen columns, seconds, names between blanks.
        (
            "#Version: 1.0\n#Fields: timestamp DistributionId date time x-edge-location c-ip sc-status time-taken cs(Host) x-host-header cs-protocol x-edge-result-type cs(User-Agent) c-port",
            "1795341600\tE2QWRUHAPOMQZL\t2026-11-22\t10:00:00\tFRA56-P4\t203.0.113.9\t200\t2\td111.cloudfront.net\twww.example.org\thttps\tHit\tMozilla/5.0%20(X11)\t51000",
            "access cloudfront utc=1795341600000 ip=203.0.113.9 agent=Mozilla/5.0 (X11) host=www.example.org scheme=https cache=Hit port=51000 status=200 us=2000000",
        ),
        // Blue Coat, and a proxy's whole URL.
        (
            "#Software: SGOS 6.7\n#Fields: date time time-taken c-ip cs-username sc-filter-result cs-categories cs(Referer)  sc-status s-action cs-method rs(Content-Type) cs-uri-scheme cs-host cs-uri-port cs-uri-path cs-uri-query cs(User-Agent) s-ip sc-bytes cs-bytes\n#Remark: 1 \"SG\"",
            r#"2026-11-22 10:00:00 11 203.0.113.9 bob OBSERVED "News;Web Ads" -  200 TCP_HIT GET text/html;%20charset=utf-8 http www.example.org 80 /a ?b=c "Mozilla/5.0 (X11; U)" 192.0.2.1 512 99"#,
            "access w3c utc=1795341600000 ip=203.0.113.9 user=bob method=GET path=/a query=b=c agent=Mozilla/5.0 (X11; U) host=www.example.org scheme=http cache=TCP_HIT mime=text/html;%20charset=utf-8 status=200 bytes=512 in=99 us=11000",
        ),
        (
            "#Software: Microsoft Forefront Threat Management Gateway\n#Fields: c-ip\tcs-username\tc-agent\tdate\ttime\ts-computername\tcs-referred\tr-host\tr-ip\tr-port\ttime-taken\tsc-bytes\tcs-bytes\tcs-protocol\ts-operation\tcs-uri\tcs-mime-type\ts-object-source\tsc-status",
            "203.0.113.9\tanonymous\tMozilla/5.0 (X11; U)\t2026-11-22\t10:00:00\tGATE\t-\twww.example.org\t198.51.100.7\t80\t15\t512\t99\thttp\tGET\thttp://www.example.org/a?b=c\ttext/html\tInternet\t200",
            "access w3c utc=1795341600000 ip=203.0.113.9 method=GET path=/a query=b=c agent=Mozilla/5.0 (X11; U) upstream=www.example.org host=www.example.org scheme=http cache=Internet mime=text/html status=200 bytes=512 in=99 us=15000",
        ),
        // Incapsula: every column in quotes, a URL without its scheme.
        (
            "#Software: Incapsula LOGS API\n#Date: 22/Nov/2026 10:00:00\n#Fields: date time cs-vid c-ip cs(User-Agent) cs-uri cs-version cs(Referrer) s-ip cs-method cs-uri-query sc-status s-xff cs-bytes",
            r#""2026-11-22" "10:00:00" "a1" "203.0.113.9" "Mozilla/5.0 (X11)" "www.example.org/a.php" "HTTP" "" "192.0.2.1" "GET" "b=c" "200" "198.51.100.7" "99""#,
            "access w3c utc=1795341600000 ip=203.0.113.9 method=GET path=/a.php query=b=c agent=Mozilla/5.0 (X11) host=www.example.org xff=198.51.100.7 status=200 in=99",
        ),
        // Exchange's proxy: comma-separated, other names.
        (
            "#Fields: DateTime,RequestId,UrlHost,UrlStem,AuthenticatedUser,UserAgent,ClientIpAddress,HttpStatus,Method,RequestBytes,ResponseBytes,TotalRequestTime",
            r#"2026-11-22T10:00:00.123Z,7,mail.example.org,/owa/,bob,"Mozilla/5.0 (X11, U)",203.0.113.9,302,GET,99,512,31"#,
            "access w3c utc=1795341600123 ip=203.0.113.9 user=bob method=GET path=/owa/ agent=Mozilla/5.0 (X11, U) host=mail.example.org status=302 bytes=512 in=99 us=31000",
        ),
        (
            "#Fields: date time c-ip c-port s-ip s-port cs-version cs-method cs-uri streamid sc-status s-siteid s-reason s-queuename",
            "2026-11-22 10:00:00 203.0.113.9 50123 192.0.2.1 443 HTTP/2 GET /a?b=c 5 503 1 QueueFull DefaultAppPool",
            "error httperr utc=1795341600000 ip=203.0.113.9 method=GET path=/a query=b=c protocol=HTTP/2 upstream=DefaultAppPool message=QueueFull port=50123 status=503 level=error",
        ),
    ];
    for (headers, line, expected) in cases {
        let lines: Vec<&str> = headers.lines().chain([line]).collect();
        assert_eq!(after(&lines), expected, "{headers}\n{line}");
    }
}

#[test]
fn usual_columns_are_known_without_a_header_line() {
    check(&[
        (
            "2026-11-22 10:00:00 192.0.2.1 GET /a - 443 - 203.0.113.9 Mozilla/5.0+(X11) - 200 0 0 15",
            "access w3c utc=1795341600000 ip=203.0.113.9 method=GET path=/a agent=Mozilla/5.0 (X11) status=200 us=15000",
        ),
        (
            "2026-11-22 10:00:00 192.0.2.1 GET /a - 443 - 203.0.113.9 Mozilla/5.0+(X11) 200 0 0 15",
            "access w3c utc=1795341600000 ip=203.0.113.9 method=GET path=/a agent=Mozilla/5.0 (X11) status=200 us=15000",
        ),
        (
            "2026-11-22 10:00:00 W3SVC1 192.0.2.1 GET /a b=c 80 - 203.0.113.9 curl/7.1 404 0 2",
            "access w3c utc=1795341600000 ip=203.0.113.9 method=GET path=/a query=b=c agent=curl/7.1 status=404",
        ),
        (
            "2026-11-22 10:00:00 203.0.113.9 - 192.0.2.1 80 GET /a - 200 curl/7.1",
            "access w3c utc=1795341600000 ip=203.0.113.9 method=GET path=/a agent=curl/7.1 status=200",
        ),
        (
            "2026-11-22 10:00:00 SHOP~1a GET /a - 443 - 203.0.113.9 curl/7.1 - - shop.example.org 200 0 0 512 99 15",
            "access w3c utc=1795341600000 ip=203.0.113.9 method=GET path=/a agent=curl/7.1 host=shop.example.org status=200 bytes=512 in=99 us=15000",
        ),
        (
            "2026-11-22 10:00:00 203.0.113.9 50123 192.0.2.1 443 - - - - - - Timer_ConnectionIdle -",
            "error httperr utc=1795341600000 ip=203.0.113.9 message=Timer_ConnectionIdle port=50123 level=info",
        ),
        (
            "2026-11-22 10:00:00 203.0.113.9 50123 192.0.2.1 80 HTTP/1.1 GET /a 400 - Hostname -",
            "error httperr utc=1795341600000 ip=203.0.113.9 method=GET path=/a protocol=HTTP/1.1 message=Hostname port=50123 status=400 level=warn",
        ),
        (
            "2026-11-22\t10:00:00\tFRA2\t182\t203.0.113.9\tGET\td111.cloudfront.net\t/a\t200\t-\tcurl/8\tb=c\t-\tMiss\tMRVMF7==\twww.example.org\thttps\t99\t0.015",
            "access cloudfront utc=1795341600000 ip=203.0.113.9 method=GET path=/a query=b=c agent=curl/8 host=www.example.org scheme=https cache=Miss status=200 bytes=182 in=99 us=15000",
        ),
        (
            "1795341600.123\t203.0.113.9\t0.002\t200\t182\tGET\thttps\td111.cloudfront.net\t/a\t99\tFRA56-P4\tMRVMF7==\twww.example.org\t0.015\tHTTP/2.0\tIPv4\tcurl/8\t-\t-\tb=c\tHit\t-\tTLSv1.3\tTLS_AES_128_GCM_SHA256\tHit\t-",
            "access cloudfront utc=1795341600123 ip=203.0.113.9 method=GET path=/a query=b=c protocol=HTTP/2.0 agent=curl/8 host=www.example.org scheme=https tls=TLSv1.3 cipher=TLS_AES_128_GCM_SHA256 cache=Hit status=200 bytes=182 in=99 us=15000",
        ),
        ("2026-11-22 10:00:00 one two three", "message  message=2026-11-22 10:00:00 one two three"),
    ]);
}

#[test]
fn what_cloudfront_encodes_in_headers_is_undone() {
    let line = |referrer: &str, agent: &str, forwarded: &str| {
        let line = format!(
            "2026-11-22\t10:00:00\tFRA2\t182\t203.0.113.9\tGET\td111.cloudfront.net\t/a%20b\t200\t{referrer}\t{agent}\tb=%2520\t-\tMiss\tMRVMF7==\twww.example.org\thttps\t99\t0.015\t{forwarded}"
        );
        after(&[&line])
    };
    for (written, agent) in [
        ("Mozilla/5.0%20(X11;%20U)", "Mozilla/5.0 (X11; U)"),
        ("Mozilla/5.0%2520(X11;%2520U)", "Mozilla/5.0 (X11; U)"),
        ("a%20b%2520c%22%25", "a b%20c\"%"),
        ("caf%C3%A9", "café"),
        // No text, no code, and what would begin a line or colour a screen.
        ("caf%E9%20x", "caf%E9%20x"),
        ("100%,%2,%zz%", "100%,%2,%zz%"),
        ("a%0Ab%1b%7f%20c", "a%0Ab%1b%7f c"),
    ] {
        let said = line("-", written, "-");
        assert!(said.contains(&format!(" agent={agent} host=")), "{written}: {said}");
    }
    // An address keeps what is encoded in itself, and so do path and query.
    let said = line("https://a.example/b%2520c?d=%25E9", "curl/8", "192.0.2.1,%20192.0.2.2");
    assert_eq!(
        said,
        "access cloudfront utc=1795341600000 ip=203.0.113.9 method=GET path=/a%20b query=b=%2520 \
         referrer=https://a.example/b%20c?d=%E9 agent=curl/8 host=www.example.org scheme=https \
         cache=Miss xff=192.0.2.1, 192.0.2.2 status=200 bytes=182 in=99 us=15000"
    );
}

#[test]
fn a_header_line_changes_the_columns_and_is_no_event() {
    let mut recogniser = Recogniser::default();
    for line in [
        "#Software: Microsoft Internet Information Services 10.0",
        "#Version: 1.0",
        "#Date: 2026-11-22 10:00:00",
        IIS,
    ] {
        let event = recogniser.decode(line);
        assert_eq!((event.kind, event.format), (Kind::Message, HEADER), "{line}");
    }
    let first = "2026-11-22 10:00:00 192.0.2.1 GET /a - 443 - 203.0.113.9 curl/7 - 200 0 0 15";
    assert_eq!(recogniser.decode(first).status, Some(200));
    recogniser.decode("#Fields: date time sc-status cs-uri-stem cs-method c-ip");
    let second = "2026-11-22 10:00:00 404 /b GET 203.0.113.9";
    let event = recogniser.decode(second);
    assert_eq!((event.status, event.path.as_deref()), (Some(404), Some("/b")));
    // Lines that the columns do not fit are read as without them.
    assert_eq!(recogniser.decode(first).status, Some(200));
    // Columns of no web server end those that were in force.
    recogniser.decode("#Fields: date-time,client-ip,recipient-address");
    assert_eq!(recogniser.decode(second).kind, Kind::Message);
    // What only looks like a header line is a message like any other.
    for line in ["#", "#Fields", "# comment: here", "#!/bin/sh", "#Colour: blue"] {
        assert_eq!(recogniser.decode(line).format, "", "{line}");
    }
    let counts: Vec<_> = recogniser.counts().collect();
    assert_eq!(counts, [("w3c", 3), ("message", 6)]);
}

#[test]
fn what_a_client_puts_into_a_column_stays_in_it() {
    // IIS keeps a client's blanks out of its columns, but not its quotes and tabs.
    let agents = [
        r#""x"#,
        r#"x""#,
        r#""+200+"#,
        "a\t200\t0",
        "-+200+0+0+15",
        r#"[22/Nov/2026:10:00:00"#,
        "#Fields:+date",
    ];
    for agent in agents {
        for referrer in [r#"y""#, "-", r#""y"#, "a\tb"] {
            let line = format!(
                "2026-11-22 10:00:00 192.0.2.1 GET /a - 443 - 203.0.113.9 {agent} {referrer} 404 0 2 15"
            );
            let mut recogniser = Recogniser::default();
            recogniser.decode(IIS);
            let event = recogniser.decode(&line);
            assert_eq!((event.status, event.path.as_deref()), (Some(404), Some("/a")), "{line}");
            let guessed = Recogniser::default();
            let event = { guessed }.decode(&line).status;
            assert_eq!(event, Some(404), "{line}");
        }
    }
    // Where columns are quoted, a quote and a blank inside one give a column too many.
    let header =
        "#Fields: date time c-ip cs(User-Agent) cs(Referer) sc-status cs-method cs-uri-stem";
    for agent in [r#"a" "b"#, r#"a" "-" 200 GET /forged"#, r#"a"" "b"#] {
        let line = format!(r#"2026-11-22 10:00:00 203.0.113.9 "{agent}" "http://x y" 404 GET /a"#);
        let mut recogniser = Recogniser::default();
        recogniser.decode(header);
        let event = recogniser.decode(&line);
        assert!(event.kind == Kind::Message || event.status == Some(404), "{line}: {event:?}");
    }
}

#[test]
fn a_line_cut_anywhere_is_read_or_left() {
    let headers = [
        IIS,
        "#Fields: x-edge-location\tdate\ttime\tsc-status\tcs-method",
        "#Fields: a,sc-status,cs-method,cs-uri-stem",
    ];
    let lines = [
        r#"2026-11-22 10:00:00 192.0.2.1 GET /é b="c 443 - "203.0.113.9" Mo"zilla/5.0+(X11) "- 200 0 0 15"#,
        "FRA2\t2026-11-22\t10:00:00\t200\tGET",
        r#""é,",200,"G""ET",/"#,
        "2026-11-22 10:00:00 203.0.113.9 50123 192.0.2.1 443 - - - - - - Timer_ConnectionIdle -",
        "2026-11-22\t10:00:00\tFRA2\t182\t203.0.113.9\tGET\td111.cloudfront.net\t/a\t200\t-\tcurl/8\tb=c",
    ];
    for header in headers {
        for end in (0..=header.len()).filter(|end| header.is_char_boundary(*end)) {
            let mut recogniser = Recogniser::default();
            recogniser.decode(&header[..end]);
            for line in lines {
                for end in (0..=line.len()).filter(|end| line.is_char_boundary(*end)) {
                    let event = recogniser.decode(&line[..end]);
                    assert!(event.kind == Kind::Message || event.status.is_none_or(|s| s <= 999));
                }
            }
        }
    }
    let mut recogniser = Recogniser::default();
    recogniser.decode(&format!("#Fields: {}", "cs-method ".repeat(100_000)));
    recogniser.decode(IIS);
    for piece in [" ", "\t", "\"", "\" ", ",", "a ", "[11/ ", "2026-11-22 10:00:00 "] {
        let tail = piece.repeat(64 * 1024 / piece.len());
        recogniser.decode(&tail);
        recogniser.decode(&format!("2026-11-22 10:00:00 192.0.2.1 GET {tail}"));
    }
}
