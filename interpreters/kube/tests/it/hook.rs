//! A webhook that an API server asks before it writes: a server of its own, which can go and come back.

use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use escadre_testbed::Certificates;
use http::Method;
use serde_json::{Value as Json, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::cluster::{Cluster, send, until};

const LIST: &str = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";

/// Why an object is refused, if it is.
type Judge = fn(&Json) -> Option<&'static str>;

/// A webhook, asked about objects of one kind.
pub(crate) struct Hook {
    certificates: Certificates,
    address: SocketAddr,
    judge: Judge,
    serving: Option<JoinHandle<()>>,
}

impl Hook {
    /// Starts one, and has the API server ask it about `resource`; returns once it does.
    pub(crate) async fn start(
        cluster: &Cluster,
        name: &str,
        (group, resource): (&str, &str),
        judge: Judge,
        probe: (Method, &str, &Json),
    ) -> Self {
        let certificates = Certificates::make().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut hook = Self { certificates, address, judge, serving: None };
        hook.serve(listener);
        let authority = fs::read(hook.certificates.authority()).unwrap();
        let rule = json!({
            "apiGroups": [group], "apiVersions": ["v1"], "resources": [resource],
            "operations": ["CREATE", "UPDATE"],
        });
        let body = json!({
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": name},
            "webhooks": [{
                "name": name, "failurePolicy": "Fail", "sideEffects": "None", "timeoutSeconds": 5,
                "admissionReviewVersions": ["v1"], "rules": [rule],
                "clientConfig": {
                    "url": format!("https://{address}/"), "caBundle": STANDARD.encode(authority),
                },
            }],
        });
        cluster.ask(Method::POST, LIST, &body).await;
        let (method, path, body) = probe;
        let path = format!("{path}?dryRun=All");
        until("the webhook is asked", async || {
            let tried = send(&cluster.admin, method.clone(), &path, body).await;
            matches!(tried, Err(kube::Error::Api(status)) if status.message.contains(name))
        })
        .await;
        hook
    }

    /// Answers on `listener`.
    fn serve(&mut self, listener: TcpListener) {
        let (certificate, key) = self.certificates.server();
        let chain = CertificateDer::pem_file_iter(certificate).unwrap().map(Result::unwrap);
        let key = PrivateKeyDer::from_pem_file(key).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain.collect(), key)
            .unwrap();
        let (acceptor, judge) = (TlsAcceptor::from(Arc::new(config)), self.judge);
        self.serving = Some(tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                let Some(review) = request(&mut stream).await else { continue };
                let answer = answer(&review, judge).to_string();
                let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close";
                let text = format!("{head}\r\nContent-Length: {}\r\n\r\n{answer}", answer.len());
                let _ = stream.write_all(text.as_bytes()).await;
                let _ = stream.shutdown().await;
            }
        }));
    }

    /// Ends it: from then on nobody listens there.
    pub(crate) async fn stop(&mut self) {
        if let Some(serving) = self.serving.take() {
            serving.abort();
            let _ = serving.await;
        }
    }

    /// Starts it again where it was.
    pub(crate) async fn restart(&mut self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.serve(listener);
    }

    /// Has the API server ask it no more; returns once `probe` is let through.
    pub(crate) async fn remove(
        mut self,
        cluster: &Cluster,
        name: &str,
        (method, path, body): (Method, &str, &Json),
    ) {
        cluster.ask(Method::DELETE, &format!("{LIST}/{name}"), &json!({})).await;
        let path = format!("{path}?dryRun=All");
        until("the webhook is not asked any more", async || {
            send(&cluster.admin, method.clone(), &path, body).await.is_ok()
        })
        .await;
        self.stop().await;
    }
}

/// The body of the request that comes in, if it is whole.
async fn request(stream: &mut (impl AsyncReadExt + Unpin)) -> Option<Json> {
    let mut bytes = Vec::new();
    loop {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        let mut headers = [httparse::EMPTY_HEADER; 32];
        let mut request = httparse::Request::new(&mut headers);
        let httparse::Status::Complete(at) = request.parse(&bytes).ok()? else { continue };
        let length =
            request.headers.iter().find(|it| it.name.eq_ignore_ascii_case("content-length"));
        let length: usize = std::str::from_utf8(length?.value).ok()?.parse().ok()?;
        if let Some(body) = bytes.get(at..at + length) {
            return serde_json::from_slice(body).ok();
        }
    }
}

fn answer(review: &Json, judge: Judge) -> Json {
    let request = &review["request"];
    let refused = judge(&request["object"]);
    let mut response = json!({"uid": request["uid"], "allowed": refused.is_none()});
    if let Some(why) = refused {
        response["status"] = json!({"code": 403, "message": why});
    }
    json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response})
}
