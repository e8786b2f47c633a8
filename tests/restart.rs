//! Nothing forgotten over a restart: what the window, the accounting, the sources and the markers held is
//! there again, after a kill but for the last save, with a damaged file, and on a full disk.

#[path = "common/mod.rs"]
#[allow(dead_code)]
mod common;

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::UdpSocket;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

use common::http::{Answer, Client};
use common::tapline::{Tapline, configure};
use common::until;
use common::websocket::Socket;

/// Lines of one batch.
const LINES: u64 = 240;

/// Sends a batch by datagram: requests of a few clients, an error, a line that fits nothing.
fn send(tapline: &Tapline, batch: u64) {
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    for n in 0..LINES {
        let time = common::material::time_local();
        let stamp = common::material::time_3164();
        let text = match n % 60 {
            58 => "upstream timed out, this is no line of any format".to_owned(),
            _ => format!(
                "203.0.113.{} - - [{time}] \"GET /b{batch}/{} HTTP/1.1\" {} {} \"-\" \"curl/8.11.0\"",
                n % 7,
                n % 31,
                if n % 29 == 0 { 503 } else { 200 },
                n * 10
            ),
        };
        udp.send_to(format!("<190>{stamp} web-1 nginx: {text}").as_bytes(), tapline.udp).unwrap();
        if n % 40 == 39 {
            // A receive buffer is small where nobody may ask for more.
            tapline.settled((batch - 1) * LINES + n + 1);
        }
    }
}

fn post(tapline: &Tapline, target: &str, body: &Value) -> Answer {
    Client::new(tapline.http).post(target, "", body.to_string().as_bytes()).unwrap()
}

/// What can be seen of the past, without what names this process.
fn seen(tapline: &Tapline) -> Value {
    let mut summary = tapline.get("/api/v1/summary?top=1000");
    // The time goes on.
    for key in ["from", "to", "known_s"] {
        summary.as_object_mut().unwrap().remove(key);
    }
    let sources = tapline.get("/api/v1/sources");
    let of_source = |source: &Value| {
        ["name", "peer", "format", "formats", "accounting", "evidence", "samples", "first_line"]
            .map(|key| source[key].clone())
    };
    let sources: Vec<_> = sources["sources"].as_array().unwrap().iter().map(of_source).collect();
    let series = tapline.get("/api/v1/series?step=3600");
    json!({
        "summary": summary,
        "events": tapline.get("/api/v1/events?limit=1000"),
        "requests": series["requests"].as_array().unwrap().iter().filter_map(Value::as_u64).sum::<u64>(),
        "sources": sources,
        "markers": tapline.get("/api/v1/markers"),
    })
}

fn window_dir(dir: &TempDir) -> PathBuf {
    dir.path().join("tapline/window")
}

fn chunks(dir: &Path) -> Vec<PathBuf> {
    let all = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let mut all: Vec<PathBuf> =
        all.filter(|path| path.extension().is_some_and(|e| e == "chunk")).collect();
    all.sort();
    all
}

fn save_every_second(dir: &TempDir) {
    configure(dir.path(), "[anomalies]\nsave_every = \"1 s\"\n");
}

#[test]
fn a_server_goes_on_with_the_window_of_before() {
    let dir = TempDir::new().unwrap();
    let first = Tapline::start(&dir);
    send(&first, 1);
    let marker = post(&first, "/api/v1/markers", &json!({"text": "deploy 1"}));
    assert_eq!(marker.status, 201, "{:?}", marker.json());
    let (before, accounting) = (seen(&first), first.accounting());
    let ended = first.terminate();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.log);
    assert_eq!(ended.accounting.as_ref(), Some(&accounting));

    let second = Tapline::start(&dir);
    assert_eq!(seen(&second), before);
    assert_eq!(second.accounting(), accounting);
    second.accounting().assert_balanced();
    // In the past view, and in what a browser gets first.
    assert_eq!(second.requests("path:/b1/*"), before["summary"]["requests"].as_u64().unwrap());
    send(&second, 2);
    let both = second.settled(2 * LINES);
    both.accounting().assert_balanced();
    assert_eq!(both.number("requests"), 2 * before["summary"]["requests"].as_u64().unwrap());
    assert_eq!(second.terminate().status.code(), Some(0));

    let third = Tapline::start(&dir);
    assert_eq!(third.accounting(), both.accounting());
    assert_eq!(third.summary().number("requests"), both.number("requests"));
}

#[test]
fn what_was_learnt_of_a_unit_is_known_after_a_restart() {
    let dir = TempDir::new().unwrap();
    let line = |path: &str, duration: &str| {
        format!(r#"{{"method":"GET","path":"{path}","status":200,"duration":{duration}}}"#)
    };
    let send = |tapline: &Tapline, line: &str| {
        let answer =
            Client::new(tapline.http).post("/api/v1/logs?source=shop", "", line.as_bytes());
        assert_eq!(answer.unwrap().status, 200);
    };
    let took = |tapline: &Tapline, path: &str| {
        let events = tapline.get(&format!("/api/v1/events?filter=path:{path}"));
        events["events"][0]["request_time_s"].clone()
    };
    let first = Tapline::start(&dir);
    // By itself a fraction is of seconds; beside whole numbers it is of milliseconds.
    send(&first, &line("/a", "12.5"));
    send(&first, &line("/b", "450"));
    send(&first, &line("/c", "12.5"));
    first.settled(3);
    assert_eq!(["/a", "/b", "/c"].map(|path| took(&first, path)), [12.5, 0.45, 0.0125]);
    assert_eq!(first.terminate().status.code(), Some(0));
    let second = Tapline::start(&dir);
    send(&second, &line("/d", "12.5"));
    second.settled(4);
    assert_eq!(took(&second, "/d"), 0.0125);
}

#[test]
fn files_of_the_window_are_the_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    send(&tapline, 1);
    tapline.terminate();
    let window = window_dir(&dir);
    assert_eq!(fs::metadata(&window).unwrap().permissions().mode() & 0o777, 0o700);
    let files: Vec<PathBuf> =
        fs::read_dir(&window).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() >= 2, "{files:?}");
    for file in files {
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "{file:?}");
    }
}

#[test]
fn a_killed_server_loses_what_came_after_the_last_save_and_doubles_nothing() {
    let dir = TempDir::new().unwrap();
    save_every_second(&dir);
    let first = Tapline::start(&dir);
    send(&first, 1);
    until("a save after the last line", || {
        let saves = number(&metrics(&first), "saves_total");
        until("one more", || (number(&metrics(&first), "saves_total") > saves + 1).then_some(()));
        (!chunks(&window_dir(&dir)).is_empty()).then_some(())
    });
    let (before, accounting) = (seen(&first), first.accounting());
    first.signal(libc::SIGKILL);
    first.ended();
    let second = Tapline::start(&dir);
    assert_eq!(seen(&second), before);
    assert_eq!(second.accounting(), accounting);
    second.signal(libc::SIGKILL);
    second.ended();
    assert_eq!(seen(&Tapline::start(&dir)), before, "nor after a second one");
}

#[test]
fn a_damaged_file_is_set_aside_and_told_once() {
    let dir = TempDir::new().unwrap();
    let first = Tapline::start(&dir);
    send(&first, 1);
    first.terminate();
    let second = Tapline::start(&dir);
    send(&second, 2);
    let accounting = second.accounting();
    second.terminate();
    let files = chunks(&window_dir(&dir));
    assert!(files.len() >= 2, "{files:?}");
    let bytes = fs::read(&files[0]).unwrap();
    fs::write(&files[0], &bytes[..bytes.len() - 3]).unwrap();
    let third = Tapline::start(&dir);
    assert_eq!(third.accounting(), accounting);
    assert_eq!(third.requests("path:/b1/*"), 0);
    assert!(third.requests("path:/b2/*") > 0, "the rest is there");
    let told = third.log().matches("can't be read, because its checksum is wrong").count();
    assert_eq!(told, 1, "{}", third.log());
    assert!(files[0].with_extension("chunk.damaged").exists());
}

#[test]
fn figures_that_are_gone_are_not_called_a_part_of_the_window() {
    let dir = TempDir::new().unwrap();
    let first = Tapline::start(&dir);
    send(&first, 1);
    first.terminate();
    let figures = window_dir(&dir).join("figures.tapline");
    let says = "the accounting, the sources and the markers begin anew: their file ";
    fs::write(&figures, "nothing of ours\n").unwrap();
    let second = Tapline::start(&dir);
    assert!(second.log().contains(&format!("{says}can't be read")), "{}", second.log());
    assert!(!second.log().contains("a part of the window"), "{}", second.log());
    // Nothing says that the newest seconds were over, so what came of them is in no sum.
    let events = second.get("/api/v1/events?limit=1000");
    assert!(!events["events"].as_array().unwrap().is_empty(), "the window is there");
    second.terminate();
    fs::remove_file(&figures).unwrap();
    let third = Tapline::start(&dir);
    assert!(third.log().contains(&format!("{says}is missing")), "{}", third.log());
    third.terminate();
    assert!(!Tapline::start(&dir).log().contains(says), "once");
}

#[test]
fn a_pipe_in_the_place_of_a_file_holds_up_no_start() {
    let dir = TempDir::new().unwrap();
    let first = Tapline::start(&dir);
    send(&first, 1);
    first.terminate();
    let chunk = chunks(&window_dir(&dir))[0].clone();
    let state = window_dir(&dir).parent().expect("the state").to_owned();
    for path in [
        chunk,
        window_dir(&dir).join("000000000099.chunk"),
        window_dir(&dir).join("figures.tapline"),
        state.join("anomalies.tapline"),
        state.join("shares.json"),
    ] {
        let _ = fs::remove_file(&path);
        let made = std::process::Command::new("mkfifo").arg(&path).status().expect("mkfifo");
        assert!(made.success(), "{}", path.display());
        // Nobody ever writes to it.
        let tapline = Tapline::start(&dir);
        assert!(
            tapline.log().contains("it is no regular file"),
            "{}: {}",
            path.display(),
            tapline.log()
        );
        tapline.terminate();
        let _ = fs::remove_file(&path);
    }
}

#[test]
fn a_full_disk_is_counted_and_kept_on() {
    let dir = TempDir::new().unwrap();
    save_every_second(&dir);
    let tapline = Tapline::start(&dir);
    // Every write to it is ENOSPC, null(4); the first failure takes it away. A start would, too, and it
    // can't be made in the moment in which a file is there.
    let beside = window_dir(&dir).join("figures.tapline.new");
    until("the disk is full", || std::os::unix::fs::symlink("/dev/full", &beside).ok());
    until("a failure is counted", || {
        (number(&metrics(&tapline), "save_failures_total") > 0).then_some(())
    });
    let saves = number(&metrics(&tapline), "saves_total");
    until("and it is written again", || {
        (number(&metrics(&tapline), "saves_total") > saves).then_some(())
    });
    assert_eq!(tapline.log().matches("can't be written").count(), 1, "{}", tapline.log());
    send(&tapline, 1);
    tapline.terminate();
    assert_eq!(Tapline::start(&dir).accounting().received, LINES);
}

/// What it said of the end behind everything that it logged.
fn last_words(log: &str) -> Vec<&str> {
    log.lines().filter(|line| line.starts_with("error: ") || line.starts_with("final ")).collect()
}

#[test]
fn the_last_words_say_what_the_disk_did_not_take_and_why() {
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    send(&tapline, 1);
    assert_eq!(tapline.terminate().status.code(), Some(0));
    let first = chunks(&window_dir(&dir)).pop().unwrap();
    let second =
        first.with_file_name(first.file_name().unwrap().to_str().unwrap().replace('1', "2"));

    // In the place of what is written beside the file that it is to be, and it stays there.
    let tapline = Tapline::start(&dir);
    send(&tapline, 2);
    let beside = second.with_extension("chunk.new");
    fs::create_dir(&beside).unwrap();
    let ended = tapline.terminate();
    let words = last_words(&ended.log);
    assert_eq!(words.len(), 2, "{}", ended.log);
    let events = format!("error: not kept: {LINES} events of the last ");
    assert!(words[0].starts_with(&events), "{}", words[0]);
    let why = format!("{}: Is a directory", window_dir(&dir).display());
    assert!(words[0].contains(&why), "{}", words[0]);
    assert!(words[1].starts_with("final {"), "{}", words[1]);
    assert_eq!(ended.status.code(), Some(1));

    // The rest is there, and one that can write again has nothing to say.
    fs::remove_dir(&beside).unwrap();
    let tapline = Tapline::start(&dir);
    assert!(tapline.requests("path:/b1/*") > 0 && tapline.requests("path:/b2/*") == 0);
    let ended = tapline.terminate();
    assert_eq!((last_words(&ended.log).len(), ended.status.code()), (1, Some(0)), "{}", ended.log);
}

#[test]
fn the_last_words_say_that_the_figures_or_what_was_learnt_were_not_kept() {
    for (file, what) in [
        ("window/figures.tapline.new", "the accounting, sources and markers since the last save"),
        ("anomalies.tapline.new", "what was learnt, anomalies and mutes since the last save"),
    ] {
        let dir = TempDir::new().unwrap();
        let tapline = Tapline::start(&dir);
        fs::create_dir(dir.path().join("tapline").join(file)).unwrap();
        let ended = tapline.terminate();
        let words = last_words(&ended.log);
        assert!(words[0].starts_with(&format!("error: not kept: {what}: ")), "{}", ended.log);
        assert_eq!((words.len(), ended.status.code()), (2, Some(1)), "{}", ended.log);
    }
}

#[test]
fn the_last_words_name_everything_that_was_not_kept() {
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    send(&tapline, 1);
    let kept = dir.path().join("tapline");
    let files =
        ["window/000000000001.chunk.new", "window/figures.tapline.new", "anomalies.tapline.new"];
    for file in files {
        fs::create_dir(kept.join(file)).unwrap();
    }
    let ended = tapline.terminate();
    let words = last_words(&ended.log);
    for part in [
        format!("error: not kept: {LINES} events of the last "),
        "; the accounting, sources and markers since the last save: ".to_owned(),
        "; what was learnt, anomalies and mutes since the last save: ".to_owned(),
        format!("{}: Is a directory", kept.join("anomalies.tapline").display()),
    ] {
        assert!(words[0].contains(&part), "{part}: {}", words[0]);
    }
    assert_eq!((words.len(), ended.status.code()), (2, Some(1)), "{}", ended.log);
}

/// DESIGN: what could not be kept is counted, from the start on too.
#[test]
fn a_directory_that_can_not_be_written_is_counted_and_told_at_the_end() {
    let dir = TempDir::new().unwrap();
    save_every_second(&dir);
    let first = Tapline::start(&dir);
    send(&first, 1);
    let before = seen(&first);
    first.terminate();

    // In the place of a file: root may write wherever there is no such thing.
    let lock = dir.path().join("tapline/anomalies.tapline.lock");
    fs::remove_file(&lock).unwrap();
    fs::create_dir(&lock).unwrap();
    let second = Tapline::start(&dir);
    until("a failure is counted each time that a save is due", || {
        (number(&metrics(&second), "save_failures_total") > 1).then_some(())
    });
    assert_eq!(number(&metrics(&second), "saves_total"), 0);
    // It receives all the same, and promises nothing of files that it could not open.
    send(&second, 1);
    second.settled(LINES);
    assert_eq!(post(&second, "/api/v1/forget", &json!({"client": "203.0.113.3"})).status, 500);
    let ended = second.terminate();
    assert_eq!(ended.log.matches("nothing is kept over a restart").count(), 1, "{}", ended.log);
    let words = last_words(&ended.log);
    let kept = dir.path().join("tapline");
    let why = format!("error: not kept: everything: {}: ", kept.display());
    assert!(words[0].starts_with(&why), "{}", ended.log);
    assert!(words[0].contains("anomalies.tapline.lock: Is a directory"), "{}", ended.log);
    assert_eq!((words.len(), ended.status.code()), (2, Some(1)), "{}", ended.log);

    // What was there is as it was.
    fs::remove_dir(&lock).unwrap();
    assert_eq!(seen(&Tapline::start(&dir)), before);
}

#[test]
fn a_start_beside_another_or_without_a_place_says_that_it_keeps_nothing() {
    let dir = TempDir::new().unwrap();
    save_every_second(&dir);
    let first = Tapline::start(&dir);
    send(&first, 1);
    let before = seen(&first);
    // As a restart that overlaps: the other one ends while this one runs.
    let beside = TempDir::new().unwrap();
    let kept = dir.path().join("tapline");
    let config = format!("[anomalies]\ndata = \"{}\"\nsave_every = \"1 s\"\n", kept.display());
    let second = Tapline::configured(&beside, &config);
    assert_eq!(first.terminate().status.code(), Some(0));
    send(&second, 1);
    until("a failure is counted each time that a save is due", || {
        (number(&metrics(&second), "save_failures_total") > 1).then_some(())
    });
    let ended = second.terminate();
    let why = format!("error: not kept: everything: {}: another tapline keeps", kept.display());
    assert!(last_words(&ended.log)[0].starts_with(&why), "{}", ended.log);
    assert_eq!(ended.status.code(), Some(1), "{}", ended.log);
    assert_eq!(seen(&Tapline::start(&dir)), before, "and nothing was written over it");

    let mut homeless = std::process::Command::new(common::tapline::binary());
    homeless.args(["--http", "127.0.0.1:0", "--udp", "off", "--tcp", "off"]);
    // No variable but a key silences it.
    homeless.env_clear().env("TAPLINE_LOG", "off").stderr(std::process::Stdio::piped());
    let mut homeless = common::daemon::Process::spawn(&mut homeless).unwrap();
    let mut log =
        BufReader::new(homeless.child().stderr.take().unwrap()).lines().map(Result::unwrap);
    let started: Vec<String> = log.by_ref().take_while(|line| line != "ready").collect();
    let warned = started.iter().find(|line| line.contains("nothing is kept over a restart"));
    assert!(warned.is_some_and(|line| line.contains("$HOME")), "{started:?}");
    homeless.signal(libc::SIGTERM);
    let words: Vec<String> = log.collect();
    assert_eq!(homeless.ended().code(), Some(1), "{words:?}");
    assert!(words.iter().any(|line| line.contains("TAPLINE_LOG sets nothing")), "{words:?}");
    let why = "error: not kept: everything: nothing says where";
    assert!(words.iter().any(|line| line.starts_with(why)), "{words:?}");
}

#[test]
fn nothing_is_kept_where_that_is_switched_off() {
    let dir = TempDir::new().unwrap();
    let kept = Tapline::start(&dir);
    send(&kept, 1);
    kept.terminate();
    assert_eq!(chunks(&window_dir(&dir)).len(), 1, "what was kept before goes, too");
    let first = Tapline::configured(&dir, "[window]\nkeep = false\n");
    send(&first, 1);
    first.terminate();
    assert!(!window_dir(&dir).exists());
    assert_eq!(Tapline::start(&dir).accounting().received, 0);
}

/// Whether any file of the state directory has these bytes once it is unpacked.
fn on_disk(dir: &TempDir, text: &str) -> bool {
    let all = [dir.path().join("tapline"), window_dir(dir)];
    let all = all.iter().flat_map(|dir| fs::read_dir(dir).unwrap());
    let files = all.map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    let has = |file: PathBuf| {
        // A save renames what it has written.
        let Ok(bytes) = fs::read(file) else { return false };
        let packed = bytes.iter().position(|b| *b == b'\n').map_or(0, |end| end + 1);
        let whole = zstd::decode_all(&bytes[packed..]).unwrap_or(bytes);
        String::from_utf8_lossy(&whole).contains(text)
    };
    files.into_iter().any(has)
}

/// `tapline forget`; what it said.
fn forget(dir: &TempDir, args: &[&str]) -> (Option<i32>, String) {
    let output = std::process::Command::new(common::tapline::binary())
        .arg("forget")
        .args(args)
        .env("HOME", dir.path())
        .env("XDG_CONFIG_HOME", dir.path())
        .env("XDG_STATE_HOME", dir.path())
        .env_remove("STATE_DIRECTORY")
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

#[test]
fn a_client_is_forgotten_by_a_running_server_and_in_its_files() {
    let dir = TempDir::new().unwrap();
    save_every_second(&dir);
    let tapline = Tapline::start(&dir);
    send(&tapline, 1);
    until("it is on disk", || on_disk(&dir, "203.0.113.3").then_some(()));
    let before = tapline.summary();
    let of_client = before.top("clients")["203.0.113.3"];
    let server = tapline.http.to_string();
    let (code, said) = forget(&dir, &["--client", "203.0.113.3", "--server", &server]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("is forgotten in"), "{said}");
    let after = tapline.summary();
    assert_eq!(after.top("clients").get("(forgotten)"), Some(&of_client));
    assert_eq!(after.number("requests"), before.number("requests"));
    assert_eq!(after.number("visitors"), before.number("visitors"));
    assert_eq!(after.accounting(), before.accounting());
    let whole = seen(&tapline).to_string();
    assert!(!whole.contains("203.0.113.3\"") && !whole.contains("203.0.113.3 "), "{whole}");
    assert!(!on_disk(&dir, "203.0.113.3 ") && !on_disk(&dir, "203.0.113.3\""));
    tapline.terminate();
    assert!(!on_disk(&dir, "203.0.113.3"));
    let again = Tapline::start(&dir);
    assert_eq!(again.summary().top("clients").get("(forgotten)"), Some(&of_client));
    // Who comes again is somebody new.
    send(&again, 2);
    assert_eq!(again.summary().top("clients")["203.0.113.3"], of_client);
}

#[test]
fn what_is_said_of_a_client_is_cut_to_what_is_kept_of_clients_now() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("tapline/tapline.toml");
    let configure = |clients: &str| {
        let rule = "name = \"lost\"\nwhen = \"status:404 count >= 3 by client for 1s\"";
        let text = format!("privacy.clients = \"{clients}\"\n[[rule]]\n{rule}\n");
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
    };
    configure("full");
    let mut tapline = Tapline::start(&dir);
    // One that is known by its address, and one by its name.
    let lines = ["203.0.113.77", "host-7.example.org"].map(|client| {
        let line = format!(r#"{{"remote_ip":"{client}","method":"GET","path":"/x","status":404}}"#);
        (line + "\n").repeat(9)
    });
    let sent =
        Client::new(tapline.http).post("/api/v1/logs", "", lines.concat().as_bytes()).unwrap();
    assert_eq!(sent.status, 200);
    let told = |tapline: &Tapline| tapline.get("/api/v1/anomalies").to_string();
    for client in ["203.0.113.77", "host-7.example.org"] {
        until("it is told", || told(&tapline).contains(client).then_some(()));
        let mute = json!({"filter": format!("client:{client}")});
        assert_eq!(post(&tapline, "/api/v1/mutes", &mute).status, 201);
    }
    for (clients, shown) in [("masked", "203.0.113.0"), ("off", "lost: -")] {
        assert_eq!(tapline.terminate().status.code(), Some(0));
        configure(clients);
        tapline = Tapline::start(&dir);
        let said = told(&tapline);
        assert!(said.contains(shown) && !said.contains("203.0.113.77"), "{clients}: {said}");
        assert!(!said.contains("host-7"), "{clients}: {said}");
        assert_eq!(tapline.get("/api/v1/mutes")["mutes"], json!([]), "it was of one client");
    }
    assert_eq!(tapline.terminate().status.code(), Some(0));
    assert!(!on_disk(&dir, "203.0.113.") && !on_disk(&dir, "host-7"));
}

#[test]
fn a_client_that_others_came_from_is_forgotten_among_the_referring_sites() {
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    let mut http = Client::new(tapline.http);
    let line = |client: &str, referrer: &str| {
        format!(
            "{client} - - [{}] \"GET / HTTP/1.1\" 200 7 \"{referrer}\" \"curl/8\"",
            common::material::time_local()
        )
    };
    let lines = [line("198.51.100.1", "http://192.0.2.79/foo"), line("192.0.2.79", "-")].join("\n");
    let sent = http.post("/api/v1/logs", "", lines.as_bytes()).unwrap();
    assert_eq!(sent.status, 200);
    let server = tapline.http.to_string();
    let mut asked = || {
        [
            "/api/v1/summary?panels=referrers,referrer_urls,networks",
            "/api/v1/values?field=referrer",
            "/api/v1/trend?list=referrers&step=1h",
        ]
        .map(|target| http.get(target).unwrap().json().to_string())
    };
    for answer in asked() {
        assert!(answer.contains("192.0.2.79"), "{answer}");
    }
    assert_eq!(forget(&dir, &["--client", "192.0.2.79", "--server", &server]).0, Some(0));
    for answer in asked() {
        assert!(!answer.contains("192.0.2") && answer.contains("(forgotten)"), "{answer}");
    }
}

#[test]
fn whoever_looks_is_told_that_a_client_was_forgotten() {
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    send(&tapline, 1);
    let mut live = Socket::open(tapline.http);
    let mut paused = Socket::open(tapline.http);
    for page in [&mut live, &mut paused] {
        page.send(1, br#"{"type": "subscribe", "panels": ["clients"]}"#);
        // The second of the lines may just be open.
        while !page.wait_for("tick").to_string().contains("203.0.113.3\"") {}
    }
    paused.send(1, br#"{"type": "pause"}"#);
    // Answered in order, so the pause was heard.
    paused.send(1, b"{}");
    paused.wait_for("problem");
    let server = tapline.http.to_string();
    // Whom nothing names no page hears of: it would be loaded anew for nothing.
    assert_eq!(forget(&dir, &["--client", "192.0.2.99", "--server", &server]).0, Some(0));
    let forgets = || Socket::open(tapline.http).wait_for("hello")["forgets"].clone();
    assert_eq!(forgets(), 0);
    assert_eq!(forget(&dir, &["--client", "203.0.113.3", "--server", &server]).0, Some(0));
    for page in [&mut live, &mut paused] {
        page.wait_for("forgotten");
    }
    assert_eq!(forgets(), 1, "who was away hears of it, too");
    paused.send(1, br#"{"type": "resume"}"#);
    for page in [&mut live, &mut paused] {
        let snapshot = page.wait_for("snapshot");
        assert!(!snapshot.to_string().contains("203.0.113.3\""), "{snapshot}");
        assert!(snapshot.to_string().contains("(forgotten)"), "{snapshot}");
    }
}

#[test]
fn a_client_is_forgotten_in_the_files_of_a_stopped_server() {
    let dir = TempDir::new().unwrap();
    let (code, said) = forget(&dir, &["--client", "203.0.113.3"]);
    let nothing = format!("error: no files of Tapline are in {}/tapline; ", dir.path().display());
    assert!(code == Some(1) && said.starts_with(&nothing), "{code:?} {said}");
    let tapline = Tapline::start(&dir);
    send(&tapline, 1);
    let of_client = tapline.summary().top("clients")["203.0.113.3"];
    tapline.terminate();
    assert!(on_disk(&dir, "203.0.113.3"));
    let running = Tapline::start(&dir);
    let kept = dir.path().join("tapline");
    let data = ["--client", "203.0.113.3", "--data", kept.to_str().unwrap()];
    let (code, said) = forget(&dir, &data);
    assert!(code == Some(1) && said.contains("a running server has "), "{said}");
    running.terminate();
    let (code, said) = forget(&dir, &data);
    assert_eq!(code, Some(0), "{said}");
    assert!(!on_disk(&dir, "203.0.113.3"), "{said}");
    let (code, said) = forget(&dir, &["--client", "203.0.113.3"]);
    assert!(code == Some(0) && said.contains("is in nothing that is kept"), "again: {said}");
    let mistyped = dir.path().join("taplin");
    let (code, said) =
        forget(&dir, &["--client", "203.0.113.3", "--data", mistyped.to_str().unwrap()]);
    assert!(code == Some(1) && said.contains("there is no such directory"), "{said}");
    let again = Tapline::start(&dir);
    assert_eq!(again.summary().top("clients").get("(forgotten)"), Some(&of_client));
    assert_eq!(again.accounting().received, LINES);
}

#[test]
fn nothing_is_said_to_be_forgotten_where_nothing_of_tapline_is_kept() {
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    send(&tapline, 1);
    tapline.terminate();
    fs::create_dir(dir.path().join("empty")).unwrap();
    let kept = dir.path().join("tapline").display().to_string();
    let names = |dir: PathBuf| -> Vec<_> {
        let mut names: Vec<_> = fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
        names.sort();
        names
    };
    // The one above, the one below, and one beside it.
    for (named, meant) in [
        (dir.path().to_owned(), Some(kept.as_str())),
        (window_dir(&dir), Some(kept.as_str())),
        (dir.path().join("empty"), None),
    ] {
        let before = names(named.clone());
        let (code, said) =
            forget(&dir, &["--client", "203.0.113.3", "--data", named.to_str().unwrap()]);
        let nothing = format!("error: no files of Tapline are in {}; ", named.display());
        assert!(code == Some(1) && said.starts_with(&nothing), "{code:?} {said}");
        if let Some(meant) = meant {
            assert!(said.contains(&format!("--data {meant} names them")), "{said}");
        }
        assert_eq!(names(named), before, "nothing is made there");
    }
    assert!(on_disk(&dir, "203.0.113.3"));
    // A server that keeps nothing has what it shows in its memory.
    let (code, said) = forget(&dir, &["--client", "203.0.113.3", "--data", "off"]);
    assert!(code == Some(1) && said.contains("--server IP:PORT"), "{code:?} {said}");
}

#[test]
fn only_who_may_administer_forgets_a_client() {
    let dir = TempDir::new().unwrap();
    let config =
        "[access]\nloopback = \"key\"\nkey = \"a-key-of-enough-characters-for-this-0123456789\"\n";
    let tapline = Tapline::configured(&dir, config);
    let body = br#"{"client":"203.0.113.3"}"#;
    let refused = Client::new(tapline.http).post("/api/v1/forget", "", body).unwrap();
    assert_eq!(refused.status, 401);
    // The configuration has the key, so its owner needs no token.
    let (code, said) =
        forget(&dir, &["--client", "203.0.113.3", "--server", &tapline.http.to_string()]);
    assert_eq!(code, Some(0), "{said}");
    let wrong = dir.path().join("wrong");
    fs::write(&wrong, "another\n").unwrap();
    let (code, said) = forget(
        &dir,
        &[
            "--client",
            "203.0.113.3",
            "--server",
            &tapline.http.to_string(),
            "--token-file",
            wrong.to_str().unwrap(),
        ],
    );
    assert!(code == Some(1) && said.contains("401"), "{code:?} {said}");
    assert!(said.contains("tapline token new --right admin"), "{said}");
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (code, said) = forget(&dir, &["--client", "203.0.113.3", "--server", &free.to_string()]);
    assert!(code == Some(1) && said.contains("--server") && said.contains("--data"), "{said}");
}

fn metrics(tapline: &Tapline) -> String {
    let answer = Client::new(tapline.http).get("/metrics").unwrap();
    String::from_utf8(answer.body).unwrap()
}

/// A number of `/metrics`.
fn number(metrics: &str, name: &str) -> u64 {
    let name = format!("tapline_{name} ");
    let line = metrics.lines().find_map(|line| line.strip_prefix(&name));
    line.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("no {name}in {metrics}"))
}

#[test]
fn routes_are_as_they_were_learnt_where_the_window_is_not_kept() {
    let dir = TempDir::new().unwrap();
    configure(dir.path(), "[window]\nkeep = false\n");
    let send = |tapline: &Tapline, names: &[String]| {
        let time = common::material::time_local();
        let lines = names.iter().map(|name| {
            format!("203.0.113.9 - - [{time}] \"GET /blog/{name} HTTP/1.1\" 200 5 \"-\" \"-\"\n")
        });
        let body: String = lines.collect();
        let sent = Client::new(tapline.http).post("/api/v1/logs", "", body.as_bytes());
        assert_eq!(sent.unwrap().status, 200);
    };
    let routes = |tapline: &Tapline| -> Vec<String> {
        let summary = tapline.get("/api/v1/summary?panels=routes&top=1000");
        let rows = summary["top"]["routes"].as_array().unwrap();
        rows.iter().map(|row| row["value"].as_str().unwrap().to_owned()).collect()
    };
    let letter = |n: u8| char::from(b'a' + n);
    let titles: Vec<String> =
        (0..64).map(|n| format!("post-{}{}", letter(n / 8), letter(n % 8))).collect();
    let first = Tapline::start(&dir);
    send(&first, &titles);
    // Paths are sorted anew when the second closes.
    until("one route", || (routes(&first) == ["/blog/{name}"]).then_some(()));
    assert_eq!(first.terminate().status.code(), Some(0));

    let second = Tapline::start(&dir);
    send(&second, &["never-seen".to_owned()]);
    assert_eq!(routes(&second), ["/blog/{name}"]);
}
