//! A practice ServiceNow instance: OAuth, Table API, journals, business rules that really post
//! webhooks, and the pages of a service desk agent, over a store of its own. This file is the whole
//! public interface: start it, ask for its address, stop it.

mod acl;
mod api;
mod attachments;
mod choices;
mod clock;
mod cors;
mod demo;
mod dictionary;
mod imports;
mod instance;
mod jobs;
mod known;
mod limits;
mod multifactor;
mod oauth;
mod pages;
mod query;
mod random;
mod record;
mod records;
mod rules;
mod server;
mod store;
mod switches;
mod tls;
mod update_sets;
mod user;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tls_listener::TlsListener;
use tls_listener::rustls::TlsAcceptor;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub use clock::Clock;
use instance::Instance;
use store::{OpenError, Store};

/// An OAuth client that exists from the first start, as if an administrator had registered it.
#[derive(Debug, Clone)]
pub struct OauthClient {
    pub name: String,
    pub client_id: String,
    pub client_secret: String,
    pub redirect_urls: Vec<String>,
}

/// How to start an instance.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where to listen; port 0 takes any free one.
    pub listen: SocketAddr,
    /// The data file; without one everything is kept in memory and gone at the end.
    pub data: Option<PathBuf>,
    /// The instance's own address, used in `link`s and `Location` (contract 2.5); by default the bound one.
    pub address: Option<String>,
    /// A PEM file with a certificate and its key, to serve https with; made if it is not there.
    pub tls: Option<PathBuf>,
    /// Files with more tables and columns, in the form of those in `dictionary/`.
    pub tables: Vec<PathBuf>,
    /// So many incidents more than the demo has, always the same ones; those that the data file has count.
    pub records: u64,
    /// Inserted into `oauth_entity` when their client id is not there yet.
    pub oauth_clients: Vec<OauthClient>,
}

impl Settings {
    /// A throw-away instance on a free port, with one OAuth client whose id and secret are known.
    pub fn in_memory() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            data: None,
            address: None,
            tls: None,
            tables: Vec::new(),
            records: 0,
            oauth_clients: vec![OauthClient {
                name: "Practice client".into(),
                client_id: "0c5f3cece1b12010f877971dea0b1449".into(),
                client_secret: "practice-secret".into(),
                redirect_urls: vec!["http://localhost/".into()],
            }],
        }
    }
}

impl Settings {
    /// Whether the instance begins as any other in memory does.
    pub(crate) fn is_plain(&self) -> bool {
        self.data.is_none() && self.tables.is_empty()
    }
}

/// Why an instance could not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("The sandbox cannot listen on {address}: {cause}. Is another program using that port?")]
    Listen { address: SocketAddr, cause: std::io::Error },
    #[error(
        "The sandbox cannot use its data {place}: {cause}. Check that the folder exists and can be written to, and that the file was made by the sandbox."
    )]
    Data { place: String, cause: String },
    #[error("The sandbox cannot use a table that it was given: {0}. Correct the file, or start without it.")]
    Tables(String),
    #[error(
        "The sandbox cannot serve https with the file {file}: {cause}. Correct it, or name one that is not there yet."
    )]
    Tls { file: PathBuf, cause: String },
}

/// A running instance. Dropping it ends it at once; `stop` lets what runs finish.
pub struct Sandbox {
    address: String,
    instance: Arc<Instance>,
    serving: JoinHandle<()>,
    stop: Option<oneshot::Sender<()>>,
}

/// How long `stop` waits for requests and outbound posts.
const PATIENCE: Duration = Duration::from_secs(10);

impl Sandbox {
    /// Bound and serving when it returns.
    pub async fn start(settings: Settings) -> Result<Self, Error> {
        Self::start_with(settings, Clock::real()).await
    }

    /// The same with a clock that the caller turns.
    pub async fn start_with(settings: Settings, clock: Clock) -> Result<Self, Error> {
        let listening = |cause| Error::Listen { address: settings.listen, cause };
        let listener = tokio::net::TcpListener::bind(settings.listen).await.map_err(listening)?;
        let bound = listener.local_addr().map_err(listening)?;
        let place = || settings.data.as_ref().map_or("in memory".to_owned(), |path| format!("file {}", path.display()));
        let unusable = |cause: String| Error::Data { place: place(), cause };
        let store = Store::open(&settings).await.map_err(|cause| match cause {
            OpenError::Dictionary(cause) => Error::Tables(cause.to_string()),
            OpenError::Database(cause) => unusable(cause.to_string()),
        })?;
        let tls = settings.tls.as_ref().map(|file| {
            let unusable = |cause: tls::TlsError| Error::Tls { file: file.clone(), cause: cause.to_string() };
            tls::config(file, bound).map_err(unusable)
        });
        let tls = tls.transpose()?;
        let local = format!("{}://{bound}", if tls.is_some() { "https" } else { "http" });
        let address = settings.address.as_deref().unwrap_or(&local).trim_end_matches('/').to_owned();
        server::choose_cryptography();
        let instance = Arc::new(Instance::new(store, clock, address));
        demo::furnish(&instance, &settings).await.map_err(|cause| unusable(cause.to_string()))?;
        instance.start_jobs().await;
        let (stop, stopped) = oneshot::channel();
        let app = server::router(instance.clone());
        let stopping = async {
            stopped.await.ok();
        };
        let serving = tokio::spawn(async move {
            let ended = match tls {
                None => axum::serve(listener, app).with_graceful_shutdown(stopping).await,
                Some(config) => {
                    let listener = TlsListener::new(TlsAcceptor::from(Arc::new(config)), listener);
                    axum::serve(listener, app).with_graceful_shutdown(stopping).await
                }
            };
            if let Err(cause) = ended {
                tracing::error!(%cause, "the sandbox stopped serving");
            }
        });
        Ok(Self { address: local, instance, serving, stop: Some(stop) })
    }

    /// Where it listens, such as `http://127.0.0.1:8080`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Takes no more requests, lets those that run and the outbound posts finish, within bounds, and
    /// closes the store.
    pub async fn stop(mut self) {
        if let Some(stop) = self.stop.take() {
            stop.send(()).ok();
        }
        // A client that keeps its connection open must not hold this up.
        if tokio::time::timeout(PATIENCE, &mut self.serving).await.is_err() {
            self.serving.abort();
        }
        self.instance.jobs.stopping.cancel();
        self.instance.background.close();
        if tokio::time::timeout(PATIENCE, self.instance.background.wait()).await.is_err() {
            tracing::warn!("the sandbox stopped while posts of business rules were under way");
        }
        self.instance.store.pool.close().await;
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.serving.abort();
        self.instance.jobs.stopping.cancel();
    }
}
