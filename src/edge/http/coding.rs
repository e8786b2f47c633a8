//! Which content coding a client likes best (RFC 9110 §12.5.3).

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_ENCODING;

/// What a body may be sent as, the smallest first: that is the order among equals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Brotli,
    Gzip,
    Identity,
}

impl Coding {
    const ALL: [Coding; 3] = [Coding::Brotli, Coding::Gzip, Coding::Identity];

    /// The name in `Content-Encoding`, which is left out for identity.
    pub(super) fn name(self) -> Option<&'static str> {
        match self {
            Coding::Brotli => Some("br"),
            Coding::Gzip => Some("gzip"),
            Coding::Identity => None,
        }
    }

    /// The coding with the highest weight. Who asks for nothing gets identity (scripts get what they
    /// can read), and so does who takes none of the three: that is better than an answer of 406.
    pub(super) fn wanted(headers: &HeaderMap) -> Coding {
        let asked = asked(headers);
        let mut best = (Coding::Identity, 0);
        for coding in Coding::ALL {
            let weight = coding.weight(&asked);
            if weight > best.1 {
                best = (coding, weight);
            }
        }
        best.0
    }

    /// Its own weight where it is named, else that of `*`. Unnamed identity is taken by everybody, but
    /// as the last choice, hence the least weight there is.
    fn weight(self, asked: &[(&str, u16)]) -> u16 {
        let of = |name: &str| {
            asked.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, weight)| *weight)
        };
        match self {
            Coding::Brotli => of("br").or(of("*")).unwrap_or(0),
            // "x-gzip" is the same (§8.4.1.3).
            Coding::Gzip => of("gzip").or(of("x-gzip")).or(of("*")).unwrap_or(0),
            Coding::Identity => of("identity").or(of("*").map(|any| any.min(1))).unwrap_or(1),
        }
    }
}

/// Each coding that is named with its weight in thousandths.
fn asked(headers: &HeaderMap) -> Vec<(&str, u16)> {
    let values = headers.get_all(ACCEPT_ENCODING).into_iter();
    let parts = values.flat_map(|value| value.to_str().unwrap_or_default().split(','));
    parts
        .map(|part| {
            let (name, parameter) = part.split_once(';').unwrap_or((part, "q=1"));
            (name.trim(), weight(parameter.trim()))
        })
        .collect()
}

/// A `q=0.5`; what is not one is no wish.
fn weight(parameter: &str) -> u16 {
    let number = parameter.strip_prefix("q=").or_else(|| parameter.strip_prefix("Q="));
    let number = number.and_then(|n| n.parse::<f32>().ok()).filter(|n| (0.0..=1.0).contains(n));
    // In range, so nothing is cut off.
    number.map_or(0, |n| (n * 1000.0).round() as u16)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn the_highest_weight_wins_and_the_smallest_among_equals() {
        let cases = [
            (&["gzip, deflate, br, zstd"][..], Coding::Brotli),
            (&["gzip, deflate"], Coding::Gzip),
            (&["x-gzip"], Coding::Gzip),
            (&["GZIP;Q=0.5"], Coding::Gzip),
            (&["br;q=0.5, gzip"], Coding::Gzip),
            (&["br;q=0.5, gzip;q=0.501"], Coding::Gzip),
            (&["gzip;q=0.001, identity;q=0.5"], Coding::Identity),
            (&["gzip", "br"], Coding::Brotli),
            (&["*"], Coding::Brotli),
            (&["*, br;q=0"], Coding::Gzip),
            (&["*;q=0, gzip ; q=0.2"], Coding::Gzip),
            (&["br;q=0, gzip;q=0, *"], Coding::Identity),
            (&["identity"], Coding::Identity),
            (&["deflate, zstd"], Coding::Identity),
            (&["*;q=0"], Coding::Identity),
            (&["br;q=2, gzip;q=nan, x-gzip;q=-1"], Coding::Identity),
            (&["br;q=often"], Coding::Identity),
            (&[""], Coding::Identity),
            (&[",;,;q=1,"], Coding::Identity),
            (&["\u{b5}, br"], Coding::Identity),
            (&[], Coding::Identity),
        ];
        for (sent, coding) in cases {
            let mut headers = HeaderMap::new();
            for value in sent {
                let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
                headers.append(ACCEPT_ENCODING, value);
            }
            assert_eq!(Coding::wanted(&headers), coding, "{sent:?}");
        }
    }
}
