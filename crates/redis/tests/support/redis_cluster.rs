//! A Redis Cluster of a test's own: three masters that share the keys, and a replica of the first.

use std::{
    io, thread,
    time::{Duration, Instant},
};

use super::redis_server::{RedisServer, free_port};

/// How long the nodes may take until they agree.
const START: Duration = Duration::from_secs(30);
const MASTERS: usize = 3;
const SLOTS: usize = 16_384;

/// The nodes: the masters first, the last one is the replica of the first.
#[derive(Debug)]
pub(crate) struct RedisCluster {
    pub(crate) nodes: Vec<RedisServer>,
}

impl RedisCluster {
    /// Starts the nodes and waits until all of them say that the cluster works.
    ///
    /// `None` as with [`RedisServer::start`].
    ///
    /// # Panics
    /// If the servers are there and do not become a cluster.
    pub(crate) fn start() -> Option<Self> {
        let mut nodes = Vec::new();
        let mut bus_ports = Vec::new();
        for _ in 0..=MASTERS {
            let bus_port = free_port().to_string();
            let settings = ["--cluster-enabled", "yes", "--cluster-port", &bus_port];
            // It is down for a second, then another takes over, and slots that nobody has concern nobody else.
            // What was confirmed is on the disk.
            let settings = [
                &settings[..],
                &["--cluster-node-timeout", "1000"],
                &["--cluster-require-full-coverage", "no"],
                &["--appendonly", "yes", "--appendfsync", "always"],
            ];
            nodes.push(RedisServer::start(&settings.concat())?);
            bus_ports.push(bus_port);
        }
        let cluster = Self { nodes };
        cluster.form(&bus_ports).expect("the nodes meet");
        Some(cluster)
    }

    pub(crate) fn urls(&self) -> Vec<String> {
        self.nodes.iter().map(RedisServer::url).collect()
    }

    /// Which of the masters had the key at the start.
    pub(crate) fn master_of(&self, key: &str) -> io::Result<usize> {
        let slot = self.nodes[0].command(&["CLUSTER", "KEYSLOT", key])?;
        let slot: usize = slot.trim_start_matches(':').parse().unwrap_or_default();
        Ok(slot * MASTERS / SLOTS)
    }

    fn form(&self, bus_ports: &[String]) -> io::Result<()> {
        for (n, node) in self.nodes.iter().enumerate() {
            node.command(&["CLUSTER", "SET-CONFIG-EPOCH", &(n + 1).to_string()])?;
            if n < MASTERS {
                let first = (n * SLOTS).div_ceil(MASTERS).to_string();
                let last = (((n + 1) * SLOTS).div_ceil(MASTERS) - 1).to_string();
                node.command(&["CLUSTER", "ADDSLOTSRANGE", &first, &last])?;
            }
            let port = node.port().to_string();
            self.nodes[0].command(&["CLUSTER", "MEET", "127.0.0.1", &port, &bus_ports[n]])?;
        }
        self.wait_for(&["CLUSTER", "INFO"], "cluster_known_nodes:4")?;
        let replica = &self.nodes[MASTERS];
        let id = self.nodes[0].text(&["CLUSTER", "MYID"])?;
        replica.command(&["CLUSTER", "REPLICATE", &id])?;
        self.wait_for(&["CLUSTER", "INFO"], "cluster_state:ok")?;
        wait_until(|| {
            let state = replica.text(&["INFO", "replication"])?;
            Ok(state.contains("master_link_status:up"))
        })
    }

    /// Until every node says so.
    fn wait_for(&self, question: &[&str], answer: &str) -> io::Result<()> {
        wait_until(|| {
            for node in &self.nodes {
                if !node.text(question)?.contains(answer) {
                    return Ok(false);
                }
            }
            Ok(true)
        })
    }
}

fn wait_until(mut is_so: impl FnMut() -> io::Result<bool>) -> io::Result<()> {
    let began = Instant::now();
    while !is_so()? {
        if began.elapsed() > START {
            return Err(io::ErrorKind::TimedOut.into());
        }
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}
