//! The dictionaries of the window together, and the step from a block's ids to theirs.

mod kept;
mod learning;

use std::collections::BTreeMap;

use crate::vocab::event::Kind;
use crate::vocab::field::Field;

use super::block::Block;
use super::block_dict::TOGETHER;
use super::claims::{ClaimState, Claims};
use super::column::{
    BYTES, BYTES_IN, Column, Columns, KIND, MS, Number, REQUEST, STATUS, UPSTREAM, VISITOR,
    narrowest,
};
use super::derived::{Derived, Knowledge};
use super::dict::{ABSENT, FIRST, Interned, OTHER, Seeds, VisitorDict, WINDOW_VALUES, WindowDict};
use super::distinct::hash_pair;
use super::list::Base;
use super::rollup::Rollup;
use super::route::Routes;
use super::templates::{self, Template, TemplateLines, Templates};
use learning::{Learning, errors, found, served};

/// Everything that the numbers in the window's columns mean.
#[derive(Clone, Debug)]
pub struct Dictionaries {
    seeds: Seeds,
    pub(super) fields: [WindowDict; Field::COUNT],
    pub(super) visitors: VisitorDict,
    /// Values derived from texts; each is counted by the texts that point to it.
    pub(super) derived: [WindowDict; Derived::COUNT],
    knowledge: Knowledge,
    pub(super) claims: Claims,
    /// What was known of routes when the paths were last sorted into them.
    routed: u64,
    /// The same of templates.
    templated: u64,
    /// By id of a derived template: which it is.
    template_ids: Vec<u32>,
    /// Values that found no room since the start.
    overflowed: u64,
    /// Bytes that are left for the names of what is new.
    names_left: usize,
}

/// Ids that mean nothing any more and will be given again.
#[derive(Clone, Debug, Default)]
pub struct Freed {
    pub(crate) fields: [Vec<u32>; Field::COUNT],
    pub(crate) derived: [Vec<u32>; Derived::COUNT],
}

/// How many distinct values the dictionaries hold at a time; what is new beyond is [`OTHER`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Of any field.
    pub values: usize,
    /// Of sites, which cost more than a text: lists, baselines and pages of their own.
    pub sites: usize,
}

impl Default for Room {
    fn default() -> Self {
        Room { values: WINDOW_VALUES, sites: 8_192 }
    }
}

impl Room {
    fn of(self, field: Field) -> usize {
        match field {
            Field::Site => self.sites.min(self.values),
            _ => self.values,
        }
    }
}

impl Default for Dictionaries {
    fn default() -> Self {
        Dictionaries::new(Room::default(), Knowledge::default())
    }
}

impl Dictionaries {
    /// Empty.
    #[must_use]
    pub fn new(room: Room, knowledge: Knowledge) -> Dictionaries {
        Dictionaries {
            seeds: Seeds::new(),
            fields: Field::ALL.map(|field| WindowDict::new(room.of(field), Derived::width(field))),
            visitors: VisitorDict::new(),
            derived: std::array::from_fn(|_| WindowDict::new(room.values, 0)),
            knowledge,
            claims: Claims::default(),
            routed: 0,
            templated: 0,
            template_ids: Vec::new(),
            overflowed: 0,
            names_left: usize::MAX,
        }
    }

    /// From now on what is new gets a name until all names take so many bytes. Asked for before each block, not for each
    /// field: of a block of two lines counting them would be a good part.
    pub(crate) fn limit_names(&mut self, bytes: usize) {
        self.names_left = bytes.saturating_sub(self.names());
    }

    #[must_use]
    pub fn field(&self, field: Field) -> &WindowDict {
        &self.fields[field.index()]
    }

    #[must_use]
    pub fn visitors(&self) -> &VisitorDict {
        &self.visitors
    }

    #[must_use]
    pub fn derived(&self, derived: Derived) -> &WindowDict {
        &self.derived[derived as usize]
    }

    /// The id of what is derived from the text `id` of its field.
    #[inline]
    #[must_use]
    pub fn derived_id(&self, derived: Derived, id: u32) -> u32 {
        self.field(derived.field()).derived(id, derived.place())
    }

    /// What is derived from the text `id` of its field; `None` where nothing is.
    #[must_use]
    pub fn derived_text(&self, derived: Derived, id: u32) -> Option<&str> {
        let id = self.derived_id(derived, id);
        (id != ABSENT).then(|| self.derived(derived).text(id))
    }

    #[must_use]
    pub fn knowledge(&self) -> &Knowledge {
        &self.knowledge
    }

    /// What is known of a template, by the id that it has in this window.
    #[must_use]
    pub fn template(&self, id: u32) -> Option<&Template> {
        self.knowledge.templates.get(*self.template_ids.get(id as usize)?)
    }

    /// Goes on with the templates that an earlier process learnt; not where the ids of others are in
    /// use.
    pub fn restore_templates(&mut self, templates: Templates) {
        if self.knowledge.templates.is_empty() {
            self.knowledge.templates = templates;
        }
    }

    /// Goes on with the routes that an earlier process learnt; not where paths were sorted into others.
    pub fn restore_routes(&mut self, routes: Routes) {
        if self.knowledge.routes.is_empty() {
            self.routed = routes.epoch();
            self.knowledge.routes = routes;
        }
    }

    /// The lines of each template in a rollup; each that is new is said to be once.
    pub(crate) fn template_lines(&mut self, rollup: &Rollup) -> Vec<TemplateLines> {
        let mut counted: BTreeMap<u32, u64> = BTreeMap::new();
        for &(message, count) in rollup.counts(Base::Messages) {
            let id = self.derived_id(Derived::Template, message) as usize;
            if let Some(&template) = self.template_ids.get(id).filter(|id| **id != templates::OTHER)
            {
                *counted.entry(self.knowledge.templates.now(template)).or_default() +=
                    count.requests;
            }
        }
        self.knowledge.templates.told(&counted)
    }

    /// Claims to be a bot that wait to be judged.
    #[must_use]
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// Distinct values (by second) that went to `(other)` since the start.
    #[must_use]
    pub fn overflowed(&self) -> u64 {
        self.overflowed
    }

    /// Bytes of what is there; what left room behind left it for what comes next.
    #[must_use]
    pub fn used(&self) -> usize {
        self.names()
            + self.claims.bytes()
            + self.knowledge.templates.bytes()
            + self.template_ids.capacity() * 4
    }

    /// Of them, those of texts, of what is derived from them, and of visitors.
    pub(crate) fn names(&self) -> usize {
        self.fields.iter().map(WindowDict::used).sum::<usize>()
            + self.visitors.used()
            + self.derived.iter().map(WindowDict::used).sum::<usize>()
    }

    #[must_use]
    pub fn bytes(&self) -> usize {
        self.fields.iter().map(WindowDict::bytes).sum::<usize>()
            + self.visitors.bytes()
            + self.derived.iter().map(WindowDict::bytes).sum::<usize>()
            + self.claims.bytes()
            + self.knowledge.templates.bytes()
            + self.template_ids.capacity() * 4
    }

    /// Appends a block's rows to the open chunk `number`, in this window's ids.
    pub fn append(&mut self, block: &Block, into: &mut Columns, number: u32) {
        self.put(block, Put { before: into.len, added: block.len(), into, narrow: false }, number);
    }

    /// The columns of the chunk `number`, which has the block's rows and no others: as if they were appended and
    /// [packed](Columns::pack), but the wide columns, of a million rows 50 MB, are never there.
    pub(crate) fn packed(&mut self, block: &Block, number: u32) -> Columns {
        let mut columns = Columns::default();
        let into = &mut columns;
        self.put(block, Put { before: 0, added: block.len(), into, narrow: true }, number);
        columns
    }

    fn put(&mut self, block: &Block, mut put: Put<'_>, number: u32) {
        put.plain(MS, &block.ms);
        put.plain(KIND, &block.kind);
        put.grown::<u16>(STATUS, &block.status);
        put.grown::<u64>(BYTES, &block.bytes);
        put.grown::<u64>(BYTES_IN, &block.bytes_in);
        put.grown::<u32>(REQUEST, &block.request);
        put.grown::<u32>(UPSTREAM, &block.upstream);
        let (mut map, mut mapped) = (Vec::new(), Vec::new());
        for field in Field::ALL {
            let ids = &block.ids[field.index()];
            if ids.written() == 0 && matches!(put.into.text(field), Column::Const(_)) {
                continue;
            }
            self.map(field, block, number, &mut map);
            if put.narrow && ids.written() == put.added {
                *put.into.text_mut(field) = ids.mapped(&map);
                continue;
            }
            ids.load_mapped(&map, &mut mapped);
            put.plain::<u32>(Columns::place(field), &mapped);
        }
        let mut visitors = mapped;
        self.visitors_of(&block.kind, put.into, put.before, number, &mut visitors);
        put.plain(VISITOR, &visitors);
        put.into.len += put.added;
    }

    /// Writes to `map` this window's id for each id of the block.
    fn map(&mut self, field: Field, block: &Block, number: u32, map: &mut Vec<u32>) {
        let found = if field == Field::Path { found(block) } else { Vec::new() };
        let errors = if field == Field::Message { errors(block) } else { Vec::new() };
        let new = block.dicts[field.index()].values().len();
        let crowds = field == Field::Site && self.fields[field.index()].crowds(new);
        let served = if crowds { served(block) } else { Vec::new() };
        let learnt = Learning { found: &found, served: &served, errors: &errors };
        self.intern(field, block.dicts[field.index()].values(), &learnt, number, map);
    }

    /// Writes to `map` this window's id for each of these values, as they are numbered elsewhere.
    fn intern<'a>(
        &mut self,
        field: Field,
        values: impl ExactSizeIterator<Item = (u64, Option<&'a str>)> + Clone,
        learnt: &Learning<'_>,
        number: u32,
        map: &mut Vec<u32>,
    ) {
        let dict = &mut self.fields[field.index()];
        let place_bytes = dict.place_bytes();
        map.clear();
        map.reserve(values.len() + 2);
        map.extend([ABSENT, OTHER]);
        let mut ahead = values.clone();
        for (at, (hash, text)) in values.enumerate() {
            if at % TOGETHER == 0 {
                dict.touch(ahead.by_ref().take(TOGETHER).map(|(hash, _)| hash));
            }
            let place = at + FIRST as usize;
            // What is new and has been served nothing gets no name where few are left.
            let named = text.filter(|_| {
                (!dict.crowds(1) || learnt.served.get(place).is_none_or(|served| *served))
                    && self.names_left > 0
            });
            let id = match dict.intern(hash, named, number) {
                Interned::Known(id) => id,
                Interned::New(id) => {
                    let bytes = place_bytes + text.map_or(0, str::len);
                    self.names_left = self.names_left.saturating_sub(bytes);
                    let (seeds, derived) = (&self.seeds, &mut self.derived);
                    let vain = learnt.found.get(at + FIRST as usize).is_some_and(|found| !found);
                    self.knowledge.derive(field, text.unwrap_or_default(), vain, |which, value| {
                        if !value.is_empty() {
                            let value = derived[which as usize].acquire(seeds.text(value), value);
                            dict.set_derived(id, which.place(), value);
                        }
                    });
                    if let Some(Some(failed)) = learnt.errors.get(at + FIRST as usize) {
                        let text = text.unwrap_or_default();
                        let templates = &mut self.knowledge.templates;
                        let template = templates.learn(text, failed.worst, failed.second);
                        let of = &mut derived[Derived::Template as usize];
                        let value = acquire(of, &mut self.template_ids, seeds, templates, template);
                        dict.set_derived(id, Derived::Template.place(), value);
                    }
                    id
                }
            };
            self.overflowed += u64::from(id == OTHER);
            map.push(id);
        }
    }

    /// Writes to `visitors` who came, row by row: of rows of these kinds from `start` on. None of them where nobody did.
    fn visitors_of(
        &mut self,
        kinds: &[u8],
        columns: &Columns,
        start: usize,
        number: u32,
        visitors: &mut Vec<u32>,
    ) {
        visitors.clear();
        // One or the other, by the configuration of the whole process.
        let hashed = !matches!(columns.text(Field::Visitor), Column::Const(0));
        let who = if hashed { Field::Visitor } else { Field::Client };
        let [client_texts, agent_texts] =
            [who, Field::Agent].map(|field| &self.fields[field.index()]);
        let (seeds, known) = (&self.seeds, &mut self.visitors);
        let (knowledge, claims) = (&self.knowledge, &mut self.claims);
        let bots = &self.derived[Derived::Bot as usize];
        let bot_of = |agent| bots.text(agent_texts.derived(agent, Derived::Bot.place()));
        let (mut clients, mut agents) = (Vec::<u32>::new(), Vec::<u32>::new());
        // Requests of one visitor often follow each other.
        let mut last = (ABSENT, ABSENT, ABSENT);
        visitors.reserve(kinds.len());
        for (at, kinds) in (start..).step_by(TOGETHER).zip(kinds.chunks(TOGETHER)) {
            let rows = super::column::Rows::Range(at, kinds.len());
            columns.text(who).load(rows, &mut clients);
            columns.text(Field::Agent).load(rows, &mut agents);
            let pairs = clients.iter().copied().zip(agents.iter().copied());
            known.touch(seeds, pairs.clone());
            for ((client, agent), &kind) in pairs.zip(kinds) {
                if client == ABSENT || kind != Kind::Access as u8 {
                    visitors.push(ABSENT);
                    continue;
                }
                if (last.0, last.1) != (client, agent) {
                    let more = || {
                        let bot = bot_of(agent);
                        let (client, agent) = (client_texts.text(client), agent_texts.text(agent));
                        let verified = !bot.is_empty() && knowledge.is_verified(bot, client);
                        // What stands for a masked client is no address, but that is not left to chance.
                        let claim = match verified || hashed {
                            true => ClaimState::None,
                            false => claims.state(bot, client),
                        };
                        (hash_pair(client, agent), verified, claim)
                    };
                    let id = known.intern(seeds, client, agent, number, more);
                    if let Some(visitor) =
                        known.get_mut(id).filter(|visitor| visitor.claim == ClaimState::Unasked)
                        && claims.put(id, bot_of(agent), client_texts.text(client))
                    {
                        visitor.claim = ClaimState::Asked;
                    }
                    last = (client, agent, id);
                }
                visitors.push(last.2);
            }
        }
        if visitors.iter().all(|id| *id == ABSENT) {
            visitors.clear();
        }
    }

    /// Frees the values that no chunk after `number` has; `columns` are that chunk's.
    pub(crate) fn evict(&mut self, columns: &Columns, number: u32) -> Freed {
        let last_in = |column: &Column, bound: usize, last: &dyn Fn(u32) -> u32| -> Vec<u32> {
            // Each is asked about once, however many rows have it.
            let mut freed = column.distinct(bound);
            freed.retain(|&id| id > OTHER && last(id) == number);
            freed
        };
        let visitors =
            last_in(columns.at(VISITOR), self.visitors.bound(), &|id| self.visitors.last(id));
        let fields = Field::ALL.map(|field| {
            let dict = &self.fields[field.index()];
            last_in(columns.text(field), dict.bound(), &|id| dict.last(id))
        });
        for id in visitors {
            self.visitors.remove(&self.seeds, id);
        }
        self.visitors.trim(&self.seeds);
        let mut freed = Freed { fields, ..Freed::default() };
        for derived in Derived::ALL {
            let (field, place) = (derived.field().index(), derived.place());
            for &id in &freed.fields[field] {
                let value = self.fields[field].derived(id, place);
                if self.derived[derived as usize].release(value) {
                    freed.derived[derived as usize].push(value);
                }
            }
            self.derived[derived as usize].trim();
        }
        for (dict, ids) in self.fields.iter_mut().zip(&freed.fields) {
            ids.iter().for_each(|&id| dict.remove(id));
        }
        self.fields.iter_mut().for_each(WindowDict::trim);
        freed
    }

    /// Derives anew what is learnt, if more was; the ids that nothing has any more. Costs as much as
    /// all paths and messages are, so call it seldom.
    pub(crate) fn relearn(&mut self) -> Option<Freed> {
        match (self.reroute(), self.retemplate()) {
            (Some(mut freed), Some(more)) => {
                let template = Derived::Template as usize;
                freed.derived[template].extend(&more.derived[template]);
                Some(freed)
            }
            (freed, more) => freed.or(more),
        }
    }

    /// Sorts the known paths into the routes as they are known by now, if more was learnt.
    pub(super) fn reroute(&mut self) -> Option<Freed> {
        let epoch = self.knowledge.routes.epoch();
        if epoch == self.routed {
            return None;
        }
        self.routed = epoch;
        let mut freed = Freed::default();
        let place = Derived::Route.place();
        let routes = &mut self.derived[Derived::Route as usize];
        let paths = &mut self.fields[Field::Path.index()];
        let known: Vec<(u32, String)> =
            paths.iter().map(|(id, path)| (id, self.knowledge.routes.known(path))).collect();
        for (id, route) in known {
            // The new one first: one that stays is never let go of in between.
            let new = routes.acquire(self.seeds.text(&route), &route);
            let old = paths.derived(id, place);
            paths.set_derived(id, place, new);
            if routes.release(old) {
                freed.derived[Derived::Route as usize].push(old);
            }
        }
        Some(freed)
    }

    /// Gives the known messages the templates as they are known by now, if more was learnt.
    fn retemplate(&mut self) -> Option<Freed> {
        let epoch = self.knowledge.templates.epoch();
        if epoch == self.templated {
            return None;
        }
        self.templated = epoch;
        let templates = &self.knowledge.templates;
        let of = &mut self.derived[Derived::Template as usize];
        let changed = |(id, text): (u32, &str)| {
            let template = self.template_ids.get(id as usize).copied().unwrap_or(templates::OTHER);
            (templates.text(template) != text).then_some((id, template))
        };
        let changed: BTreeMap<u32, u32> = of.iter().filter_map(changed).collect();
        if changed.is_empty() {
            return None;
        }
        let mut freed = Freed::default();
        let place = Derived::Template.place();
        let messages = &mut self.fields[Field::Message.index()];
        for id in FIRST..messages.bound() as u32 {
            let old = messages.derived(id, place);
            let Some(&template) = changed.get(&old) else { continue };
            let (ids, seeds) = (&mut self.template_ids, &self.seeds);
            let new = acquire(of, ids, seeds, templates, template);
            messages.set_derived(id, place, new);
            if of.release(old) {
                freed.derived[Derived::Template as usize].push(old);
            }
        }
        Some(freed)
    }

    /// How many texts there are that [`relearn`](Self::relearn) looks at.
    pub(crate) fn learnt_from(&self) -> usize {
        self.field(Field::Path).bound() + self.field(Field::Message).bound()
    }
}

/// One more message of a template: the id that the template has in the window.
fn acquire(
    of: &mut WindowDict,
    ids: &mut Vec<u32>,
    seeds: &Seeds,
    templates: &Templates,
    template: u32,
) -> u32 {
    if template == templates::OTHER {
        return OTHER;
    }
    let text = templates.text(template);
    let id = of.acquire(seeds.text(text), text);
    if ids.len() <= id as usize {
        ids.resize(id as usize + 1, templates::OTHER);
    }
    if id != OTHER {
        ids[id as usize] = template;
    }
    id
}

/// Where rows are appended to columns.
struct Put<'a> {
    into: &'a mut Columns,
    before: usize,
    added: usize,
    /// There is nothing before them, and nothing comes behind.
    narrow: bool,
}

impl Put<'_> {
    /// Of a column that grew, into one that is `T` wide as long as it is open.
    fn grown<T: Number>(&mut self, place: usize, values: &Column) {
        let column = self.into.at_mut(place);
        if values.written() == 0 && matches!(column, Column::Const(_)) {
            return;
        }
        if self.narrow && values.written() == self.added {
            *column = values.packed();
            return;
        }
        column.extend_from::<T>(self.before, self.added, values);
        if self.narrow {
            column.pack();
        }
    }

    /// The last rows lack what is not given.
    fn plain<T: Number>(&mut self, place: usize, values: &[T]) {
        let column = self.into.at_mut(place);
        if values.is_empty() && matches!(column, Column::Const(_)) {
            return;
        }
        if self.narrow && values.len() == self.added {
            *column = narrowest(values);
            return;
        }
        column.extend(self.before, self.added, values.iter().copied());
        if self.narrow {
            column.pack();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::aggregate::row::Row;
    use crate::vocab::event::Kind;
    use crate::vocab::time::Second;

    fn chunk(dictionaries: &mut Dictionaries, number: u32, texts: &[(Field, &str)]) -> Columns {
        let mut block = Block::new(Second(1000));
        for &(field, text) in texts {
            let mut row = Row::new(Kind::Access);
            row.set(field, text);
            block.append(&row);
        }
        let mut columns = Columns::default();
        dictionaries.append(&block, &mut columns, number);
        columns
    }

    proptest! {
        /// Of lines that say much and little, in any order, the last of which may lack what others have.
        #[test]
        fn a_chunk_of_one_block_is_what_appending_and_packing_make_of_it(
            rows in prop::collection::vec((0..6u8, 0..9u16, 0..300u32, any::<bool>()), 1..120),
            before in any::<bool>(),
        ) {
            let mut block = Block::new(Second(1000));
            for &(says, n, number, is_error) in &rows {
                let texts = [format!("198.51.100.{n}"), format!("/{number}"), format!("a/{n}"), "f00d".into()];
                let mut row = Row::new(if is_error { Kind::Error } else { Kind::Access });
                (row.ms, row.status) = (n, 200 + n);
                row.bytes = (says > 1).then_some(u64::from(number) << (8 * n.min(4)));
                row.request_us = (says > 2).then_some(number * 300);
                let fields = [Field::Client, Field::Path, Field::Agent, Field::Visitor];
                for (field, text) in fields.into_iter().zip(&texts).take(says.into()) {
                    row.set(field, text);
                }
                let sources = ["web-1", "web-2"];
                row.set(Field::Source, sources[usize::from(says == 5 && !is_error)]);
                if says > 0 {
                    row.set(Field::Format, "combined");
                }
                block.append(&row);
            }
            let mut one = Dictionaries::default();
            let mut other = Dictionaries::default();
            if before {
                for dictionaries in [&mut one, &mut other] {
                    chunk(dictionaries, 1, &[(Field::Path, "/7"), (Field::Client, "198.51.100.3")]);
                }
            }
            let mut appended = Columns::default();
            one.append(&block, &mut appended, 2);
            appended.pack();
            let packed = other.packed(&block, 2);
            prop_assert_eq!(format!("{packed:?}"), format!("{appended:?}"));
            prop_assert_eq!(packed.bytes(), appended.bytes());
            for (at, &(says, n, _, is_error)) in rows.iter().enumerate() {
                let text = |field| other.field(field).text(packed.text(field).get(at) as u32);
                let source = if says == 5 && !is_error { "web-2" } else { "web-1" };
                prop_assert_eq!(text(Field::Source), source);
                prop_assert_eq!(text(Field::Format), if says > 0 { "combined" } else { "" });
                let client = if says > 0 { format!("198.51.100.{n}") } else { String::new() };
                prop_assert_eq!(text(Field::Client), client);
            }
            for field in Field::ALL {
                prop_assert!(other.field(field).iter().eq(one.field(field).iter()));
            }
            prop_assert_eq!(other.visitors().bound(), one.visitors().bound());
        }
    }

    #[test]
    fn a_number_that_is_given_again_has_nothing_of_whom_it_stood_for() {
        const BOT: &str =
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
        for (field, rich, poor, derived) in [
            (Field::Agent, BOT, "curl/8.11.0", Derived::Bot),
            (Field::Path, "/style.css", "/cart", Derived::FileType),
            (
                Field::Referrer,
                "https://www.google.com/search?q=tap",
                "https://a.example/x",
                Derived::Keyphrase,
            ),
            (Field::Client, "203.0.113.9", "a name", Derived::Network),
        ] {
            let mut dictionaries = Dictionaries::default();
            let first = chunk(&mut dictionaries, 0, &[(field, rich), (field, "one that stays")]);
            let id = dictionaries.field(field).iter().find(|(_, text)| *text == rich).unwrap().0;
            assert!(dictionaries.derived_text(derived, id).is_some(), "{rich}");
            chunk(&mut dictionaries, 1, &[(field, "one that stays")]);
            dictionaries.evict(&first, 0);
            let again = chunk(&mut dictionaries, 2, &[(field, poor)]);
            assert_eq!(dictionaries.field(field).text(id), poor, "the number is given again");
            assert_eq!(dictionaries.derived_text(derived, id), None, "{poor}");
            dictionaries.evict(&again, 2);
            assert_eq!(dictionaries.derived(derived).iter().count(), 0);
        }
    }

    #[test]
    fn what_is_derived_from_a_text_is_derived_anew_when_a_client_is_taken_out_of_it() {
        const CLIENT: &str = "192.0.2.79";
        let who = crate::aggregate::forget::Forget::client(CLIENT).unwrap();
        for (field, text, derived, after) in [
            (Field::Referrer, "http://192.0.2.79/foo", Derived::Host, Some("(forgotten)")),
            (
                Field::Referrer,
                "https://www.google.com/search?q=192.0.2.79",
                Derived::Keyphrase,
                Some("(forgotten)"),
            ),
            (Field::Path, "/192.0.2.79/a.css", Derived::FileType, Some("css")),
            (Field::Client, CLIENT, Derived::Network, None),
        ] {
            let mut dictionaries = Dictionaries::default();
            let first = chunk(&mut dictionaries, 0, &[(field, text)]);
            let id = dictionaries.field(field).iter().next().unwrap().0;
            assert!(dictionaries.derived_text(derived, id).is_some(), "{text}");
            assert_eq!(dictionaries.forget(&who).0, 1, "{text}");
            assert_eq!(dictionaries.derived_text(derived, id), after, "{text}");
            for all in Derived::ALL {
                let mut texts = dictionaries.derived(all).iter();
                assert!(texts.all(|(_, text)| !text.contains(CLIENT)), "{text}: {}", all.name());
            }
            dictionaries.evict(&first, 0);
            assert_eq!(dictionaries.derived(derived).iter().count(), 0, "{text}");
        }
    }
}
