use std::net::IpAddr;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::database::Database;
use super::mmdb::{Mmdb, Value, asn, city, country, ipinfo, text};
use super::*;

/// 2026-11-03 and 2026-10-20, both Tuesdays.
const NEWER: u64 = 1_793_664_000;
const OLDER: u64 = NEWER - 14 * 86_400;

fn countries() -> Mmdb {
    Mmdb {
        kind: "GeoLite2-Country",
        built: NEWER,
        ip_version: 6,
        networks: vec![
            ("203.0.113.0/24", country("AS", "KR")),
            ("203.0.113.128/25", country("EU", "DE")),
            ("2001:db8:1::/48", country("EU", "FR")),
            (
                "198.51.100.0/24",
                Value::Map(vec![(
                    "registered_country",
                    Value::Map(vec![("iso_code", text("AU"))]),
                )]),
            ),
        ],
    }
}

fn systems() -> Mmdb {
    Mmdb {
        kind: "GeoLite2-ASN",
        built: NEWER,
        ip_version: 6,
        networks: vec![
            ("203.0.113.0/24", asn(64_500, "Example Telecom")),
            ("2001:db8::/32", asn(4_200_000_000, "Ein Netz über alles")),
        ],
    }
}

fn cities() -> Mmdb {
    Mmdb {
        kind: "DBIP-City-Lite",
        built: NEWER,
        ip_version: 6,
        networks: vec![
            ("203.0.113.0/24", city("AS", "KR", "Seoul")),
            ("2001:db8::/32", city("EU", "DE", "Köln")),
        ],
    }
}

fn ipinfos() -> Mmdb {
    Mmdb {
        kind: "ipinfo country_asn.mmdb",
        built: NEWER,
        ip_version: 6,
        networks: vec![("203.0.113.0/24", ipinfo("KR", "AS64500", "Example Telecom"))],
    }
}

fn four() -> Mmdb {
    Mmdb {
        kind: "of-ones-own",
        built: OLDER,
        ip_version: 4,
        networks: vec![("10.1.0.0/16", Value::Map(vec![("country_code", text("kr"))]))],
    }
}

fn write(folder: &Path, name: &str, database: &Mmdb) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, database.bytes()).expect("written");
    path
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

fn around(folders: &[&Path]) -> GeoConfig {
    GeoConfig {
        country: Wanted::Auto,
        asn: Wanted::Auto,
        folders: folders.iter().map(|f| f.to_path_buf()).collect(),
    }
}

fn open(folders: &[&Path]) -> Databases {
    let (databases, wrong) = Databases::open(around(folders));
    assert_eq!(wrong, Vec::<String>::new());
    databases
}

/// `continent country city asn organisation`, a dash for what is not known.
fn told(geo: &dyn Geo, address: &str) -> String {
    let place = geo.place(address.parse::<IpAddr>().expect("an address"));
    let dash = || "-".to_owned();
    [
        place.continent.map_or_else(dash, |c| c.to_string()),
        place.country.map_or_else(dash, |c| c.to_string()),
        place.city.unwrap_or_else(dash),
        place.asn.map_or_else(dash, |n| n.to_string()),
        place.organisation.unwrap_or_else(dash),
    ]
    .join(" ")
}

#[test]
fn every_shape_is_read() {
    type Told<'a> = &'a [(&'a str, &'a str)];
    let cases: [(&[Mmdb], Told<'_>); 5] = [
        (
            &[countries(), systems()],
            &[
                ("203.0.113.9", "AS KR - 64500 Example Telecom"),
                // The narrower network counts.
                ("203.0.113.200", "EU DE - 64500 Example Telecom"),
                ("::ffff:203.0.113.9", "AS KR - 64500 Example Telecom"),
                ("2001:db8:1::7", "EU FR - 4200000000 Ein Netz über alles"),
                ("2001:db8:2::7", "- - - 4200000000 Ein Netz über alles"),
                // Nowhere in particular: where it is registered.
                ("198.51.100.1", "- AU - - -"),
                ("10.0.0.1", "- - - - -"),
                ("192.168.1.1", "- - - - -"),
                ("127.0.0.1", "- - - - -"),
                ("fe80::1", "- - - - -"),
                ("::1", "- - - - -"),
                ("0.0.0.0", "- - - - -"),
            ],
        ),
        (&[cities()], &[("203.0.113.9", "AS KR Seoul - -"), ("2001:db8::1", "EU DE Köln - -")]),
        (&[ipinfos()], &[("203.0.113.9", "AS KR - 64500 Example Telecom")]),
        // IPv4 alone, and a network of one's own.
        (&[four()], &[("10.1.2.3", "- KR - - -"), ("2001:db8::1", "- - - - -")]),
        (&[], &[("203.0.113.9", "- - - - -")]),
    ];
    for (files, addresses) in cases {
        let folder = folder();
        for file in files {
            write(folder.path(), &format!("{}.mmdb", file.kind), file);
        }
        let databases = open(&[folder.path()]);
        for (address, place) in addresses {
            assert_eq!(told(&databases, address), *place, "{address}");
        }
    }
}

#[test]
fn records_are_read_whatever_else_is_in_them() {
    let map = |entries| Value::Map(entries);
    let cases = [
        // IPinfo's Lite: the country by name, its code apart.
        (
            map(vec![
                ("asn", text("AS64501")),
                ("as_name", text("Lite Net")),
                ("continent", text("Europe")),
                ("continent_code", text("EU")),
                ("country", text("Switzerland")),
                ("country_code", text("CH")),
            ]),
            "EU CH - 64501 Lite Net",
        ),
        // GeoIP2-Enterprise.
        (
            map(vec![
                ("country", map(vec![("iso_code", text("NL"))])),
                (
                    "traits",
                    map(vec![
                        ("autonomous_system_number", Value::U32(64_502)),
                        ("autonomous_system_organization", text("Enterprise")),
                        ("is_anycast", Value::Bool(true)),
                    ]),
                ),
            ]),
            "- NL - 64502 Enterprise",
        ),
        // Values of the wrong type say nothing, and the others still count.
        (
            map(vec![
                ("asn", map(vec![("names", map(vec![("en", map(vec![("en", text("x"))]))]))])),
                ("city", Value::Array(vec![text("Seoul")])),
                ("continent", Value::Double(1.5)),
                ("country", text("KR")),
                ("name", Value::Bool(true)),
            ]),
            "- KR - - -",
        ),
        (map(vec![("asn", Value::U16(0)), ("name", text("no one's"))]), "- - - - -"),
        (map(vec![("asn", text("ASX")), ("country", text(""))]), "- - - - -"),
        (map(vec![]), "- - - - -"),
        (text("KR"), "- - - - -"),
    ];
    for (record, place) in cases {
        let shown = format!("{record:?}");
        let dir = folder();
        let known = ("192.0.2.0/24", ipinfo("US", "AS1", "Known"));
        let file = Mmdb { networks: vec![known, ("203.0.113.0/24", record)], ..ipinfos() };
        write(dir.path(), "it.mmdb", &file);
        assert_eq!(told(&open(&[dir.path()]), "203.0.113.9"), place, "{shown}");
    }
}

#[test]
fn a_long_name_is_cut_at_a_letter() {
    let dir = folder();
    let long = "가".repeat(80);
    let file = Mmdb { networks: vec![("203.0.113.0/24", asn(64_500, &long))], ..systems() };
    write(dir.path(), "it.mmdb", &file);
    let place = open(&[dir.path()]).place(IpAddr::from([203, 0, 113, 9]));
    assert_eq!(place.organisation, Some("가".repeat(record::NAME_BYTES / 3)));
}

/// What is found in folders that hold these files, by role.
fn chosen(first: &[(&str, Mmdb)], second: &[(&str, Mmdb)]) -> (Option<String>, Option<String>) {
    let (a, b) = (folder(), folder());
    for (folder, files) in [(&a, first), (&b, second)] {
        for (name, file) in files {
            write(folder.path(), name, file);
        }
    }
    let databases = open(&[a.path(), b.path(), Path::new("/nonexistent")]);
    let name = |role| {
        let path = databases.found(role)?.path;
        Some(path.file_name()?.to_string_lossy().into_owned())
    };
    (name(Role::Country), name(Role::Asn))
}

#[test]
fn the_files_are_told_apart_by_what_they_hold() {
    let old = |file: Mmdb| Mmdb { built: NEWER - 90 * 86_400, ..file };
    let some = |name: &str| Some(name.to_owned());
    // Names say nothing here.
    assert_eq!(
        chosen(&[("a.mmdb", systems()), ("b.mmdb", countries())], &[]),
        (some("b.mmdb"), some("a.mmdb"))
    );
    // The folders come together: the newest wins wherever it is.
    assert_eq!(
        chosen(&[("a.mmdb", old(countries()))], &[("b.mmdb", countries())]),
        (some("b.mmdb"), None)
    );
    // Of two about as new the one with cities.
    let older = Mmdb { built: OLDER, ..cities() };
    assert_eq!(
        chosen(&[("country.mmdb", countries()), ("city.mmdb", older)], &[]),
        (some("city.mmdb"), None)
    );
    assert_eq!(
        chosen(&[("country.mmdb", countries()), ("city.mmdb", old(cities()))], &[]),
        (some("country.mmdb"), None)
    );
    // One file for both.
    assert_eq!(
        chosen(&[("country_asn.mmdb", ipinfos())], &[]),
        (some("country_asn.mmdb"), some("country_asn.mmdb"))
    );
    // The country of a system's owner is not that of its addresses.
    let owners = Mmdb { kind: "ipinfo standard_asn.mmdb", ..ipinfos() };
    assert_eq!(chosen(&[("asn.mmdb", owners)], &[]), (None, some("asn.mmdb")));
    // Nor is that of a company.
    let companies = Mmdb { kind: "ipinfo standard_company.mmdb", ..ipinfos() };
    assert_eq!(chosen(&[("company.mmdb", companies)], &[]), (None, None));
    // A file for each family: IPv4 is what most visitors have, and both are better.
    let part = |ip_version, network| Mmdb {
        built: NEWER + 90 * 86_400,
        ip_version,
        networks: vec![(network, city("AS", "KR", "Seoul"))],
        ..cities()
    };
    let (v4, v6) = (part(4, "203.0.113.0/24"), part(6, "2001:db8::/32"));
    assert_eq!(
        chosen(&[("city-ipv4.mmdb", v4.clone()), ("city-ipv6.mmdb", v6.clone())], &[]),
        (some("city-ipv4.mmdb"), None)
    );
    assert_eq!(
        chosen(&[("4.mmdb", v4), ("6.mmdb", v6)], &[("both.mmdb", countries())]),
        (some("both.mmdb"), None)
    );
    // Neither a database nor one of these.
    let other = Mmdb {
        kind: "GeoIP2-Connection-Type",
        networks: vec![("203.0.113.0/24", Value::Map(vec![("connection_type", text("Cable"))]))],
        ..four()
    };
    assert_eq!(chosen(&[("it.mmdb", other), ("country.dat", countries())], &[]), (None, None));
    assert_eq!(chosen(&[], &[]), (None, None));
}

#[test]
fn one_file_under_two_names_is_read_once() {
    let (dir, other) = (folder(), folder());
    let path = write(dir.path(), "country_asn.mmdb", &ipinfos());
    std::os::unix::fs::symlink(&path, other.path().join("linked.mmdb")).expect("a link");
    let databases = open(&[dir.path(), other.path()]);
    let current = databases.current.read().expect("no panic");
    assert_eq!(current.seen.as_ref().map(|seen| seen.around.len()), Some(1));
    let (country, asn) = (current.country.as_ref(), current.asn.as_ref());
    assert!(Arc::ptr_eq(country.expect("countries"), asn.expect("systems")), "one copy");
}

#[test]
fn a_broken_file_is_told_and_the_others_serve() {
    let dir = folder();
    write(dir.path(), "asn.mmdb", &systems());
    let broken = dir.path().join("country.mmdb");
    std::fs::write(&broken, b"no database").expect("written");
    let packed = dir.path().join("packed.mmdb");
    std::fs::write(&packed, b"\x1f\x8b\x08\x00").expect("written");
    let (databases, wrong) = Databases::open(around(&[dir.path()]));
    assert_eq!(wrong.len(), 2, "{wrong:?}");
    assert!(wrong[0].contains("country.mmdb is no MaxMind database"), "{wrong:?}");
    assert!(wrong[1].contains("packed.mmdb is packed with gzip"), "{wrong:?}");
    assert_eq!(told(&databases, "203.0.113.9"), "- - - 64500 Example Telecom");
    // Once: the files are as they were.
    assert_eq!(databases.refresh(), Vec::<String>::new());
}

#[test]
fn a_named_file_must_serve() {
    let dir = folder();
    let asn = write(dir.path(), "GeoLite2-ASN.mmdb", &systems());
    let cases = [
        (dir.path().join("none.mmdb"), "none.mmdb can't be read: "),
        (dir.path().to_owned(), " is no file"),
        (asn.clone(), "GeoLite2-ASN.mmdb is of type GeoLite2-ASN and has no countries"),
    ];
    for (path, sentence) in cases {
        let error = named(&path, Role::Country).map(|_| ()).expect_err("no countries");
        assert!(error.contains(sentence), "{error}");
    }
    assert!(named(&asn, Role::Asn).is_ok());
    // Where the operator names it, a list of systems with countries may serve.
    let owners = Mmdb { kind: "ipinfo standard_asn.mmdb", ..ipinfos() };
    assert!(named(&write(dir.path(), "owners.mmdb", &owners), Role::Country).is_ok());
}

#[test]
fn what_is_named_or_off_is_not_looked_for() {
    let (dir, own) = (folder(), folder());
    write(dir.path(), "a.mmdb", &ipinfos());
    let path = write(own.path(), "own.mmdb", &four());
    let config =
        GeoConfig { country: Wanted::File(path), asn: Wanted::Off, ..around(&[dir.path()]) };
    let (databases, wrong) = Databases::open(config);
    assert!(wrong.is_empty());
    assert_eq!(told(&databases, "10.1.2.3"), "- KR - - -");
    assert_eq!(told(&databases, "203.0.113.9"), "- - - - -");
    assert_eq!(databases.info().country.as_deref(), Some("of-ones-own, 2026-10-20"));
    assert_eq!(databases.info().looked_in, Vec::<String>::new());
}

#[test]
fn the_page_is_told_type_day_and_folders() {
    let dir = folder();
    write(dir.path(), "a.mmdb", &countries());
    let info = open(&[dir.path()]).info();
    assert_eq!(info.country.as_deref(), Some("GeoLite2-Country, 2026-11-03"));
    assert_eq!(info.asn, None);
    assert_eq!(info.looked_in, [dir.path().display().to_string()]);
}

#[test]
fn a_replaced_file_is_read_anew_and_a_lost_one_stays_in_use() {
    let dir = folder();
    let databases = open(&[dir.path()]);
    assert_eq!(told(&databases, "203.0.113.9"), "- - - - -");
    let path = write(dir.path(), "a.mmdb", &countries());
    assert!(databases.refresh().is_empty());
    assert_eq!(told(&databases, "203.0.113.9"), "AS KR - - -");

    let newer = Mmdb {
        built: NEWER + 7 * 86_400,
        networks: vec![("203.0.113.0/24", country("AS", "JP"))],
        ..countries()
    };
    write(dir.path(), "a.mmdb", &newer);
    assert!(databases.refresh().is_empty());
    assert_eq!(told(&databases, "203.0.113.9"), "AS JP - - -");

    // Half of the next one has been copied.
    let bytes = countries().bytes();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).expect("written");
    assert_eq!(databases.refresh().len(), 1);
    assert_eq!(told(&databases, "203.0.113.9"), "AS JP - - -");
    std::fs::remove_file(&path).expect("removed");
    assert!(databases.refresh().is_empty());
    assert_eq!(told(&databases, "203.0.113.9"), "AS JP - - -");
}

fn files() -> impl Strategy<Value = Vec<u8>> {
    prop::sample::select(vec![countries(), systems(), cities(), ipinfos(), four()])
        .prop_map(|file| file.bytes())
}

/// Asks a file that may be anything.
fn ask(bytes: Vec<u8>, addresses: &[IpAddr]) {
    if let Ok(database) = Database::of(Path::new("x.mmdb"), bytes) {
        for &address in addresses {
            let mut place = Place::default();
            if let Some(record) = database.record(address) {
                record.fill_country(&mut place);
                record.fill_asn(&mut place);
            }
            let longest = place.organisation.iter().chain(&place.city).map(String::len).max();
            assert!(longest.is_none_or(|bytes| bytes <= record::NAME_BYTES));
        }
    }
}

fn addresses() -> impl Strategy<Value = Vec<IpAddr>> {
    let known = ["203.0.113.9", "203.0.113.200", "2001:db8:1::7", "198.51.100.1", "10.1.2.3"];
    let known = known.map(|address| address.parse::<IpAddr>().expect("an address"));
    prop::collection::vec(any::<IpAddr>(), 3)
        .prop_map(move |random| known.iter().copied().chain(random).collect())
}

proptest! {
    #[test]
    fn a_cut_file_is_an_outcome(file in files(), at in any::<prop::sample::Index>(), ask_for in addresses()) {
        let at = at.index(file.len());
        ask(file[..at].to_vec(), &ask_for);
        // From the other end the metadata is whole.
        ask(file[at..].to_vec(), &ask_for);
    }

    #[test]
    fn a_damaged_file_is_an_outcome(
        mut file in files(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..16),
        ask_for in addresses(),
    ) {
        for (at, byte) in flips {
            let at = at.index(file.len());
            file[at] = byte;
        }
        ask(file, &ask_for);
    }

    #[test]
    fn garbage_is_an_outcome(
        bytes in prop::collection::vec(any::<u8>(), 0..600),
        marked in any::<bool>(),
        ask_for in addresses(),
    ) {
        let mut file = bytes;
        if marked {
            let metadata = countries().bytes();
            let marker = metadata.windows(3).rposition(|w| w == b"\xab\xcd\xef").expect("a marker");
            file.extend_from_slice(&metadata[marker..]);
        }
        ask(file, &ask_for);
    }
}
