//! Servers that are none: one that always says the same, and one that passes on to another.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU16, Ordering::Relaxed},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
};

/// Answers every command with this text, word for word, but lets clients introduce themselves; the URL.
pub(crate) async fn that_says(text: &str) -> String {
    let text: Arc<str> = text.into();
    let address = accept(move |mut connection| {
        let text = text.clone();
        async move {
            let mut buffer = vec![0; 64 * 1024];
            loop {
                let read = connection.read(&mut buffer).await?;
                if read == 0 {
                    return Ok(());
                }
                // Each command is `*`, how many words it has, and then the words behind their lengths.
                let sent = String::from_utf8_lossy(&buffer[..read]).into_owned();
                for command in sent.split('*').skip(1) {
                    let introduces = command.split("\r\n").nth(2) == Some("CLIENT");
                    let answer = if introduces { "+OK\r\n" } else { &*text };
                    connection.write_all(answer.as_bytes()).await?;
                }
            }
        }
    });
    format!("redis://{}", address.await)
}

/// Passes on to a server, but closes the first connection on which an integer is answered instead of
/// passing that on; the URL.
pub(crate) async fn that_loses_the_first_answer(port: u16) -> String {
    let lost = Arc::new(AtomicBool::new(false));
    let address = accept(move |mut connection| {
        let lost = lost.clone();
        async move {
            let mut server = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
            let (mut sent, mut answered) = (vec![0; 4_096], vec![0; 4_096]);
            loop {
                tokio::select! {
                    read = connection.read(&mut sent) => match read? {
                        0 => return Ok(()),
                        read => server.write_all(&sent[..read]).await?,
                    },
                    read = server.read(&mut answered) => {
                        let read = read?;
                        let is_integer = answered[..read].first() == Some(&b':');
                        if read == 0 || (is_integer && !lost.swap(true, Relaxed)) {
                            return Ok(());
                        }
                        connection.write_all(&answered[..read]).await?;
                    }
                }
            }
        }
    });
    format!("redis://{}", address.await)
}

/// A name behind which one server stands now and another one later.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    port: Arc<AtomicU16>,
    address: SocketAddr,
}

impl Name {
    pub(crate) async fn of(port: u16) -> Self {
        let port = Arc::new(AtomicU16::new(port));
        let behind = port.clone();
        let address = accept(move |mut connection| {
            let port = behind.load(Relaxed);
            async move {
                let mut server = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
                copy_bidirectional(&mut connection, &mut server).await?;
                Ok(())
            }
        });
        let address = address.await;
        Self { port, address }
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    /// New connections go to this port from now on; those that are there stay.
    pub(crate) fn point_to(&self, port: u16) {
        self.port.store(port, Relaxed);
    }
}

/// Serves each connection in a task of its own, until the runtime ends.
async fn accept<F>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> SocketAddr
where
    F: Future<Output = io::Result<()>> + Send + 'static,
{
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
    let listener = listener.expect("a free port");
    let address = listener.local_addr().expect("its address");
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            let serving = serve(connection);
            // It ends with the connection.
            tokio::spawn(async move { drop(serving.await) });
        }
    });
    address
}
