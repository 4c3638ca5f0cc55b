//! Contract 1.3 and 1.6: client credentials, passwords, JWT assertions.

use crate::support::oauth::assert_refused;
use crate::support::{BETH, CLIENT_ID, Hand, Instance};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::{Response, StatusCode};
use rsa::RsaPrivateKey;
use rsa::pkcs8::{EncodePrivateKey, EncodePublicKey, LineEnding};
use serde_json::{Value, json};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

fn id(record: &Value) -> &str {
    record["sys_id"].as_str().expect("an id")
}

/// 1.6: Client credentials need the property and a user whom the token acts as; there is no refresh token.
#[tokio::test]
async fn client_credentials_need_property_and_user() {
    let instance = Instance::start().await;
    let form = [("grant_type", "client_credentials")];
    assert_refused(instance.token(&form).await).await;
    instance.set_property("glide.oauth.inbound.client.credential.grant_type.enabled", "true").await;
    assert_refused(instance.token(&form).await).await;
    assert!(instance.last_cause().await.contains("no OAuth Application User"));
    let client = instance.get(&format!("/api/now/table/oauth_entity?sysparm_query=client_id={CLIENT_ID}")).await;
    instance.patch(&format!("/api/now/table/oauth_entity/{}", id(&client[0])), json!({"user": BETH})).await;
    let tokens = instance.tokens(&form).await;
    assert!(tokens.get("refresh_token").is_none());
    let who = "/api/now/table/sys_user?sysparm_query=sys_id=javascript:gs.getUserID()&sysparm_fields=user_name";
    let who: Value = instance.call_with(&tokens["access_token"], who).await.json().await.expect("JSON");
    assert_eq!(who["result"][0]["user_name"], "beth.anglin");
}

/// 1.6: The password grant can be disabled by its property.
#[tokio::test]
async fn the_password_grant_can_be_disabled() {
    let instance = Instance::start().await;
    instance.agents_tokens().await;
    instance.set_property("glide.oauth.inbound.ropc.grant_type.disabled", "true").await;
    let form = [("grant_type", "password"), ("username", "itil"), ("password", "itil")];
    assert_refused(instance.token(&form).await).await;
}

/// An OAuth JWT API endpoint with one key, and what its client knows.
struct Endpoint {
    record: Value,
    client_id: String,
    kid: String,
    algorithm: Algorithm,
    key: EncodingKey,
}

impl Endpoint {
    async fn with_certificate(instance: &Instance, values: Value) -> Self {
        let key = RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).expect("a key");
        let public = key.to_public_key().to_public_key_pem(LineEnding::LF).expect("PEM");
        let private = key.to_pkcs8_pem(LineEnding::LF).expect("PEM");
        let certificate = json!({"name": "Client", "pem_certificate": public});
        let certificate = instance.post("/api/now/table/sys_certificate", certificate).await;
        let key = EncodingKey::from_rsa_pem(private.as_bytes()).expect("a key");
        Self::with_key(instance, values, json!({"sys_certificate": id(&certificate)}), (Algorithm::RS256, key)).await
    }

    async fn with_shared_key(instance: &Instance) -> Self {
        let key = EncodingKey::from_secret(b"a shared key of some length, as it should be");
        let shared = json!({"shared_key": "a shared key of some length, as it should be"});
        Self::with_key(instance, json!({}), shared, (Algorithm::HS256, key)).await
    }

    async fn with_key(
        instance: &Instance,
        mut values: Value,
        mut verifier: Value,
        (algorithm, key): (Algorithm, EncodingKey),
    ) -> Self {
        values["name"] = "Assertions".into();
        values["client_secret"] = "jwt-secret".into();
        let record = instance.post("/api/now/table/oauth_jwt", values).await;
        verifier["oauth_jwt"] = id(&record).into();
        let verifier = instance.post("/api/now/table/jwt_verifier_map", verifier).await;
        let client_id = record["client_id"].as_str().expect("an id").to_owned();
        let kid = verifier["kid"].as_str().expect("a kid").to_owned();
        Self { record, client_id, kid, algorithm, key }
    }

    fn claims(&self) -> Value {
        let (iss, aud) = (&self.client_id, &self.client_id);
        json!({"iss": iss, "aud": aud, "sub": "beth.anglin@example.com", "exp": Hand::BEGIN + 300, "jti": "one"})
    }

    fn signed(&self, claims: &Value) -> String {
        let header = Header { kid: Some(self.kid.clone()), ..Header::new(self.algorithm) };
        jsonwebtoken::encode(&header, claims, &self.key).expect("a JWT")
    }

    async fn trade(&self, instance: &Instance, claims: &Value) -> Response {
        let form = [("grant_type", GRANT), ("client_id", &self.client_id), ("client_secret", "jwt-secret")];
        let form: Vec<_> = form.into_iter().chain([("assertion", self.signed(claims).leak() as &str)]).collect();
        instance.token(&form).await
    }
}

async fn who(instance: &Instance, tokens: &Value) -> String {
    let path = "/api/now/table/sys_user?sysparm_query=sys_id=javascript:gs.getUserID()&sysparm_fields=user_name";
    let found: Value = instance.call_with(&tokens["access_token"], path).await.json().await.expect("JSON");
    found["result"][0]["user_name"].as_str().unwrap_or_default().to_owned()
}

/// 1.3: A JWT signed with the key of a recorded certificate gives its subject's token, and no refresh token.
#[tokio::test]
async fn an_assertion_gives_its_subjects_token() {
    let (instance, _) = Instance::start_with_clock().await;
    let endpoint = Endpoint::with_certificate(&instance, json!({})).await;
    let tokens: Value = endpoint.trade(&instance, &endpoint.claims()).await.json().await.expect("JSON");
    assert_eq!(who(&instance, &tokens).await, "beth.anglin");
    assert!(tokens.get("refresh_token").is_none());
}

/// 1.3: PySNC's way works too: the JWT in a header named Authentication.
#[tokio::test]
async fn an_assertion_in_pysncs_header() {
    let (instance, _) = Instance::start_with_clock().await;
    let endpoint = Endpoint::with_shared_key(&instance).await;
    let jwt = endpoint.signed(&endpoint.claims());
    let form = [("grant_type", GRANT), ("client_id", &endpoint.client_id), ("client_secret", "jwt-secret")];
    let request = instance.http.post(instance.url("/oauth_token.do")).form(&form);
    let response = request.header("Authentication", format!("Bearer {jwt}")).send().await.expect("an answer");
    let tokens: Value = response.json().await.expect("JSON");
    assert_eq!(who(&instance, &tokens).await, "beth.anglin");
}

/// 1.3: The column of the user that the subject is held against is the endpoint's to choose.
#[tokio::test]
async fn the_user_field_is_chosen() {
    let (instance, _) = Instance::start_with_clock().await;
    let endpoint = Endpoint::with_certificate(&instance, json!({"user_field": "sys_id"})).await;
    let mut claims = endpoint.claims();
    assert_refused(endpoint.trade(&instance, &claims).await).await;
    claims["sub"] = BETH.into();
    assert_eq!(endpoint.trade(&instance, &claims).await.status(), StatusCode::OK);
}

/// 1.3: Audience, issuer and end of an assertion are checked, and the subject must not be an administrator.
#[tokio::test]
async fn claims_are_checked() {
    let (instance, _) = Instance::start_with_clock().await;
    let endpoint = Endpoint::with_shared_key(&instance).await;
    for (claim, value, cause) in [
        ("aud", json!("another"), "aud is not the client id"),
        ("iss", json!("another"), "iss is not the client id"),
        ("exp", json!(Hand::BEGIN - 300), "the assertion has expired"),
        ("exp", Value::Null, "there is no claim exp"),
        ("sub", json!("nobody@example.com"), "no user has email"),
        ("sub", json!("admin@example.com"), "Grant access to admin is not allowed"),
    ] {
        let mut claims = endpoint.claims();
        claims[claim] = value;
        assert_refused(endpoint.trade(&instance, &claims).await).await;
        assert!(instance.last_cause().await.contains(cause), "{cause}");
    }
    let mut claims = endpoint.claims();
    claims["exp"] = json!(Hand::BEGIN - 299);
    assert_eq!(endpoint.trade(&instance, &claims).await.status(), StatusCode::OK, "within the clock skew");
}

/// 1.3: A claim validation may name another issuer.
#[tokio::test]
async fn a_claim_validation_names_another_issuer() {
    let (instance, _) = Instance::start_with_clock().await;
    let endpoint = Endpoint::with_shared_key(&instance).await;
    let claim = json!({"oauth_jwt": id(&endpoint.record), "name": "iss", "value": "https://issuer.example"});
    instance.post("/api/now/table/oauth_jwt_claims", claim).await;
    let mut claims = endpoint.claims();
    assert_refused(endpoint.trade(&instance, &claims).await).await;
    claims["iss"] = "https://issuer.example".into();
    assert_eq!(endpoint.trade(&instance, &claims).await.status(), StatusCode::OK);
}

/// 1.3: An assertion must be signed with a recorded key, found by its kid.
#[tokio::test]
async fn another_key_is_refused() {
    let (instance, _) = Instance::start_with_clock().await;
    let mut endpoint = Endpoint::with_shared_key(&instance).await;
    let kid = std::mem::replace(&mut endpoint.kid, "another".into());
    assert_refused(endpoint.trade(&instance, &endpoint.claims()).await).await;
    endpoint.kid = kid;
    endpoint.key = EncodingKey::from_secret(b"guessed");
    assert_refused(endpoint.trade(&instance, &endpoint.claims()).await).await;
    endpoint.algorithm = Algorithm::HS512;
    assert_refused(endpoint.trade(&instance, &endpoint.claims()).await).await;
}

/// 1.3: Where the endpoint checks ids, an assertion is taken once.
#[tokio::test]
async fn an_assertion_is_taken_once_where_ids_are_checked() {
    let (instance, _) = Instance::start_with_clock().await;
    let endpoint = Endpoint::with_certificate(&instance, json!({"enable_jti_verification": "true"})).await;
    let mut claims = endpoint.claims();
    assert_eq!(endpoint.trade(&instance, &claims).await.status(), StatusCode::OK);
    assert_refused(endpoint.trade(&instance, &claims).await).await;
    claims["jti"] = "two".into();
    assert_eq!(endpoint.trade(&instance, &claims).await.status(), StatusCode::OK);
}
