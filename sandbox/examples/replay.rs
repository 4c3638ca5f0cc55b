//! `replay REQUESTS.json CONCURRENCY PORT`: sends lists of steps, each list in order, so many lists at a time, and prints
//! the milliseconds that it took. The requests of a step are sent at the same time. Webhooks that come to the port meanwhile
//! are answered and forgotten. The bare loop that `scripts/bench/throughput.mjs` holds the engine against.

use futures::future::try_join_all;
use reqwest::{Client, Method};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;

#[derive(serde::Deserialize)]
struct Request {
    method: String,
    url: String,
    headers: BTreeMap<String, String>,
    body: String,
}

#[tokio::main]
#[allow(clippy::disallowed_methods)] // a measuring tool: its own client, and the machine's clock
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(file), Some(concurrency), Some(port)) = (arguments.next(), arguments.next(), arguments.next()) else {
        return Err("usage: replay REQUESTS.json CONCURRENCY PORT".into());
    };
    tokio::spawn(answer_all(TcpListener::bind(("127.0.0.1", port.parse()?)).await?));
    let lists: Vec<Vec<Vec<Request>>> = serde_json::from_slice(&std::fs::read(file)?)?;
    let waiting = Arc::new(Mutex::new(lists.into_iter()));
    // A second caller finds it installed, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder().no_proxy().tcp_nodelay(true).build()?;
    let begun = Instant::now();
    let mut loops = tokio::task::JoinSet::new();
    for _ in 0..concurrency.parse::<usize>()? {
        let (waiting, client) = (waiting.clone(), client.clone());
        loops.spawn(async move {
            loop {
                let Some(list) = waiting.lock().await.next() else { return Ok::<_, reqwest::Error>(()) };
                for step in list {
                    try_join_all(step.into_iter().map(|request| send(&client, request))).await?;
                }
            }
        });
    }
    while let Some(ended) = loops.join_next().await {
        ended??;
    }
    println!("{}", begun.elapsed().as_millis());
    Ok(())
}

async fn send(client: &Client, request: Request) -> reqwest::Result<()> {
    let method: Method = request.method.parse().unwrap_or(Method::GET);
    let mut call = client.request(method, request.url);
    for (name, value) in request.headers {
        call = call.header(name, value);
    }
    call.body(request.body).send().await?.error_for_status()?.text().await.map(drop)
}

async fn answer_all(listener: TcpListener) {
    while let Ok((stream, _)) = listener.accept().await {
        // Who sent it sees what became of it.
        tokio::spawn(async move { answer(stream).await.ok() });
    }
}

/// Reads request after request of one connection and says 202.
async fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    let (from, mut to) = stream.split();
    let mut from = BufReader::new(from);
    let (mut length, mut line) = (0, String::new());
    while from.read_line(&mut line).await? > 0 {
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or_default();
        }
        if line.trim().is_empty() {
            let mut body = vec![0; length];
            from.read_exact(&mut body).await?;
            to.write_all(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n").await?;
            length = 0;
        }
        line.clear();
    }
    Ok(())
}
