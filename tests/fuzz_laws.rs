//! The laws of `tests/fuzz` over the inputs that reach all that fuzzing reached, and over every one
//! that ever broke a law: with the stable toolchain, in a moment.

#[path = "fuzz/laws.rs"]
mod laws;

use std::path::Path;

use laws::Law;

fn replay(name: &str, law: Law) {
    let file = format!("tests/fuzz/corpus/{name}.txt");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.lines().count() > 10, "{} is nearly empty", file.display());
    for line in text.lines() {
        law(&laws::unpacked(line));
    }
}

#[test]
fn framing_keeps_its_laws() {
    replay("framing", laws::framing);
}

#[test]
fn the_envelope_keeps_its_laws() {
    replay("envelope", laws::envelope);
}

#[test]
fn formats_keep_their_laws() {
    replay("formats", laws::formats);
}

#[test]
fn templates_keep_their_laws() {
    replay("template", laws::template);
}

#[test]
fn proposals_keep_their_laws() {
    replay("propose", laws::propose);
}

#[test]
fn payloads_keep_their_laws() {
    replay("payload", laws::payload);
}

#[test]
fn bodies_of_shippers_keep_their_laws() {
    replay("shipped", laws::shipped);
}

#[test]
fn filters_keep_their_laws() {
    replay("filter", laws::filter);
}

#[test]
fn asked_lists_keep_their_laws() {
    replay("asks", laws::asks);
}

#[test]
fn derived_values_keep_their_laws() {
    replay("derived", laws::derived);
}

#[test]
fn configurations_keep_their_laws() {
    replay("config", laws::config);
}

#[test]
fn messages_of_pages_keep_their_laws() {
    replay("client", laws::client);
}

#[test]
fn kept_files_keep_their_laws() {
    replay("kept", laws::kept);
}

#[test]
fn questions_about_the_past_keep_their_laws() {
    replay("requests", laws::requests);
}
