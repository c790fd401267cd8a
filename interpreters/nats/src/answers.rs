//! What a server answers. Pure: whatever bytes come, they are told from what was expected.

use serde::{Deserialize, Serialize};

/// What a server answers to a message that is to be stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Where it stored it; 0 if it did not.
    #[serde(default, rename = "seq")]
    pub sequence: u64,
    /// Why it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Refusal>,
}

/// Why a server did not store a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// As in HTTP.
    #[serde(default, rename = "code")]
    pub status: u64,
    /// The server's own number for it.
    #[serde(default, rename = "err_code")]
    pub code: u64,
    /// In words.
    #[serde(default)]
    pub description: String,
}

impl Answer {
    /// The answer that `bytes` spell.
    ///
    /// # Errors
    /// Why they spell none.
    ///
    /// ```
    /// use escadre_nats::answers::Answer;
    /// assert_eq!(Answer::decode(br#"{"stream":"KV_fleet","seq":7}"#)?.sequence, 7);
    /// let refused = br#"{"error":{"code":400,"err_code":10071,"description":"wrong last sequence: 4"}}"#;
    /// assert_eq!(Answer::decode(refused)?.error.map(|refusal| refusal.code), Some(10_071));
    /// # Ok::<(), String>(())
    /// ```
    pub fn decode(bytes: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(bytes)
            .map_err(|error| format!("the answer is not understood: {error}"))
    }
}

/// Where a message stands, as the subject for its acknowledgement tells.
///
/// async-nats tells the same, with a date of each, in a time that is a tenth of that of reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// In the stream.
    pub sequence: u64,
    /// Among the messages of the consumer.
    pub number: u64,
    /// When the server stored it, in nanoseconds of its own clock.
    pub stored_ns: u64,
}

impl Place {
    /// The place that a subject tells:
    /// `$JS.ACK.[DOMAIN.ACCOUNT.]STREAM.CONSUMER.DELIVERED.SEQUENCE.NUMBER.TIME.PENDING[.TOKEN]`;
    /// `None` if it tells none.
    ///
    /// ```
    /// use escadre_nats::answers::Place;
    /// let place = Place::parse("$JS.ACK.KV_fleet.c.1.100.7.1700000000123456789.42");
    /// assert_eq!(place.map(|place| (place.sequence, place.number)), Some((100, 7)));
    /// assert_eq!(Place::parse("_INBOX.a.b"), None);
    /// ```
    #[must_use]
    pub fn parse(reply: &str) -> Option<Self> {
        let rest = reply.strip_prefix("$JS.ACK.")?.as_bytes();
        // Byte by byte: it is read of every entry of a bucket, and its tokens are short.
        let n_tokens = 1 + rest.iter().filter(|&&byte| byte == b'.').count();
        let n_before = if n_tokens == 7 { 3 } else { 5 };
        let mut dots = rest.iter().enumerate().filter(|(_, byte)| **byte == b'.');
        let (last_before, _) = dots.nth(n_before - 1)?;
        let mut tokens = rest[last_before + 1..].split(|&byte| byte == b'.');
        let mut number = || decimal(tokens.next()?);
        Some(Self { sequence: number()?, number: number()?, stored_ns: number()? })
    }
}

/// So many digits make no number that is too large; no server counts further.
const MAX_DIGITS: usize = 19;

/// The number that these digits spell, if they are nothing else.
fn decimal(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || digits.len() > MAX_DIGITS {
        return None;
    }
    digits.iter().try_fold(0, |number: u64, &byte| {
        let digit = byte.wrapping_sub(b'0');
        (digit < 10).then(|| number * 10 + u64::from(digit))
    })
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn a_place_is_read_from_both_forms_of_reply() {
        let place = Some(Place { sequence: 100, number: 7, stored_ns: 1_700_000_000_123_456_789 });
        let tail = "KV_desired.escadre-1.3.100.7.1700000000123456789.42";
        assert_eq!(Place::parse(&format!("$JS.ACK.{tail}")), place);
        assert_eq!(Place::parse(&format!("$JS.ACK._.szMpdrwD.{tail}")), place);
        assert_eq!(Place::parse(&format!("$JS.ACK.hub.szMpdrwD.{tail}.token")), place);
    }

    #[test]
    fn a_reply_that_tells_no_place_is_none() {
        let too_long = "$JS.ACK.s.c.1.12345678901234567890.2.3.4";
        let odd = ["", "$JS.ACK.", "_INBOX.a.b", "$JS.ACK.s.c.1.x.2.3.4", "$JS.ACK.s.c.1.2"];
        for reply in
            odd.into_iter().chain([too_long, "$JS.ACK.s.c.1..2.3.4", "$JS.ACK.s.c.1.-1.2.3.4"])
        {
            assert_eq!(Place::parse(reply), None, "{reply}");
        }
    }
}
