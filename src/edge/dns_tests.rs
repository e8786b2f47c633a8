use std::collections::BTreeMap;
use std::sync::Mutex;

use super::*;
use crate::aggregate::ask::Asks;
use crate::aggregate::block::Block;
use crate::aggregate::claims::CLAIMS_MAX;
use crate::aggregate::filter::Filter;
use crate::aggregate::row::Row;
use crate::state::live::{Range, WindowConfig};
use crate::state::sources::SourcesConfig;
use crate::vocab::event::Kind;
use crate::vocab::field::Field;
use crate::vocab::time::{Millis, Second};

const YANDEX: &str = "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)";
const GOOGLE: &str = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
const ADDRESS: &str = "5.255.253.1";
const NAME: &str = "5-255-253-1.spider.yandex.com";

/// Knows what it is told, and remembers what it was asked.
#[derive(Debug, Default)]
struct Fake {
    names: BTreeMap<IpAddr, &'static str>,
    addresses: BTreeMap<&'static str, IpAddr>,
    /// Never answers, or with an error.
    silent: bool,
    broken: bool,
    asked: Mutex<Vec<String>>,
}

impl Fake {
    fn knowing(address: &str, name: &'static str, leads_to: &str) -> Fake {
        Fake {
            names: BTreeMap::from([(address.parse().unwrap(), name)]),
            addresses: BTreeMap::from([(name, leads_to.parse().unwrap())]),
            ..Fake::default()
        }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    fn answer<T: Send + 'static>(&self, question: String, answer: T) -> Answer<T> {
        self.asked.lock().unwrap().push(question);
        match (self.silent, self.broken) {
            (true, _) => Box::pin(std::future::pending()),
            (_, true) => Box::pin(std::future::ready(Err(io::ErrorKind::Other.into()))),
            _ => Box::pin(std::future::ready(Ok(answer))),
        }
    }
}

impl Resolver for Fake {
    fn name_of(&self, address: IpAddr) -> Answer<Option<String>> {
        let name = self.names.get(&address).map(|&name| name.to_owned());
        self.answer(address.to_string(), name)
    }

    fn addresses_of(&self, name: &str) -> Answer<Vec<IpAddr>> {
        self.answer(name.to_owned(), self.addresses.get(name).copied().into_iter().collect())
    }
}

struct Scene {
    node: Arc<Node>,
    fake: Arc<Fake>,
    _checker: tokio::task::JoinHandle<()>,
}

fn node() -> Arc<Node> {
    let (window, sources) = (WindowConfig::default(), SourcesConfig::default());
    Node::new(window, sources, "boot".to_owned(), Millis(0))
}

fn visit<'a>(node: &Node, second: i64, who: impl IntoIterator<Item = (&'a str, &'a str)>) {
    let mut block = Block::new(Second(second));
    for (client, agent) in who {
        let mut row = Row::new(Kind::Access);
        row.set(Field::Client, client);
        row.set(Field::Agent, agent);
        block.append(&row);
    }
    node.live_mut().absorb(block);
}

/// Requests of a bot, and of these the verified.
fn verified(node: &Node, bot: &str) -> (u64, Option<u64>) {
    let asks = Asks::read(["bots"], 10, 10).unwrap();
    let summary = node.live().summary(Range::default(), &Filter::default(), &asks, None);
    let row = summary.top["bots"].iter().find(|row| row.value == bot).unwrap();
    (row.requests, row.verified)
}

impl Scene {
    fn new(fake: Fake) -> Scene {
        let (node, fake) = (node(), Arc::new(fake));
        let checker = Checker::new(Arc::clone(&node), Arc::clone(&fake) as Arc<dyn Resolver>);
        let _checker = tokio::spawn(checker.run(CancellationToken::new()));
        Scene { node, fake, _checker }
    }

    fn visit<'a>(&self, second: i64, who: impl IntoIterator<Item = (&'a str, &'a str)>) {
        visit(&self.node, second, who);
    }
}

/// Made-up time goes on while the checker has nothing to do.
async fn pass(time: Duration) {
    tokio::time::sleep(time).await;
}

#[tokio::test(start_paused = true)]
async fn a_bot_is_who_the_name_of_its_address_says_if_that_leads_back() {
    let cases: [(&str, &str, Fake, u64, &[&str]); 5] = [
        ("the operator's", YANDEX, Fake::knowing(ADDRESS, NAME, ADDRESS), 2, &[ADDRESS, NAME]),
        (
            "somebody's",
            YANDEX,
            Fake::knowing(ADDRESS, "host.example", ADDRESS),
            0,
            // What a stranger calls his machine is not even looked for.
            &[ADDRESS],
        ),
        ("forged", YANDEX, Fake::knowing(ADDRESS, NAME, "192.0.2.1"), 0, &[ADDRESS, NAME]),
        ("nameless", YANDEX, Fake::default(), 0, &[ADDRESS]),
        ("another bot's", GOOGLE, Fake::knowing(ADDRESS, NAME, ADDRESS), 0, &[ADDRESS, NAME]),
    ];
    for (what, agent, fake, expected, asked) in cases {
        let scene = Scene::new(fake);
        let bot = if agent == YANDEX { "YandexBot" } else { "Googlebot" };
        scene.visit(1000, [(ADDRESS, agent), (ADDRESS, agent)]);
        assert_eq!(verified(&scene.node, bot), (2, Some(0)), "{what}: nothing is known yet");
        pass(2 * PACE).await;
        assert_eq!(verified(&scene.node, bot), (2, Some(expected)), "{what}");
        assert_eq!(scene.fake.asked(), asked, "{what}");
        assert_eq!(scene.node.lookups.answered(), asked.len() as u64, "{what}");
        assert_eq!(scene.node.lookups.failed(), 0, "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_address_is_asked_about_once_a_day() {
    let scene = Scene::new(Fake::knowing(ADDRESS, NAME, ADDRESS));
    let mobile = "Mozilla/5.0 (iPhone) AppleWebKit/536.26 (compatible; YandexBot/3.0)";
    let third = "Mozilla/5.0 (compatible; YandexImages/3.0; +http://yandex.com/bots)";
    scene.visit(1000, [(ADDRESS, YANDEX), (ADDRESS, mobile)]);
    pass(DAY / 2).await;
    scene.visit(1001, [(ADDRESS, YANDEX), (ADDRESS, third)]);
    pass(2 * PACE).await;
    assert_eq!(verified(&scene.node, "YandexBot"), (3, Some(3)));
    assert_eq!(verified(&scene.node, "YandexImages"), (1, Some(1)));
    assert_eq!(scene.fake.asked(), [ADDRESS, NAME]);
    pass(DAY / 2).await;
    scene.visit(1002, [(ADDRESS, "YandexNews/3.0 (compatible; +http://yandex.com/bots)")]);
    pass(2 * PACE).await;
    assert_eq!(scene.fake.asked(), [ADDRESS, NAME, ADDRESS, NAME]);
}

#[tokio::test(start_paused = true)]
async fn without_an_answer_nothing_is_said_and_it_is_asked_again_later() {
    let cases =
        [Fake { silent: true, ..Fake::default() }, Fake { broken: true, ..Fake::default() }];
    for fake in cases {
        let scene = Scene::new(fake);
        scene.visit(1000, [(ADDRESS, YANDEX)]);
        pass(TIMEOUT + 2 * PACE).await;
        assert_eq!(verified(&scene.node, "YandexBot"), (1, Some(0)));
        assert_eq!((scene.node.lookups.answered(), scene.node.lookups.failed()), (0, 1));
        scene.visit(1001, [(ADDRESS, YANDEX)]);
        pass(RETRY / 2).await;
        assert_eq!(scene.fake.asked(), [ADDRESS], "too soon");
        pass(RETRY / 2).await;
        scene.visit(1002, [(ADDRESS, YANDEX)]);
        pass(2 * PACE).await;
        assert_eq!(scene.fake.asked(), [ADDRESS, ADDRESS]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_claims_is_bounded_and_asked_about_slowly() {
    for (silent, claims, at_most) in [(false, 100_000, 10), (true, 2_000, AT_ONCE)] {
        let scene = Scene::new(Fake { silent, ..Fake::default() });
        let clients: Vec<String> = (0..claims)
            .map(|n| format!("5.{}.{}.{}", n / 62_500, n / 250 % 250, n % 250))
            .collect();
        // More than one second takes of new values.
        for part in clients.chunks(50_000) {
            scene.visit(1000, part.iter().map(|client| (client.as_str(), YANDEX)));
        }
        let (waiting, left_out) = {
            let live = scene.node.live();
            let claims = live.dictionaries().claims();
            (claims.waiting(), claims.left_out())
        };
        assert_eq!((waiting as u64 + left_out, waiting), (claims, CLAIMS_MAX));
        assert_eq!(scene.fake.asked().len(), 0, "what takes lines asks nothing");
        pass(Duration::from_secs(1)).await;
        let asked = scene.fake.asked().len();
        assert!((1..=at_most).contains(&asked), "{asked} lookups in a second");
        let (_, verified) = verified(&scene.node, "YandexBot");
        assert_eq!(verified, Some(0));
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_asked_about_addresses_of_no_crawler() {
    let scene = Scene::new(Fake::default());
    let clients = ["10.1.2.3", "127.0.0.1", "192.168.0.1", "203.0.113.9", "fd00::1", "a.example"];
    scene.visit(1000, clients.map(|client| (client, YANDEX)));
    scene.visit(1000, [(ADDRESS, "curl/8.11.0"), (ADDRESS, "DuckDuckBot/1.1")]);
    // Published ranges know it.
    scene.visit(1000, [("66.249.66.1", GOOGLE)]);
    pass(Duration::from_secs(60)).await;
    assert_eq!(scene.fake.asked(), [""; 0]);
    assert_eq!(verified(&scene.node, "Googlebot"), (1, Some(1)));
    assert_eq!(verified(&scene.node, "DuckDuckBot"), (1, None));
}

#[tokio::test(start_paused = true)]
async fn where_nobody_asks_a_name_is_a_claim() {
    let node = node();
    visit(&node, 1000, [(ADDRESS, YANDEX), (ADDRESS, GOOGLE)]);
    assert_eq!(verified(&node, "YandexBot"), (1, None));
    assert_eq!(verified(&node, "Googlebot"), (1, Some(0)), "ranges are published");
    assert_eq!(node.live().dictionaries().claims().waiting(), 0);
}

#[tokio::test(start_paused = true)]
async fn masked_clients_are_not_asked_about_and_not_judged() {
    let scene = Scene::new(Fake::default());
    let mut block = Block::new(Second(1000));
    for (stand_in, agent) in [("0123456789abcdef", YANDEX), ("fedcba9876543210", GOOGLE)] {
        let mut row = Row::new(Kind::Access);
        row.set(Field::Client, "66.249.66.0");
        row.set(Field::Visitor, stand_in);
        row.set(Field::Agent, agent);
        block.append(&row);
    }
    scene.node.live_mut().absorb(block);
    pass(Duration::from_secs(60)).await;
    assert_eq!(scene.fake.asked(), [""; 0]);
    assert_eq!(verified(&scene.node, "YandexBot"), (1, None));
    assert_eq!(verified(&scene.node, "Googlebot"), (1, None));
}

/// On the one thread of this test's runtime: a task that waited for the window would never let it go.
#[tokio::test]
async fn who_waits_for_the_window_keeps_no_task_from_going_on() {
    let (node, fake) = (node(), Arc::new(Fake::default()));
    let checker = Checker::new(Arc::clone(&node), Arc::clone(&fake) as Arc<dyn Resolver>);
    visit(&node, 1000, [(ADDRESS, YANDEX)]);
    let [taken, done] = [(), ()].map(|()| Arc::new(std::sync::Barrier::new(2)));
    let viewer = {
        let (node, taken, done) = (Arc::clone(&node), Arc::clone(&taken), Arc::clone(&done));
        std::thread::spawn(move || {
            let _counting = node.live_mut();
            taken.wait();
            done.wait();
        })
    };
    taken.wait();
    let running = tokio::spawn(checker.run(CancellationToken::new()));
    tokio::task::yield_now().await;
    assert_eq!(fake.asked(), [""; 0]);
    done.wait();
    while fake.asked().is_empty() {
        tokio::task::yield_now().await;
    }
    running.abort();
    assert!(viewer.join().is_ok());
}

#[tokio::test(start_paused = true)]
async fn answers_are_bounded_and_the_oldest_goes() {
    let mut answers = Answers::default();
    let address = |n: u32| IpAddr::from(n.to_be_bytes());
    let now = Instant::now();
    (0..ANSWERS_MAX as u32 + 10).for_each(|n| answers.put(address(n), Some(None), now));
    assert_eq!((answers.by_address.len(), answers.order.len()), (ANSWERS_MAX, ANSWERS_MAX));
    assert_eq!(answers.get(address(9), now), None);
    assert!(answers.get(address(10), now).is_some());
    answers.put(address(1), None, now + DAY);
    assert_eq!(answers.by_address.len(), 1, "the others had their day");
    assert!(answers.get(address(1), now + DAY).is_some());
    assert!(answers.get(address(1), now + DAY + RETRY).is_none());
}

#[tokio::test]
async fn lookups_of_the_machine_never_take_more_threads_than_said() {
    let (system, running) = (System::default(), Arc::new(std::sync::Barrier::new(AT_ONCE + 1)));
    let busy: Vec<_> = (0..AT_ONCE)
        .map(|_| {
            let running = Arc::clone(&running);
            tokio::spawn(system.run(move || {
                running.wait();
                Ok(())
            }))
        })
        .collect();
    while system.threads.available_permits() > 0 {
        tokio::task::yield_now().await;
    }
    let mut next = system.run(|| Ok(7));
    let waker = futures_util::task::noop_waker();
    let mut context = std::task::Context::from_waker(&waker);
    assert!(next.as_mut().poll(&mut context).is_pending());
    tokio::task::spawn_blocking(move || running.wait()).await.unwrap();
    for lookup in busy {
        lookup.await.unwrap().unwrap();
    }
    assert_eq!(next.await.unwrap(), 7);
}
