//! The address ranges that operators publish for their bots, as compiled in.
//!
//! Lists that change every month or name hundreds of single addresses (`ChatGPT-User`, DuckDuckGo,
//! Ahrefs, the monitors) are not here: an old one would call honest bots impostors. They are read
//! from the operator's file.

/// First and last address of each range, both in their IPv6 form; sorted, and none overlaps.
pub(super) type List = &'static [(u128, u128)];

/// Bots' names and their list.
pub(super) static PUBLISHED: &[(&[&str], List)] = &[
    (
        &[
            "Googlebot",
            "GoogleOther",
            "Google-InspectionTool",
            "Storebot-Google",
            "Google-CloudVertexBot",
        ],
        GOOGLEBOT,
    ),
    (&["AdsBot-Google", "Mediapartners-Google", "APIs-Google", "Google-Safety"], GOOGLE_SPECIAL),
    (&["Bingbot"], BINGBOT),
    (&["Applebot"], APPLEBOT),
    (&["GPTBot"], GPTBOT),
    (&["OAI-SearchBot"], OAI_SEARCHBOT),
    (&["ClaudeBot"], CLAUDEBOT),
    (&["PerplexityBot"], PERPLEXITYBOT),
    (&["Perplexity-User"], PERPLEXITY_USER),
    (&["CCBot"], CCBOT),
    (&["MistralAI-User"], MISTRAL_USER),
];

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u32) -> (u128, u128) {
    let first = 0xffff << 32 | u32::from_be_bytes([a, b, c, d]) as u128;
    (first, first + (1 << (32 - prefix)) - 1)
}

const fn v6(a: u16, b: u16, c: u16, d: u16, prefix: u32) -> (u128, u128) {
    let head = (a as u128) << 48 | (b as u128) << 32 | (c as u128) << 16 | d as u128;
    (head << 64, (head << 64) + (1 << (128 - prefix)) - 1)
}

/// <https://developers.google.com/static/search/apis/ipranges/googlebot.json> (2026-01-14); the
/// /27s of 66.249.64.0/20 and 192.178.4.0/22, which Google fills one after the other, as one
#[rustfmt::skip]
const GOOGLEBOT: List = &[
    v4(34, 22, 85, 0, 27), v4(34, 64, 82, 64, 28), v4(34, 65, 242, 112, 28),
    v4(34, 80, 50, 80, 28), v4(34, 88, 194, 0, 28), v4(34, 89, 10, 80, 28),
    v4(34, 89, 198, 80, 28), v4(34, 96, 162, 48, 28), v4(34, 100, 182, 96, 28),
    v4(34, 101, 50, 144, 28), v4(34, 118, 66, 0, 28), v4(34, 118, 254, 0, 28),
    v4(34, 126, 178, 96, 28), v4(34, 146, 150, 144, 28), v4(34, 147, 110, 144, 28),
    v4(34, 151, 74, 144, 28), v4(34, 152, 50, 64, 28), v4(34, 154, 114, 144, 28),
    v4(34, 155, 98, 32, 28), v4(34, 165, 18, 176, 28), v4(34, 175, 160, 64, 28),
    v4(34, 176, 130, 16, 28), v4(35, 247, 243, 240, 28), v4(66, 249, 64, 0, 20),
    v4(192, 178, 4, 0, 22), v6(0x2001, 0x4860, 0x4801, 0x0, 48),
];

/// <https://developers.google.com/static/search/apis/ipranges/special-crawlers.json> (2026-01-14),
/// its /27s as the /24s that they fill
#[rustfmt::skip]
const GOOGLE_SPECIAL: List = &[
    v4(66, 249, 87, 0, 24), v4(66, 249, 89, 0, 24), v4(66, 249, 90, 0, 23),
    v4(66, 249, 92, 0, 24), v4(72, 14, 199, 0, 24), v4(74, 125, 148, 0, 22),
    v4(74, 125, 216, 0, 22), v4(108, 177, 2, 0, 24), v4(192, 178, 16, 0, 23),
    v4(209, 85, 238, 0, 24), v6(0x2001, 0x4860, 0x4801, 0x0, 48),
];

/// <https://www.bing.com/toolbox/bingbot.json> (as of 2026-06-14)
#[rustfmt::skip]
const BINGBOT: List = &[
    v4(13, 66, 139, 0, 24), v4(13, 66, 144, 0, 24), v4(13, 67, 10, 16, 28),
    v4(13, 69, 66, 240, 28), v4(13, 71, 172, 224, 28), v4(20, 15, 133, 160, 27),
    v4(20, 36, 108, 32, 28), v4(20, 43, 120, 16, 28), v4(20, 74, 197, 0, 28),
    v4(20, 79, 107, 240, 28), v4(20, 125, 163, 80, 28), v4(40, 77, 139, 0, 25),
    v4(40, 77, 167, 0, 24), v4(40, 77, 177, 0, 24), v4(40, 77, 178, 0, 23),
    v4(40, 77, 188, 0, 22), v4(40, 77, 202, 0, 24), v4(40, 79, 131, 208, 28),
    v4(40, 79, 186, 176, 28), v4(51, 105, 67, 0, 28), v4(52, 167, 144, 0, 24),
    v4(52, 231, 148, 0, 28), v4(65, 55, 210, 0, 24), v4(139, 217, 52, 0, 28),
    v4(157, 55, 39, 0, 24), v4(191, 233, 204, 224, 28), v4(199, 30, 24, 0, 23),
    v4(207, 46, 13, 0, 24),
];

/// <https://search.developer.apple.com/applebot.json> (2026-09-15) lists /24s to /28s of
/// 17.166.0.0/16 and 17.241.0.0/16, and changes them; the whole 17.0.0.0/8 is Apple's
#[rustfmt::skip]
const APPLEBOT: List = &[
    v4(17, 0, 0, 0, 8),
];

/// <https://openai.com/gptbot.json> (as of 2026-10-05), with the ranges of 2026-02-11
#[rustfmt::skip]
const GPTBOT: List = &[
    v4(4, 227, 36, 0, 25), v4(20, 125, 66, 80, 28), v4(20, 171, 206, 0, 23),
    v4(52, 230, 152, 0, 24), v4(74, 7, 175, 128, 25), v4(74, 7, 227, 0, 24),
    v4(74, 7, 228, 0, 25), v4(74, 7, 230, 0, 25), v4(74, 7, 241, 0, 24),
    v4(74, 7, 242, 0, 25), v4(74, 7, 243, 128, 25), v4(74, 7, 244, 0, 25),
    v4(132, 196, 86, 0, 24), v4(172, 182, 202, 0, 25), v4(172, 182, 204, 0, 24),
    v4(172, 182, 207, 0, 25), v4(172, 182, 214, 0, 23),
];

/// <https://openai.com/searchbot.json> (as of 2026-02-11)
#[rustfmt::skip]
const OAI_SEARCHBOT: List = &[
    v4(4, 227, 36, 0, 25), v4(20, 14, 99, 96, 28), v4(20, 25, 151, 224, 28),
    v4(20, 42, 10, 176, 28), v4(20, 168, 18, 32, 28), v4(20, 169, 6, 224, 28),
    v4(20, 169, 7, 48, 28), v4(20, 169, 77, 0, 25), v4(20, 171, 53, 224, 28),
    v4(20, 171, 123, 64, 28), v4(40, 67, 175, 0, 25), v4(40, 90, 214, 16, 28),
    v4(51, 8, 102, 0, 24), v4(74, 7, 175, 128, 25), v4(74, 7, 228, 0, 23),
    v4(74, 7, 230, 0, 25), v4(74, 7, 241, 128, 25), v4(74, 7, 242, 128, 25),
    v4(74, 7, 243, 0, 25), v4(74, 7, 244, 0, 25), v4(104, 210, 140, 128, 28),
    v4(135, 234, 64, 0, 24), v4(172, 182, 193, 80, 28), v4(172, 182, 193, 224, 28),
    v4(172, 182, 194, 32, 28), v4(172, 182, 194, 144, 28), v4(172, 182, 195, 48, 28),
    v4(172, 182, 209, 208, 28), v4(172, 182, 211, 192, 28), v4(172, 182, 213, 192, 28),
    v4(172, 182, 224, 0, 28), v4(172, 203, 190, 128, 28),
];

/// <https://claude.com/crawling/bots.json> (as of 2026-07-30)
#[rustfmt::skip]
const CLAUDEBOT: List = &[
    v4(34, 11, 34, 31, 32), v4(34, 85, 172, 162, 32), v4(34, 150, 241, 79, 32),
    v4(34, 162, 191, 81, 32), v4(34, 162, 230, 222, 32), v4(34, 162, 244, 71, 32),
    v4(34, 182, 140, 95, 32), v4(34, 182, 161, 143, 32), v4(34, 182, 218, 27, 32),
    v4(34, 182, 220, 85, 32), v4(34, 182, 222, 37, 32), v4(34, 182, 225, 167, 32),
    v4(34, 182, 226, 151, 32), v4(34, 182, 226, 221, 32), v4(34, 186, 108, 163, 32),
    v4(35, 221, 29, 174, 32), v4(35, 245, 89, 239, 32), v4(35, 245, 175, 129, 32),
    v4(136, 107, 176, 208, 32), v4(216, 73, 216, 0, 22),
];

/// <https://www.perplexity.ai/perplexitybot.json> (as of 2026-02-11)
#[rustfmt::skip]
const PERPLEXITYBOT: List = &[
    v4(3, 211, 124, 183, 32), v4(3, 222, 232, 239, 32), v4(3, 224, 62, 45, 32),
    v4(3, 231, 139, 107, 32), v4(18, 97, 1, 228, 30), v4(18, 97, 9, 96, 29),
    v4(18, 97, 21, 0, 30), v4(18, 97, 43, 80, 29), v4(18, 210, 92, 235, 32),
    v4(34, 193, 163, 52, 32), v4(44, 208, 221, 197, 32), v4(107, 20, 236, 150, 32),
];

/// <https://www.perplexity.ai/perplexity-user.json> (2025-03-28)
#[rustfmt::skip]
const PERPLEXITY_USER: List = &[
    v4(18, 97, 21, 0, 30), v4(18, 97, 43, 80, 29), v4(34, 193, 163, 52, 32),
    v4(44, 208, 221, 197, 32),
];

/// <https://index.commoncrawl.org/ccbot.json> (2026-08-04)
#[rustfmt::skip]
const CCBOT: List = &[
    v4(3, 41, 188, 32, 29), v4(18, 97, 9, 168, 29), v4(18, 97, 14, 80, 29),
    v4(18, 97, 14, 88, 30), v4(98, 85, 178, 216, 32), v6(0x2600, 0x1f28, 0x365, 0x8000, 56),
];

/// <https://mistral.ai/mistralai-user-ips.json> (2025-02-19)
#[rustfmt::skip]
const MISTRAL_USER: List = &[
    v4(20, 240, 160, 1, 32), v4(20, 240, 160, 161, 32), v4(20, 240, 194, 83, 32),
    v4(51, 12, 243, 114, 32),
];
