//! Contents put together from their parts, whoever reads them.

use escadre_algebra::Digest;

use crate::forms::Head;
use crate::names::Key;

/// The content named `digest`, if all of it is there and has that digest; `last` answers the last entry of a
/// key with its sequence. Costs a call of `last` a part.
///
/// # Errors
/// Those of `last`.
pub async fn content<B, E, F>(
    digest: Digest,
    // No `AsyncFn`: of what calls one the compiler does not see yet that it can be spawned.
    last: impl Fn(Key) -> F,
) -> Result<Option<Vec<u8>>, E>
where
    B: AsRef<[u8]>,
    F: Future<Output = Result<Option<(u64, B)>, E>>,
{
    let head = last(Key::ContentHead(digest)).await?;
    let Some(Ok(head)) = head.map(|(_, bytes)| Head::decode(bytes.as_ref())) else {
        return Ok(None);
    };
    let mut content = Vec::new();
    for number in 0..head.n_parts {
        let Some((_, part)) = last(Key::ContentPart(digest, number)).await? else {
            return Ok(None);
        };
        content.extend_from_slice(part.as_ref());
    }
    Ok((Digest::of(&content) == digest).then_some(content))
}
