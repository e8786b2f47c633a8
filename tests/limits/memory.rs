//! F-156: memory that runs short costs the far end of the window, then makes senders
//! wait; never lines or the process.

use super::*;

/// Bytes of the least window there is, and what the newest second may have over it.
const LEAST: u64 = 8 << 20;

#[test]
fn memory_that_runs_short_shrinks_the_window_and_makes_posts_wait_until_there_is_some() {
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::configured(&dir, "");
    let lines = |range: std::ops::Range<usize>| range.map(long_line).collect::<String>();
    send(tapline.tcp, lines(0..15_000).as_bytes());
    tapline.settled(15_000);
    let held = || count(&tapline, "tapline_window_bytes");
    assert!(held() > 2 * LEAST, "{}", held());

    // Far less than any process has: full to the brim.
    configure(dir.path(), "[process]\nmax_memory = \"1 MiB\"\n");
    tapline.signal(libc::SIGHUP);
    until("it is known to be short", || {
        (count(&tapline, "tapline_process_memory_limit_bytes") == 1 << 20).then_some(())
    });
    let (status, one) = (|| post(&tapline, "", lines(0..1).as_bytes()), &refused("too_busy"));
    bites(&tapline, one, 1, |_| assert_eq!(status(), 429));
    until("the window has given way", || (held() <= LEAST).then_some(()));
    // Streams go on slowly, and what they bring is counted and stays for a while.
    send(tapline.tcp, lines(15_000..15_010).as_bytes());
    tapline.settled(15_010).accounting().assert_all_counted(15_010);
    let events = count(&tapline, "tapline_window_events");
    assert!(0 < events && events < 15_010, "{events}");

    configure(dir.path(), "");
    tapline.signal(libc::SIGHUP);
    until("a POST is taken again", || (status() == 200).then_some(()));
}

/// Nothing in it was there before, so that fifteen thousand are twice the least window.
fn long_line(i: usize) -> String {
    let (time, long) = (time_local(), format!("{i}-{}", "a-long-way-".repeat(40)));
    format!(
        "10.0.0.1 - - [{time}] \"GET /{long} HTTP/1.1\" 200 5 \"https://{i}.example/{long}\" \"{long}\"\n"
    )
}
