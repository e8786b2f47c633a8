//! Messages that go over real sockets, to servers of the test's own.

use std::net::SocketAddr;
use std::time::Instant;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use super::sample::{over, surge};
use super::*;
use crate::vocab::secret::Secret;

/// No test waits longer for what must come.
const LONG: Duration = Duration::from_secs(20);
/// What a server that hangs is given.
const SHORT: Duration = Duration::from_millis(300);
const QUEUE: usize = 64;

#[derive(Debug)]
struct Request {
    head: String,
    body: Value,
    at: Instant,
}

/// What the sink does with one request.
#[derive(Clone, Debug)]
enum Does {
    Answers(&'static str),
    Hangs,
    Closes,
}

/// A web server that remembers what it was sent; behind the script all is well.
async fn sink(script: Vec<Does>) -> (SocketAddr, mpsc::UnboundedReceiver<Request>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (tell, told) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let mut script = script.into_iter();
        let mut hanging = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let request = read_request(&mut stream).await;
            let does = script.next().unwrap_or(Does::Answers("200 OK\r\n"));
            if let Does::Answers(head) = &does {
                let answer = format!("HTTP/1.1 {head}Content-Length: 3\r\n\r\nso.");
                let _ = stream.write_all(answer.as_bytes()).await;
            }
            if let Does::Hangs = does {
                hanging.push(stream);
            }
            if tell.send(request).is_err() {
                return;
            }
        }
    });
    (address, told)
}

async fn read_request(stream: &mut TcpStream) -> Request {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).await.unwrap_or(0) > 0 {}
    let length = head.to_ascii_lowercase();
    let length = length.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
    let mut body = vec![0; length.and_then(|n| n.parse().ok()).unwrap_or(0)];
    let _ = reader.read_exact(&mut body).await;
    Request { head, body: serde_json::from_slice(&body).unwrap_or_default(), at: Instant::now() }
}

fn web(address: SocketAddr, path: &str, login: Login) -> Web {
    let url = format!("http://{address}{path}");
    Web { url: Url::parse(&url, &[Scheme::Http]).expect("a URL"), login }
}

fn target(channel: Channel) -> Target {
    Target {
        name: "ops".to_owned(),
        channel,
        choice: Choice::default(),
        group: Duration::ZERO,
        rate: Rate { messages: 100, per: Duration::from_secs(3600) },
    }
}

fn patience(attempts: u32) -> Patience {
    let ms = Duration::from_millis;
    Patience { attempt: SHORT, first: ms(5), most: ms(20), attempts }
}

/// A notifier that runs, with pauses that a test can afford.
struct Running {
    feed: broadcast::Sender<Arc<Anomaly>>,
    told: Told,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Running {
    fn start(target: Target, attempts: u32) -> Running {
        Running::with(target, patience(attempts))
    }

    fn with(target: Target, patience: Patience) -> Running {
        let (told, tasks, stop) = (Told::default(), TaskTracker::new(), CancellationToken::new());
        let url = "https://stats.example.org/";
        let feed = broadcast::Sender::new(QUEUE);
        let listen = || feed.subscribe();
        let earlier = Earlier { than: Second(0), was_told: true };
        let mut notifier = Notifier::new(patience, &tasks, &stop);
        notifier.tell(&[target], url, &told, earlier, listen);
        Running { feed, told, tasks, stop }
    }

    fn tell(&self, anomaly: Anomaly) {
        self.feed.send(Arc::new(anomaly)).expect("somebody listens");
    }

    async fn counts(&self, sent: [u64; 3]) {
        let all = async {
            while self.told.all()[0].counts() != sent {
                tokio::task::yield_now().await;
            }
        };
        let done = timeout(LONG, all).await;
        assert!(done.is_ok(), "{:?} is not {sent:?}", self.told.all()[0].counts());
    }

    async fn end(self) -> [u64; 3] {
        self.stop.cancel();
        self.tasks.close();
        timeout(LONG, self.tasks.wait()).await.expect("every task ends");
        self.told.all()[0].counts()
    }
}

async fn next(told: &mut mpsc::UnboundedReceiver<Request>) -> Request {
    timeout(LONG, told.recv()).await.expect("in time").expect("a request")
}

#[tokio::test]
async fn each_webhook_gets_its_shape() {
    let mut hostile = surge("a", "a", 5);
    hostile.site = Some("a<!channel>\u{202e}`@everyone`\r\nX-Evil: 1".to_owned());
    let (address, mut told) = sink(Vec::new()).await;
    let token = || Login::Token(Secret("tk_0123456789".to_owned()));
    let password =
        Login::Password { user: "ops".to_owned(), password: Secret("swordfish".to_owned()) };

    let json = Running::start(target(Channel::Json(web(address, "/hook?a=b", password))), 1);
    json.tell(hostile.clone());
    let got = next(&mut told).await;
    assert!(got.head.starts_with("POST /hook?a=b HTTP/1.1\r\n"), "{}", got.head);
    assert!(got.head.to_lowercase().contains("authorization: basic b3bzonn3b3jkzmlzaa==\r\n"));
    assert_eq!(got.body["event"], "opened");
    assert_eq!((&got.body["incident"], &got.body["severity"]), (&"a".into(), &5.into()));
    assert_eq!(got.body["anomalies"][0]["kind"], "errors_5xx");
    assert!(
        got.body["link"].as_str().is_some_and(|l| l.starts_with("https://stats.example.org/?"))
    );
    json.counts([1, 0, 0]).await;
    json.tell(over(hostile.clone()));
    assert_eq!(next(&mut told).await.body["event"], "over");
    json.end().await;

    let slack = Running::start(target(Channel::Slack(web(address, "/services/x", Login::None))), 1);
    slack.tell(hostile.clone());
    let text = next(&mut told).await.body["text"].as_str().map(str::to_owned).expect("a text");
    let expected = "🚨 *5xx on `a&lt;!channel&gt;·ˋ@everyoneˋ··X-Evil: 1`: 0.2 % → 14 % since";
    assert!(text.starts_with(expected), "{text}");
    assert!(text.ends_with("|Open the dashboard>"), "{text}");
    slack.end().await;

    let discord = Running::start(target(Channel::Discord(web(address, "/api", Login::None))), 1);
    discord.tell(hostile.clone());
    let body = next(&mut told).await.body;
    assert_eq!(body["allowed_mentions"], serde_json::json!({"parse": []}));
    let text = body["content"].as_str().expect("a text");
    assert!(text.starts_with("🚨 **5xx on `a<!channel>·ˋ@everyoneˋ··X-Evil: 1`: "), "{text}");
    discord.end().await;

    let ntfy = Running::start(target(Channel::Ntfy(web(address, "/base/alerts", token()))), 1);
    ntfy.tell(hostile);
    let got = next(&mut told).await;
    assert!(got.head.starts_with("POST /base/ HTTP/1.1\r\n"), "{}", got.head);
    assert!(got.head.contains("Bearer tk_0123456789\r\n") && !got.head.contains("Evil"));
    assert_eq!((&got.body["topic"], &got.body["priority"]), (&"alerts".into(), &5.into()));
    assert_eq!(got.body["message"], "path /checkout: 0.1 % → 13 %, 92 % of it");
    ntfy.end().await;
}

#[tokio::test]
async fn who_is_busy_or_gone_is_told_later() {
    let script = vec![
        Does::Answers("500 Oops\r\n"),
        Does::Closes,
        Does::Hangs,
        Does::Answers("429 Slow\r\nRetry-After: 0.4\r\n"),
    ];
    let (address, mut told) = sink(script).await;
    let running = Running::start(target(Channel::Json(web(address, "/", Login::None))), 9);
    running.tell(surge("a", "a", 3));
    let mut requests = Vec::new();
    for _ in 0..5 {
        requests.push(next(&mut told).await);
    }
    running.counts([1, 0, 0]).await;
    assert!(requests.iter().all(|request| request.body["event"] == "opened"));
    let pause = requests[4].at - requests[3].at;
    assert!(pause >= Duration::from_millis(400), "{pause:?}");
    running.end().await;
}

#[tokio::test]
async fn after_all_attempts_it_has_failed_and_no_end_is_told() {
    let (address, mut told) = sink(vec![Does::Answers("503 Down\r\n"); 3]).await;
    let running = Running::start(target(Channel::Json(web(address, "/", Login::None))), 3);
    running.tell(surge("a", "a", 3));
    running.counts([0, 1, 0]).await;
    running.tell(over(surge("a", "a", 3)));
    running.tell(surge("b", "b", 3));
    running.counts([1, 1, 0]).await;
    let mut incidents = Vec::new();
    while let Ok(request) = told.try_recv() {
        incidents.push(request.body["incident"].to_string());
    }
    assert_eq!(incidents, ["\"a\"", "\"a\"", "\"a\"", "\"b\""]);
    running.end().await;
}

#[tokio::test]
async fn what_is_refused_is_not_tried_again_and_a_redirect_not_followed() {
    let (elsewhere, mut stolen) = sink(Vec::new()).await;
    let redirect: &'static str =
        format!("307 Temporary Redirect\r\nLocation: http://{elsewhere}/\r\n").leak();
    let script = vec![Does::Answers("404 Not Found\r\n"), Does::Answers(redirect)];
    let (address, mut told) = sink(script).await;
    let login = Login::Token(Secret("tk_0123456789".to_owned()));
    let running = Running::start(target(Channel::Json(web(address, "/", login))), 9);
    running.tell(surge("a", "a", 3));
    running.counts([0, 1, 0]).await;
    running.tell(surge("b", "b", 3));
    running.counts([0, 2, 0]).await;
    assert_eq!((next(&mut told).await.body["incident"].clone()), "a");
    assert_eq!((next(&mut told).await.body["incident"].clone()), "b");
    assert!(told.try_recv().is_err() && stolen.try_recv().is_err());
    running.end().await;
}

#[tokio::test]
async fn nobody_there_is_a_failure_in_words_without_the_secret() {
    let address = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let closed = address.local_addr().expect("an address");
    drop(address);
    let channel = Channel::Slack(web(closed, "/services/T0/secret", Login::None));
    let failure = test(&target(channel.clone()), "", Second(0)).await.expect_err("nobody is there");
    assert!(failure.why.starts_with(&format!("http://{closed}: ")), "{failure:?}");
    assert!(!format!("{failure:?} {channel:?}").contains("secret"));
}

#[tokio::test]
async fn the_end_does_not_wait_for_who_hangs_and_says_what_was_not_told() {
    let (address, mut told) = sink(vec![Does::Hangs; 99]).await;
    let channel = Channel::Json(web(address, "/", Login::None));
    let running = Running::with(target(channel), Patience { attempt: LONG, ..patience(9) });
    running.tell(surge("a", "a", 3));
    next(&mut told).await;
    running.tell(surge("b", "b", 3));
    let counts = running.end().await;
    assert_eq!(counts, [0, 0, 2], "neither got there");
}

#[tokio::test]
async fn what_waits_at_the_end_is_tried_once_more() {
    // One waits for its second attempt, one for company.
    let (address, mut told) = sink(vec![Does::Answers("503 busy\r\n")]).await;
    let hour = Duration::from_secs(3_600);
    let slow = Patience { first: hour, most: hour, ..patience(9) };
    let channel = Channel::Json(web(address, "/", Login::None));
    let running = Running::with(target(channel.clone()), slow);
    running.tell(surge("a", "a", 3));
    assert_eq!(next(&mut told).await.body["incident"], "a");
    running.tell(surge("b", "b", 3));
    let counts = running.end().await;
    assert_eq!(counts, [2, 0, 0]);
    let said = [next(&mut told).await, next(&mut told).await].map(|r| r.body["incident"].clone());
    assert_eq!(said, ["a", "b"]);

    let patient = Target { group: hour, ..target(channel) };
    let running = Running::with(patient, slow);
    running.tell(surge("c", "c", 3));
    assert_eq!(running.end().await, [1, 0, 0], "company does not come any more");
    assert_eq!(next(&mut told).await.body["incident"], "c");
}

#[tokio::test]
async fn who_is_gone_at_the_end_costs_one_attempt_each_and_is_counted() {
    let (address, mut told) = sink(vec![Does::Answers("503 busy\r\n"); 9]).await;
    let hour = Duration::from_secs(3_600);
    let slow = Patience { first: hour, most: hour, ..patience(9) };
    let running = Running::with(target(Channel::Json(web(address, "/", Login::None))), slow);
    running.tell(surge("a", "a", 3));
    next(&mut told).await;
    running.tell(surge("b", "b", 3));
    assert_eq!(running.end().await, [0, 2, 0]);
}

#[tokio::test]
async fn what_finds_no_room_is_counted_and_stops_nobody() {
    let (address, _told) = sink(Vec::new()).await;
    let running = Running::start(target(Channel::Json(web(address, "/", Login::None))), 1);
    // One thread: the worker has no turn between these.
    for n in 0..QUEUE + 100 {
        running.tell(over(surge(&n.to_string(), &n.to_string(), 3)));
    }
    running.counts([0, 0, 100]).await;
    running.end().await;
}

/// A mail server for one mail after another: what it was told, line by line. It refuses those to
/// `nobody@`.
async fn post_office(logins: bool) -> (SocketAddr, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (tell, told) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut stream = BufReader::new(stream);
            let mut heard = String::new();
            let _ = stream.write_all(b"220 sink\r\n").await;
            let mut in_data = false;
            loop {
                let mut line = String::new();
                if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
                    break;
                }
                heard.push_str(&line);
                let word = line.get(..4).unwrap_or("").to_ascii_uppercase();
                let answer = match (in_data, word.as_str()) {
                    (true, _) if line == ".\r\n" => {
                        in_data = false;
                        "250 ok\r\n"
                    }
                    (true, _) => continue,
                    (_, "EHLO") if logins => "250-sink\r\n250 AUTH PLAIN\r\n",
                    (_, "EHLO") => "250 sink\r\n",
                    (_, "AUTH") => "235 welcome\r\n",
                    (_, "RCPT") if line.contains("nobody@") => "550 no such user\r\n",
                    (_, "DATA") => {
                        in_data = true;
                        "354 go on\r\n"
                    }
                    _ => "250 ok\r\n",
                };
                let _ = stream.write_all(answer.as_bytes()).await;
            }
            let _ = tell.send(heard);
        }
    });
    (address, told)
}

fn mail(address: SocketAddr, to: &str, login: Login) -> Channel {
    let url = Url::parse(&format!("smtp://{address}"), &[Scheme::Smtp]).expect("a URL");
    let from = "Tapline <tapline@example.org>".to_owned();
    Channel::Smtp(Mail { url, login, from, to: vec![to.to_owned()], insecure: false })
}

#[tokio::test]
async fn a_mail_is_sent_and_its_subject_is_one_line() {
    let (address, mut told) = post_office(true).await;
    let login =
        Login::Password { user: "ops".to_owned(), password: Secret("swordfish".to_owned()) };
    let channel = mail(address, "ops@example.org", login);
    assert!(!format!("{channel:?}").contains("swordfish"));
    let running = Running::start(target(channel), 1);
    let mut hostile = surge("a", "a", 4);
    hostile.site = Some("shop\r\nBcc: all@example.org\r\n\r\n.\r\nQUIT".to_owned());
    running.tell(hostile.clone());
    running.counts([1, 0, 0]).await;
    running.tell(over(hostile));
    running.counts([2, 0, 0]).await;
    let opened = timeout(LONG, told.recv()).await.expect("in time").expect("a mail");
    let ended = timeout(LONG, told.recv()).await.expect("in time").expect("a mail");
    assert!(opened.contains("RCPT TO:<ops@example.org>\r\n"), "{opened}");
    assert!(!opened.contains("\nBcc:") && opened.matches("\n.\r\n").count() == 1, "{opened}");
    for line in [
        "MIME-Version: 1.0",
        "Auto-Submitted: auto-generated",
        "Message-ID: <tapline-a@example.org>",
    ] {
        assert!(opened.contains(&format!("{line}\r\n")), "{opened}");
    }
    assert!(opened.contains("Subject: "), "{opened}");
    assert!(ended.contains("In-Reply-To: <tapline-a@example.org>\r\n"), "{ended}");
    running.end().await;
}

#[tokio::test]
async fn a_refused_mail_fails_at_once() {
    let (address, _told) = post_office(false).await;
    let running = Running::start(target(mail(address, "nobody@example.org", Login::None)), 9);
    running.tell(surge("a", "a", 4));
    running.counts([0, 1, 0]).await;
    running.end().await;
}
