//! The wire format of protocol buffers (protobuf.dev, "Encoding"), as far as messages of logs use it: varints, 64
//! and 32 bits, and what has a length. Groups, which were given up in 2008, are refused.
//!
//! Nothing here recurs: a message inside a message is a slice that is read by whoever knows what it is.

use super::Broken;

/// One value, as it is on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'b> {
    Varint(u64),
    Fixed64(u64),
    /// A text, bytes, or another message.
    Bytes(&'b [u8]),
    Fixed32(u32),
}

impl<'b> Value<'b> {
    /// What has a length; of all others nothing.
    #[must_use]
    pub fn bytes(self) -> Option<&'b [u8]> {
        if let Value::Bytes(bytes) = self { Some(bytes) } else { None }
    }
}

/// The fields of a message in order, with their numbers; those that nobody knows are for the caller to pass by. After
/// an error there is nothing more.
#[derive(Clone, Debug)]
pub struct Fields<'b> {
    rest: &'b [u8],
}

/// Reads a message.
#[must_use]
pub fn fields(message: &[u8]) -> Fields<'_> {
    Fields { rest: message }
}

/// A field of a message that is written, with a number as its value.
#[must_use]
pub fn number_field(number: u64, value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    put_varint(number << 3, &mut out);
    put_varint(value, &mut out);
    out
}

/// One with a length: a text or another message.
#[must_use]
pub fn bytes_field(number: u64, bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let bytes = bytes.as_ref();
    let mut out = Vec::new();
    put_varint(number << 3 | 2, &mut out);
    put_varint(bytes.len() as u64, &mut out);
    out.extend_from_slice(bytes);
    out
}

fn put_varint(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

impl<'b> Iterator for Fields<'b> {
    type Item = Result<(u64, Value<'b>), Broken>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_none() {
            self.rest = &[];
        }
        Some(field.ok_or(Broken("a field of the message is cut short or no field".into())))
    }
}

impl<'b> Fields<'b> {
    fn field(&mut self) -> Option<(u64, Value<'b>)> {
        let key = self.varint()?;
        let value = match key & 7 {
            0 => Value::Varint(self.varint()?),
            1 => Value::Fixed64(u64::from_le_bytes(self.fixed()?)),
            2 => {
                let length = usize::try_from(self.varint()?).ok()?;
                let (bytes, rest) = self.rest.split_at_checked(length)?;
                self.rest = rest;
                Value::Bytes(bytes)
            }
            5 => Value::Fixed32(u32::from_le_bytes(self.fixed()?)),
            _ => return None,
        };
        let number = key >> 3;
        (number > 0).then_some((number, value))
    }

    /// At most ten bytes, of which the last has one bit.
    fn varint(&mut self) -> Option<u64> {
        let mut number = 0u64;
        for (at, byte) in self.rest.iter().take(10).enumerate() {
            if at == 9 && *byte > 1 {
                return None;
            }
            number |= u64::from(byte & 0x7F) << (7 * at);
            if byte & 0x80 == 0 {
                self.rest = &self.rest[at + 1..];
                return Some(number);
            }
        }
        None
    }

    fn fixed<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.rest.split_first_chunk::<N>()?;
        self.rest = rest;
        Some(*bytes)
    }
}
