//! `config/tapline.toml`: every option, commented out at its default, with unit, range and reason.

use super::live::LIVE;
use super::options::{Config, Described, SECTIONS};
use super::{access, notify, thresholds};

/// The reference file as it ships. A test holds it equal to [`render`].
pub const REFERENCE: &str = include_str!("../../../config/tapline.toml");

const HEAD: &str = "\
# The configuration of Tapline. Every option is here, commented out at its default: a file with
# nothing in it means the same as this one. `tapline check` tells what is wrong with a file.
#
# Read from --config, else /etc/tapline/tapline.toml, else ~/.config/tapline/tapline.toml.
# The environment overrides it: TAPLINE_<SECTION>__<KEY>, as TAPLINE_HTTP__LISTEN=127.0.0.1:9000
# (lists parted by commas; top-level keys as TAPLINE__EXCLUDE; what is a table or a list of them as TOML, as
# TAPLINE_SOURCES__SITES='{ web-1 = \"a.example\" }' and TAPLINE__RULE='[{ name = \"…\", when = \"…\" }]').
# Flags override both.
# Sizes are bytes or have a unit, \"64 MiB\" (KiB, MiB, GiB; KB, MB, GB are thousands).
# Time spans have a unit: \"500 ms\", \"10 s\", \"10 min\", \"24 h\", \"7 d\".
#
# SIGHUP (`systemctl reload tapline`) reads all of it again, and the files that it names. A mistake leaves
# everything as it was. These change at once, without a line or a connection lost; what else has changed the
# log names, and it waits for a restart:
";

/// Writes the reference file from the table of options.
#[must_use]
pub fn render() -> String {
    let all = Config::described();
    let mut out = HEAD.to_owned();
    for line in wrapped(&format!("{}.", LIVE.join(", ")), 97) {
        out.push_str(&format!("#   {line}\n"));
    }
    for option in all.iter().filter(|o| o.section.is_empty()) {
        out.push('\n');
        write(&mut out, option);
    }
    for (section, _, about) in SECTIONS {
        out.push_str(&format!("\n\n# {about}\n[{section}]\n"));
        for (i, option) in all.iter().filter(|o| o.section == *section).enumerate() {
            if i > 0 {
                out.push('\n');
            }
            write(&mut out, option);
        }
    }
    out.push_str("\n\n");
    out.push_str(notify::EXAMPLE);
    out.push_str("\n\n");
    out.push_str(thresholds::EXAMPLE);
    out.push_str("\n\n");
    out.push_str(access::EXAMPLE);
    out
}

fn write(out: &mut String, option: &Described) {
    for line in wrapped(option.reason, 97) {
        out.push_str(&format!("# {line}\n"));
    }
    for line in wrapped(&format!("({})", option.says), 97) {
        out.push_str(&format!("# {line}\n"));
    }
    out.push_str(&format!("#{} = {}\n", option.key, option.default));
}

/// Breaks a text at blanks into lines of at most `width` characters.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_file_says_what_the_table_says() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/config/tapline.toml");
        if std::env::var_os("TAPLINE_BLESS").is_some() {
            std::fs::write(path, render()).expect("the reference file is written");
            return;
        }
        assert_eq!(REFERENCE, render(), "run TAPLINE_BLESS=1 cargo test reference");
    }
}
