//! The one HTTP client. It goes only where the operator allows, follows no redirect, keeps no cookie
//! (contract 10: cookies serialise), and never logs a header or a body.

use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use url::{Host, Url};

/// A little above ServiceNow's own quota of 60 s a request (contract 10).
const TIMEOUT: Duration = Duration::from_secs(65);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The ranges that the operator opened although they are not public.
#[derive(Clone, Debug, Default)]
pub struct Allowed(Arc<Vec<IpNet>>);

impl Allowed {
    pub fn new(nets: Vec<IpNet>) -> Self {
        Self(Arc::new(nets))
    }

    fn permits(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        is_public(address) || self.0.iter().any(|net| net.contains(&address))
    }
}

/// Whether an address belongs to the public internet. Odd ranges count as not.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            !(v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_broadcast()
                || v4.is_documentation()
                || v4.is_multicast()
                || a == 0
                || a >= 240
                || (a == 100 && (64..128).contains(&b)) // carrier-grade NAT
                || (a == 192 && b == 0)
                || (a == 198 && (18..20).contains(&b)))
        }
        IpAddr::V6(v6) => {
            // Global unicast only, less documentation and the ranges that embed IPv4.
            let first = v6.segments()[0];
            (0x2000..0x4000).contains(&first)
                && !(first == 0x2001 && v6.segments()[1] < 0x0200)
                && first != 0x2002
                && !(first == 0x2001 && v6.segments()[1] == 0x0db8)
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum AddressError {
    #[error("\"{0}\" is not an address such as https://example.service-now.com")]
    Malformed(String),
    #[error("the address must begin with https://, since tokens travel over it")]
    NotHttps,
    #[error("the address must not hold a user name or a password")]
    WithCredentials,
    #[error(
        "{0} lies in a private or reserved network, which this server does not call. If it is meant, start Isthmus with --allow-address {0}"
    )]
    Private(String),
}

/// Resolves names, leaving out what is not allowed.
struct GuardedResolver(Allowed);

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let allowed = self.0.clone();
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let permitted: Vec<SocketAddr> = found.into_iter().filter(|found| allowed.permits(found.ip())).collect();
            if permitted.is_empty() {
                return Err(format!("{} resolves to private or reserved addresses only", name.as_str()).into());
            }
            let addresses: Addrs = Box::new(permitted.into_iter());
            Ok(addresses)
        })
    }
}

/// A client that obeys [`Allowed`]. Cheap to clone.
#[derive(Clone, Debug)]
pub struct HttpClient {
    client: reqwest::Client,
    allowed: Allowed,
}

impl HttpClient {
    #[expect(clippy::disallowed_methods, reason = "this is the one client")]
    pub fn new(allowed: Allowed) -> Result<Self, reqwest::Error> {
        // A second caller finds it installed, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .user_agent(concat!("isthmus/", env!("CARGO_PKG_VERSION")))
            .timeout(TIMEOUT)
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .dns_resolver(Arc::new(GuardedResolver(allowed.clone())))
            .no_proxy()
            .tcp_nodelay(true)
            .build()?;
        Ok(Self { client, allowed })
    }

    pub fn request(&self, method: reqwest::Method, url: Url) -> reqwest::RequestBuilder {
        self.client.request(method, url)
    }

    /// Reads what an administrator typed as an instance's address: scheme and host, nothing more.
    pub fn instance_address(&self, typed: &str) -> Result<Url, AddressError> {
        let typed = typed.trim();
        let text = if typed.contains("://") { typed.to_owned() } else { format!("https://{typed}") };
        let malformed = || AddressError::Malformed(typed.to_owned());
        let mut url = Url::parse(&text).map_err(|_| malformed())?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(malformed());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(AddressError::WithCredentials);
        }
        // Plain HTTP only to a literal address that was opened: the practice instance on this machine.
        let opened = match url.host().ok_or_else(malformed)? {
            Host::Domain(_) => false,
            Host::Ipv4(v4) => self.check(v4.into())?,
            Host::Ipv6(v6) => self.check(v6.into())?,
        };
        if url.scheme() == "http" && !opened {
            return Err(AddressError::NotHttps);
        }
        url.set_path("");
        url.set_query(None);
        url.set_fragment(None);
        Ok(url)
    }

    /// Whether a literal address was opened by the operator; an error when it is neither opened nor public.
    fn check(&self, address: IpAddr) -> Result<bool, AddressError> {
        if self.allowed.permits(address) {
            Ok(!is_public(address.to_canonical()))
        } else {
            Err(AddressError::Private(address.to_string()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(nets: &[&str]) -> HttpClient {
        HttpClient::new(Allowed::new(nets.iter().map(|net| net.parse().expect("a net")).collect())).expect("a client")
    }

    #[test]
    fn private_addresses_are_refused_in_every_disguise() {
        let client = client(&[]);
        for typed in [
            "http://127.0.0.1",
            "https://10.1.2.3",
            "https://169.254.169.254/latest",
            "https://[::1]",
            "https://[::ffff:127.0.0.1]",
            "https://[fe80::1]",
            "https://2130706433",
            "https://0x7f.1",
        ] {
            assert!(matches!(client.instance_address(typed), Err(AddressError::Private(_))), "{typed}");
        }
    }

    #[test]
    fn an_opened_range_may_be_plain_http_and_nothing_else_may() {
        let client = client(&["127.0.0.0/8"]);
        assert_eq!(
            client.instance_address("http://127.0.0.1:8081/nav_to.do?x=1").expect("opened").as_str(),
            "http://127.0.0.1:8081/"
        );
        assert!(matches!(client.instance_address("http://example.service-now.com"), Err(AddressError::NotHttps)));
        assert_eq!(
            client.instance_address("example.service-now.com").expect("public").as_str(),
            "https://example.service-now.com/"
        );
        assert!(matches!(client.instance_address("https://me:pw@example.com"), Err(AddressError::WithCredentials)));
    }

    #[tokio::test]
    async fn a_name_that_points_inside_is_refused_when_it_is_resolved() {
        let url = Url::parse("https://localhost/").expect("a url");
        let error = client(&[]).request(reqwest::Method::GET, url).send().await.expect_err("refused");
        assert!(error.is_connect(), "{error:?}");
    }
}
