//! What keys do: what is looked at, what is typed, and what the server is asked for.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::lists::{By, List, filled, without_last};
use super::state::State;
use crate::aggregate::filter::{Filter, TEXT};

/// Seconds that the keys 1 to 6 show, the dashboard's own choice.
pub(super) const WINDOWS: [u32; 6] = [60, 300, 900, 3_600, 21_600, 86_400];
/// Rows that one page of a list is.
const PAGE: usize = 10;

/// What is shown of the server, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wish {
    pub(super) filter: String,
    pub(super) window_s: u32,
    pub(super) by: By,
}

/// What somebody wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Quit,
    Subscribe,
    Pause,
    Resume,
    /// Ctrl-Z.
    Stop,
    /// Ctrl-L: the terminal shows something else than what was drawn.
    Redraw,
}

/// How much of the screen lines have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Tail {
    #[default]
    Usual,
    Tall,
    None,
}

/// The filter as it is being typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Edit {
    pub(super) text: String,
    /// Byte at which the next letter goes in.
    pub(super) at: usize,
    /// It was sent, and this many answers had come before.
    sent: Option<u64>,
}

/// What keys are about: incidents, or one of the lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Focus {
    Incidents,
    List(&'static str),
}

#[derive(Clone, Debug)]
pub(super) struct Ui {
    pub(super) wish: Wish,
    /// What the server took last.
    good: Wish,
    /// Answers that were looked at, and wishes that have none yet.
    answers: u64,
    asked: u64,
    pub(super) focus: Focus,
    /// The row of it.
    pub(super) row: usize,
    pub(super) tail: Tail,
    pub(super) edit: Option<Edit>,
    pub(super) help: bool,
}

impl Ui {
    pub(super) fn new(wish: Wish) -> Ui {
        Ui {
            good: wish.clone(),
            wish,
            answers: 0,
            asked: 0,
            focus: Focus::List("paths"),
            row: 0,
            tail: Tail::Usual,
            edit: None,
            help: false,
        }
    }

    /// What a key does, with what is on the screen.
    pub(super) fn press(&mut self, key: KeyEvent, state: &State) -> Option<Order> {
        let order = self.order(key, state);
        self.asked += u64::from(order == Some(Order::Subscribe));
        order
    }

    fn order(&mut self, key: KeyEvent, state: &State) -> Option<Order> {
        if key.modifiers.contains(KeyModifiers::CONTROL) {
            match key.code {
                KeyCode::Char('c') => return Some(Order::Quit),
                KeyCode::Char('z') => return Some(Order::Stop),
                KeyCode::Char('l') => return Some(Order::Redraw),
                KeyCode::Char('u') if self.edit.is_some() => {
                    self.edit = Some(Edit::default());
                    return None;
                }
                KeyCode::Char(_) => return None,
                _ => {}
            }
        }
        if let Some(edit) = &mut self.edit {
            return match edit.press(key.code, state) {
                Typed::Going => None,
                Typed::Left => {
                    self.edit = None;
                    None
                }
                Typed::Done(text) => self.filter(text),
            };
        }
        if std::mem::take(&mut self.help) {
            return (key.code == KeyCode::Char('q')).then_some(Order::Quit);
        }
        let rows = self.rows(state);
        self.row = self.row.min(rows.saturating_sub(1));
        match key.code {
            KeyCode::Char('q') | KeyCode::Esc => return Some(Order::Quit),
            KeyCode::Char('?') | KeyCode::F(1) => self.help = true,
            KeyCode::Char('p' | ' ') => {
                return Some(if state.paused { Order::Resume } else { Order::Pause });
            }
            KeyCode::Char('/' | 'f') => {
                let text = self.wish.filter.clone();
                self.edit = Some(Edit { at: text.len(), text, sent: None });
            }
            KeyCode::Char('t') => {
                self.tail = match self.tail {
                    Tail::Usual => Tail::Tall,
                    Tail::Tall => Tail::None,
                    Tail::None => Tail::Usual,
                };
            }
            KeyCode::Char('w') => {
                let next = WINDOWS.into_iter().find(|&w| w > self.wish.window_s);
                return self.window(next.unwrap_or(WINDOWS[0]));
            }
            KeyCode::Char('s') => {
                self.wish.by = self.wish.by.next();
                self.row = 0;
                return Some(Order::Subscribe);
            }
            KeyCode::Char(digit @ '1'..='6') => {
                return self.window(WINDOWS[digit as usize - '1' as usize]);
            }
            KeyCode::Tab | KeyCode::Right | KeyCode::Char('l') => self.turn(state, 1),
            KeyCode::BackTab | KeyCode::Left | KeyCode::Char('h') => self.turn(state, -1),
            KeyCode::Down | KeyCode::Char('j') => {
                self.row = (self.row + 1).min(rows.saturating_sub(1));
            }
            KeyCode::Up | KeyCode::Char('k') => self.row = self.row.saturating_sub(1),
            KeyCode::PageDown => self.row = (self.row + PAGE).min(rows.saturating_sub(1)),
            KeyCode::PageUp => self.row = self.row.saturating_sub(PAGE),
            KeyCode::Home | KeyCode::Char('g') => self.row = 0,
            KeyCode::End | KeyCode::Char('G') => self.row = rows.saturating_sub(1),
            KeyCode::Enter => return self.enter(state),
            KeyCode::Backspace => {
                let left = without_last(&self.wish.filter);
                return (left != self.wish.filter).then(|| self.filter(left)).flatten();
            }
            _ => {}
        }
        None
    }

    /// What the server took is what is shown; what it refused is no wish any more, and stays to be mended in the
    /// line where it was typed.
    pub(super) fn answered(&mut self, state: &State) {
        if self.answers == state.answers {
            return;
        }
        self.answers = state.answers;
        self.asked = self.asked.saturating_sub(1);
        let refused = state.problem.is_some();
        // A snapshot may be of what was asked for before.
        let meant = Filter::parse(&self.wish.filter).is_ok_and(|wanted| {
            (wanted.as_str() == state.filter || state.hello.site.is_some())
                && self.wish.window_s == state.window_s
        });
        match (refused, meant) {
            (true, _) => self.wish = self.good.clone(),
            (false, true) => {
                self.asked = 0;
                self.good = self.wish.clone();
            }
            (false, false) if self.asked > 0 => return,
            // Another version writes it otherwise, or a server that was started anew takes less: what is shown is
            // what it says.
            (false, false) => {
                self.wish.filter = state.filter.clone();
                self.wish.window_s = state.window_s;
                self.good = self.wish.clone();
            }
        }
        if let Some(edit) = &mut self.edit
            && edit.sent.is_some_and(|before| state.answers > before)
        {
            edit.sent = None;
            self.edit = self.edit.take().filter(|_| refused);
        }
    }

    /// Whether what is shown is not yet what was asked for.
    pub(super) fn waits(&self) -> bool {
        self.wish != self.good
    }

    fn filter(&mut self, text: String) -> Option<Order> {
        self.wish.filter = text;
        self.row = 0;
        Some(Order::Subscribe)
    }

    fn window(&mut self, window_s: u32) -> Option<Order> {
        let changes = self.wish.window_s != window_s;
        self.wish.window_s = window_s;
        changes.then_some(Order::Subscribe)
    }

    fn list(&self, state: &State) -> Option<List> {
        let Focus::List(name) = self.focus else { return None };
        filled(&state.summary).into_iter().find(|list| list.name == name)
    }

    fn rows(&self, state: &State) -> usize {
        match self.focus {
            Focus::Incidents => state.open().len(),
            Focus::List(_) => self.list(state).map_or(0, |list| list.rows(&state.summary).len()),
        }
    }

    fn turn(&mut self, state: &State, by: isize) {
        let incidents = (!state.open().is_empty()).then_some(Focus::Incidents);
        let lists = filled(&state.summary).into_iter().map(|list| Focus::List(list.name));
        let all: Vec<Focus> = incidents.into_iter().chain(lists).collect();
        let known = all.iter().position(|focus| *focus == self.focus);
        let next = match known {
            Some(here) => (here as isize + by).rem_euclid(all.len() as isize) as usize,
            None => 0,
        };
        if let Some(focus) = all.get(next) {
            self.focus = *focus;
            self.row = 0;
        }
    }

    fn enter(&mut self, state: &State) -> Option<Order> {
        let filter = match self.focus {
            Focus::Incidents => state.open().get(self.row)?.filter.clone()?,
            Focus::List(_) => {
                let list = self.list(state)?;
                let value = &list.rows(&state.summary).get(self.row)?.value;
                list.choose(&self.wish.filter, value)?
            }
        };
        self.filter(filter)
    }
}

enum Typed {
    Going,
    Left,
    Done(String),
}

impl Edit {
    fn press(&mut self, code: KeyCode, state: &State) -> Typed {
        let before =
            |at: usize, text: &str| text[..at].chars().next_back().map_or(0, char::len_utf8);
        let behind = |at: usize, text: &str| text[at..].chars().next().map_or(0, char::len_utf8);
        match code {
            KeyCode::Esc => return Typed::Left,
            KeyCode::Enter => {
                self.sent = Some(state.answers);
                return Typed::Done(self.text.trim().to_owned());
            }
            KeyCode::Char(c) if self.text.len() < TEXT => {
                self.text.insert(self.at, c);
                self.at += c.len_utf8();
            }
            KeyCode::Backspace => {
                let size = before(self.at, &self.text);
                self.at -= size;
                self.text.drain(self.at..self.at + size);
            }
            KeyCode::Delete => {
                let size = behind(self.at, &self.text);
                self.text.drain(self.at..self.at + size);
            }
            KeyCode::Left => self.at -= before(self.at, &self.text),
            KeyCode::Right => self.at += behind(self.at, &self.text),
            KeyCode::Home => self.at = 0,
            KeyCode::End => self.at = self.text.len(),
            _ => {}
        }
        Typed::Going
    }

    pub(super) fn is_asked(&self) -> bool {
        self.sent.is_some()
    }

    /// The byte at which it is wrong, as far as this program knows the language: the server says what and this
    /// says where.
    pub(super) fn wrong_at(&self) -> Option<usize> {
        Filter::parse(self.text.trim()).err().map(|error| {
            let blanks = self.text.len() - self.text.trim_start().len();
            (blanks + error.at).min(self.text.len())
        })
    }
}
