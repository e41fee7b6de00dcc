//! What the transports have in common.

use std::{
    error::Error as StdError, future::poll_fn, iter::successors, task::Poll, time::Duration,
};

use bytes::{Bytes, BytesMut};

use crate::error::{TransportError, TransportErrorKind};

/// Larger than any page of any list operation.
pub(super) const MAX_RESPONSE_SIZE: usize = 16 * 1024 * 1024;
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_millis(3_100);
/// Shorter than what load balancers keep, or a request meets a connection closed meanwhile.
pub(super) const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(20);

/// The body of a response while it arrives, unless it becomes too large.
#[derive(Debug)]
pub(super) struct Body {
    limit: usize,
    /// The first chunk, which is mostly the only one and then not copied.
    first: Bytes,
    /// The first chunk and all others, from the second on.
    all: BytesMut,
}

impl Body {
    /// Begins a body of which the length is announced, or 0.
    pub(super) fn new(limit: usize, announced: u64) -> Result<Self, TransportError> {
        if usize::try_from(announced).map_or(true, |size| size > limit) {
            return Err(TransportError::new(TransportErrorKind::ResponseTooLarge));
        }
        Ok(Self {
            limit,
            first: Bytes::new(),
            all: BytesMut::new(),
        })
    }

    pub(super) fn push(&mut self, chunk: Bytes) -> Result<(), TransportError> {
        let so_far = self.first.len() + self.all.len();
        if chunk.len() > self.limit.saturating_sub(so_far) {
            return Err(TransportError::new(TransportErrorKind::ResponseTooLarge));
        }
        if so_far == 0 {
            self.first = chunk;
            return Ok(());
        }
        if self.all.is_empty() {
            self.all = BytesMut::from(std::mem::take(&mut self.first));
        }
        self.all.extend_from_slice(&chunk);
        Ok(())
    }

    /// The whole body, after other tasks had a turn.
    ///
    /// One of them puts the connection back into the pool. A caller whose next call came before it
    /// would find none and open another: twice as many as calls at once.
    pub(super) async fn finish(self) -> Bytes {
        give_way().await;
        if self.all.is_empty() {
            return self.first;
        }
        self.all.freeze()
    }
}

/// Goes to the end of the queue of tasks; tokio's `yield_now` also waits for a look at all sockets.
async fn give_way() {
    let mut had_turn = false;
    poll_fn(|context| {
        if had_turn {
            return Poll::Ready(());
        }
        had_turn = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Whether the peer answered something that cannot be read as HTTP.
pub(super) fn is_not_http(error: &(dyn StdError + 'static)) -> bool {
    cause::<hyper::Error>(error).is_some_and(hyper::Error::is_parse)
}

/// The first cause of this type, which can be the error itself.
pub(super) fn cause<'a, E: StdError + 'static>(
    error: &'a (dyn StdError + 'static),
) -> Option<&'a E> {
    successors(Some(error), |error| (*error).source()).find_map(|error| error.downcast_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    type Outcome = Result<(), TransportError>;

    #[tokio::test]
    async fn chunks_are_put_together() -> Outcome {
        for (chunks, whole) in [
            (&[][..], ""),
            (&["one"], "one"),
            (&["one", "two", "three"], "onetwothree"),
            (&["", "one", "", "two"], "onetwo"),
        ] {
            let mut body = Body::new(11, 0)?;
            for chunk in chunks {
                body.push(Bytes::from_static(chunk.as_bytes()))?;
            }
            assert_eq!(body.finish().await, whole);
        }
        Ok(())
    }

    #[tokio::test]
    async fn a_single_chunk_is_not_copied() -> Outcome {
        let chunk = Bytes::from(vec![b'x'; 100]);
        let mut body = Body::new(100, 100)?;
        body.push(chunk.clone())?;
        assert_eq!(body.finish().await.as_ptr(), chunk.as_ptr());
        Ok(())
    }

    #[tokio::test]
    async fn before_an_answer_is_given_the_connection_can_go_back_to_the_pool() -> Outcome {
        let (returned, mut is_returned) = tokio::sync::oneshot::channel();
        tokio::spawn(async { returned.send(()) });
        assert!(is_returned.try_recv().is_err());
        Body::new(10, 0)?.finish().await;
        assert!(is_returned.try_recv().is_ok());
        Ok(())
    }

    #[test]
    fn one_byte_over_the_limit_is_too_much_announced_or_counted() -> Outcome {
        for announced in [11, u64::MAX] {
            let error = Body::new(10, announced).expect_err("too long");
            assert_eq!(error.kind(), TransportErrorKind::ResponseTooLarge);
        }
        for chunks in [&[11][..], &[5, 6], &[5, 5, 1]] {
            let mut body = Body::new(10, 0)?;
            let (last, others) = chunks.split_last().expect("chunks");
            for size in others {
                body.push(Bytes::from(vec![0; *size]))?;
            }
            let error = body
                .push(Bytes::from(vec![0; *last]))
                .expect_err("too long");
            assert_eq!(error.kind(), TransportErrorKind::ResponseTooLarge);
        }
        Ok(())
    }
}
