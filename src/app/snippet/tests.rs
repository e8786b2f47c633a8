//! What `snippet --from` makes of real configurations, and of hostile ones.

use std::fs;
use std::path::Path;

use super::Addresses;
use super::from::{read, told};
use crate::app::config::{Flags, load_from};

/// The files in a folder of their own, read from the first; what is printed, noted and wrong, with
/// the folder left out.
fn from(files: &[(&str, &str)]) -> (String, Vec<String>, Vec<String>) {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    }
    let path = folder.path().join(files[0].0);
    let (dialect, found) = read(&path, None).expect("it is there");
    let addresses = Addresses::all_at("192.0.2.7:5514");
    let (out, wrong) = told(&path, dialect, &found, &addresses);
    let front = format!("{}/", folder.path().display());
    let short = |text: &String| text.replace(&front, "");
    let errors = found.errors.iter().chain(&wrong).map(short).collect();
    (short(&out), found.notes.iter().map(short).collect(), errors)
}

/// The part for tapline.toml, once it was seen to be good.
fn formats(out: &str) -> Vec<(String, String)> {
    let part = out.split("\n# Into the server's").next().expect("one");
    let file = tempfile::NamedTempFile::new().expect("a file");
    fs::write(file.path(), part).expect("written");
    match load_from(Some(file.path().into()), Vec::new(), &Flags::default()) {
        Ok(loaded) => loaded.config.formats.into_iter().map(|own| (own.name, own.text)).collect(),
        Err(problems) => panic!("{part}\n{problems}"),
    }
}

/// The lines to paste into the server.
fn pasted(out: &str) -> Vec<&str> {
    let (_, part) = out.split_once("\n# Into the server's").expect("both parts");
    part.lines().skip(1).filter(|line| !line.starts_with('#')).collect()
}

const NGINX: &str = r#"
user www-data;
http {
    include mime.types;
    # log_format commented '$status';
    log_format main '$remote_addr - $remote_user [$time_local] "$request" '
                    '$status $body_bytes_sent "$http_referer" '
                    '"$http_user_agent" "$http_x_forwarded_for"';
    log_format odd '$status|$remote_addr|$request_time|"$request"|$host';
    log_format keys escape=json '{"time":"$time_iso8601","client":"$remote_addr",'
                                '"status":$status,"request":"$request","host":"$host"}';
    log_format "a b" escape=none "it's $remote_addr $status \"$request\"";
    log_format json '$host $status $request_uri';
    access_log /var/log/nginx/access.log main;
    access_log /var/log/nginx/raw.log "a b";
    access_log /var/log/nginx/json.log json;
    log_format unused '$host|$status';
    include sites/*.conf;
    map $status $loggable { ~^[23] 0; default 1; }
    server {
        location / { content_by_lua_block { ngx.say("}") } }
        location /quiet { access_log off; }
        access_log /var/log/nginx/b.log;
    }
}
"#;

#[test]
fn a_real_nginx_conf_gives_what_is_to_be_told_and_what_to_paste() {
    let site = "server { access_log syslog:server=192.0.2.1:514,tag=shop,nohostname odd if=$loggable; }\n\
                server { access_log /x.log odd; access_log /y.log odd buffer=32k flush=5s; }\n\
                server { access_log syslog:server=192.0.2.7:5514,tag=nginx main; }\n";
    let (out, notes, errors) = from(&[("nginx.conf", NGINX), ("sites/a.conf", site)]);
    assert_eq!(errors, [""; 0]);
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(notes[0].starts_with("nginx.conf:4: mime.types can't be read"), "{notes:?}");
    for told in [
        "# nginx.conf:10: keys is read without being told, as json\n",
        "\n#unused = '$host|$status'\n",
        "# escape=none: a client can write quotes",
        "# sites/a.conf:3 sends here already.\n",
    ] {
        assert!(out.contains(told), "{told}\n{out}");
    }
    let main = r#"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" "$http_x_forwarded_for""#;
    let expected = [
        // An address with a port could be an upstream's there.
        ("main", main),
        ("odd", r#"$status|$remote_addr|$request_time|"$request"|$host"#),
        ("a_b", r#"log_format a_b escape=none 'it\'s $remote_addr $status \"$request\"';"#),
        ("my_json", "$host $status $request_uri"),
    ];
    assert_eq!(formats(&out), expected.map(|(name, text)| (name.to_owned(), text.to_owned())));
    assert_eq!(
        pasted(&out),
        [
            "access_log syslog:server=192.0.2.7:5514,tag=nginx main;",
            r#"access_log syslog:server=192.0.2.7:5514,tag=nginx "a b";"#,
            "access_log syslog:server=192.0.2.7:5514,tag=nginx json;",
            "access_log syslog:server=192.0.2.7:5514,tag=shop,nohostname odd if=$loggable;",
            "access_log syslog:server=192.0.2.7:5514,tag=nginx odd;",
            "access_log syslog:server=192.0.2.7:5514,tag=nginx combined;",
        ]
    );
}

#[test]
fn a_forwarded_list_is_told_where_it_could_pass_for_an_upstream() {
    let front = r#"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent""#;
    for (behind, told) in [
        (r#""$http_x_forwarded_for""#, true),
        (r#""$http_x_forwarded_for" "$request_time""#, true),
        (r#""$http_x_forwarded_for" rt=$request_time ua="$upstream_addr""#, false),
        (r#"xff="$http_x_forwarded_for""#, false),
        (r#""$upstream_addr" "$request_time""#, false),
        ("$request_time $upstream_response_time", false),
    ] {
        let conf = format!("log_format x '{front} {behind}';\n");
        let (out, ..) = from(&[("nginx.conf", &conf)]);
        assert_eq!(!formats(&out).is_empty(), told, "{out}");
    }
}

#[test]
fn a_real_apache_conf_keeps_its_tags_and_conditions() {
    let conf = r#"ServerRoot "/nonexistent"
LogFormat "%v:%p %h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\"" vhost_combined
LogFormat "%h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\"" combined
LogFormat "%{User-agent}i" agent
LogFormat "%V|%h|%>s|\"%r\"|\
%{ms}T" odd
<VirtualHost *:80>
    CustomLog ${APACHE_LOG_DIR}/access.log combined
    CustomLog "|/usr/bin/logger -t shop -p local1.info" odd env=!quiet
    CustomLog logs/x.log "%h %s"
</VirtualHost>
"#;
    let (out, notes, errors) = from(&[("apache2.conf", conf)]);
    assert_eq!((notes, errors), (Vec::new(), Vec::new()));
    assert!(out.contains("\n#agent = '%{User-agent}i'\n"), "{out}");
    let names: Vec<String> = formats(&out).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["odd", "custom_10"]);
    let logger =
        "CustomLog \"|/usr/bin/logger --udp --server 192.0.2.7 --port 5514 --rfc3164 --size 8M";
    assert_eq!(
        pasted(&out),
        [
            format!("{logger} --tag apache2 --priority local6.info\" combined"),
            format!("{logger} --tag shop --priority local6.info\" odd env=!quiet"),
            format!("{logger} --tag apache2 --priority local6.info\" \"%h %s\""),
        ]
    );
}

#[test]
fn formats_that_look_alike_and_mean_different_things_are_told() {
    let front = r#"%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\""#;
    let formats = [("d", "%D"), ("again", "%D"), ("t", "%T"), ("both", "%T %D")];
    let conf: String =
        formats.iter().map(|(name, end)| format!("LogFormat \"{front} {end}\" {name}\n")).collect();
    let (out, ..) = from(&[("httpd.conf", &conf)]);
    assert_eq!(out.matches("can't be told apart").count(), 1, "{out}");
    let told = "# d and t can't be told apart, and mean different things: say which sources write this\n\
                # one, [sources] formats = { \"HOST/TAG\" = \"t\" }\nt = ";
    assert!(out.contains(told), "{out}");

    // `check` says the same, unless they are told apart.
    let part = out.split("\n# Into the server's").next().expect("one");
    let notes = |more: &str| {
        let file = tempfile::NamedTempFile::new().expect("a file");
        fs::write(file.path(), format!("{part}{more}")).expect("written");
        let loaded = load_from(Some(file.path().into()), Vec::new(), &Flags::default());
        crate::app::formats::notes(&loaded.unwrap_or_else(|problems| panic!("{problems}")).config)
    };
    let [note] = &notes("")[..] else { panic!("{:?}", notes("")) };
    assert!(note.starts_with("[formats] d and t can't be told apart"), "{note}");
    assert_eq!(notes("\n[sources]\nformats = { \"b/apache2\" = \"t\" }\n"), [""; 0]);
}

#[test]
fn a_second_log_of_the_same_requests_is_told() {
    let formats = "log_format pipe '$status|$remote_addr|$request_time|\"$request\"';\n\
                   log_format js escape=json '{\"status\":$status,\"request\":\"$request\"}';\n";
    let told = |at: usize| {
        format!("# The requests of nginx.conf:{at} are logged here again: send one of the two")
    };
    let logs = format!("{formats}server {{ access_log a.log pipe;\naccess_log j.log js; }}\n");
    let (out, ..) = from(&[("nginx.conf", &logs)]);
    assert_eq!(pasted(&out).len(), 2);
    let (before, behind) = out.split_once(&told(3)).expect("a hint");
    assert!(before.contains(" pipe;\n") && behind.contains(" js;\n"), "{out}");

    // One is sent already, wherever it stands.
    let logs = format!(
        "{formats}server {{ access_log a.log pipe;\naccess_log syslog:server=192.0.2.7:5514 js; }}\n"
    );
    let (out, ..) = from(&[("nginx.conf", &logs)]);
    assert!(out.contains(&told(4)), "{out}");

    // Each of a block of its own, and two that one line sends.
    let logs = format!(
        "{formats}access_log a.log pipe;\nserver {{ access_log j.log js; }}\nserver {{ access_log off; }}\n\
         server {{ access_log x.log js;\naccess_log y.log js; }}\n"
    );
    let (out, ..) = from(&[("nginx.conf", &logs)]);
    assert!(!out.contains("again"), "{out}");

    let hosts = "CustomLog a.log common\n<VirtualHost *:80>\nCustomLog b.log combined\n</VirtualHost>\n\
                 <VirtualHost *:81>\nCustomLog c.log combined\nCustomLog d.log \"%h %>s\"\n</VirtualHost>\n";
    let (out, ..) = from(&[("httpd.conf", hosts)]);
    assert_eq!(out.matches("are logged here again").count(), 1, "{out}");
    assert!(out.contains("# The requests of httpd.conf:6 are"), "{out}");
}

#[test]
fn a_conf_without_formats_gives_the_line_for_combined() {
    let (out, _, errors) = from(&[("nginx.conf", "events {}\nhttp { server { listen 80; } }\n")]);
    assert!(errors.is_empty());
    assert!(out.contains("# Into tapline.toml: nothing"), "{out}");
    assert_eq!(pasted(&out), ["access_log syslog:server=192.0.2.7:5514,tag=nginx combined;"]);
}

#[test]
fn what_is_broken_is_told_with_its_place_and_the_rest_is_read() {
    for (files, error) in [
        (
            &[("nginx.conf", "http {\nlog_format a '$status;\n}\n")][..],
            "nginx.conf:2: the text that this ' starts has no end",
        ),
        (&[("nginx.conf", "http {\n")], "nginx.conf:1: the block that starts here is not closed"),
        (&[("nginx.conf", "http {}\n}\n")], "nginx.conf:2: a '}' that closes nothing"),
        (
            &[("nginx.conf", "\nlog_format a;\n")],
            "nginx.conf:2: the format's name and its text are missing",
        ),
        (
            &[("nginx.conf", "log_format a '$status $ x';\n")],
            "nginx.conf:1: the format 'a': a $ begins a variable",
        ),
        (
            &[("nginx.conf", "include a.conf;\n"), ("a.conf", "\n\ninclude nginx.conf;\n")],
            "a.conf:3: nginx.conf includes itself",
        ),
        (&[("nginx.conf", "include nginx.conf;\n")], "nginx.conf:1: nginx.conf includes itself"),
        (
            &[("httpd.conf", "Listen 80\nLogFormat \"%h\nCustomLog a.log combined\n")],
            "httpd.conf:2: the text that this \" starts has no end",
        ),
        (
            &[("httpd.conf", "LogFormat \"%h %Y\" x\n")],
            "httpd.conf:1: the format 'x': unknown directive %Y",
        ),
    ] {
        let (out, _, errors) = from(files);
        assert_eq!(errors.len(), 1, "{files:?}: {errors:?}");
        assert!(errors[0].starts_with(error), "{}\nis not\n{error}", errors[0]);
        assert!(!pasted(&out).is_empty());
    }
}

#[test]
fn includes_are_followed_within_bounds() {
    // Each file includes all of them.
    let all = "log_format f '$status'; include d/*.conf;\n";
    let names: Vec<String> = (0..40).map(|i| format!("d/{i:02}.conf")).collect();
    let mut files = vec![("nginx.conf", all)];
    files.extend(names.iter().map(|name| (name.as_str(), all)));
    let (_, notes, errors) = from(&files);
    assert!(notes.len() <= 100 && errors.len() == 100, "no more are told");
    assert!(notes[0].contains("files deep is enough"), "{}", notes[0]);
    // A folder, and a file that nobody may read, are passed over.
    let (_, notes, errors) =
        from(&[("nginx.conf", "include d;\ninclude /nonexistent/*.conf;\n"), ("d/x", "")]);
    assert_eq!((notes.len(), errors.len()), (1, 0));
    assert!(notes[0].starts_with("nginx.conf:1: d is no file"), "{notes:?}");
}

#[test]
fn a_quarter_megabyte_of_anything_is_read_in_no_time() {
    let started = std::time::Instant::now();
    for piece in [
        "log_format a '$status';\n",
        "access_log a b;\n",
        "{",
        "'",
        "a ",
        "$",
        "\\",
        "include x;",
        "}",
        "\"\\",
    ] {
        let text = piece.repeat((1 << 18) / piece.len());
        for name in ["nginx.conf", "httpd.conf"] {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join(name);
            fs::write(&path, &text).expect("written");
            let dialect =
                (name == "httpd.conf").then_some(crate::decode::formats::template::Dialect::Apache);
            let (dialect, found) = read(&path, dialect).expect("there");
            let _ = told(&path, dialect, &found, &Addresses::default());
        }
    }
    // Quadratic would be hours.
    assert!(started.elapsed().as_secs() < 60);
    assert!(read(Path::new("/nonexistent/nginx.conf"), None).is_err());
}
