//! What somebody may do: send lines, look, administer.

/// One right. `Admin` is looking and sending too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// Post lines.
    Send,
    /// Read everything that the page shows.
    Look,
    /// Set markers and mutes, make share links; and all of the above.
    Admin,
}

impl Right {
    pub const ALL: [Right; 3] = [Right::Send, Right::Look, Right::Admin];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Right::Send => "send",
            Right::Look => "look",
            Right::Admin => "admin",
        }
    }

    /// Whether who has this right may do what needs that one.
    #[must_use]
    pub fn covers(self, needed: Right) -> bool {
        self == needed || self == Right::Admin
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sending_and_looking_are_apart_and_admin_is_both() {
        for right in Right::ALL {
            for needed in Right::ALL {
                let expected = right == needed || right == Right::Admin;
                assert_eq!(right.covers(needed), expected, "{right:?} {needed:?}");
            }
        }
        assert!(!Right::Send.covers(Right::Look) && !Right::Look.covers(Right::Send));
    }
}
