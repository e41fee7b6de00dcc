//! Amazon Cognito user pools from the command line.

fn main() {}
