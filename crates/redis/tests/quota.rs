//! The shared quota on a real Redis.

mod support;

use support::redis_server::RedisServer;

#[test]
fn a_server_of_a_test_can_be_killed_and_comes_back_on_its_port() {
    let Some(mut server) = RedisServer::start(&[]) else {
        return;
    };
    assert!(server.url().ends_with(&format!(":{}", server.port())));
    assert_eq!(
        server.command(&["SET", "k", "v"]).ok().as_deref(),
        Some("+OK")
    );
    server.kill();
    assert!(server.command(&["PING"]).is_err());
    server.restart();
    assert_eq!(server.command(&["PING"]).ok().as_deref(), Some("+PONG"));
}
