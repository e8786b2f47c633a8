//! Claims to be a bot that only DNS can judge, waiting until somebody asks it.

use std::collections::VecDeque;
use std::net::IpAddr;

use super::derived::Derived;
use super::dictionaries::Dictionaries;
use crate::decode::agent::domains::may_be_asked;
use crate::decode::agent::{domains, is_within};
use crate::vocab::field::Field;

/// Claims that wait at a time: some three minutes of asking. Who finds no room is looked at again
/// when it comes again.
pub const CLAIMS_MAX: usize = 1024;

/// Somebody who says to be a bot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The visitor's id, which may be another's by the time there is an answer.
    pub(crate) visitor: u32,
    pub address: IpAddr,
    /// The bot's name.
    pub bot: String,
}

/// What became of asking whether a visitor is the bot that it says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum ClaimState {
    /// There is nothing to ask.
    None,
    /// Should be asked when there is room.
    Unasked,
    /// Waits, or is being asked.
    Asked,
    /// DNS has said who it is.
    Judged,
}

/// What DNS says of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is the bot.
    Verified,
    /// It is somebody else.
    Foreign,
    /// There was no answer.
    Unknown,
}

/// What is known of an address when its claim is next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Judged(Verdict),
    /// It is being asked for another claim: this one waits for the same answer.
    Asked,
    Nothing,
}

impl Claim {
    /// What the name of its address says, once it has led back to the address; an address without
    /// such a name is nobody's bot.
    #[must_use]
    pub fn verdict(&self, confirmed: Option<&str>) -> Verdict {
        match confirmed.is_some_and(|name| is_within(name, domains(&self.bot))) {
            true => Verdict::Verified,
            false => Verdict::Foreign,
        }
    }
}

/// See the module. Takes nothing until it is opened: then somebody asks.
#[derive(Clone, Debug, Default)]
pub struct Claims {
    open: bool,
    waiting: VecDeque<Claim>,
    left_out: u64,
}

impl Claims {
    /// Whether DNS is asked for claims to be this bot.
    #[must_use]
    pub fn can_tell(&self, bot: &str) -> bool {
        self.open && !domains(bot).is_empty()
    }

    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// How often there was no room for a claim, since the start.
    #[must_use]
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// What is to be asked of a new visitor that published ranges do not verify.
    pub(crate) fn state(&self, bot: &str, client: &str) -> ClaimState {
        let asks = || client.parse().is_ok_and(may_be_asked);
        match !bot.is_empty() && self.can_tell(bot) && asks() {
            true => ClaimState::Unasked,
            false => ClaimState::None,
        }
    }

    /// Puts a claim at the end of the queue, if there is room.
    pub(crate) fn put(&mut self, visitor: u32, bot: &str, client: &str) -> bool {
        let Ok(address) = client.parse() else { return false };
        let room = self.waiting.len() < CLAIMS_MAX;
        if room {
            self.waiting.push_back(Claim { visitor, address, bot: bot.to_owned() });
        } else {
            self.left_out += 1;
        }
        room
    }

    #[must_use]
    pub(crate) fn bytes(&self) -> usize {
        self.waiting.capacity() * size_of::<Claim>()
    }
}

impl Dictionaries {
    /// From now on claims are kept for somebody who asks DNS about them.
    pub fn open_claims(&mut self) {
        self.claims.open = true;
    }

    /// The next claim that nothing is known of. Those that `known` judges are settled on the way.
    pub fn next_claim(&mut self, mut known: impl FnMut(&Claim) -> Standing) -> Option<Claim> {
        for _ in 0..self.claims.waiting() {
            let claim = self.claims.waiting.pop_front()?;
            match known(&claim) {
                Standing::Judged(verdict) => self.settle(&claim, verdict),
                Standing::Asked => self.claims.waiting.push_back(claim),
                Standing::Nothing => return Some(claim),
            }
        }
        None
    }

    /// Writes a verdict down, unless the visitor's id is by now that of one with another address or
    /// another claim.
    pub fn settle(&mut self, claim: &Claim, verdict: Verdict) {
        let [clients, agents] =
            [Field::Client, Field::Agent].map(|field| &self.fields[field.index()]);
        let bots = &self.derived[Derived::Bot as usize];
        let Some(visitor) = self.visitors.get_mut(claim.visitor) else { return };
        let bot = bots.text(agents.derived(visitor.agent, Derived::Bot.place()));
        let address = clients.text(visitor.client).parse();
        if visitor.claim != ClaimState::Asked || bot != claim.bot || address != Ok(claim.address) {
            return;
        }
        visitor.verified = verdict == Verdict::Verified;
        visitor.claim = match verdict {
            Verdict::Verified | Verdict::Foreign => ClaimState::Judged,
            Verdict::Unknown => ClaimState::Unasked,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::block::Block;
    use crate::aggregate::column::Columns;
    use crate::aggregate::row::Row;
    use crate::vocab::event::Kind;
    use crate::vocab::time::Second;

    const YANDEX: &str = "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)";
    const GOOGLE: &str = "Mozilla/5.0 (compatible; Googlebot/2.1)";
    const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

    fn chunk(dictionaries: &mut Dictionaries, number: u32, who: &[(Field, &str, &str)]) -> Columns {
        let mut block = Block::new(Second(1000));
        for &(field, client, agent) in who {
            let mut row = Row::new(Kind::Access);
            row.set(field, client);
            row.set(Field::Agent, agent);
            block.append(&row);
        }
        let mut columns = Columns::default();
        dictionaries.append(&block, &mut columns, number);
        columns
    }

    fn opened() -> Dictionaries {
        let mut dictionaries = Dictionaries::default();
        dictionaries.open_claims();
        dictionaries
    }

    fn is_verified(dictionaries: &Dictionaries, client: &str) -> bool {
        let is_its = |id: &u32| {
            let visitor = dictionaries.visitors().get(*id);
            dictionaries.field(Field::Client).text(visitor.client) == client
        };
        let id = (2..dictionaries.visitors().bound() as u32).find(is_its).unwrap();
        dictionaries.visitors().get(id).verified
    }

    #[test]
    fn only_claims_that_dns_can_judge_are_kept() {
        let cases = [
            (Field::Client, "5.255.253.1", YANDEX, true),
            (Field::Client, "2a02:6b8::1", YANDEX, true),
            (Field::Client, "5.255.253.1", BROWSER, false),
            // Of no crawler's machine.
            (Field::Client, "10.0.0.1", YANDEX, false),
            (Field::Client, "127.0.0.1", YANDEX, false),
            (Field::Client, "203.0.113.9", YANDEX, false),
            (Field::Client, "fe80::1%eth0", YANDEX, false),
            (Field::Client, "a.example", YANDEX, false),
            // Published ranges say it already; of others DNS may know more than an old list.
            (Field::Client, "66.249.66.1", GOOGLE, false),
            (Field::Client, "5.255.253.1", GOOGLE, true),
            // Stands for a client whose address is not kept.
            (Field::Visitor, "5.255.253.1", YANDEX, false),
            (Field::Visitor, "0123456789abcdef", YANDEX, false),
        ];
        for (field, client, agent, kept) in cases {
            let mut dictionaries = opened();
            chunk(&mut dictionaries, 0, &[(field, client, agent)]);
            chunk(&mut dictionaries, 0, &[(field, client, agent)]);
            assert_eq!(dictionaries.claims().waiting(), usize::from(kept), "{client} {agent}");
        }
        let mut closed = Dictionaries::default();
        chunk(&mut closed, 0, &[(Field::Client, "5.255.253.1", YANDEX)]);
        assert_eq!(closed.claims().waiting(), 0);
    }

    #[test]
    fn who_finds_no_room_is_looked_at_again_when_it_comes_again() {
        let mut dictionaries = opened();
        let clients: Vec<String> =
            (0..CLAIMS_MAX + 10).map(|n| format!("5.255.{}.{}", n / 250, n % 250)).collect();
        let who: Vec<_> = clients.iter().map(|c| (Field::Client, c.as_str(), YANDEX)).collect();
        chunk(&mut dictionaries, 0, &who);
        assert_eq!((dictionaries.claims().waiting(), dictionaries.claims().left_out()), (1024, 10));
        let foreign = |_: &Claim| Standing::Judged(Verdict::Foreign);
        assert_eq!(dictionaries.next_claim(foreign), None);
        chunk(&mut dictionaries, 0, &who);
        assert_eq!((dictionaries.claims().waiting(), dictionaries.claims().left_out()), (10, 10));
    }

    #[test]
    fn a_verdict_is_of_the_visitor_that_was_asked_about() {
        let cases = [
            ("5.255.253.1", YANDEX, true),
            // The id was given to somebody else meanwhile.
            ("5.255.253.2", YANDEX, false),
            ("5.255.253.1", GOOGLE, false),
        ];
        for (client, agent, verified) in cases {
            let mut dictionaries = opened();
            let first = chunk(&mut dictionaries, 0, &[(Field::Client, "5.255.253.1", YANDEX)]);
            let claim = dictionaries.next_claim(|_| Standing::Nothing).unwrap();
            dictionaries.evict(&first, 0);
            dictionaries.settle(&claim, Verdict::Verified);
            let columns = chunk(&mut dictionaries, 1, &[(Field::Client, client, agent)]);
            assert!(!is_verified(&dictionaries, client), "nobody asked about it");
            dictionaries.settle(&claim, Verdict::Verified);
            assert_eq!(is_verified(&dictionaries, client), verified, "{client} {agent}");
            dictionaries.evict(&columns, 1);
            dictionaries.settle(&claim, Verdict::Verified);
        }
    }

    #[test]
    fn a_claim_waits_for_the_answer_to_another_of_its_address() {
        let mut dictionaries = opened();
        let bare = "YandexBot/3.0";
        let who = [("5.255.253.1", YANDEX), ("5.255.253.1", bare), ("5.255.253.2", YANDEX)];
        chunk(&mut dictionaries, 0, &who.map(|(client, agent)| (Field::Client, client, agent)));
        let first = dictionaries.next_claim(|_| Standing::Nothing).unwrap();
        let asked = |claim: &Claim| match claim.address == first.address {
            true => Standing::Asked,
            false => Standing::Nothing,
        };
        let other = dictionaries.next_claim(asked).unwrap();
        assert_eq!(other.address.to_string(), "5.255.253.2");
        assert_eq!(dictionaries.next_claim(asked), None);
        assert_eq!(dictionaries.claims().waiting(), 1);
    }

    #[test]
    fn a_verdict_takes_the_bots_own_domain() {
        let claim = |bot: &str| Claim {
            visitor: 2,
            address: "5.255.253.1".parse().unwrap(),
            bot: bot.to_owned(),
        };
        let name = Some("5-255-253-1.spider.yandex.com");
        assert_eq!(claim("YandexBot").verdict(name), Verdict::Verified);
        assert_eq!(claim("Googlebot").verdict(name), Verdict::Foreign);
        assert_eq!(claim("YandexBot").verdict(None), Verdict::Foreign);
    }
}
