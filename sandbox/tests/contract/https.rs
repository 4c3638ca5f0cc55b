//! https, for clients that refuse plain http.
#![allow(clippy::disallowed_methods)] // its client only ever calls the instance under test

use reqwest::{Certificate, Client};
use sandbox::{Sandbox, Settings};

use crate::support::Instance;

#[tokio::test]
async fn a_certificate_is_made_once_and_can_be_trusted() {
    let folder = std::env::temp_dir().join(format!("sandbox-https-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let settings = || Settings { tls: Some(folder.join("practice.pem")), ..Settings::in_memory() };
    let mut certificates = Vec::new();
    for _ in 0..2 {
        let instance = Instance::with(settings()).await;
        assert!(instance.url("").starts_with("https://"));
        let pem = std::fs::read(folder.join("practice.pem")).expect("the certificate");
        let trusting = Client::builder().add_root_certificate(Certificate::from_pem(&pem).expect("a certificate"));
        let trusting = trusting.build().expect("a client");
        let answer =
            trusting.get(instance.url("/api/now/table/sys_user?sysparm_limit=1")).basic_auth("admin", Some("admin"));
        let answer = answer.send().await.expect("an answer over TLS").text().await.expect("text");
        assert!(answer.contains(&format!("\"link\":\"{}", instance.url(""))), "links begin with https as well");
        assert!(instance.http.get(instance.url("/")).send().await.is_err(), "nobody else trusts it");
        certificates.push(pem);
        instance.stop().await;
    }
    assert_eq!(certificates[0], certificates[1]);
    std::fs::write(folder.join("practice.pem"), "no certificate").expect("a file");
    let refused = Sandbox::start(settings()).await.err().map(|error| error.to_string()).unwrap_or_default();
    assert!(refused.contains("practice.pem") && refused.contains("certificate"), "{refused}");
    std::fs::remove_dir_all(folder).expect("the folder can go");
}
