//! The sandbox by itself, without the rest of Isthmus:
//! `cargo run -p sandbox --example serve -- 127.0.0.1:8080 [data file or - [PEM file for https or - [records]]]`

use sandbox::{Sandbox, Settings};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let listen = arguments.next().unwrap_or_else(|| "127.0.0.1:8080".into()).parse()?;
    let data = arguments.next().filter(|file| file != "-").map(Into::into);
    let tls = arguments.next().filter(|file| file != "-").map(Into::into);
    let records = arguments.next().map_or(Ok(0), |count| count.parse())?;
    let sandbox = Sandbox::start(Settings { listen, data, tls, records, ..Settings::in_memory() }).await?;
    println!("{}", sandbox.address());
    tokio::signal::ctrl_c().await?;
    sandbox.stop().await;
    Ok(())
}
