//! What a user agent is: a browser, a bot, a program; of which family, on which system, and whose.

mod bots;
pub mod domains;
mod known;
mod published;
pub mod ranges;
mod system;
#[cfg(test)]
mod test;

use bots::BOTS;
pub use domains::{domains, is_within};
use known::KNOWN;
pub use system::system;

/// A family's name and its class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agent<'a> {
    /// `Chrome`, `Googlebot`, `curl`; the first product's name where the family is not known, and
    /// empty for an empty agent.
    pub family: &'a str,
    pub class: Class,
}

/// Who is behind an agent, as far as it says so itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Class {
    /// A person's browser.
    Browser,
    /// Crawls, previews, monitors or scans.
    Bot,
    /// A program or library that someone runs.
    Tool,
    /// No agent at all, or `-`.
    Empty,
    Unknown,
}

impl Class {
    pub const ALL: [Class; 5] =
        [Class::Browser, Class::Bot, Class::Tool, Class::Empty, Class::Unknown];

    /// The word of the filter language (`agent:bot`).
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Class::Browser => "browser",
            Class::Bot => "bot",
            Class::Tool => "tool",
            Class::Empty => "empty",
            Class::Unknown => "unknown",
        }
    }
}

/// A bot, who runs it and what for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bot<'a> {
    /// The family, as [`classify`] has it.
    pub name: &'a str,
    /// The company or project; empty where it is not known, or where anyone can run the program.
    pub operator: &'static str,
    pub purpose: Purpose,
}

/// What a bot comes for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Purpose {
    Search,
    /// Gathers text or pictures that models are trained on.
    AiTraining,
    /// Fetches a page because a person asked an assistant.
    AiAssistant,
    /// Keeps the index that an assistant searches.
    AiSearch,
    Seo,
    /// Asks whether the site is up, or how fast it is.
    Monitor,
    /// Fetches a link that somebody shared.
    Preview,
    /// Looks for weaknesses, or surveys the whole internet.
    Scanner,
    Archive,
    Feed,
    Unknown,
}

impl Purpose {
    pub const ALL: [Purpose; 11] = [
        Purpose::Search,
        Purpose::AiTraining,
        Purpose::AiAssistant,
        Purpose::AiSearch,
        Purpose::Seo,
        Purpose::Monitor,
        Purpose::Preview,
        Purpose::Scanner,
        Purpose::Archive,
        Purpose::Feed,
        Purpose::Unknown,
    ];

    /// The word of the filter language and of the panels.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Purpose::Search => "search",
            Purpose::AiTraining => "ai_training",
            Purpose::AiAssistant => "ai_assistant",
            Purpose::AiSearch => "ai_search",
            Purpose::Seo => "seo",
            Purpose::Monitor => "monitor",
            Purpose::Preview => "preview",
            Purpose::Scanner => "scanner",
            Purpose::Archive => "archive",
            Purpose::Feed => "feed",
            Purpose::Unknown => "unknown",
        }
    }
}

/// Classifies an agent in one pass over its words, without allocating.
#[must_use]
pub fn classify(user_agent: &str) -> Agent<'_> {
    identify(user_agent).0
}

/// The bot behind an agent: there is one exactly where [`classify`] says [`Class::Bot`].
#[must_use]
pub fn bot(user_agent: &str) -> Option<Bot<'_>> {
    identify(user_agent).1
}

/// [`classify`] and [`bot`] in one pass.
#[must_use]
pub fn identify(user_agent: &str) -> (Agent<'_>, Option<Bot<'_>>) {
    let text = read(user_agent);
    if text.is_empty() || text == "-" {
        return (Agent { family: "", class: Class::Empty }, None);
    }
    let mut best: Option<&known::Family> = None;
    let mut named: Option<&bots::KnownBot> = None;
    let mut robot = None;
    let in_browsers_clothes = text.starts_with("Mozilla/");
    for word in words(text) {
        if let Some(found) = find_bot(word) {
            if named.is_none() || LATER_WINS.contains(&found.word) {
                named = Some(found);
            }
            continue;
        }
        match find(word) {
            // A browser's comments hold words of any kind; a tool says its name first.
            Some(known) if in_browsers_clothes && known.rank == TOOL => {}
            Some(known) if best.is_none_or(|best| known.rank > best.rank) => best = Some(known),
            Some(_) => {}
            None if robot.is_none() && says_bot(word) => robot = Some(word),
            None => {}
        }
    }
    let phrase = || PHRASES.iter().find(|(phrase, _)| text.contains(phrase));
    // A bot that shows a browser's agent, or is made with a tool, is the bot.
    if let Some(known) = named.or_else(|| phrase().and_then(|(_, word)| find_bot(word))) {
        return of_bot(known.family, known.operator, known.purpose);
    }
    match (best, robot) {
        (Some(known), _) if known.class != Class::Browser => {
            (Agent { family: known.family, class: known.class }, None)
        }
        (_, Some(word)) => of_bot(name_of(text, word), "", claimed(word)),
        // An address in the agent is a crawler's courtesy.
        _ if text.contains("+http") => of_bot(name_of(text, ""), "", Purpose::Unknown),
        (Some(known), _) => (Agent { family: known.family, class: known.class }, None),
        (None, None) => (Agent { family: product(text), class: Class::Unknown }, None),
    }
}

/// Who runs the bot of a name that [`bot`] gives; empty where that is not known.
#[must_use]
pub fn operator(name: &str) -> &'static str {
    let named = BOTS.iter().find(|bot| bot.family.eq_ignore_ascii_case(name));
    named.map_or("", |bot| bot.operator)
}

/// Whether a bot or an operator of this name is known.
#[must_use]
pub fn knows(name: &str) -> bool {
    let is = |text: &str| !text.is_empty() && text.eq_ignore_ascii_case(name);
    BOTS.iter().any(|bot| is(bot.family) || is(bot.operator))
}

/// Agents are read this far: everything that names a family stands well before.
const READ_MAX: usize = 1024;

/// What of an agent is read.
fn read(user_agent: &str) -> &str {
    let trimmed = user_agent.trim();
    &trimmed[..trimmed.floor_char_boundary(READ_MAX)]
}

/// Of several bots in one agent the first is meant, but these call themselves
/// `facebookexternalhit` first, so that sites show them what they show Facebook.
const LATER_WINS: [&str; 2] = ["kakaotalk-scrap", "line-poker"];

/// Names of several words, of which none tells alone, and the word they stand for.
const PHRASES: [(&str, &str); 6] = [
    ("Better Uptime", "betterstack"),
    ("Better Stack", "betterstack"),
    ("Palo Alto Networks", "expanse"),
    ("Tiny Tiny RSS", "tiny_tiny_rss"),
    ("Uptime Kuma", "uptime-kuma"),
    ("Page Speed Insights", "pagespeed"),
];

fn of_bot<'a>(
    name: &'a str,
    operator: &'static str,
    purpose: Purpose,
) -> (Agent<'a>, Option<Bot<'a>>) {
    (Agent { family: name, class: Class::Bot }, Some(Bot { name, operator, purpose }))
}

/// What a bot that nobody knows is called: the word that says what it is, unless it says no more
/// (`Digg Feed Fetcher`); then its product, which in a browser's clothes stands behind `compatible`.
fn name_of<'a>(text: &'a str, word: &'a str) -> &'a str {
    let says_more = !GENERIC.iter().any(|generic| word.eq_ignore_ascii_case(generic));
    if !word.is_empty() && says_more {
        return word;
    }
    let dressed = text.starts_with("Mozilla/");
    let behind = text.split_once("compatible; ").filter(|_| dressed).map(|(_, rest)| product(rest));
    match behind.filter(|name| *name != NAMELESS) {
        Some(name) => name,
        None if dressed && !word.is_empty() => word,
        None => product(text),
    }
}

/// Words that say what a program is and not which.
const GENERIC: [&str; 8] =
    ["bot", "robot", "spider", "crawler", "scanner", "monitor", "fetcher", "validator"];

/// What a bot that nobody knows says of itself by its name's ending.
fn claimed(word: &str) -> Purpose {
    let ends = |ending: &str| {
        let from = word.len().checked_sub(ending.len());
        from.and_then(|from| word.get(from..)).is_some_and(|end| end.eq_ignore_ascii_case(ending))
    };
    match () {
        () if ends("monitor") => Purpose::Monitor,
        () if ends("scanner") => Purpose::Scanner,
        () => Purpose::Unknown,
    }
}

/// Runs of letters, digits, `-` and `_`.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '-' || c == '_'))
        // Versions are many and name nobody.
        .filter(|w| w.bytes().any(|b| !b.is_ascii_digit()))
}

/// What an agent is called that names no product: markup, escape codes, keyboard noise.
const NAMELESS: &str = "(unknown)";

/// The name of the first product: up to its `/`, or the first word.
fn product(text: &str) -> &str {
    let end = text.find(['/', ' ', ';', '(', ',']).unwrap_or(text.len());
    let name = if end == 0 { words(text).next().unwrap_or("") } else { &text[..end] };
    let names = |c: char| c.is_alphanumeric() || ".-_:+!@".contains(c);
    if !name.is_empty() && name.chars().all(names) { name } else { NAMELESS }
}

fn says_bot(word: &str) -> bool {
    const ENDINGS: [&str; 7] =
        ["bot", "spider", "crawler", "scanner", "monitor", "fetcher", "validator"];
    let bytes = word.as_bytes();
    let ends = |ending: &&str| {
        let from = bytes.len().checked_sub(ending.len());
        from.is_some_and(|from| bytes[from..].eq_ignore_ascii_case(ending.as_bytes()))
    };
    // Cubot makes telephones, and names them in browsers' agents.
    ENDINGS.iter().any(ends) && !word.eq_ignore_ascii_case("cubot")
}

/// A program outranks every browser whose agent it shows.
const TOOL: u8 = 90;

fn find(word: &str) -> Option<&'static known::Family> {
    let order = |known: &known::Family| {
        let folded = word.bytes().map(|b| b.to_ascii_lowercase());
        known.word.bytes().cmp(folded)
    };
    KNOWN.binary_search_by(order).ok().map(|at| &KNOWN[at])
}

fn find_bot(word: &str) -> Option<&'static bots::KnownBot> {
    let order = |known: &bots::KnownBot| {
        let folded = word.bytes().map(|b| b.to_ascii_lowercase());
        known.word.bytes().cmp(folded)
    };
    BOTS.binary_search_by(order).ok().map(|at| &BOTS[at])
}
