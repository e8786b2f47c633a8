//! F-109 to F-135: what is posted, as JSON or lines, by good and bad clients.

mod bodies;
mod requests;

use crate::bench::Bench;
use crate::case::{expected, since};
use crate::common::http::Client;
use crate::report::Report;

pub(crate) fn run(report: &mut Report, bench: &mut Bench) {
    for post in bodies::all() {
        post.run(report, bench);
    }
    requests::run(report, bench);
}

/// A POST of a body, what is answered, and what becomes of its lines.
struct Post {
    number: u16,
    what: String,
    headers: &'static str,
    body: Vec<u8>,
    status: u16,
    expect: &'static str,
    /// A filter that lets through as many requests as the body has of them.
    filter: Option<(&'static str, u64)>,
}

fn post(number: u16, what: &str, body: impl Into<Vec<u8>>, expect: &'static str) -> Post {
    let (what, body) = (what.to_owned(), body.into());
    Post { number, what, headers: "", body, status: 200, expect, filter: None }
}

impl Post {
    fn with(self, headers: &'static str) -> Post {
        Post { headers, ..self }
    }

    /// Refused: nothing of it counts.
    fn refused(self, status: u16) -> Post {
        Post { status, ..self }
    }

    fn shows(self, filter: &'static str, requests: u64) -> Post {
        Post { filter: Some((filter, requests)), ..self }
    }

    fn run(self, report: &mut Report, bench: &mut Bench) {
        report.tries(self.number, &self.what, bench, |bench| {
            let http = bench.tapline.http.to_string();
            let matching = |bench: &Bench| self.filter.map(|(f, _)| bench.tapline.requests(f));
            let (there, before) = (matching(bench), bench.counts(&http));
            let answer = Client::new(bench.tapline.http)
                .post("/api/v1/logs", self.headers, &self.body)
                .unwrap();
            let said = String::from_utf8_lossy(&answer.body).into_owned();
            assert_eq!(answer.status, self.status, "{said}");
            let mut found = since(&before, &bench.counts(&http));
            let received = found.remove("received").unwrap_or(0);
            found.retain(|_, n| *n > 0);
            assert_eq!(found, expected(self.expect), "{said}");
            if answer.status == 200 {
                let told = answer.json();
                let sum = told["accepted"].as_u64().unwrap() + told["rejected"].as_u64().unwrap();
                assert_eq!(sum, received, "{said}");
            }
            if let Some((filter, requests)) = self.filter {
                let now = matching(bench).unwrap_or(0) - there.unwrap_or(0);
                assert_eq!(now, requests, "{filter}");
            }
        });
    }
}
