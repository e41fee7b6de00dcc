//! TLS and proxies over real connections: whom each transport trusts, by what settings, and whose
//! hands a request passes through.
//!
//! The environment belongs to a whole process, so whatever it decides is tried in a process of its
//! own: this program again, with [`call_as_the_environment_says`] as its only test.
#![cfg(any(
    feature = "hyper",
    feature = "reqwest-rustls",
    feature = "reqwest-native-tls"
))]

use std::{
    error::Error as StdError,
    io,
    net::SocketAddr,
    process::Command,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
#[cfg(feature = "hyper")]
use cognito_idp::transport::HyperClient;
#[cfg(any(feature = "reqwest-rustls", feature = "reqwest-native-tls"))]
use cognito_idp::transport::ReqwestClient;
use cognito_idp::{error::InvalidInput, transport::HttpClient};
use rustls::{
    RootCertStore, ServerConfig, SupportedProtocolVersion,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    server::WebPkiClientVerifier,
    version::{TLS12, TLS13},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

type Outcome = Result<(), Box<dyn StdError>>;

/// Every transport with every kind of TLS in this build.
const TRANSPORTS: &[&str] = &[
    #[cfg(feature = "hyper")]
    "hyper",
    #[cfg(feature = "reqwest-rustls")]
    "reqwest, rustls",
    #[cfg(feature = "reqwest-native-tls")]
    "reqwest, native",
];

fn transport(name: &str) -> Result<Box<dyn HttpClient>, InvalidInput> {
    Ok(match name {
        #[cfg(feature = "hyper")]
        "hyper" => Box::new(HyperClient::new()?),
        #[cfg(feature = "reqwest-rustls")]
        "reqwest, rustls" => Box::new(ReqwestClient::new()?),
        #[cfg(feature = "reqwest-native-tls")]
        "reqwest, native" => Box::new(ReqwestClient::with_native_tls()?),
        _ => unreachable!("{name}"),
    })
}

// The process that tries it.

/// Prints how one call ended: its status, the kind of its error, or why there is no transport.
#[tokio::test]
#[ignore = "run by the other tests, in an environment that they choose"]
async fn call_as_the_environment_says() -> Outcome {
    if std::env::var("TEST_INSTALLS_A_PROVIDER")? == "yes" {
        install_provider();
    }
    let transport = transport(&std::env::var("TEST_TRANSPORT")?);
    let outcome = match &transport {
        Ok(transport) => call(&**transport, &std::env::var("TEST_URL")?).await?,
        Err(refused) => format!("refused: {refused}"),
    };
    println!("\noutcome: {outcome}\nshown: {transport:?}");
    Ok(())
}

async fn call(transport: &dyn HttpClient, url: &str) -> Result<String, http::Error> {
    let request = http::Request::post(url).body(Bytes::from_static(b"{}"))?;
    Ok(match transport.call(request).await {
        Ok(response) => response.status().as_str().to_owned(),
        Err(error) => format!("{:?}", error.kind()),
    })
}

/// How the call ends in a process with these variables and none that the machine has.
async fn outcome(
    transport: &str,
    url: &str,
    variables: &[(&str, &str)],
) -> Result<String, Box<dyn StdError>> {
    let (all, outcome) = everything_shown(transport, url, variables).await?;
    assert!(!all.contains("marker"), "{all}");
    Ok(outcome)
}

async fn everything_shown(
    transport: &str,
    url: &str,
    variables: &[(&str, &str)],
) -> Result<(String, String), Box<dyn StdError>> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args([
        "--ignored",
        "--exact",
        "call_as_the_environment_says",
        "--nocapture",
    ]);
    for name in ["ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"] {
        command.env_remove(name).env_remove(name.to_lowercase());
    }
    for name in [
        "AWS_CA_BUNDLE",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "OPENSSL_CONF",
    ] {
        command.env_remove(name);
    }
    command
        .env("TEST_INSTALLS_A_PROVIDER", "yes")
        .env("TEST_TRANSPORT", transport)
        .env("TEST_URL", url);
    command.envs(variables.iter().copied());
    // The servers it calls live in this process.
    let output = tokio::task::spawn_blocking(move || command.output()).await??;
    let text = String::from_utf8(output.stdout)? + &String::from_utf8(output.stderr)?;
    let outcome = text.lines().find_map(|line| line.strip_prefix("outcome: "));
    let outcome = outcome.ok_or_else(|| format!("{transport}, {variables:?}: {text}"))?;
    let outcome = outcome.to_owned();
    Ok((text, outcome))
}

/// For those who leave TLS to reqwest, or build without the feature `ring`.
fn install_provider() {
    // It fails where another test of this process was faster.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

// The servers.

fn data(file: &str) -> String {
    format!("{}/tests/data/tls/{file}", env!("CARGO_MANIFEST_DIR"))
}

/// A server of the tests' own authority, which counts what reaches it.
struct Server {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Answers every request over TLS.
    async fn over_tls() -> io::Result<Self> {
        Self::with(server_config(&[&TLS12, &TLS13], false)).await
    }

    async fn with(config: ServerConfig) -> io::Result<Self> {
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Self::start(move |stream, seen| {
            let acceptor = acceptor.clone();
            async move { serve(acceptor.accept(stream).await?, &seen).await }
        })
        .await
    }

    /// Answers every request in the clear.
    async fn in_the_clear() -> io::Result<Self> {
        Self::start(|stream, seen| async move { serve(stream, &seen).await }).await
    }

    /// Tunnels to this server, whatever the name is that it is asked for.
    async fn proxy(to: &Self, password: Option<&'static str>) -> io::Result<Self> {
        let to = to.address;
        Self::start(move |stream, seen| tunnel(stream, to, password, seen)).await
    }

    /// As [`proxy`](Self::proxy), and speaks TLS itself.
    async fn proxy_over_tls(to: &Self) -> io::Result<Self> {
        let to = to.address;
        let acceptor = TlsAcceptor::from(Arc::new(server_config(&[&TLS13], false)));
        Self::start(move |stream, seen| {
            let acceptor = acceptor.clone();
            async move { tunnel(acceptor.accept(stream).await?, to, None, seen).await }
        })
        .await
    }

    async fn start<F>(
        serve: impl Fn(TcpStream, Arc<Mutex<Vec<String>>>) -> F + Send + 'static,
    ) -> io::Result<Self>
    where
        F: Future<Output = io::Result<()>> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let server = Self {
            address: listener.local_addr()?,
            seen: Arc::default(),
        };
        let seen = server.seen.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // The peer hangs up where it trusts nobody; that is no failure of the server.
                tokio::spawn(serve(stream, seen.clone()));
            }
        });
        Ok(server)
    }

    fn url(&self, scheme: &str, host: &str) -> String {
        format!("{scheme}://{host}:{}/", self.address.port())
    }

    /// The heads of all requests so far, in lower case.
    fn seen(&self) -> Vec<String> {
        self.seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

fn server_config(
    versions: &[&'static SupportedProtocolVersion],
    wants_client: bool,
) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let certificate = CertificateDer::from_pem_file(data("server.pem")).expect("a certificate");
    let key = PrivateKeyDer::from_pem_file(data("server.key")).expect("a key");
    let builder = ServerConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(versions)
        .expect("versions that rustls knows");
    let builder = if wants_client {
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(authority()), provider);
        builder.with_client_cert_verifier(verifier.build().expect("an authority"))
    } else {
        builder.with_no_client_auth()
    };
    let built = builder.with_single_cert(vec![certificate], key);
    built.expect("the key of the certificate")
}

fn authority() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    let certificate = CertificateDer::from_pem_file(data("ca.pem")).expect("a certificate");
    roots.add(certificate).expect("a root certificate");
    roots
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    seen: &Mutex<Vec<String>>,
) -> io::Result<()> {
    let head = read_head(&mut stream).await?;
    seen.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(head);
    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
    stream.write_all(answer).await?;
    stream.shutdown().await
}

async fn tunnel(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    to: SocketAddr,
    password: Option<&'static str>,
    seen: Arc<Mutex<Vec<String>>>,
) -> io::Result<()> {
    let head = read_head(&mut stream).await?;
    seen.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(head.clone());
    // The head is in lower case, and so is the password.
    let lets_in = password.is_none_or(|it| head.contains(&it.to_lowercase()));
    let (tunnels, status) = match head.starts_with("connect ") {
        true if lets_in => (true, "200 Connected"),
        true => (false, "407 Proxy Authentication Required"),
        false => (false, "502 Bad Gateway"),
    };
    let answer = format!("HTTP/1.1 {status}\r\n\r\n");
    stream.write_all(answer.as_bytes()).await?;
    if !tunnels {
        return stream.shutdown().await;
    }
    let mut target = TcpStream::connect(to).await?;
    tokio::io::copy_bidirectional(&mut stream, &mut target).await?;
    Ok(())
}

async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    Ok(String::from_utf8_lossy(&head).to_lowercase())
}

// Whom the transports trust.

#[tokio::test]
async fn who_is_certified_by_nobody_known_gets_no_request() -> Outcome {
    for name in TRANSPORTS {
        let server = Server::over_tls().await?;
        let url = server.url("https", "localhost");
        assert_eq!(outcome(name, &url, &[]).await?, "Connect", "{name}");
        assert_eq!(server.seen().len(), 0, "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn the_authority_in_the_ca_bundle_is_trusted_by_every_transport_but_only_for_the_hosts_name()
-> Outcome {
    for name in TRANSPORTS {
        let server = Server::over_tls().await?;
        let bundle = [("AWS_CA_BUNDLE", &*data("ca.pem"))];
        for (host, expected) in [
            ("localhost", "200"),
            ("127.0.0.1", "200"),
            ("127.0.0.2", "Connect"),
        ] {
            let url = server.url("https", host);
            assert_eq!(
                outcome(name, &url, &bundle).await?,
                expected,
                "{name}, {host}"
            );
        }
        assert_eq!(server.seen().len(), 2, "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn a_ca_bundle_takes_the_machines_authorities_away() -> Outcome {
    let machine = ("SSL_CERT_FILE", &*data("ca.pem"));
    let bundle = ("AWS_CA_BUNDLE", &*data("other-ca.pem"));
    for name in TRANSPORTS {
        let server = Server::over_tls().await?;
        let url = server.url("https", "localhost");
        let knows_machine = cfg!(feature = "native-roots") || *name == "reqwest, native";
        let by_machine = if knows_machine { "200" } else { "Connect" };
        assert_eq!(outcome(name, &url, &[machine]).await?, by_machine, "{name}");
        assert_eq!(
            outcome(name, &url, &[machine, bundle]).await?,
            "Connect",
            "{name}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_ca_bundle_that_holds_no_certificates_is_refused_by_name() -> Outcome {
    for name in TRANSPORTS {
        for file in ["missing.pem", "make.sh", "server.key"] {
            let bundle = [("AWS_CA_BUNDLE", &*data(file))];
            assert_eq!(
                outcome(name, "https://localhost:1/", &bundle).await?,
                "refused: AWS_CA_BUNDLE: must name a file of PEM certificates",
                "{name}, {file}"
            );
        }
        let blank = [("AWS_CA_BUNDLE", "")];
        let outcome = outcome(name, "https://localhost:1/", &blank).await?;
        assert_eq!(outcome, "Connect", "{name}: a blank one counts as not set");
    }
    Ok(())
}

#[cfg(not(feature = "ring"))]
#[tokio::test]
async fn without_ring_the_programs_own_provider_is_used_and_one_must_be_there() -> Outcome {
    for name in TRANSPORTS {
        if *name == "reqwest, native" {
            continue;
        }
        let server = Server::over_tls().await?;
        let url = server.url("https", "localhost");
        let bundle = ("AWS_CA_BUNDLE", &*data("ca.pem"));
        let none = ("TEST_INSTALLS_A_PROVIDER", "no");
        let without = outcome(name, &url, &[bundle, none]).await?;
        let needs = "refused: http_client: needs the feature `ring`";
        assert!(without.starts_with(needs), "{without}");
        assert_eq!(outcome(name, &url, &[bundle]).await?, "200", "{name}");
    }
    Ok(())
}

// What the caller sets up.

#[cfg(any(feature = "hyper", feature = "reqwest-rustls"))]
fn own_tls(
    versions: &[&'static SupportedProtocolVersion],
    shows_itself: bool,
) -> rustls::ClientConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .expect("versions that rustls knows")
        .with_root_certificates(authority());
    if !shows_itself {
        return builder.with_no_client_auth();
    }
    let certificate = CertificateDer::from_pem_file(data("client.pem")).expect("a certificate");
    let key = PrivateKeyDer::from_pem_file(data("client.key")).expect("a key");
    let built = builder.with_client_auth_cert(vec![certificate], key);
    built.expect("the key of the certificate")
}

#[cfg(any(feature = "hyper", feature = "reqwest-rustls"))]
#[tokio::test]
async fn tls_that_is_handed_over_counts_as_it_is() -> Outcome {
    type Make = fn(rustls::ClientConfig) -> Result<Box<dyn HttpClient>, InvalidInput>;
    let transports: &[(&str, Make)] = &[
        #[cfg(feature = "hyper")]
        ("hyper", |tls| Ok(Box::new(HyperClient::with_tls(tls)?))),
        #[cfg(feature = "reqwest-rustls")]
        ("reqwest", |tls| Ok(Box::new(ReqwestClient::with_tls(tls)?))),
        #[cfg(feature = "reqwest-rustls")]
        ("reqwest, in its builder", |tls| {
            let http = ReqwestClient::configure(|it| it.tls_backend_preconfigured(tls))?;
            Ok(Box::new(http))
        }),
    ];
    for (name, make) in transports {
        for (server, wants_client, client, shows_itself, expected) in [
            (
                &[&TLS13, &TLS12][..],
                false,
                &[&TLS13, &TLS12][..],
                false,
                "200",
            ),
            (&[&TLS12], false, &[&TLS12], false, "200"),
            (&[&TLS12], false, &[&TLS13], false, "Connect"),
            (&[&TLS12], true, &[&TLS12], true, "200"),
            (&[&TLS12], true, &[&TLS12], false, "Connect"),
        ] {
            let server = Server::with(server_config(server, wants_client)).await?;
            let mut tls = own_tls(client, shows_itself);
            // What the transport cannot speak is not offered.
            tls.alpn_protocols = vec![b"h2".to_vec()];
            let found = call(&*make(tls)?, &server.url("https", "localhost")).await?;
            assert_eq!(found, expected, "{name}");
        }
    }
    Ok(())
}

#[cfg(any(feature = "reqwest-rustls", feature = "reqwest-native-tls"))]
#[tokio::test]
async fn every_tls_setting_of_reqwests_builder_counts_with_either_backend() -> Outcome {
    use reqwest::{Certificate, ClientBuilder, Identity, tls::Version};

    type Backend = fn(ClientBuilder) -> ClientBuilder;
    type Identify = fn(&[u8], &[u8]) -> reqwest::Result<Identity>;
    type Case = (
        &'static str,
        bool,
        Box<dyn FnOnce(ClientBuilder) -> ClientBuilder>,
        &'static str,
    );

    install_provider();
    let certificate = |file: &str| -> Result<Certificate, Box<dyn StdError>> {
        Ok(Certificate::from_pem(&std::fs::read(data(file))?)?)
    };
    let (ours, other) = (certificate("ca.pem")?, certificate("other-ca.pem")?);
    let backends: &[(&str, Backend, Identify)] = &[
        #[cfg(feature = "reqwest-rustls")]
        (
            "rustls",
            ClientBuilder::tls_backend_rustls,
            |certificate, key| Identity::from_pem(&[certificate, key].concat()),
        ),
        #[cfg(feature = "reqwest-native-tls")]
        (
            "native",
            ClientBuilder::tls_backend_native,
            Identity::from_pkcs8_pem,
        ),
    ];
    for (name, backend, identify) in backends {
        let only = |certificate: &Certificate| {
            let certificate = certificate.clone();
            move |builder: ClientBuilder| builder.tls_certs_only([certificate])
        };
        let identity = identify(
            &std::fs::read(data("client.pem"))?,
            &std::fs::read(data("client.key"))?,
        )?;
        let merge = ours.clone();
        let (trusting, trusting_other, modern, shown) =
            (only(&ours), only(&other), only(&ours), only(&ours));
        let cases: Vec<Case> = vec![
            ("nothing", false, Box::new(|it| it), "Connect"),
            (
                "merge",
                false,
                Box::new(|it| it.tls_certs_merge([merge])),
                "200",
            ),
            ("only", false, Box::new(trusting), "200"),
            ("only another", false, Box::new(trusting_other), "Connect"),
            (
                "anybody",
                false,
                Box::new(|it| it.tls_danger_accept_invalid_certs(true)),
                "200",
            ),
            (
                "TLS 1.3",
                false,
                Box::new(|it| modern(it).tls_version_min(Version::TLS_1_3)),
                "Connect",
            ),
            (
                "identity",
                true,
                Box::new(|it| shown(it).identity(identity)),
                "200",
            ),
        ];
        for (setting, wants_client, change, expected) in cases {
            let server = Server::with(server_config(&[&TLS12], wants_client)).await?;
            let http = ReqwestClient::configure(|builder| change(backend(builder)))?;
            let found = call(&http, &server.url("https", "localhost")).await?;
            assert_eq!(found, expected, "{name}, {setting}");
        }
    }
    Ok(())
}

#[cfg(any(feature = "reqwest-rustls", feature = "reqwest-native-tls"))]
#[test]
fn a_builder_for_which_nobody_chose_tls_is_refused_and_does_not_panic() {
    for change in [
        |builder: reqwest::ClientBuilder| builder,
        |builder: reqwest::ClientBuilder| builder.tls_danger_accept_invalid_certs(true),
    ] {
        let error = ReqwestClient::configure(change).expect_err("no TLS");
        assert!(error.to_string().contains("TLS backend"), "{error}");
    }
}

// The oldest version offered.

/// The versions of TLS in a client's first message.
#[tokio::test]
async fn nothing_older_than_tls_1_2_is_offered_even_where_the_machine_would() -> Outcome {
    let permissive = std::env::temp_dir().join(format!("old-tls-{}.cnf", std::process::id()));
    // What OpenSSL needs to offer TLS 1.0, as on a machine with an old configuration.
    let configuration = "openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n\
        [c]\nMinProtocol = TLSv1\nCipherString = DEFAULT@SECLEVEL=0\n";
    std::fs::write(&permissive, configuration)?;
    let variable = ("OPENSSL_CONF", permissive.to_str().ok_or("a path")?);
    for name in TRANSPORTS {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("https://localhost:{}/", listener.local_addr()?.port());
        let hello = async {
            let (mut stream, _) = listener.accept().await?;
            let mut hello = vec![0; 4096];
            let length = stream.read(&mut hello).await?;
            hello.truncate(length);
            io::Result::Ok(hello)
        };
        let variables = [variable];
        let hello = tokio::time::timeout(Duration::from_mins(1), hello);
        let (hello, outcome) = tokio::join!(hello, outcome(name, &url, &variables));
        assert_eq!(outcome?, "Connect");
        let mut versions = offered_versions(&hello??).ok_or("no list of versions")?;
        versions.sort_unstable();
        assert_eq!(versions, [0x0303, 0x0304], "{name}");
    }
    std::fs::remove_file(permissive)?;
    Ok(())
}

/// The list in the extension `supported_versions` (43) of a client's hello.
fn offered_versions(hello: &[u8]) -> Option<Vec<u16>> {
    let number = |at: usize| Some(u16::from_be_bytes([*hello.get(at)?, *hello.get(at + 1)?]));
    let length = |at: usize| Some(usize::from(number(at)?));
    // Record, handshake header, version and random, then three lists before the extensions.
    let session = 5 + 4 + 2 + 32;
    let ciphers = session + 1 + usize::from(*hello.get(session)?);
    let compressions = ciphers + 2 + length(ciphers)?;
    let mut at = compressions + 1 + usize::from(*hello.get(compressions)?) + 2;
    while number(at)? != 43 {
        at += 4 + length(at + 2)?;
    }
    let count = usize::from(*hello.get(at + 4)?) / 2;
    (0..count).map(|n| number(at + 5 + 2 * n)).collect()
}

// Proxies.

/// `name:P@ss`, which is `name:P%40ss` in a URL, as the `Basic` scheme has it.
const NAME_AND_PASSWORD: &str = "bmFtZTpQQHNz";

#[cfg(feature = "proxy")]
#[tokio::test]
async fn https_goes_through_the_proxy_which_sees_the_hosts_name_and_nothing_else() -> Outcome {
    for name in TRANSPORTS {
        for variable in ["HTTPS_PROXY", "all_proxy"] {
            let server = Server::over_tls().await?;
            let proxy = Server::proxy(&server, Some(NAME_AND_PASSWORD)).await?;
            let bundle = ("AWS_CA_BUNDLE", &*data("ca.pem"));
            let to = proxy.url("http", "name:P%40ss@127.0.0.1");
            let found = outcome(name, "https://pool.test/", &[bundle, (variable, &to)]).await?;
            assert_eq!(found, "200", "{name}, {variable}");
            let [head] = &proxy.seen()[..] else {
                return Err(format!("{name}: {:?}", proxy.seen()).into());
            };
            assert!(
                head.starts_with("connect pool.test:443 http/1.1\r\n"),
                "{head}"
            );
            assert!(
                server.seen()[0].starts_with("post / http/1.1\r\n"),
                "{name}"
            );
            assert!(!server.seen()[0].contains("proxy-"), "{name}");
        }
    }
    Ok(())
}

#[cfg(feature = "proxy")]
#[tokio::test]
async fn a_proxy_may_speak_tls_itself() -> Outcome {
    for name in TRANSPORTS {
        let server = Server::over_tls().await?;
        let proxy = Server::proxy_over_tls(&server).await?;
        let bundle = ("AWS_CA_BUNDLE", &*data("ca.pem"));
        let to = proxy.url("https", "localhost");
        let found = outcome(
            name,
            "https://pool.test:8443/",
            &[bundle, ("HTTPS_PROXY", &to)],
        )
        .await?;
        assert_eq!(found, "200", "{name}");
        assert!(
            proxy.seen()[0].starts_with("connect pool.test:8443 "),
            "{name}"
        );
        // Whoever that is, it is not trusted by itself.
        let found = outcome(name, "https://pool.test/", &[("HTTPS_PROXY", &to)]).await?;
        assert_eq!(
            (found.as_str(), proxy.seen().len()),
            ("Connect", 1),
            "{name}"
        );
    }
    Ok(())
}

#[cfg(feature = "proxy")]
#[tokio::test]
async fn a_proxy_that_lets_nobody_in_means_that_nothing_was_sent() -> Outcome {
    for name in TRANSPORTS {
        let server = Server::over_tls().await?;
        let proxy = Server::proxy(&server, Some(NAME_AND_PASSWORD)).await?;
        let to = proxy.url("http", "name:marker@127.0.0.1");
        let found = outcome(name, "https://pool.test/", &[("HTTPS_PROXY", &to)]).await?;
        assert_eq!(found, "Connect", "{name}");
        assert_eq!((proxy.seen().len(), server.seen().len()), (1, 0), "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn this_machine_plain_http_and_what_no_proxy_names_are_reached_without_a_proxy() -> Outcome {
    for name in TRANSPORTS {
        let (tls, clear) = (Server::over_tls().await?, Server::in_the_clear().await?);
        let proxy = Server::proxy(&tls, None).await?;
        let to = proxy.url("http", "127.0.0.1");
        let proxies = [
            ("AWS_CA_BUNDLE", &*data("ca.pem")),
            ("HTTPS_PROXY", &to),
            ("HTTP_PROXY", &to),
            ("http_proxy", &to),
            ("ALL_PROXY", &to),
        ];
        let except = |list| [&proxies[..], &[("NO_PROXY", list)]].concat();
        for (url, list, expected) in [
            (tls.url("https", "localhost"), "", "200"),
            (tls.url("https", "127.0.0.1"), "elsewhere.test", "200"),
            (clear.url("http", "localhost"), "", "200"),
            (clear.url("http", "127.0.0.1"), "", "200"),
            // Nobody knows these names.
            ("http://pool.test/".into(), "", "Connect"),
            ("https://pool.test/".into(), "a.test, .pool.test", "Connect"),
            ("https://pool.test/".into(), "*", "Connect"),
        ] {
            let found = outcome(name, &url, &except(list)).await?;
            assert_eq!(found, expected, "{name}, {url}, {list}");
        }
        assert_eq!(proxy.seen(), [""; 0], "{name}");
    }
    Ok(())
}

#[cfg(feature = "proxy")]
#[tokio::test]
async fn a_malformed_proxy_is_refused_by_the_name_of_its_variable() -> Outcome {
    for name in TRANSPORTS {
        for value in ["socks5://marker:1080", "http://name:marker@pass@proxy"] {
            let found = outcome(name, "https://localhost:1/", &[("HTTPS_PROXY", value)]).await?;
            assert!(
                found.starts_with("refused: HTTPS_PROXY: must be"),
                "{name}: {found}"
            );
        }
    }
    Ok(())
}

#[cfg(not(feature = "proxy"))]
#[tokio::test]
async fn without_the_feature_no_proxy_is_used() -> Outcome {
    for name in TRANSPORTS {
        let server = Server::over_tls().await?;
        let proxy = Server::proxy(&server, None).await?;
        let to = proxy.url("http", "127.0.0.1");
        let found = outcome(name, "https://pool.test/", &[("HTTPS_PROXY", &to)]).await?;
        assert_eq!(
            (found.as_str(), proxy.seen().len()),
            ("Connect", 0),
            "{name}"
        );
    }
    Ok(())
}
