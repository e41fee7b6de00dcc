//! The walks of a client as streams, for programs that combine them with others.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::Stream;

use super::{Items, Pages, SendAll, Sent};
use crate::{
    error::Error,
    operation::{Operation, Paginated},
};

impl<O: Paginated + Unpin> Stream for Pages<O> {
    type Item = Result<O::Response, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_page(context)
    }
}

impl<O: Paginated<Item: Unpin> + Unpin> Stream for Items<O> {
    type Item = Result<O::Item, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_item(context)
    }
}

impl<O: Operation + Unpin, I: Iterator<Item = O> + Unpin> Stream for SendAll<I> {
    type Item = Sent<O>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_sent(context)
    }
}
