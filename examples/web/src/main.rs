//! A sign-in server to copy.

fn main() {}
