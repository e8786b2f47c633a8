//! Where labelled cases are read otherwise than their suite expects, on purpose, and what was decided
//! where the suites themselves chose between strictness and leniency. Each by the name that the suite
//! gives the case.

/// Cases that go one way for one reason.
pub(crate) struct Decision {
    pub(crate) reason: &'static str,
    pub(crate) cases: &'static [&'static str],
}

/// Core cases and those of a format string that disagree. Whatever is not listed here must agree.
pub(crate) const DISAGREE: &[Decision] = &[
    Decision {
        reason: "A balancer's URL is of its own making (`https://host:443/path`), so `target` is path \
                 and query, and the host is the host. Two suites say so, two keep the URL.",
        cases: &[
            "nekrassov01/ALBRegexParser/1st",
            "vrl/parse_aws_alb_log/one",
            "vrl/parse_aws_alb_log/five",
            "vrl/parse_aws_alb_log/six",
            "vrl/parse_aws_alb_log/seven",
            "vrl/parse_aws_alb_log/eleven",
            "vrl/parse_aws_alb_log/twelve",
        ],
    },
    Decision {
        reason: "nginx's trailing list (client, server, request) is taken off `message`; the whole is \
                 `message_full`. Other suites expect it so.",
        cases: &["beats-2018/nginx.error/error.log#0", "beats-2018/nginx.error/error.log#1"],
    },
    Decision {
        reason: "A number like AH00489 stays where no client stands before it: three suites keep it, \
                 this one cuts it.",
        cases: &["logstash-patterns/httpd#7"],
    },
    Decision {
        reason: "Escaped bytes are UTF-8 where they can be: `\\xf0\\x9d\\x8c\\x86` is one letter, not four of \
                 Latin-1.",
        cases: &["apachelogs/test_parse.py#21"],
    },
    Decision {
        reason: "Apache's eight levels of tracing are one level here, so that they are one row of the \
                 panel and one word of the filter.",
        cases: &["elastic-package/apache.error/test-error-trace.log#0"],
    },
    Decision {
        reason: r#"RFC 5424, 6.3.3: in a PARAM-VALUE `\\` stands for `\`. The suite keeps both."#,
        cases: &[
            "stanza/8-RFC5424-escaped-r",
            "stanza/9-RFC5424-escaped-t",
            "stanza/10-RFC5424-escaped-t",
        ],
    },
    Decision {
        reason: "A method that nobody registered, an odd user or a time with a blank for its first \
                 colon is what a line says, and the line still counts.",
        cases: &[
            "kassner/Format/RequestMethodTest/invalidProvider#1",
            "kassner/Format/UserTest/invalidProvider#0",
            "kassner/Format/UserTest/invalidProvider#2",
            "apachelogs/test_parse_apache_timestamp.py#69",
        ],
    },
    Decision {
        reason: "`$hostname` is the machine that runs nginx, not the client.",
        cases: &["nielsbasjes-logparser/NginxLogFormatTest.validateAllFields#31"],
    },
    Decision {
        reason: "A line of nothing but `-` says nothing of a request.",
        cases: &["vrl/parse_apache_log/log_line_valid_with_timezone"],
    },
    Decision {
        reason: "What CloudFront encodes in a header is undone, so that its agents are those of other servers.",
        cases: &["nekrassov01/CFRegexParser/1st"],
    },
];

/// Cases in which a suite is strict, or lenient, and what holds here.
pub(crate) const POLICIES: &[Decision] = &[
    Decision {
        reason: "A line that fits nothing is kept whole as a message, never refused.",
        cases: &["vrl/parse_syslog/invalid"],
    },
    Decision {
        reason: "A PRI that is empty or above 191 is no PRI: severity and facility are unknown, and \
                 nothing else is lost.",
        cases: &["fluentd/syslog/test_parse_with_empty_priority#1", "stanza/1-Priority Range"],
    },
    Decision {
        reason: "With `auto`, what does not begin with a count, a blank and `<` is a line, also where \
                 it begins with digits; `octet` rejects it and counts the rejection.",
        cases: &[
            "vector/octet/octet_decode_moves_past_invalid_length",
            "victorialogs/linereader_fail#0",
            "victorialogs/linereader_fail#1",
            "victorialogs/stream_fail#1",
            "victorialogs/stream_fail#2",
        ],
    },
    Decision {
        reason: "A frame longer than the limit is rejected and counted, and the stream goes on.",
        cases: &[
            "vector/octet/octet_decode_rejects_exceeded_frame_length",
            "vector/octet/octet_decode_rejects_exceeded_frame_length_multiple_frames",
        ],
    },
    Decision {
        reason: "A tag is told by its colon, its pid or a server's name; dashes and a lone long word \
                 are the message.",
        cases: &[
            "rsyslog/parsertest-parse1#11",
            "rsyslog/parsertest-parse1#12",
            "rsyslog/parsertest-parse1#26",
        ],
    },
    Decision {
        reason: "Times are given in UTC, whatever zone they were written in.",
        cases: &["rsyslog/parsertest-parse1#17"],
    },
    Decision {
        reason: "RFC 3164 as it is sent: no host, a year before or behind the clock, a colon behind \
                 the time, a tag with brackets or of 40 letters, no message at all.",
        cases: &[
            "rsyslog/parsertest-parse1#1",
            "rsyslog/parsertest-parse1#2",
            "rsyslog/parsertest-parse1#3",
            "rsyslog/parsertest-parse1#5",
            "rsyslog/parsertest-parse1#6",
            "rsyslog/parsertest-parse1#7",
            "rsyslog/parsertest-parse1#8",
            "rsyslog/parsertest-parse1#9",
            "rsyslog/parsertest-parse1#13",
            "rsyslog/parsertest-parse1#23",
            "rsyslog/parsertest-parse1#24",
            "victorialogs/syslog_parser#1",
            "victorialogs/syslog_parser#2",
            "victorialogs/syslog_parser#4",
            "victorialogs/syslog_parser#13",
            "victorialogs/syslog_parser#14",
            "victorialogs/syslog_parser#18",
            "victorialogs/syslog_parser#20",
        ],
    },
    Decision {
        reason: "RFC 5424 as it is sent: no PRI, columns missing at the end, structured data with a \
                 blank behind `=` or without quotes, a version of five digits.",
        cases: &[
            "fluentd/syslog/test_parse_with_rfc5424_message_and_without_priority#1",
            "logstash-patterns/syslog#12",
            "rsyslog/parsertest-parse1#19",
            "stanza/2-Version Range",
            "syslog-loose/parse_5424_multiple_structured_data#1",
            "victorialogs/syslog_parser#5",
            "victorialogs/syslog_parser#7",
            "victorialogs/syslog_parser#8",
            "victorialogs/syslog_parser#9",
            "victorialogs/syslog_parser#10",
            "victorialogs/syslog_parser#23",
            "victorialogs/syslog_parser#24",
            "victorialogs/syslog_parser#26",
            "victorialogs/syslog_parser#27",
        ],
    },
    Decision {
        reason: "A router's sequence number is no part of the time, its `%FACILITY` no tag.",
        cases: &["graylog/cisco/1084ef92", "graylog/cisco/4be24f9e", "graylog/cisco/7dd8aada"],
    },
    Decision {
        reason: "An access line without its bytes is cut off and does not count as a request.",
        cases: &["nekrassov01/ApacheCLFRegexParser/unmatch"],
    },
];

/// Why the case is among them, if it is.
pub(crate) fn reason(decisions: &[Decision], case: &str) -> Option<&'static str> {
    let listed = decisions.iter().find(|decision| decision.cases.contains(&case))?;
    Some(listed.reason)
}
