use super::*;

/// Reads a command line in an environment.
fn line(arguments: &[&str], environment: &[(&str, &str)]) -> Result<Command, Refusal> {
    let arguments = ["ringfall"].iter().chain(arguments).map(OsString::from);
    read(arguments, |name| {
        let found = environment.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned()).ok_or(VarError::NotPresent)
    })
}

fn serve(arguments: &[&str], environment: &[(&str, &str)]) -> serve::Settings {
    match line(arguments, environment) {
        Ok(Command::Serve(settings, _)) => *settings,
        other => panic!("{other:?}"),
    }
}

#[test]
fn without_arguments_it_serves_with_the_defaults() {
    for arguments in [&[][..], &["serve"]] {
        let settings = serve(arguments, &[]);
        assert_eq!(settings.listen.to_string(), "127.0.0.1:8080");
        assert_eq!((settings.public_url, settings.admin_key), (None, None));
        assert_eq!(settings.engine, serve::Engine::Sqlite { data_dir: PathBuf::from("./.ringfall") });
    }
}

#[test]
fn every_flag_is_taken_with_and_without_the_word_serve() {
    let flags = ["--listen", "[::1]:9000", "--data-dir", "/tmp/x", "--public-url", "https://a.example/b"];
    let key = "k".repeat(32);
    for word in [&[][..], &["serve"]] {
        let settings = serve(&[word, &flags].concat(), &[(ADMIN_KEY, &key)]);
        assert_eq!(settings.listen.to_string(), "[::1]:9000");
        assert_eq!(settings.engine, serve::Engine::Sqlite { data_dir: PathBuf::from("/tmp/x") });
        assert_eq!(settings.public_url.map(String::from).as_deref(), Some("https://a.example/b"));
        assert_eq!(settings.admin_key.map(|key| key.expose().to_owned()), Some(key.clone()));
    }
}

#[test]
fn sip_is_taken_where_it_is_free_where_it_is_asked_for_or_nowhere() {
    let sip = |arguments: &[&str]| serve(arguments, &[]).relay.sip;
    assert_eq!(sip(&[]), serve::Sip::IfFree);
    assert_eq!(serve::Sip::DEFAULT.to_string(), "127.0.0.1:5060");
    assert_eq!(sip(&["--sip", "127.0.0.1:5060"]), serve::Sip::At(serve::Sip::DEFAULT));
    assert_eq!(sip(&["serve", "--sip", "off"]), serve::Sip::Off);
    let settings = serve(&["--data-dir", "/tmp/x", "--relay-public-ip", "203.0.113.7"], &[]);
    assert_eq!(settings.relay.data_dir, PathBuf::from("/tmp/x"));
    assert_eq!(settings.relay.public_ip.map(|ip| ip.to_string()).as_deref(), Some("203.0.113.7"));
    assert!(settings.relay_secret.is_none());
    assert!(serve(&[], &[(RELAY_SECRET, "0123456789abcdef")]).relay_secret.is_some());
}

#[test]
fn dynamodb_is_taken_with_a_table_and_a_queue_that_are_made_only_if_asked_for() {
    let plain = ("ringfall", "ringfall", Missing::Refuse);
    let url = "https://sqs.us-east-1.amazonaws.com/1/q";
    for (arguments, (table, queue, missing)) in [
        (&["--store", "dynamodb"][..], plain),
        (
            &["--store", "dynamodb", "--table", "calls", "--queue", url, "--create-tables"],
            ("calls", url, Missing::Create),
        ),
    ] {
        let (table, queue) = (table.to_owned(), queue.to_owned());
        let expected = serve::Engine::DynamoDb(dynamodb::Settings { table, queue, missing });
        assert_eq!(serve(arguments, &[]).engine, expected);
    }
}

#[test]
fn the_key_is_a_file_in_the_data_folder_or_wherever_it_is_said_to_be() {
    use serve::MissingKey::{Make, Refuse};
    for (arguments, path, missing) in [
        (&[][..], "./.ringfall/ringfall.key", Make),
        (&["--data-dir", "/tmp/x"], "/tmp/x/ringfall.key", Make),
        (&["--key-file", "/tmp/key"], "/tmp/key", Make),
        (&["--store", "dynamodb", "--key-file", "/tmp/key"], "/tmp/key", Refuse),
        (&["--store", "dynamodb", "--create-tables"], "./.ringfall/ringfall.key", Make),
    ] {
        let keys = serve(arguments, &[]).keys;
        assert_eq!((keys.path, keys.missing), (PathBuf::from(path), missing), "{arguments:?}");
    }
}

#[test]
fn a_bad_setting_is_named_by_both_its_names_with_what_it_should_be() {
    let long_enough = "k".repeat(32);
    let short = "k".repeat(31);
    for (arguments, environment, setting, expected) in [
        (&["--listen", "localhost"][..], &[][..], "--listen (RINGFALL_LISTEN)", "127.0.0.1:8080"),
        (&["--listen", "127.0.0.1:70000"], &[], "--listen (RINGFALL_LISTEN)", "127.0.0.1:8080"),
        (&["serve", "--public-url", "a.example"], &[], "--public-url (RINGFALL_PUBLIC_URL)", "https"),
        (&["--public-url", "ftp://a.example"], &[], "--public-url (RINGFALL_PUBLIC_URL)", "https"),
        (&["--public-url", "https://u:p@a.example"], &[], "--public-url (RINGFALL_PUBLIC_URL)", "user"),
        (&["--public-url", "https://a.example/?b=c"], &[], "--public-url (RINGFALL_PUBLIC_URL)", "query"),
        (&["--sip", "5060"], &[], "--sip (RINGFALL_SIP)", "or off"),
        (
            &["--relay-public-ip", "example.com"],
            &[],
            "--relay-public-ip (RINGFALL_RELAY_PUBLIC_IP)",
            "an IP address",
        ),
        (&[], &[(RELAY_SECRET, "short")], RELAY_SECRET, "16 to 256"),
        (&["--store", "redis"], &[], "--store (RINGFALL_STORE)", "sqlite or dynamodb"),
        (&["--table", "a b"], &[], "--table (RINGFALL_TABLE)", "3 to 255"),
        (&["--queue", "a.fifo"], &[], "--queue (RINGFALL_QUEUE)", "URL of a queue"),
        (&["--queue", "ftp://a.example/q"], &[], "--queue (RINGFALL_QUEUE)", "URL of a queue"),
        (&["--log-format", "xml"], &[], "--log-format (RINGFALL_LOG_FORMAT)", "json or text"),
        (&["demo", "--log-format", "xml"], &[], "--log-format (RINGFALL_LOG_FORMAT)", "json or text"),
        (&[], &[(ADMIN_KEY, &*short)], ADMIN_KEY, "32 characters or more"),
        (&[], &[(ADMIN_KEY, "")], ADMIN_KEY, "32 characters or more"),
        (&[], &[(ADMIN_KEY, "\u{7}0123456789012345678901234567890123456789")], ADMIN_KEY, "control"),
        (&[], &[(ADMIN_KEY, &*long_enough), ("RUST_LOG", "a=b=c")], "RUST_LOG", "info"),
    ] {
        match line(arguments, environment) {
            Err(Refusal::Setting { setting: named, expected: told }) => {
                assert_eq!(named, setting, "{arguments:?}");
                assert!(told.contains(expected), "{arguments:?}: {told}");
            }
            other => panic!("{arguments:?}: {other:?}"),
        }
    }
}

#[test]
fn what_is_no_command_line_is_answered_in_claps_words() {
    for arguments in
        [&["--trunk", "x"][..], &["sing"], &["serve", "extra"], &["--listen"], &["--data-dir", ""]]
    {
        match line(arguments, &[]) {
            Err(Refusal::Usage(error)) => assert!(error.use_stderr(), "{arguments:?}"),
            other => panic!("{arguments:?}: {other:?}"),
        }
    }
}

#[test]
fn the_help_tells_of_every_setting_and_of_the_demonstration() {
    let Err(Refusal::Usage(help)) = line(&["--help"], &[]) else { panic!("no help") };
    let help = help.to_string();
    for word in
        ["demo", "--listen", "RINGFALL_DATA_DIR", "--public-url", ADMIN_KEY, "RINGFALL_STORE", "RUST_LOG"]
    {
        assert!(help.contains(word), "{word} is missing:\n{help}");
    }
}

#[test]
fn the_key_is_not_shown() {
    let key = "a-key-that-nobody-else-must-see-at-all";
    let shown = format!("{:?}", serve(&[], &[(ADMIN_KEY, key)]));
    assert!(!shown.contains("nobody"), "{shown}");
}
