//! Builds every part once and joins them; the only file that knows them all.

use crate::auth::{self, AuthError};
use crate::cli::{DatabaseArgs, DemoArgs, LogArgs, LogFormat, Role, SandboxArgs, ServeArgs};
use crate::clock::{SharedClock, SystemClock};
use crate::connectors::http::{Allowed, HttpClient};
use crate::desk::DeskSide;
use crate::intake::{GroupCommit, Intake};
use crate::neighbours;
use crate::news::News;
use crate::oauth::Oauth;
use crate::operations::{self, Parts};
use crate::queue::{Wake, Worker};
use crate::secrets::{SecretError, Secrets};
use crate::stop;
use crate::store::{Alone, Dialect, Messages, Store, StoreError};
use crate::sync::{Engine, Guard, Live};
use crate::web::{self, Web};
use ::sandbox::{OauthClient, Sandbox};
use app::model::ConnectDefaults;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tracing_subscriber::EnvFilter;

/// The demo's OAuth client, printed by `isthmus sandbox` as well. Good for a practice instance only.
const PRACTICE_CLIENT: (&str, &str) = ("isthmus-practice-client", "practice-secret");

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Auth(#[from] AuthError),
    #[error("the practice ServiceNow did not start: {0}")]
    Sandbox(#[from] ::sandbox::Error),
    #[error("{address} cannot be listened on: {source}. Is another program using it? Choose another with --listen.")]
    Listen { address: SocketAddr, source: std::io::Error },
    #[error("the folder {path} cannot be used: {source}")]
    Folder { path: PathBuf, source: std::io::Error },
    #[error("there are no browser files in {0}: build them with `make build`, or name the folder with --site")]
    NoSite(PathBuf),
    #[error("--public-url {0} is no address such as https://isthmus.example.com")]
    PublicUrl(String),
    #[error("the log filter \"{0}\" cannot be read; try info or debug")]
    LogFilter(String),
    #[error("the HTTP client could not be made: {0}")]
    Http(#[from] reqwest::Error),
    #[error(
        "--role web and --role worker share their work through PostgreSQL: name it with --database-url, or leave --role away"
    )]
    OneProcess,
    #[error("signals cannot be listened for: {0}")]
    Signals(std::io::Error),
    #[error("the metrics could not be set up: {0}")]
    Metrics(String),
}

/// A server that listens and works.
pub struct Running {
    pub address: SocketAddr,
    pub parts: Arc<Parts>,
    pub web: Web,
    /// The one-time link for the first administrator, while there is none.
    pub first_run: Option<String>,
    stop: CancellationToken,
    server: JoinHandle<()>,
    workers: JoinHandle<()>,
    _neighbours: Option<AbortOnDropHandle<()>>,
    _alone: Option<Alone>,
}

impl Running {
    /// Until the stop was asked for and everything has ended in order.
    pub async fn wait(self) {
        self.stop.cancelled().await;
        let _ = tokio::join!(self.server, self.workers);
        self.parts.store.close().await;
    }

    /// Asks for the stop and waits for its end.
    pub async fn stop(self) {
        self.stop.cancel();
        self.wait().await;
    }
}

/// Builds and starts everything. `defaults` is what Connect offers.
pub async fn run(
    settings: &ServeArgs,
    clock: SharedClock,
    defaults: ConnectDefaults,
    stop: CancellationToken,
) -> Result<Running, StartError> {
    let (role, database_url) = (settings.role, settings.database.database_url.as_str());
    let site = if role.has_pages() { site(settings.site.as_deref())? } else { PathBuf::new() };
    let alone = Alone::with(database_url)?;
    if alone.is_some() && role != Role::All {
        return Err(StartError::OneProcess);
    }
    let store = Store::open(database_url).await?;
    store.migrate().await?;
    let secrets = Secrets::open_or_create(&settings.key_file, clock.as_ref())?;
    let listener = listen(settings.listen).await?;
    let address = listener.local_addr().map_err(|source| StartError::Listen { address: settings.listen, source })?;
    let public_url = match &settings.public_url {
        Some(url) if url::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https")) => {
            settings.public_url()
        }
        Some(url) => return Err(StartError::PublicUrl(url.clone())),
        None => format!("http://{address}"),
    };
    let http = HttpClient::new(Allowed::new(settings.allow_addresses.clone()))?;
    let (news, wake) = (News::default(), Wake::default());
    let redirect_url = format!("{public_url}/oauth/callback");
    let oauth = Oauth::new(store.clone(), secrets.clone(), http.clone(), clock.clone(), redirect_url);
    tokio::spawn(oauth.clone().watch_ends(stop.clone()));
    let poll_every = i64::from(settings.poll_seconds) * 1000;
    let file_limit = settings.file_limit();
    let desk = DeskSide::new(store.clone(), clock.clone(), file_limit);
    let connectors = Arc::new(Live::new(desk, http.clone(), oauth.clone(), clock.clone()));
    // An address that nobody named may be another at each start.
    let named = settings.public_url.is_some().then(|| public_url.clone());
    let guard = Guard::new(store.clone(), clock.clone(), named);
    let engine = Engine::new(store.clone(), clock.clone(), connectors.clone(), news.clone(), wake.clone(), poll_every)
        .guarded_by(guard.clone());
    let keep = Arc::new(GroupCommit::start(store.clone(), clock.clone(), wake.clone()));
    let intake = Intake::new(store.clone(), clock.clone(), secrets.clone(), &news, keep);
    let first_run = if role.has_pages() { auth::open_setup(&store, clock.as_ref()).await? } else { None };
    let first_run = first_run.map(|token| format!("{public_url}/first-run?token={token}"));
    let parts = Arc::new(Parts {
        store: store.clone(),
        clock: clock.clone(),
        secrets,
        http,
        oauth,
        connectors,
        guard,
        news,
        wake: wake.clone(),
        public_url,
        file_limit,
        poll_every,
        api: web::api::endpoints(),
        defaults,
    });
    let neighbours = Messages::listen(database_url, &store).await?.map(|messages| {
        let news = parts.news.clone();
        let listening = neighbours::keep_in_touch(messages, store.clone(), clock.id(), news, wake.clone());
        AbortOnDropHandle::new(tokio::spawn(listening))
    });
    let workers = if role.syncs() {
        take_up(&store).await?;
        operations::plan_polls(&parts).await?;
        tokio::spawn(engine.pulse().keep(store.clone(), stop.clone()));
        let pages = engine.clone();
        let worker = Worker::new(store, clock, wake).when_settled(move |job| pages.tell_settled(job));
        tokio::spawn(worker.work(usize::from(settings.workers), stop.clone(), move |job| {
            let engine = engine.clone();
            async move { engine.run(job).await }
        }))
    } else {
        tokio::spawn(std::future::ready(()))
    };
    let web = Web::new(parts.clone(), intake, site, recorder()?, stop.clone());
    let router = if role.has_pages() { web::router(web.clone()) } else { web::health(web.clone()) };
    let router = router.into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(listener, router).with_graceful_shutdown(stop.clone().cancelled_owned());
    let server = tokio::spawn(async move {
        if let Err(error) = serving.await {
            tracing::error!(%error, "the HTTP server ended");
        }
    });
    Ok(Running { address, parts, web, first_run, stop, server, workers, _neighbours: neighbours, _alone: alone })
}

/// On SQLite this process is the only one (`Alone` makes sure), so whatever is leased belongs to one that died.
async fn take_up(store: &Store) -> Result<(), StoreError> {
    if store.dialect() == Dialect::Sqlite {
        let mut tx = store.begin().await?;
        let freed = tx.free_ended_leases(i64::MAX).await?;
        tx.commit().await?;
        if freed > 0 {
            tracing::info!(freed, "taking up what was cut off");
        }
    }
    Ok(())
}

async fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|source| StartError::Listen { address, source })
}

fn site(named: Option<&Path>) -> Result<PathBuf, StartError> {
    let beside = || std::env::current_exe().ok().and_then(|program| Some(program.parent()?.join("site")));
    let folder = named.map(Path::to_owned).or_else(beside).unwrap_or_else(|| PathBuf::from("site"));
    if folder.join("pkg").is_dir() { Ok(folder) } else { Err(StartError::NoSite(folder)) }
}

/// There is one a process, and programs may start in it at the same time.
fn recorder() -> Result<PrometheusHandle, StartError> {
    static RECORDER: Mutex<Option<PrometheusHandle>> = Mutex::new(None);
    let mut recorder = RECORDER.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(handle) = &*recorder {
        return Ok(handle.clone());
    }
    // Histograms come as quantiles of the last minutes: what a person asks for first.
    let handle = PrometheusBuilder::new().install_recorder().map_err(|error| StartError::Metrics(error.to_string()))?;
    Ok(recorder.insert(handle).clone())
}

fn log(settings: &LogArgs) -> Result<(), StartError> {
    let filter = EnvFilter::try_new(&settings.log).map_err(|_| StartError::LogFilter(settings.log.clone()))?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second start in one process (tests) keeps the first one's log.
    let _ = match settings.log_format {
        LogFormat::Text => lines.try_init(),
        LogFormat::Json => lines.json().try_init(),
    };
    Ok(())
}

pub async fn serve(settings: ServeArgs) -> Result<(), StartError> {
    log(&settings.log)?;
    let stop = stop::on_signals().map_err(StartError::Signals)?;
    let running = run(&settings, Arc::new(SystemClock), ConnectDefaults::default(), stop).await?;
    tracing::info!(address = %running.address, public_url = %running.parts.public_url, role = ?settings.role, "this process listens");
    if let Some(link) = &running.first_run {
        tracing::warn!(%link, "there is no administrator yet: open this link once to become the first");
    }
    running.wait().await;
    Ok(())
}

pub async fn migrate(settings: &DatabaseArgs) -> Result<(), StartError> {
    let store = Store::open(&settings.database_url).await?;
    store.migrate().await?;
    store.close().await;
    println!("The tables are up to date.");
    Ok(())
}

pub async fn sandbox(settings: SandboxArgs) -> Result<(), StartError> {
    log(&settings.log)?;
    let stop = stop::on_signals().map_err(StartError::Signals)?;
    let client = practice_client(settings.redirect_urls.clone());
    let starting = Sandbox::start(::sandbox::Settings {
        listen: settings.listen,
        data: settings.data,
        tls: settings.tls,
        tables: settings.tables,
        records: settings.records,
        oauth_clients: vec![client],
        ..::sandbox::Settings::in_memory()
    });
    // A million records take a while to make; the next start goes on with them.
    let started = tokio::select! {
        started = starting => started?,
        () = stop.cancelled() => return Ok(()),
    };
    println!(
        "A practice ServiceNow instance listens at {}\n\n  Administrator   admin / admin   (service desk agent: itil / itil)\n  OAuth client    {}\n  Client secret   {}\n  Redirect URLs   {}\n\nCtrl-C stops it.",
        started.address(),
        PRACTICE_CLIENT.0,
        PRACTICE_CLIENT.1,
        settings.redirect_urls.join(" ")
    );
    stop.cancelled().await;
    started.stop().await;
    Ok(())
}

fn practice_client(redirect_urls: Vec<String>) -> OauthClient {
    let (client_id, client_secret) = PRACTICE_CLIENT;
    OauthClient {
        name: "Isthmus".into(),
        client_id: client_id.into(),
        client_secret: client_secret.into(),
        redirect_urls,
    }
}

pub async fn demo(settings: DemoArgs) -> Result<(), StartError> {
    log(&settings.log)?;
    let stop = stop::on_signals().map_err(StartError::Signals)?;
    std::fs::create_dir_all(&settings.data)
        .map_err(|source| StartError::Folder { path: settings.data.clone(), source })?;
    let redirect_url = format!("http://{}/oauth/callback", settings.listen);
    let practice = Sandbox::start(::sandbox::Settings {
        listen: settings.sandbox_listen,
        data: Some(settings.data.join("servicenow.db")),
        oauth_clients: vec![practice_client(vec![redirect_url])],
        ..::sandbox::Settings::in_memory()
    })
    .await?;
    let database_url = settings
        .database_url
        .clone()
        .unwrap_or_else(|| format!("sqlite://{}", settings.data.join("isthmus.db").display()));
    let serve = ServeArgs {
        listen: settings.listen,
        public_url: None,
        role: Role::All,
        database: DatabaseArgs { database_url },
        key_file: settings.data.join("isthmus.key"),
        allow_addresses: vec![settings.sandbox_listen.ip().into()],
        poll_seconds: settings.poll_seconds,
        workers: 8,
        file_limit_mib: 25,
        site: settings.site.clone(),
        log: settings.log.clone(),
    };
    let defaults = ConnectDefaults {
        name: "Practice ServiceNow".into(),
        address: practice.address().to_owned(),
        client_id: PRACTICE_CLIENT.0.into(),
        client_secret: PRACTICE_CLIENT.1.into(),
        redirect_url: String::new(),
    };
    let running = run(&serve, Arc::new(SystemClock), defaults, stop).await?;
    println!("{}", welcome(&running, practice.address(), &settings.data));
    running.wait().await;
    practice.stop().await;
    println!("Stopped. Everything is kept in {}.", settings.data.display());
    Ok(())
}

/// What a stranger needs: where to go, how to sign in, what to try.
fn welcome(running: &Running, practice: &str, data: &Path) -> String {
    let console = &running.parts.public_url;
    let enter = match &running.first_run {
        Some(link) => format!("Open this link once to become the administrator:\n\n    {link}"),
        None => format!("Sign in as before at {console}"),
    };
    format!(
        "\nIsthmus is running.\n\n  Console               {console}\n  Practice ServiceNow   {practice}   (admin / admin)\n\n{enter}\n\n\
         Then try:\n\n  1. Settings > Connections > Connect. All six steps are filled in: go on from each, authorize in ServiceNow\n     \
         (sign in as admin / admin, press Allow), press Start syncing, Install in ServiceNow, and run the live test.\n  \
         2. Leave {console}/tickets open, and create an incident of category \"Inquiry / Help\" at\n     {practice}/incident.do?sys_id=-1 : a ticket appears by itself.\n  \
         3. Change and comment on either side and watch the other follow. History says what moved, and why.\n\n\
         Everything is kept in {}. Ctrl-C stops both.\n",
        data.display()
    )
}
