//! What templates read, what they refuse, and what is said of a bad one.

use super::{Dialect, Fault, Options, Template, compile};
use crate::decode::formats::Format;
use crate::vocab::event::Event;

fn template(dialect: Dialect, text: &str) -> Template {
    match compile("own", Some(dialect), text, &Options::default()) {
        Ok(template) => template,
        Err(fault) => panic!("{text}: byte {}: {fault}", fault.offset),
    }
}

/// What an event says, in the words that `parse` prints: `client=192.0.2.1 status=200 …`.
fn said(event: &Event<'_>) -> String {
    let mut out = Vec::new();
    let mut add = |name: &str, value: Option<String>| {
        out.extend(value.map(|value| format!("{name}={value}")));
    };
    let text = |text: &Option<std::borrow::Cow<'_, str>>| text.as_deref().map(str::to_owned);
    add("host", text(&event.host));
    add("client", text(&event.remote_ip));
    add("port", event.remote_port.map(|port| port.to_string()));
    add("user", text(&event.user));
    add("time", event.stamp.map(|stamp| format!("{stamp:?}").replace("Millis", "")));
    add("method", text(&event.method));
    add("path", text(&event.path));
    add("query", text(&event.query));
    add("protocol", text(&event.protocol));
    add("status", event.status.map(|status| status.to_string()));
    add("bytes", event.bytes.map(|bytes| bytes.to_string()));
    add("in", event.bytes_in.map(|bytes| bytes.to_string()));
    add("referrer", text(&event.referrer));
    add("agent", text(&event.user_agent));
    add("took", event.request_time_us.map(|us| us.to_string()));
    add("waited", event.upstream_time_us.map(|us| us.to_string()));
    add("upstream", text(&event.upstream));
    add("cache", text(&event.cache_status));
    add("scheme", text(&event.scheme));
    add("tls", text(&event.tls_version));
    add("mime", text(&event.mime));
    add("forwarded", text(&event.x_forwarded_for));
    out.join(" ")
}

fn check(dialect: Dialect, cases: &[(&str, &str, &str)]) {
    for (text, line, want) in cases {
        match template(dialect, text).explain(line) {
            Ok(event) => assert_eq!(said(&event), *want, "{text}\n{line}"),
            Err(mismatch) => assert_eq!(format!("refused: {mismatch}"), *want, "{text}\n{line}"),
        }
    }
}

fn fault(dialect: Dialect, text: &str) -> Fault {
    compile("own", Some(dialect), text, &Options::default()).expect_err(text)
}

#[test]
fn a_list_of_upstreams_ends_where_the_template_goes_on() {
    let want = "client=192.0.2.1 status=200 upstream=10.0.0.1:80";
    for (open, close) in [
        ("[", "] "),
        ("|", "|"),
        ("(", ")"),
        ("<", ">"),
        ("'", "'"),
        ("{", "}"),
        ("=", ";"),
        (";", ","),
    ] {
        let text = format!("$remote_addr{open}$upstream_addr{close}$status");
        check(
            Dialect::Nginx,
            &[(text.as_str(), &format!("192.0.2.1{open}10.0.0.1:80{close}200"), want)],
        );
        // Each address of a list, those in brackets of their own, a group's name, none.
        for upstream in [
            "10.0.0.1:80, 10.0.0.2:80",
            "[::1]:80",
            "[::1]:80, unix:/s : [::2]:80",
            "back_end",
            "-",
        ] {
            let line = format!("192.0.2.1{open}{upstream}{close}200");
            let template = template(Dialect::Nginx, &text);
            let event = template.explain(&line).unwrap_or_else(|why| panic!("{line}: {why}"));
            assert_eq!(event.status, Some(200), "{line}");
        }
    }
    for (text, line, want) in [
        // What an address has too, and what parts a list, ends it where only that fits.
        ("$upstream_addr:$status", "10.0.0.1:80:200", "status=200 upstream=10.0.0.1:80"),
        ("$upstream_addr, $status", "10.0.0.1:80, 200", "status=200 upstream=10.0.0.1:80"),
        ("$upstream_response_time, $status", "0.1, 200", "status=200 waited=100000"),
        ("$upstream_response_time|$status", "0.1, 0.2|200", "status=200 waited=300000"),
        ("$upstream_status] $status", "502, 200] 200", "status=200"),
        // What a client wrote behind it moves nothing.
        (
            "$upstream_addr|$status|$request_uri",
            "10.0.0.1:80|200|/a|404|/b",
            "path=/a|404|/b status=200 upstream=10.0.0.1:80",
        ),
        (
            "$request_uri|$upstream_addr|$status",
            "/a|10.0.0.9:80|500|10.0.0.1:80|200",
            "path=/a|10.0.0.9:80|500 status=200 upstream=10.0.0.1:80",
        ),
        (
            "$request_uri|$upstream_addr|$status|$host|$scheme",
            "/a|b|200|x|http|10.0.0.1:80|200|x|http",
            "refused: the line can be read in two ways from here; quotes around the fields before \
             would tell them apart",
        ),
        (
            "$upstream_response_time, $upstream_header_time, $status",
            "0.1, 0.2, 0.3, 0.4, 200",
            "refused: the line can be read in two ways from here; quotes around the fields before \
             would tell them apart",
        ),
    ] {
        check(Dialect::Nginx, &[(text, line, want)]);
    }
}

const COMBINED: &str = r#"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent""#;

#[test]
fn nginx_formats_read_as_they_stand() {
    check(
        Dialect::Nginx,
        &[
            (
                COMBINED,
                r#"192.0.2.1 - frank zappa [22/Nov/2026:10:00:00 +0000] "GET /a?b=c HTTP/1.1" 200 512 "-" "curl \x22x\x22""#,
                "client=192.0.2.1 user=frank zappa time=Utc((1795341600000)) method=GET path=/a query=b=c \
                 protocol=HTTP/1.1 status=200 bytes=512 agent=curl \"x\"",
            ),
            (
                "log_format main '$remote_addr $host$request_uri '\n   '$status $request_time';",
                "2001:db8::1 example.org/a/b?c 404 0.005\r\n",
                "host=example.org client=2001:db8::1 path=/a/b query=c status=404 took=5000",
            ),
            (
                "$status $upstream_addr $upstream_response_time $upstream_cache_status $uri$is_args$args",
                "502 192.0.2.7:80, unix:/run/a b 0.1, 0.2 : - MISS /x y?z",
                "refused: $upstream_response_time should be a number, or a list of them",
            ),
            (
                "$status $upstream_addr $upstream_response_time ${upstream_cache_status} $uri$is_args$args",
                "502 192.0.2.7:80, 192.0.2.8:80 0.1, 0.2 : 0.3 MISS /x y?z",
                "path=/x y query=z status=502 waited=600000 upstream=192.0.2.7:80, 192.0.2.8:80 cache=MISS",
            ),
            (
                r#"escape=json {"ip":"$remote_addr","r":"$request_uri","t":$request_time,"u":"$upstream_response_time"}"#,
                r#"{"ip":"192.0.2.1","r":"/\u00e9\"x","t":0.010,"u":""}"#,
                "client=192.0.2.1 path=/é\"x took=10000",
            ),
            (
                "$remote_addr|$pid|$request_method|$request_uri|$server_protocol|$status|$http_user_agent",
                "192.0.2.1|77|GET|/x|200||/y|HTTP/1.1|404|curl",
                "client=192.0.2.1 method=GET path=/x|200||/y protocol=HTTP/1.1 status=404 agent=curl",
            ),
            (
                "$remote_addr|$request_method|$uri$is_args$args|$server_protocol|$status",
                "192.0.2.1|-|--||505",
                "client=192.0.2.1 status=505",
            ),
            (
                "$remote_addr|$request_method|$uri$is_args$args|$server_protocol|$status",
                "192.0.2.1|GET|/a-b-|HTTP/1.1|200",
                "client=192.0.2.1 method=GET path=/a-b protocol=HTTP/1.1 status=200",
            ),
            (
                "log_format json escape=json\n  '{'\n    '\"s\":$status,'\n    '\"u\":\"$http_user_agent\"'\n  '}';\n",
                r#"{"s":200,"u":"a \"b\" \\"}"#,
                "status=200 agent=a \"b\" \\",
            ),
            (
                "$msec $pid $http_x_forwarded_for $status",
                "1795342800.250 77 203.0.113.9, 198.51.100.2 200",
                "client=198.51.100.2 time=Utc((1795342800250)) status=200 forwarded=203.0.113.9, 198.51.100.2",
            ),
        ],
    );
}

/// The formats that ingress controllers, proxies and their users' answers have.
#[test]
fn formats_that_people_have_are_read() {
    const TIME: &str = "22/Nov/2026:10:00:00 +0000";
    let cases = [
        (
            r#"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $request_length $request_time [$proxy_upstream_name] [$proxy_alternative_upstream_name] $upstream_addr $upstream_response_length $upstream_response_time $upstream_status $req_id"#,
            r#"192.0.2.1 - - [TIME] "GET / HTTP/2.0" 502 5 "-" "a [b] c" 100 0.300 [shop-80] [] 10.0.0.1:80, 10.0.0.2:80 0, 5 0.100, 0.200 502, 502 8f6a"#,
            "status=502 bytes=5 in=100 agent=a [b] c took=300000 waited=300000 upstream=10.0.0.1:80, 10.0.0.2:80",
        ),
        (
            r#"$http_x_forwarded_for - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $remote_addr"#,
            r#"203.0.113.9, 198.51.100.7 - - [TIME] "GET / HTTP/1.1" 200 5 "-" "-" 10.0.0.1"#,
            "client=10.0.0.1",
        ),
        (
            r#"[$time_local] $remote_addr $host "$request_method $scheme://$host$request_uri $server_protocol" $status rt=$request_time uct="$upstream_connect_time" urt="$upstream_response_time""#,
            r#"[TIME] 192.0.2.1 example.org "GET https://example.org/a b?c HTTP/1.1" 200 rt=0.010 uct="0.001" urt="0.009""#,
            "path=/a b",
        ),
        (
            "$remote_addr|$time_iso8601|$request_method|$uri|$args|$status|$bytes_sent|$request_time|$http_user_agent",
            "192.0.2.1|2026-11-22T10:00:00+00:00|GET|/a|b=c|200|512|0.010|curl|8",
            "query=b=c",
        ),
        (
            r#"$host:$server_port $remote_addr - $remote_user [$time_local] "$request" $status $bytes_sent $gzip_ratio $ssl_protocol/$ssl_cipher $pipe"#,
            r#"example.org:443 2001:db8::1 - - [TIME] "GET / HTTP/2.0" 200 5 - TLSv1.3/TLS_AES_128_GCM_SHA256 ."#,
            "tls=TLSv1.3",
        ),
        (
            r#"%h <<%P>> %t %Dus \"%r\" %>s %b  \"%{Referer}i\" \"%{User-Agent}i\" %l %u"#,
            r#"192.0.2.1 <<61>> [TIME] 1966093us "GET / HTTP/1.1" 200 3478  "https://example.org/" "x" - -"#,
            "took=1966093",
        ),
        (
            r#"{ "time":"%{%Y-%m-%dT%T%z}t", "remoteIP":"%a", "host":"%V", "request":"%U", "query":"%q", "method":"%m", "status":"%>s", "userAgent":"%{User-agent}i" }"#,
            r#"{ "time":"2026-11-22T10:00:00+0000", "remoteIP":"192.0.2.1", "host":"example.org", "request":"/a", "query":"?b=\"c\"", "method":"GET", "status":"200", "userAgent":"x" }"#,
            "query=b=\"c\"",
        ),
    ];
    for (text, line, want) in cases {
        let template = compile("own", None, text, &Options::default()).expect(text);
        let line = line.replace("TIME", TIME);
        match template.explain(&line) {
            Ok(event) => {
                let said = said(&event);
                assert!(
                    said.contains("client=") && said.contains("time=Utc((1795341600"),
                    "{said}"
                );
                assert!(said.contains(want), "{said}\n{want}");
            }
            Err(mismatch) => panic!("{text}\n{line}\n{mismatch:?}"),
        }
    }
}

#[test]
fn a_line_that_a_transport_cut_in_its_agent_counts() {
    let line = format!(
        r#"192.0.2.1 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "{}"#,
        "a b ".repeat(300)
    );
    let cases = [
        (COMBINED.to_owned(), line.as_str(), true),
        (COMBINED.to_owned(), &line[..800], false),
        (format!("{COMBINED} $request_time"), line.as_str(), false),
        (format!("escape=none {COMBINED}"), line.as_str(), false),
        (r#"%h %^[%d:%t %^] "%r" %s %b "%R" "%u""#.to_owned(), line.as_str(), false),
    ];
    for (text, line, reads) in cases {
        let template = compile("own", None, &text, &Options::default()).expect(&text);
        let status = template.explain(line).ok().map(|event| event.status);
        assert_eq!(status, reads.then_some(Some(200)), "{text}");
    }
}

/// However often its beginning could be that of the next field.
#[test]
fn a_line_that_was_made_to_be_tried_at_many_places_is_refused() {
    let template = template(Dialect::Nginx, "$a $b $c $d $e $f $status $g $h");
    let line = "200 ".repeat(16 * 1024);
    let read = template.explain(&line).map_err(|mismatch| mismatch.message);
    assert_eq!(read, Err("the line could be read in too many ways".to_owned()));
}

#[test]
fn the_table_of_variables_can_be_searched() {
    super::nginx::tests::is_sorted();
}

#[test]
fn a_fault_says_where_it_is_and_what_would_be_right() {
    let cases = [
        (Dialect::Nginx, "$status $", 8, "a $ begins a variable"),
        (Dialect::Nginx, "a ${status", 2, "a } must close"),
        (Dialect::Nginx, "$status$bytes_sent", 0, "nothing stands between $status and $bytes_sent"),
        (Dialect::Nginx, "escape=xml $status", 0, "escape=xml is none"),
        (Dialect::Apache, "%h %j", 3, "unknown directive %j; did you mean"),
        (Dialect::Apache, "%h %d", 3, "did you mean %D?"),
        (Dialect::Apache, "%h %i", 3, "%i needs a name"),
        (Dialect::Apache, "%h %{Referer", 3, "a } must close"),
        (Dialect::Apache, "%h %", 3, "a % at the end"),
        (Dialect::Apache, "%(h)s %(j)s", 6, "unknown field j"),
        (Dialect::Apache, "%>a %Ss %foo x", 8, "unknown code"),
        (Dialect::Apache, "[%{%Y-%J}t]", 6, "%J is no part of a time"),
    ];
    for (dialect, text, offset, message) in cases {
        let fault = fault(dialect, text);
        assert!(fault.message.contains(message), "{text}: {fault}");
        assert_eq!(fault.offset, offset, "{text}: {fault}");
        assert!(fault.offset + fault.length <= text.len(), "{text}");
    }
}

#[test]
fn apache_formats_read_as_they_stand() {
    check(
        Dialect::Apache,
        &[
            (
                r#"LogFormat "%v:%p %h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\" %D" own"#,
                r#"example.org:443 ::1 - "" [22/Nov/2026:10:00:00 -0130] "GET /a\"b HTTP/2.0" 404 - "\xc3\xa9" "x" 25"#,
                "refused: %O should be a whole number",
            ),
            (
                r#"LogFormat "%v:%p %h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\" %D" own"#,
                r#"example.org:443 ::1 - "" [22/Nov/2026:10:00:00 -0130] "GET /a\"b HTTP/2.0" 404 7 "\xc3\xa9" "x" 25"#,
                "host=example.org client=::1 time=Utc((1795347000000)) method=GET path=/a\"b \
                 protocol=HTTP/2.0 status=404 bytes=7 referrer=é agent=x took=25",
            ),
            (
                "%a:%{remote}p %{%d/%b/%Y %T}t.%{msec_frac}t %{%z}t %m %U%q %s %{ms}T %{Content-Type}o",
                "2001:db8::1:5555 22/Nov/2026 10:00:00.250 +0000 GET /x?y 200 17 text/html",
                "client=2001:db8::1 port=5555 time=Utc((1795341600250)) method=GET path=/x query=y \
                 status=200 took=17000 mime=text/html",
            ),
            (
                "%{X-Forwarded-For}i %t %>s",
                "10.0.0.1, 192.0.2.9 [22/Nov/2026:10:00:00 +0000] 200",
                "client=192.0.2.9 time=Utc((1795341600000)) status=200 forwarded=10.0.0.1, 192.0.2.9",
            ),
            (
                "%h %{SSL_PROTOCOL}x %{Varnish:hitmiss}x %400,501{User-agent}i %!200,304{Referer}i",
                "192.0.2.1 TLSv1.3 hit - -",
                "client=192.0.2.1 cache=hit tls=TLSv1.3",
            ),
            (
                "combined",
                r#"192.0.2.1 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 - "-" "-""#,
                "client=192.0.2.1 time=Utc((1795341600000)) method=GET path=/ protocol=HTTP/1.1 status=200",
            ),
        ],
    );
}

#[test]
fn formats_of_apaches_relatives_read_as_they_stand() {
    check(
        Dialect::Apache,
        &[
            (
                r#"%(h)s %(l)s %(u)s %(t)s "%(r)s" %(s)s %(b)s "%(f)s" "%(a)s" %(D)s %(p)s"#,
                r#"192.0.2.1 - bob [22/Nov/2026:10:00:00 +0000] "GET /a?b HTTP/1.1" 200 5 "-" "a \"b\"" 1500 <7>"#,
                "client=192.0.2.1 user=bob time=Utc((1795341600000)) method=GET path=/a query=b \
                 protocol=HTTP/1.1 status=200 bytes=5 agent=a \"b\" took=1500",
            ),
            (
                r#"%(h)s "%(r)s" %(s)s "%(a)s""#,
                r#"192.0.2.1 "GET /\\" 200 "-" HTTP/1.1" 404 "x""#,
                "refused: the line can be read in two ways from here; quotes around the fields before \
                 would tell them apart",
            ),
            (
                "logformat squid %ts.%03tu %6tr %>a %Ss/%03>Hs %<st %rm %ru %[un %Sh/%<a %mt",
                "1795341600.250     12 192.0.2.1 TCP_MISS/200 512 GET http://example.org/a?b - HIER_DIRECT/198.51.100.7 text/html",
                "client=192.0.2.1 time=Utc((1795341600250)) method=GET path=http://example.org/a query=b \
                 status=200 bytes=512 took=12000 upstream=198.51.100.7 cache=TCP_MISS mime=text/html",
            ),
            (
                r#"%>a %[ui %[un [%tl] "%rm %ru HTTP/%rv" %>Hs %<st "%{Referer}>h" "%{User-Agent}>h" %Ss:%Sh"#,
                r#"2001:db8::1 - bob [22/Nov/2026:10:00:00 +0000] "GET /a HTTP/1.1" 404 9 "-" "curl" TCP_HIT:HIER_NONE"#,
                "client=2001:db8::1 user=bob time=Utc((1795341600000)) method=GET path=/a protocol=HTTP/1.1 \
                 status=404 bytes=9 agent=curl cache=TCP_HIT",
            ),
        ],
    );
}

#[test]
fn goaccess_formats_read_as_they_stand() {
    check(
        Dialect::GoAccess,
        &[
            (
                r#"%h %^[%d:%t %^] "%r" %s %b "%R" "%u""#,
                r#"192.0.2.1 - bob [22/Nov/2026:10:00:00 +0000] "GET /a?b HTTP/1.1" 200 5 "-" "curl/8""#,
                "client=192.0.2.1 time=Local((1795341600000)) method=GET path=/a query=b \
                 protocol=HTTP/1.1 status=200 bytes=5 agent=curl/8",
            ),
            (
                r#"log-format %v\t~h{, } %e\t%m %U %q %H\t%s %T"#,
                "example.org\t203.0.113.9, 198.51.100.7 bob\tGET /a b=c HTTP/1.1\t200 0.250",
                "host=example.org client=198.51.100.7 user=bob method=GET path=/a query=b=c \
                 protocol=HTTP/1.1 status=200 took=250000 forwarded=203.0.113.9, 198.51.100.7",
            ),
            (
                "COMBINED",
                r#"192.0.2.1 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "x""#,
                "client=192.0.2.1 time=Utc((1795341600000)) method=GET path=/ protocol=HTTP/1.1 \
                 status=200 bytes=5 agent=x",
            ),
            (
                "CLOUDSTORAGE",
                r#""1795341600250000","192.0.2.1","1","","GET","/b/o","200","0","512","1500","storage.example.org","","curl","id","GET_Object","b","o""#,
                "host=storage.example.org client=192.0.2.1 time=Utc((1795341600250)) method=GET path=/b/o \
                 status=200 bytes=512 agent=curl took=1500",
            ),
        ],
    );
}

#[test]
fn a_line_that_goes_on_behind_a_goaccess_format_is_read_where_the_format_was_named() {
    let own = template(Dialect::GoAccess, r#"%h %^[%d:%t %^] "%r" %s %b "%R" "%u""#);
    let front =
        r#"192.0.2.1 - - [22/Nov/2026:10:00:00 +0000] "GET /x HTTP/1.1" 200 5 "-" "curl/8""#;
    let longer = format!(r#"{front} "203.0.113.7" 0.012"#);
    assert_eq!(said(&own.explain(&longer).unwrap()), said(&own.explain(front).unwrap()));
    // Where it is only tried, what it would lose may be another format's.
    assert!(own.decode(front).is_some() && own.decode(&longer).is_none());
    // What a client wrote into an unescaped quote is still no status.
    let forged = r#"192.0.2.1 - - [22/Nov/2026:10:00:00 +0000] "GET /x" 200 5 "-" "a" HTTP/1.1" 404 7 "-" "b""#;
    assert!(own.explain(forged).is_err());
    // The others' formats end where they end.
    let apache = template(Dialect::Apache, "%h %>s");
    assert!(apache.explain("192.0.2.1 200 more").is_err());
}

#[test]
fn every_preset_of_goaccess_is_accepted() {
    const PRESETS: [&str; 13] = [
        "COMBINED",
        "VCOMBINED",
        "COMMON",
        "VCOMMON",
        "W3C",
        "CLOUDFRONT",
        "CLOUDSTORAGE",
        "AWSELB",
        "AWSALB",
        "AWSS3",
        "CADDY",
        "TRAEFIKCLF",
        "SQUID",
    ];
    for preset in PRESETS {
        assert_eq!(Dialect::of(preset), Dialect::GoAccess);
        let read = compile("own", None, preset, &Options::default());
        let read = read.expect(preset);
        assert!(
            !matches!(&read.body, super::Body::House(formats) if formats.is_empty()),
            "{preset}"
        );
    }
    let fault = fault(Dialect::GoAccess, "COMBIND");
    assert!(fault.message.contains("did you mean COMBINED?"), "{fault}");
}

#[test]
fn a_json_format_of_goaccess_says_what_stands_under_which_key() {
    let options = Options { date_format: Some("%s".into()), time_format: Some("%s".into()) };
    let text = r#"{ "ts": "%x.%^", "request": { "client_ip": "%h", "uri": "%U", "method": "%m", "headers": {"User-Agent": ["%u"]} }, "status": "%s", "duration": "%T" }"#;
    let template = compile("own", None, text, &options).expect(text);
    let cases = [
        (
            r#"{"level":"info","ts":1795341600.25,"request":{"client_ip":"192.0.2.1","method":"GET","uri":"/\u00e9?x","headers":{"Accept":["*/*"],"User-Agent":["a \"b\"","c"]}},"duration":0.000125,"status":200}"#,
            "client=192.0.2.1 time=Utc((1795341600000)) method=GET path=/é query=x status=200 agent=a \"b\" took=125",
        ),
        (r#"{"status":200}"#, "status=200"),
        (r#"{"status":null,"request":{"uri":"/"}}"#, "path=/"),
        (r#"{"status":"2x0"}"#, "refused: status: %s should be a status of three digits"),
        (r#"{"status":200,"status":500}"#, "refused: this key stands in the line a second time"),
        (r#"{"status":200} x"#, "refused: the line is no JSON object from here"),
        (r#"{"state":200}"#, "refused: none of the template's keys is in the line"),
        (r#"{"request":{"client_ip":"192.0.2.1""#, "refused: the line is no JSON object from here"),
        ("status 200", "refused: the line is no JSON object from here"),
    ];
    for (line, want) in cases {
        match template.explain(line) {
            Ok(event) => assert_eq!(said(&event), want, "{line}"),
            Err(mismatch) => assert_eq!(format!("refused: {mismatch}"), want, "{line}"),
        }
    }
}

#[test]
fn apaches_time_to_the_first_byte_may_be_missing() {
    let text = "%h %>s %^FB %D";
    check(
        Dialect::Apache,
        &[
            (text, "192.0.2.1 200 312 1500", "client=192.0.2.1 status=200 took=1500"),
            (text, "192.0.2.1 200 - 1500", "client=192.0.2.1 status=200 took=1500"),
        ],
    );
}

#[test]
fn a_text_shows_whose_it_is() {
    let cases = [
        (COMBINED, Dialect::Nginx),
        ("log_format main '$status';", Dialect::Nginx),
        ("escape=json {\"s\":$status}", Dialect::Nginx),
        ("%h %l %u %t \"%r\" %>s %b", Dialect::Apache),
        ("combined", Dialect::Apache),
        ("%{Referer}i %{$X}e", Dialect::Apache),
        ("%>a %Ss/%03>Hs %<st %rm %ru", Dialect::Apache),
        ("%(h)s %(t)s", Dialect::Apache),
        ("%v:%p %h %{Foo}^ti %^FB", Dialect::Apache),
        ("{\"t\":\"%t\",\"a\":\"%a\",\"s\":%>s}", Dialect::Apache),
        ("%{%d}t %s", Dialect::Apache),
        ("COMBINED", Dialect::GoAccess),
        ("%h %^[%d:%t %^] \"%r\" %s %b", Dialect::GoAccess),
        ("{\"ts\":\"%x.%^\"}", Dialect::GoAccess),
        ("%v ~h{, } %s", Dialect::GoAccess),
        ("log-format %h %s", Dialect::GoAccess),
    ];
    for (text, dialect) in cases {
        assert_eq!(Dialect::of(text), dialect, "{text}");
    }
}

/// A client writes its request, referrer, agent and forwarded addresses, and perhaps its user.
#[test]
fn a_client_forges_no_status_and_no_address() {
    let nginx = "$remote_addr - $remote_user [$time_local] \"$request\" $status $bytes_sent \"$http_user_agent\"";
    let bare = "$remote_addr [$time_local] $request_uri $status $http_user_agent";
    let none = "escape=none $remote_addr \"$http_referer\" $status \"$http_user_agent\"";
    let goaccess = "%h [%d:%t %^] \"%r\" %s %b \"%u\"";
    let cases = [
        (
            nginx,
            r#"192.0.2.1 - x [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 1 "a" [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 404 5 "b""#,
        ),
        (
            nginx,
            r#"192.0.2.1 - x [22/Nov/2026:10:00:00 +0000] "GET /" 200 1 "-" HTTP/1.1" 404 5 "b""#,
        ),
        (bare, "192.0.2.1 [22/Nov/2026:10:00:00 +0000] /a 200 b 404 agent"),
        (none, "192.0.2.1 \"a\" 200 \"b\" 404 \"c\""),
        (
            goaccess,
            r#"192.0.2.1 [22/Nov/2026:10:00:00 +0000] "GET /" 200 1 "-" HTTP/1.1" 404 5 "b""#,
        ),
    ];
    for (text, line) in cases {
        let template = compile("own", None, text, &Options::default()).expect(text);
        let read = template.explain(line);
        assert!(read.is_err(), "{text}\n{line}\n{}", said(&read.unwrap()));
    }
    // What a client can choose anyhow may read either way, the status not.
    let template = template(Dialect::Apache, "%{Referer}i %{User-Agent}i %>s");
    let event = template.explain("a b 200 c 404").map(|event| event.status);
    assert_eq!(event, Ok(Some(404)));
}
