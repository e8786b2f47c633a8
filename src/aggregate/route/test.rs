use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

fn first_sight(path: &str) -> String {
    Routes::default().route(path)
}

#[test]
fn ids_are_placeholders_from_the_first_sight_and_words_stay() {
    let cases = [
        ("/", "/"),
        ("//", "/"),
        ("/user/123", "/user/{id}"),
        ("/user/123/", "/user/{id}/"),
        ("/user//123", "/user/{id}"),
        ("/user/123?tab=1#top", "/user/{id}"),
        ("/cart;jsessionid=A1B2", "/cart"),
        ("/o/550e8400-e29b-41d4-a716-446655440000", "/o/{uuid}"),
        ("/c/3f9c1b2d7a", "/c/{hash}"),
        ("/c/d41d8cd98f00b204e9800998ecf8427e", "/c/{hash}"),
        ("/c/507f1f77bcf86cd799439011/x", "/c/{hash}/x"),
        ("/2024/05/17/hello-world", "/{date}/hello-world"),
        ("/2024/05/hello-world", "/{date}/hello-world"),
        ("/log/2024-05-17", "/log/{date}"),
        ("/log/2024-05-17T10:00:00Z", "/log/{date}"),
        ("/user/2024", "/user/{id}"),
        ("/who/jo@example.com", "/who/{email}"),
        ("/who/jo%40example.com", "/who/{email}"),
        ("/ip/203.0.113.9", "/ip/{ip}"),
        ("/t/dQw4w9WgXcQ", "/t/{token}"),
        ("/t/01ARZ3NDEKTSV4RRFFQ69G5FAV", "/t/{token}"),
        ("/t/V1StGXR8_Z5jdHi6B-myT", "/t/{token}"),
        ("/dp/B08N5WRWNW", "/dp/{token}"),
        ("/title/tt0111161/", "/title/tt{id}/"),
        ("/order-100123/pay", "/order-{id}/pay"),
        ("/static/app.3f9c1b2d.js", "/static/app.{hash}.js"),
        ("/static/app.3f9c1b2d.min.js", "/static/app.{hash}.min.js"),
        ("/assets/index-B3xk9Q2d.js", "/assets/index-{hash}.js"),
        ("/img/1234.jpg", "/img/{id}.jpg"),
        ("/img/IMG_1234.JPG", "/img/IMG_{id}.JPG"),
        ("/img/d41d8cd98f00b204e9800998ecf8427e.png", "/img/{hash}.png"),
        ("/a/%00", "/a/{token}"),
        ("/a/%zz", "/a/{token}"),
        ("/a/\u{1}", "/a/{token}"),
        ("http://host.example/user/1", "/user/{id}"),
        ("*", "*"),
        ("", ""),
    ];
    for (path, expected) in cases {
        assert_eq!(first_sight(path), expected, "{path}");
    }
    let stay = [
        "/api/v1/users",
        "/api/v2.1/users",
        "/jquery/3.6.0/jquery.min.js",
        "/wp-login.php",
        "/wp-content/plugins/contact-form-7/style.css",
        "/en-US/docs",
        "/ko/about",
        "/top-10-log-viewers-of-2024",
        "/feed2024",
        "/decade/deadbeef",
        "/getUserByName",
        "/OrderAdministration/saveActionDescription",
        "/order/completionAndRemainingPayment",
        "/action/TransportMasterNodeOperationAction.html",
        "/images/ui-icons_6e6c56_256x240.png",
        "/iphone15pro256gb",
        "/iphone-15-pro-max",
        "/covid19",
        "/win2000",
        "/productModel/200x200",
        "/.env",
        "/.git/config",
        "/robots.txt",
        "/a%2fb",
        "/책상",
        "/%EC%B1%85",
        "/projects/xdotool/xdotool.xhtml",
        "/internationalization",
    ];
    for path in stay {
        assert_eq!(first_sight(path), path, "{path}");
    }
}

#[test]
fn products_of_a_shop_become_one_route_and_its_pages_stay() {
    let woods = ["oak", "ash", "pine", "teak", "elm", "birch", "walnut", "cherry"];
    let things = ["desk", "chair", "shelf", "bench", "stool", "lamp", "bed", "sofa"];
    let pages = ["/about", "/cart", "/contact-us", "/products", "/search", "/wp-login.php"];
    let mut routes = Routes::default();
    let mut known: BTreeSet<String> = pages.iter().map(|p| (*p).to_owned()).collect();
    for (wood, thing) in woods.iter().flat_map(|w| things.iter().map(move |t| (w, t))) {
        known.insert(format!("/products/{wood}-{thing}"));
        known.insert(format!("/products/{wood}-{thing}/reviews"));
        known.insert(format!("/static/{wood}-{thing}.webp"));
        known.insert(format!("/{wood}-{thing}-of-the-month"));
    }
    known.insert("/static/site.css".to_owned());
    // What many visit is seen early.
    for path in pages.into_iter().chain(known.iter().map(String::as_str)) {
        routes.route(path);
    }
    assert!(routes.epoch() >= 3);
    let learnt: BTreeSet<String> = known.iter().map(|path| routes.route(path)).collect();
    let mut expected: BTreeSet<String> = pages.iter().map(|p| (*p).to_owned()).collect();
    expected.extend(
        ["/products/{name}", "/products/{name}/reviews", "/static/{name}.webp", "/static/site.css"]
            .map(str::to_owned),
    );
    expected.insert("/{name}".to_owned());
    assert_eq!(learnt, expected);
}

#[test]
fn as_many_names_as_a_menu_has_stay_names() {
    let mut routes = Routes::default();
    for at in 0..WORDS_MAX {
        let path = format!("/docs/{}", word(at));
        assert_eq!(routes.route(&path), path);
    }
    assert_eq!(routes.epoch(), 0);
    assert_eq!(routes.route("/docs/one-more"), "/docs/{name}");
    assert_eq!(routes.route(&format!("/docs/{}", word(0))), "/docs/{name}");
    assert_eq!(routes.epoch(), 1);
    assert_eq!(routes.route("/docs/style.css"), "/docs/style.css");
}

/// Found by the law below: a name with only a rest behind it was news whenever it was seen, and made
/// one of its place at the second look at the same paths.
#[test]
fn a_name_with_only_a_rest_below_it_is_news_once() {
    let mut routes = Routes::default();
    for at in 0..WORDS_MAX {
        if at + 1 == WORDS_MAX {
            assert_eq!(routes.route("/last/*/more"), "/last/*");
        }
        routes.route(&format!("/{}/x", word(at)));
    }
    assert_eq!(routes.known("/last/*/more"), "/last/*");
    assert_eq!(routes.route("/last/*/more"), "/last/*");
    assert_eq!(routes.epoch(), 0);
}

#[test]
fn users_are_one_route_with_what_all_users_have() {
    let mut routes = Routes::default();
    for round in 0..2 {
        for at in 0..80 {
            for page in ["", "/posts", "/posts/12", "/settings", "/followers"] {
                let route = routes.route(&format!("/u/{}{page}", word(at)));
                if round == 1 {
                    assert_eq!(route, format!("/u/{{name}}{}", page.replace("12", "{id}")));
                }
            }
        }
    }
}

#[test]
fn sections_of_a_site_outlast_the_articles_beside_them() {
    let mut routes = Routes::default();
    for at in 0..10 {
        for below in ["alpha", "beta", "gamma"] {
            routes.route(&format!("/docs/part-{}/{below}-{}", word(at), word(at)));
        }
    }
    for at in 0..60 {
        routes.route(&format!("/docs/an-article-{}", word(at)));
    }
    assert_eq!(routes.route("/docs/an-article-about-it"), "/docs/{name}");
    let section = format!("/docs/part-{}/alpha-{}", word(3), word(3));
    assert_eq!(routes.route(&section), section);
}

/// A word without digits.
fn word(mut at: usize) -> String {
    let mut out = String::new();
    for _ in 0..4 {
        out.push(char::from(b'a' + u8::try_from(at % 26).unwrap_or(0)));
        at /= 26;
    }
    out
}

#[test]
fn hostile_paths_are_bounded() {
    let mut routes = Routes::default();
    let long = format!("/{}", "a".repeat(8192));
    assert_eq!(routes.route(&long), "/{name}");
    let deep = "/a".repeat(1000);
    assert_eq!(routes.route(&deep), format!("{}/*", "/a".repeat(DEPTH_MAX)));
    let mut seen = BTreeSet::new();
    // A path of its own at every place: the tree fills, gives way and fills again.
    for at in 0..40_000_usize {
        let path = format!("/{}/{}/{}/{}", word(at % 47), word(at % 45), word(at % 43), word(at));
        let route = routes.route(&path);
        assert!(routes.nodes <= NODES_MAX);
        seen.insert(route);
    }
    assert_eq!(routes.nodes, routes.root.size());
    assert!(routes.epoch() > 0 && seen.len() < 40_000);
    // What it does not know it still tells by its looks.
    assert!(routes.route("/user/7").ends_with("/{id}"));
}

#[test]
fn a_full_tree_shares_what_it_knows() {
    let mut routes = Routes { words_max: WORDS_MIN, nodes: NODES_MAX - 2, ..Routes::default() };
    assert_eq!(routes.route("/a/b"), "/a/b");
    assert_eq!(routes.route("/a/c/d"), "/a/*");
    assert_eq!(routes.route("/a/*"), "/a/*");
    assert_eq!(routes.route("/a/b"), "/a/b");
}

fn segment() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-z]{1,3}",
        2 => "[0-9]{1,5}",
        1 => "[a-zA-Z0-9_.%;-]{1,24}",
        1 => "[a-z]{1,3}\\.(css|js|png|x)",
        1 => Just("{name}".to_owned()),
        1 => Just("{id}.png".to_owned()),
        1 => Just("2024".to_owned()),
        1 => Just("05".to_owned()),
        1 => "\\PC{0,9}",
    ]
}

fn path() -> impl Strategy<Value = String> {
    prop::collection::vec(segment(), 0..20).prop_map(|parts| format!("/{}", parts.join("/")))
}

proptest! {
    // Each case walks a hundred paths.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_route_is_its_own_route(paths in prop::collection::vec(path(), 1..120)) {
        let mut routes = Routes::default();
        for path in &paths {
            let route = routes.route(path);
            let epoch = routes.epoch();
            let again = routes.route(&route);
            prop_assert_eq!(routes.epoch(), epoch);
            prop_assert_eq!(again, route, "{}", path);
        }
        prop_assert_eq!(routes.nodes, routes.root.size());
    }

    #[test]
    fn a_path_keeps_its_route_while_the_epoch_stands(
        paths in prop::collection::vec(path(), 1..150),
    ) {
        let mut routes = Routes { words_max: 5, ..Routes::default() };
        let mut known: Vec<(&String, String)> = Vec::new();
        let mut epoch = 0;
        for path in &paths {
            let route = routes.route(path);
            if routes.epoch() != epoch {
                epoch = routes.epoch();
                known = Vec::new();
            }
            known.push((path, route));
        }
        for (path, route) in known {
            prop_assert_eq!(&routes.route(path), &route);
        }
        prop_assert_eq!(routes.epoch(), epoch);
        prop_assert_eq!(routes.nodes, routes.root.size());
    }

    #[test]
    fn routes_of_learnt_paths_are_few_and_settle(names in prop::collection::btree_set("[a-z]{4,8}", 60..90)) {
        let mut routes = Routes::default();
        let paths: Vec<String> = names.iter().map(|name| format!("/list/{name}/edit")).collect();
        for path in &paths {
            routes.route(path);
        }
        let epoch = routes.epoch();
        let learnt: BTreeSet<String> = paths.iter().map(|path| routes.route(path)).collect();
        prop_assert_eq!(learnt, BTreeSet::from(["/list/{name}/edit".to_owned()]));
        prop_assert_eq!(routes.epoch(), epoch);
    }

    #[test]
    fn any_bytes_have_a_short_route(bytes in prop::collection::vec(any::<u8>(), 0..3000)) {
        let path = String::from_utf8_lossy(&bytes);
        let mut routes = Routes::default();
        let route = routes.route(&path);
        prop_assert!(route.len() <= (DEPTH_MAX + 1) * (shape::SEGMENT_MAX + 1));
        prop_assert!(route.is_empty() == path.is_empty());
        prop_assert!(!route.chars().any(char::is_control));
        let again = routes.route(&route);
        prop_assert_eq!(again, route);
    }
}

proptest! {
    #[test]
    fn what_was_learnt_is_known_without_learning(paths in prop::collection::vec(path(), 1..300)) {
        let mut routes = Routes::default();
        for path in &paths {
            routes.route(path);
        }
        let epoch = routes.epoch();
        for path in &paths {
            let known = routes.known(path);
            prop_assert_eq!(routes.route(path), known);
            if routes.epoch() != epoch {
                break;
            }
        }
    }
}

#[test]
fn guesses_of_a_scanner_teach_nothing() {
    let mut routes = Routes::default();
    for n in 0..1000 {
        assert_eq!(routes.known(&format!("/{}", word(n))), format!("/{}", word(n)));
    }
    assert_eq!(routes.route("/about"), "/about");
    assert_eq!(routes.epoch(), 0);
}

proptest! {
    #[test]
    fn kept_routes_go_on_as_if_nothing_had_been(
        paths in prop::collection::vec("(/(shop|blog|a|b[0-9]{0,2}|[a-z]{1,3}))(/[a-z]{1,2}(\\.(html|css))?){0,3}/?", 1..400),
        later in prop::collection::vec("(/(shop|blog|[a-z]{1,3}))(/[a-z]{1,2}(\\.html)?){0,3}", 1..200),
    ) {
        let mut routes = Routes::default();
        for path in &paths {
            routes.route(path);
        }
        let text = serde_json::to_string(&routes).unwrap();
        let mut kept: Routes = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(kept.nodes, routes.nodes);
        for path in &later {
            prop_assert_eq!(kept.known(path), routes.known(path));
            prop_assert_eq!(kept.route(path), routes.route(path));
        }
    }
}

#[test]
fn whatever_a_file_says_routes_stay_within_their_bounds() {
    let mut deep = "{}".to_owned();
    for _ in 0..50 {
        deep = format!(r#"{{"below":{{"a":{deep}}}}}"#);
    }
    let wide: Vec<String> = (0..2 * NODES_MAX).map(|n| format!(r#""{n:x}":{{}}"#)).collect();
    let wide = format!(r#"{{"below":{{{}}}}}"#, wide.join(","));
    let long =
        format!(r#"{{"below":{{"{}":{{}}}},"many":[["exe\u0000",true]]}}"#, "x".repeat(1 << 16));
    for root in [deep, wide, long] {
        let text = format!(r#"{{"words_max":50,"root":{root}}}"#);
        let mut routes: Routes = serde_json::from_str(&text).unwrap();
        assert!(routes.nodes <= NODES_MAX && routes.nodes == routes.root.size());
        assert!(routes.route("/a/a/a/b").len() < 100);
    }
}

#[test]
fn routes_that_were_squeezed_are_learnt_anew_from_the_next_start_on() {
    let mut routes = Routes::default();
    for n in 0..40_000u32 {
        let letters: Vec<u8> = (0..5).map(|at| b'a' + (n / 9u32.pow(at) % 9) as u8).collect();
        let name = |at: usize| char::from(letters[at]);
        routes.route(&format!("/{}x/{}y/{}z/{}q/{}r", name(0), name(1), name(2), name(3), name(4)));
    }
    assert!(routes.words_max < WORDS_MAX, "{}", routes.nodes);
    let text = serde_json::to_string(&routes).unwrap();
    assert!(serde_json::from_str::<Routes>(&text).unwrap().is_empty());
}

#[test]
fn a_forgotten_client_is_in_no_route() {
    let mut routes = Routes::default();
    for path in ["/ip/2001:db8::1/log", "/ip/(forgotten)/old", "/ip/x", "/whois-203.0.113.9"] {
        routes.route(path);
    }
    let epoch = routes.epoch();
    for client in ["2001:db8::1", "203.0.113.9"] {
        routes.forget(&Forget::client(client).unwrap());
    }
    let text = serde_json::to_string(&routes).unwrap();
    assert!(!text.contains("2001") && !text.contains("203"), "{text}");
    assert!(routes.epoch() > epoch && routes.nodes == routes.root.size());
    assert_eq!(routes.known("/ip/(forgotten)/log"), "/ip/(forgotten)/log");
    assert_eq!(routes.root.children["ip"].children["(forgotten)"].children.len(), 2);
}
