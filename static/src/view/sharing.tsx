// The dialog that makes links for people without a login, each to one site, and ends them again. A link is
// shown once, as the server keeps only its hash.

import "../style/sharing.css";
import { useEffect, useRef, useState } from "preact/hooks";
import { address, ask } from "../lib/api";
import type { Key } from "../lib/i18n";
import { isLocal, isSite, type Lasts, LASTS, type Share, USUAL } from "../lib/sharing";
import { visible } from "../lib/text";
import * as s from "../state";
import { t } from "../state";
import type { Values } from "../wire";
import { Copy } from "./copy";
import { Dialog } from "./dialog";

type Made = Share & { link: string; known: boolean };

const EXAMPLE = "shop.example.org";
/** Sites that are offered while one types. */
const OFFERED = 100;

function problemOf(status: number, code: string | undefined): Key {
  if (status === 401 || status === 403) return "share_refused";
  if (code === "bad_site") return "share_bad_site";
  return code === "too_many" ? "share_too_many" : "share_failed";
}

/** The link, or why there is none. */
async function make(site: string, expires: Lasts): Promise<Made | Key> {
  try {
    const answer = await fetch(address("shares"), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ site, expires }),
    });
    const body = (await answer.json()) as Made & { error?: { code: string } };
    return answer.ok ? body : problemOf(answer.status, body.error?.code);
  } catch {
    return "share_failed";
  }
}

export function Sharing() {
  const field = useRef<HTMLInputElement>(null);
  const [site, setSite] = useState(s.sharing.peek() ?? "");
  const [lasts, setLasts] = useState<Lasts>(USUAL);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Key | null>(null);
  const [made, setMade] = useState<Made | null>(null);
  useEffect(() => () => void (s.linkHeld.value = false), []);
  // At the start, and where another link is made.
  useEffect(() => {
    if (!made) field.current?.focus();
  }, [made]);
  const submit = async (e: Event) => {
    e.preventDefault();
    if (busy) return;
    if (!isSite(site)) {
      setProblem("share_bad_site");
      return field.current?.focus();
    }
    setBusy(true);
    s.linkHeld.value = true;
    const answer = await make(site.trim(), lasts);
    setBusy(false);
    if (typeof answer !== "string") {
      setProblem(null);
      return setMade(answer);
    }
    setProblem(answer);
    field.current?.focus();
  };
  return (
    <Dialog id="sharing-title" kind="help sharing" title={t("share_title")} held={made !== null} closed={() => (s.sharing.value = null)}>
      <p id="sharing-about">{t("share_about")}</p>
      {made ? (
        <Result made={made} again={() => setMade(null)} />
      ) : (
        <form onSubmit={(e) => void submit(e)} noValidate>
          <label for="sharing-site">{t("site")}</label>
          <input
            id="sharing-site"
            class="mono"
            ref={field}
            value={site}
            list="sharing-sites"
            autocomplete="off"
            autocapitalize="off"
            spellcheck={false}
            placeholder={EXAMPLE}
            aria-invalid={problem === "share_bad_site"}
            aria-describedby="sharing-problem"
            onInput={(e) => {
              setSite(e.currentTarget.value);
              setProblem(null);
            }}
          />
          <p id="sharing-problem" role="alert">
            {problem && t(problem)}
          </p>
          <Sites />
          <fieldset>
            <legend>{t("share_lasts")}</legend>
            <span class="segments">
              {LASTS.map((each) => (
                <button key={each} type="button" class="btn small" aria-pressed={each === lasts} onClick={() => setLasts(each)}>
                  {t(`share_${each}`)}
                </button>
              ))}
            </span>
          </fieldset>
          <button type="submit" class="btn primary" aria-disabled={busy}>
            {t(busy ? "share_making" : "share_make")}
          </button>
        </form>
      )}
      <Links newest={made?.id} ended={(id) => id === made?.id && setMade(null)} />
    </Dialog>
  );
}

/** What can be chosen instead of typed: sites that the window has. */
function Sites() {
  const [sites, setSites] = useState<string[]>([]);
  useEffect(() => {
    const stop = new AbortController();
    ask<Values>("values", { field: "site", limit: OFFERED }, { signal: stop.signal })
      .then(({ values }) => setSites(values.map((v) => v.value).filter(isSite)))
      .catch(() => undefined);
    return () => stop.abort();
  }, []);
  return (
    <datalist id="sharing-sites">
      {sites.map((each) => (
        <option key={each} value={each} />
      ))}
    </datalist>
  );
}

function Result({ made, again }: { made: Made; again(): void }) {
  const root = useRef<HTMLDivElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const [stuck, setStuck] = useState(false);
  const tried = (done: boolean) => {
    setStuck(!done);
    if (!done) field.current?.select();
  };
  useEffect(() => root.current?.querySelector<HTMLElement>(".copy")?.focus(), [made]);
  return (
    <div class="sharing-made" ref={root}>
      <p role="status">
        <b>{t("share_made", { site: visible(made.site), t: moment(made.expires) })}</b>
      </p>
      <input
        class="mono"
        ref={field}
        readOnly
        autocomplete="off"
        aria-label={t("share_link")}
        value={made.link}
        onFocus={(e) => e.currentTarget.select()}
      />
      {stuck && (
        <p role="alert" class="warning">
          {t("share_not_copied")}
        </p>
      )}
      <p>{t("share_once")}</p>
      {!made.known && <p class="warning">{t("share_unknown", { site: visible(made.site) })}</p>}
      {isLocal(made.link) && <p class="warning">{t("share_local")}</p>}
      <div class="acts">
        <Copy text={made.link} label={t("share_copy")} kind="primary" tried={tried} />
        <button type="button" class="btn small" onClick={again}>
          {t("share_another")}
        </button>
      </div>
    </div>
  );
}

/** Every link that is good, the one that ends first on top. */
function Links({ newest, ended }: { newest: string | undefined; ended(id: string): void }) {
  const [links, setLinks] = useState<Share[]>([]);
  const [problem, setProblem] = useState<Key | null>(null);
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    const stop = new AbortController();
    ask<{ shares: Share[] }>("shares", {}, { signal: stop.signal })
      .then(({ shares }) => {
        setLinks(shares);
        setProblem(null);
      })
      .catch(() => !stop.signal.aborted && setProblem("share_unread"));
    return () => stop.abort();
  }, [newest]);
  const end = async (id: string) => {
    const answer = await fetch(address(`shares/${id}`), { method: "DELETE" }).catch(() => null);
    // One that is not there any more has ended as well.
    if (!answer?.ok && answer?.status !== 404) {
      const body = (await answer?.json().catch(() => null)) as { error?: { code: string } } | null;
      const written = body?.error?.code !== "not_written";
      return setProblem(written ? "share_not_ended" : "share_not_written");
    }
    setProblem(null);
    setLinks((all) => all.filter((link) => link.id !== id));
    head.current?.focus();
    ended(id);
  };
  const said = problem && (
    <p role="alert" class="warning">
      {t(problem)}
    </p>
  );
  if (links.length === 0) return said;
  const sorted = [...links].sort((a, b) => Date.parse(a.expires) - Date.parse(b.expires));
  return (
    <section class="sharing-links">
      <h3 ref={head} tabIndex={-1}>
        {t("share_list")}
      </h3>
      {said}
      <ul>
        {sorted.map((link) => (
          <li key={link.id} class={link.id === newest ? "newest" : undefined}>
            <span class="mono site" title={visible(link.site)}>
              {visible(link.site)}
            </span>
            <span class="faint">{t("share_until", { t: moment(link.expires) })}</span>
            <button type="button" class="btn small" aria-label={t("share_end_of", { site: visible(link.site) })} onClick={() => void end(link.id)}>
              {t("share_end")}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function moment(time: string): string {
  const ms = Date.parse(time);
  return `${s.fmt.value.day(ms)} ${s.fmt.value.minute(ms)}`;
}
