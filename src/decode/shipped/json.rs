//! Arrays of JSON whose elements are handed over one by one, and values of which it is not said what they are.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::value::RawValue;

use super::Broken;

/// Hands over each element of the array that `field` of an object is; other fields are passed by. Gives whether the
/// object says nothing else in its place: it has the field, or nothing at all.
pub(super) fn each_in<'b, T: Deserialize<'b>>(
    object: &'b str,
    field: &'static str,
    each: impl FnMut(T),
) -> Result<bool, Broken> {
    let mut reader = serde_json::Deserializer::from_str(object);
    let within = Within { field, each, of: PhantomData };
    let is_it = within.deserialize(&mut reader).map_err(broken)?;
    reader.end().map_err(broken)?;
    Ok(is_it)
}

/// As [`each_in`], of a body that is of another protocol where it has other fields alone.
pub(super) fn each_of_body<'b, T: Deserialize<'b>>(
    body: &'b [u8],
    field: &'static str,
    each: impl FnMut(T),
) -> Result<(), Broken> {
    let Ok(body) = std::str::from_utf8(body) else {
        return Err(Broken("it is no UTF-8".into()));
    };
    if each_in(body, field, each)? { Ok(()) } else { Err(Broken::without(field)) }
}

/// Hands over each element of an array.
pub(super) fn each<'b, T: Deserialize<'b>>(
    array: &'b str,
    each: impl FnMut(T),
) -> Result<(), Broken> {
    let mut reader = serde_json::Deserializer::from_str(array);
    Each { each, of: PhantomData }.deserialize(&mut reader).map_err(broken)?;
    reader.end().map_err(broken)
}

/// serde's words may hold a part of the text, but no more than one value of it.
pub(super) fn broken(error: serde_json::Error) -> Broken {
    Broken(error.to_string().chars().take(200).collect::<String>().into())
}

/// Hands over each name of an object with its value, as it stands there.
pub(super) fn each_pair<'b>(
    object: &'b str,
    each: impl FnMut(&str, &'b str),
) -> Result<(), Broken> {
    let mut reader = serde_json::Deserializer::from_str(object);
    reader.deserialize_map(Pairs { each }).map_err(broken)?;
    reader.end().map_err(broken)
}

struct Pairs<F> {
    each: F,
}

impl<'de, F: FnMut(&str, &'de str)> Visitor<'de> for Pairs<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some((Key(key), value)) = map.next_entry::<Key<'de>, &'de RawValue>()? {
            (self.each)(&key, value.get());
        }
        Ok(())
    }
}

struct Within<F, T> {
    field: &'static str,
    each: F,
    of: PhantomData<T>,
}

impl<'de, T: Deserialize<'de>, F: FnMut(T)> DeserializeSeed<'de> for Within<F, T> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<bool, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de, T: Deserialize<'de>, F: FnMut(T)> Visitor<'de> for Within<F, T> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object with `{}`", self.field)
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<bool, A::Error> {
        let (mut has_it, mut has_more) = (false, false);
        while let Some(Key(key)) = map.next_key()? {
            if key == self.field {
                has_it = true;
                map.next_value_seed(Each { each: &mut self.each, of: PhantomData })?;
            } else {
                has_more = true;
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(has_it || !has_more)
    }
}

struct Each<F, T> {
    each: F,
    of: PhantomData<T>,
}

impl<'de, T: Deserialize<'de>, F: FnMut(T)> DeserializeSeed<'de> for Each<F, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de, T: Deserialize<'de>, F: FnMut(T)> Visitor<'de> for Each<F, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        while let Some(element) = list.next_element()? {
            (self.each)(element);
        }
        Ok(())
    }

    /// `null` is an empty list, as Go writes it.
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// A key, borrowed where it has no escapes.
pub(super) struct Key<'b>(pub(super) Cow<'b, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match Any::deserialize(from)? {
            Any::Text(text) => Ok(Key(text)),
            _ => Ok(Key("".into())),
        }
    }
}

/// Any value; of an object or array nothing is kept.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Any<'b> {
    Text(Cow<'b, str>),
    Whole(i64),
    Number(f64),
    Other,
}

impl<'b> Any<'b> {
    pub(super) fn text(self) -> Option<Cow<'b, str>> {
        if let Any::Text(text) = self { Some(text) } else { None }
    }

    /// A whole number, also one that is written as a text.
    pub(super) fn whole(&self) -> Option<i64> {
        match self {
            Any::Text(text) => text.parse().ok(),
            Any::Whole(number) => Some(*number),
            _ => None,
        }
    }
}

impl<'de: 'b, 'b> Deserialize<'de> for Any<'b> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(AnyVisitor)
    }
}

struct AnyVisitor;

impl<'de> Visitor<'de> for AnyVisitor {
    type Value = Any<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Any<'de>, E> {
        Ok(Any::Text(text.into()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Any<'de>, E> {
        Ok(Any::Text(text.to_owned().into()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Any<'de>, E> {
        Ok(Any::Whole(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Any<'de>, E> {
        Ok(i64::try_from(number).map_or(Any::Number(number as f64), Any::Whole))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Any<'de>, E> {
        Ok(Any::Number(number))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Any<'de>, E> {
        Ok(Any::Other)
    }

    fn visit_unit<E>(self) -> Result<Any<'de>, E> {
        Ok(Any::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Any<'de>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Any::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Any<'de>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Any::Other)
    }
}
