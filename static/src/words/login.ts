// Words of the login page, which brings no others along.

export const en = {
  title: "Log in – Tapline",
  name: "Name",
  name_hint: "leave empty with a token",
  password: "Password or token",
  enter: "Log in",
  entering: "Logging in…",
  wrong: "Name and password don't fit.",
  refused: "This token or password is not accepted.",
  throttled: "Too many tries. Try again in {n} s.",
  busy: "The server is busy. Try again in a moment.",
  over: "This link is not good any more. Ask for another.",
  away: "The server does not answer. Try again in a moment.",
};

export const ko: Record<keyof typeof en, string> = {
  title: "로그인 – Tapline",
  name: "이름",
  name_hint: "토큰이면 비워 두세요",
  password: "비밀번호 또는 토큰",
  enter: "로그인",
  entering: "로그인하는 중…",
  wrong: "이름과 비밀번호가 맞지 않습니다.",
  refused: "이 토큰 또는 비밀번호는 쓸 수 없습니다.",
  throttled: "시도가 너무 많습니다. {n}초 후에 다시 시도하세요.",
  busy: "서버가 바쁩니다. 잠시 후 다시 시도하세요.",
  over: "이 링크는 더 이상 유효하지 않습니다. 새 링크를 요청하세요.",
  away: "서버가 응답하지 않습니다. 잠시 후 다시 시도하세요.",
};
