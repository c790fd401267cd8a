//! Who one is comes from the environment, as for NATS tools; no error shows a secret.

use std::error::Error;
use std::fs;

use escadre_nats::jwt::Account;
use escadre_nats::permissions::{Grants, User};
use escadre_nats::{Address, ConnectErrorKind, Nats, connect};
use escadre_testbed::{Certificates, NatsServer, Options};
use nkeys::KeyPair;

use crate::operator_mode::operator_mode;
use crate::support::run;

/// A server with more lines in its configuration, and the address of a bucket on it.
fn server(config: &str) -> (NatsServer, String) {
    let options = Options { config: config.to_owned(), ..Options::default() };
    let server = NatsServer::start_with(&options).unwrap();
    let address = format!("{}/fleet-a", server.url());
    (server, address)
}

/// Connects with `variables` and opens the bucket; else what was wrong, and all that was said of it.
fn open(address: &str, variables: &[(&str, &str)]) -> Result<(), (ConnectErrorKind, String)> {
    let address: Address = address.parse().unwrap();
    let variable = |name: &str| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    run(async {
        match connect(&address, &variable).await {
            Ok(client) => {
                Nats::open(client, address.options(true)).await.unwrap();
                Ok(())
            }
            Err(error) => {
                let mut said = format!("{error:?} {error} {}", error.help().unwrap_or_default());
                let mut source = error.source();
                while let Some(cause) = source {
                    said.push_str(&format!(" {cause} {cause:?}"));
                    source = cause.source();
                }
                Err((error.kind().clone(), said))
            }
        }
    })
}

#[test]
fn a_token_a_password_and_an_nkey_are_read_from_the_environment() {
    let (_server, address) = server("authorization { token: s3cret }");
    assert_eq!(open(&address, &[("NATS_TOKEN", "s3cret")]), Ok(()));
    let (_server, address) = server("authorization { user: ada, password: s3cret }");
    assert_eq!(open(&address, &[("NATS_USER", "ada"), ("NATS_PASSWORD", "s3cret")]), Ok(()));
    let key = KeyPair::new_user();
    let (_server, address) =
        server(&format!("authorization {{ users: [ {{ nkey: {} }} ] }}", key.public_key()));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("user.nk");
    fs::write(&file, format!("# a comment\n{}\n", key.seed().unwrap())).unwrap();
    assert_eq!(open(&address, &[("NATS_NKEY", file.to_str().unwrap())]), Ok(()));
    // So may the content of the file, which no error shows.
    let content = fs::read_to_string(&file).unwrap();
    assert_eq!(open(&address, &[("NATS_NKEY", &content)]), Ok(()));
    let stranger = KeyPair::new_user().seed().unwrap();
    let (kind, said) = open(&address, &[("NATS_NKEY", &stranger)]).unwrap_err();
    assert_eq!(kind, ConnectErrorKind::Denied { variable: Some("NATS_NKEY") });
    assert!(!said.contains(&stranger), "{said}");
    let content = "-----BEGIN NATS USER JWT-----\ns3cret";
    let (kind, said) = open(&address, &[("NATS_CREDS", content)]).unwrap_err();
    assert!(matches!(kind, ConnectErrorKind::BadFile { .. }) && !said.contains("s3cret"), "{said}");
}

#[test]
fn the_environment_names_the_servers_where_the_address_does_not() {
    let (server, _) = server("");
    assert_eq!(open("nats:///fleet-a", &[("NATS_URL", &server.url())]), Ok(()));
    let (kind, _) = open("nats:///fleet-a", &[]).unwrap_err();
    assert_eq!(kind, ConnectErrorKind::NoServers);
    let (kind, said) = open("nats:///a", &[("NATS_URL", "http://ada:s3cret@host")]).unwrap_err();
    assert_eq!(kind, ConnectErrorKind::BadServers);
    assert!(!said.contains("s3cret"), "{said}");
}

#[test]
fn a_password_in_nats_url_lets_in_and_is_told_to_no_log() {
    let log = &*crate::support::LOG;
    let with = |server: &NatsServer, user: &str| server.url().replace("//", &format!("//{user}@"));
    let (one, _) = server("authorization { user: ada, password: l0vely }");
    assert_eq!(open("nats:///fleet-a", &[("NATS_URL", &with(&one, "ada:l0vely"))]), Ok(()));
    let (two, _) = server("authorization { token: t0psecret }");
    assert_eq!(open("nats:///fleet-a", &[("NATS_URL", &with(&two, "t0psecret"))]), Ok(()));
    let (kind, said) =
        open("nats:///fleet-a", &[("NATS_URL", &with(&one, "ada:wr0ng"))]).unwrap_err();
    assert_eq!(kind, ConnectErrorKind::Denied { variable: Some("NATS_URL") });
    assert!(!said.contains("wr0ng"), "{said}");
    // Everything is logged in tests, also what the client's own library tells.
    assert!(log.has(&["DEBUG", "async_nats"]));
    for secret in ["l0vely", "t0psecret", "wr0ng"] {
        assert!(!log.has(&[secret]), "{secret}");
    }
}

#[test]
fn a_file_of_credentials_lets_in_and_is_told_to_no_log() {
    let log = &*crate::support::LOG;
    let (account, user) = (KeyPair::new_account(), KeyPair::new_user());
    let config = operator_mode(&account, &KeyPair::new_account());
    let (_server, address) = server(&config);
    let everything = Grants { publish: vec![">".to_owned()], subscribe: vec![">".to_owned()] };
    let user_of = User { nkey: user.public_key(), grants: everything };
    let signer = Account::new(&account.seed().unwrap(), None).unwrap();
    let jwt = signer.sign(&user_of, "user", 1_700_000_000).unwrap();
    let seed = user.seed().unwrap();
    let text = format!(
        "-----BEGIN NATS USER JWT-----\n{jwt}\n------END NATS USER JWT------\n\n\
         -----BEGIN USER NKEY SEED-----\n{seed}\n------END USER NKEY SEED------\n"
    );
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("user.creds");
    fs::write(&file, text).unwrap();
    assert_eq!(open(&address, &[("NATS_CREDS", file.to_str().unwrap())]), Ok(()));
    for secret in [&*seed, &*jwt] {
        assert!(!log.has(&[secret]));
    }
}

#[test]
fn whoever_is_not_let_in_is_told_so_without_a_secret() {
    let (_server, address) = server("authorization { user: ada, password: right }");
    let (kind, said) = open(&address, &[]).unwrap_err();
    assert_eq!(kind, ConnectErrorKind::Denied { variable: None });
    assert!(said.contains("NATS_CREDS"), "{said}");
    let wrong = [("NATS_USER", "ada"), ("NATS_PASSWORD", "s3cret")];
    let (kind, said) = open(&address, &wrong).unwrap_err();
    assert_eq!(kind, ConnectErrorKind::Denied { variable: Some("NATS_USER") });
    assert!(!said.contains("s3cret"), "{said}");
    let (kind, _) = open(&address, &[("NATS_USER", "ada")]).unwrap_err();
    assert_eq!(kind, ConnectErrorKind::Alone { variable: "NATS_USER", other: "NATS_PASSWORD" });
}

#[test]
fn a_file_without_credentials_is_named_and_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("user.creds");
    fs::write(&file, "s3cret").unwrap();
    for variable in ["NATS_CREDS", "NATS_NKEY"] {
        for path in [file.as_path(), &folder.path().join("nowhere")] {
            let set = [(variable, path.to_str().unwrap())];
            let (kind, said) = open("nats://127.0.0.1:1/a", &set).unwrap_err();
            assert_eq!(kind, ConnectErrorKind::BadFile { variable, file: path.to_owned() });
            assert!(!said.contains("s3cret"), "{said}");
        }
    }
}

#[test]
fn nobody_at_the_address_is_told_with_the_address() {
    let (kind, _) = open("nats://127.0.0.1:1/a", &[]).unwrap_err();
    assert_eq!(kind, ConnectErrorKind::Unreachable { servers: "127.0.0.1:1".to_owned() });
}

#[test]
fn a_server_with_tls_lets_in_whom_its_authority_signed_for() {
    let certificates = Certificates::make().unwrap();
    let (_server, address) = server(&certificates.server_config());
    let (certificate, key) = certificates.client();
    let authority = certificates.authority();
    let ca = ("NATS_CA", authority.to_str().unwrap());
    let client =
        [("NATS_CERT", certificate.to_str().unwrap()), ("NATS_KEY", key.to_str().unwrap())];
    assert_eq!(open(&address, &[ca, client[0], client[1]]), Ok(()));
    let tls = address.replace("nats://", "tls://");
    assert_eq!(open(&tls, &[ca, client[0], client[1]]), Ok(()));
    // Another authority, which the client does not trust.
    let other = Certificates::make().unwrap().authority();
    assert!(open(&address, &[("NATS_CA", other.to_str().unwrap())]).is_err());
    assert!(open(&address, &[client[0], client[1]]).is_err());
    let (kind, _) = open(&address, &[ca, client[0]]).unwrap_err();
    assert_eq!(kind, ConnectErrorKind::Alone { variable: "NATS_CERT", other: "NATS_KEY" });
}

#[test]
fn an_address_has_servers_a_bucket_and_replicas_and_no_secret() {
    let parse = |text: &str| text.parse::<Address>().map(|address| address.to_string());
    assert_eq!(parse("nats://a:1,b").unwrap(), "nats://a:1,b/desired-state");
    assert_eq!(parse("tls://a/f?replicas=3").unwrap(), "tls://a/f?replicas=3");
    assert_eq!(parse("nats:///f").unwrap(), "nats:///f");
    for wrong in
        ["a", "http://a", "nats://a/b/c", "nats://a?replicas=9", "nats://a?x=1", "nats://a,"]
    {
        assert!(parse(wrong).is_err(), "{wrong}");
    }
    let error = parse("nats://ada:s3cret@a").unwrap_err();
    assert!(!format!("{error} {error:?}").contains("s3cret"));
}
