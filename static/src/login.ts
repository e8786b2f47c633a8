// The login page. The server answers with it in the dashboard's place, at the same address: after a login
// that address is simply loaded again.

import "./style/tokens.css";
import "./style/frame.css";
import "./style/login.css";
import { address } from "./lib/api";
import { firstLanguage, keptTheme } from "./lib/kept";
import { takeShare } from "./share";
import { en, ko } from "./words/login";

const lang = firstLanguage();
const words = lang === "ko" ? ko : en;
document.documentElement.lang = lang;
const system = matchMedia("(prefers-color-scheme: light)");
const paint = () => {
  const theme = keptTheme();
  document.documentElement.dataset["theme"] = theme === "auto" ? (system.matches ? "light" : "dark") : theme;
};
paint();
system.addEventListener("change", paint);
document.title = words.title;
for (const element of document.querySelectorAll<HTMLElement>("[data-say]")) {
  element.textContent = words[element.dataset["say"] as keyof typeof en];
}

const form = document.getElementById("form") as HTMLFormElement;
const name = document.getElementById("name") as HTMLInputElement;
const password = document.getElementById("password") as HTMLInputElement;
const said = document.getElementById("said")!;
const button = form.querySelector("button")!;
name.focus();

/**
 * A cookie that is for this site alone is not sent along when a link on another site led here, but it is
 * when this page asks: then whoever is logged in needs no login. Once, or a refusal would go in circles.
 */
async function alreadyIn(): Promise<void> {
  const tried = "tapline.tried";
  try {
    if (sessionStorage.getItem(tried) !== null) return sessionStorage.removeItem(tried);
    const answer = await fetch(address("session"));
    if (!answer.ok || form.dataset["busy"] !== undefined) return;
    sessionStorage.setItem(tried, "1");
    location.reload();
  } catch {
    // No answer, or a window that keeps nothing: then there is a login.
  }
}

function wait(busy: boolean): void {
  button.disabled = busy;
  button.textContent = busy ? words.entering : words.enter;
  if (busy) form.dataset["busy"] = "";
  else delete form.dataset["busy"];
}

async function problemOf(answer: Response): Promise<string> {
  if (answer.status === 401) return name.value.trim() === "" ? words.refused : words.wrong;
  if (answer.status !== 429) return words.busy;
  const { error } = (await answer.json()) as { error: { hint: string } };
  return words.throttled.replace("{n}", /\d+/.exec(error.hint)?.[0] ?? "60");
}

async function enter(): Promise<void> {
  wait(true);
  said.textContent = "";
  password.removeAttribute("aria-invalid");
  let problem: string;
  try {
    const answer = await fetch(address("login"), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ name: name.value.trim(), password: password.value }),
    });
    if (answer.ok) {
      location.reload();
      return;
    }
    problem = await problemOf(answer);
  } catch {
    problem = words.away;
  }
  wait(false);
  said.textContent = problem;
  password.setAttribute("aria-invalid", "true");
  password.select();
  password.focus();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  void enter();
});
void takeShare().then((share) => {
  if (share === "taken") location.reload();
  else if (share === "over") said.textContent = words.over;
  else void alreadyIn();
});
addEventListener("hashchange", () => location.reload());
