// A text and a schema, what was found in it in colours, and the answer itself. Credentials live as long as the page; nothing is asked of
// anybody but the server that it came from.
"use strict";

const WORDS = {
  zh: {
    title: "中文信息抽取", who: "凭证", kind: "种类", key: "API 密钥", token: "令牌", password: "用户名和密码", none: "无", username: "用户名", secret: "密码",
    kept: "只保存在本页内存中，关闭页面即消失。", example: "示例", text: "文本", schema: "要抽取的内容（JSON）", send: "抽取", shortcut: "Ctrl + Enter", found: "结果", answer: "应答",
    working: "正在抽取……", nothing: "没有找到任何内容", badJson: "不是 JSON 对象：", away: "服务器没有应答",
    done: (count, total, server) => `找到 ${count} 条，用时 ${total} 毫秒（服务器 ${server} 毫秒）`,
  },
  en: {
    title: "Chinese by schema", who: "Credential", kind: "Kind", key: "API key", token: "Token", password: "Name and password", none: "None", username: "User name", secret: "Password",
    kept: "Kept in this page's memory alone; gone when it is closed.", example: "Example", text: "Text", schema: "What to find (JSON)", send: "Extract", shortcut: "Ctrl + Enter", found: "Found", answer: "Answer",
    working: "Extracting …", nothing: "Nothing was found", badJson: "Not a JSON object: ", away: "The server does not answer",
    done: (count, total, server) => `${count} found in ${total} ms (server ${server} ms)`,
  },
};

const EXAMPLES = [
  { zh: "命名实体", en: "names", text: "谷爱凌在北京冬奥会上夺得金牌。", schema: { 人物: null, 地理位置: null } },
  { zh: "关系", en: "relations", text: "在北京冬奥会自由式中，2月8日上午，滑雪女子大跳台决赛中中国选手谷爱凌以188.25分获得金牌。", schema: { 人物: { "获奖时间(时间)": null, "选手国籍(国籍)": null } } },
  { zh: "事件", en: "events", text: "7月28日，天津泰达在德比战中以0-1负于天津天海。", schema: { "胜负(事件触发词)": { 时间: null, 败者: null, 胜者: null } } },
  { zh: "属性与观点", en: "aspects and opinions", text: "很满意，音质很好，发货速度快，值得购买", schema: { 属性词: { 情感词: null } } },
  { zh: "情感", en: "sentiment", text: "今天天气真好", schema: { 情感分类: null } },
  { zh: "分类", en: "classes", text: "文化,娱乐,体育,财经,科技|北京国安昨晚在中超联赛中以3比1战胜上海申花。", schema: { 分类: null } },
  { zh: "文本匹配", en: "matching", text: "相似,不相似|怎样退货&如何退货", schema: { 文本匹配: null } },
  { zh: "推理", en: "inference", text: "蕴含,矛盾,中立|段落1：王小明出生于上海，毕业于复旦大学。；段落2：王小明的毕业院校是复旦大学。", schema: { "段落2和段落1的关系是：": null } },
  { zh: "阅读理解", en: "questions", text: "大莱龙铁路位于山东省北部环渤海地区，西起位于益羊铁路的潍坊大家洼车站。", schema: { "大莱龙铁路位于哪里？": null } },
];
const COLOURS = 10;

const at = (id) => document.getElementById(id);
let words = WORDS.zh;
let session = null; // of a name and a password: {who, token}

function speak(language) {
  words = WORDS[language];
  document.documentElement.lang = language;
  document.title = "Gatehouse: " + words.title;
  for (const one of document.querySelectorAll("[data-say]")) one.textContent = words[one.dataset.say];
  for (const one of document.querySelectorAll("[data-label]")) one.setAttribute("aria-label", words[one.dataset.label]);
  for (const one of document.querySelectorAll("[data-language]")) one.setAttribute("aria-pressed", String(one.dataset.language === language));
  [...at("example").options].forEach((option, number) => (option.textContent = EXAMPLES[number][language]));
  showKind();
}

function showKind() {
  const kind = at("kind").value;
  at("named").hidden = kind !== "password";
  at("secretly").hidden = kind === "none";
  at("secret-label").textContent = kind === "password" ? words.secret : words[kind];
}

function showExample() {
  const example = EXAMPLES[at("example").value];
  at("text").value = example.text;
  at("schema").value = JSON.stringify(example.schema, null, 2);
  at("schema-fault").textContent = "";
}

class Refused extends Error {}

async function answerOf(response) {
  const body = await response.json().catch(() => null);
  if (response.ok) return body;
  const error = (body && body.error) || {};
  const details = (error.details || []).map((one) => `${one.path} ${one.message}`);
  const param = error.param ? ` (${error.param})` : "";
  throw new Refused([`${response.status}: ${error.message || response.statusText}${param}`, ...details].join("\n"));
}

async function credential() {
  const kind = at("kind").value;
  const secret = at("secret").value;
  if (kind === "none") return {};
  if (kind === "key") return { "X-API-Key": secret };
  if (kind === "token") return { Authorization: "Bearer " + secret };
  const who = JSON.stringify([at("username").value, secret]);
  if (!session || session.who !== who) {
    const body = JSON.stringify({ username: at("username").value, password: secret });
    const headers = { "Content-Type": "application/json", "Accept-Language": document.documentElement.lang };
    const answer = await answerOf(await fetch("api/auth/login", { method: "POST", headers, body, credentials: "omit", cache: "no-store" }));
    session = { who, token: answer.access_token };
  }
  return { Authorization: "Bearer " + session.token };
}

function colourOf(type, types) {
  if (!types.has(type)) types.set(type, types.size % COLOURS);
  return "c" + types.get(type);
}

function element(name, text, colour) {
  const made = document.createElement(name);
  made.textContent = text;
  if (colour) made.className = colour;
  return made;
}

function marked(text, types) {
  const made = element("mark", text, colourOf(types[0], marked.types));
  made.append(element("small", types.join(" · ")));
  return made;
}

// Each stretch of the text between two ends of finds, with what all of those are that cover it. Offsets are code points.
function mark(text, steps) {
  const characters = Array.from(text);
  const finds = steps.filter((step) => step.offset);
  const ends = [...new Set([0, characters.length, ...finds.flatMap((step) => step.offset)])].sort((a, b) => a - b);
  const parts = [];
  for (let i = 0; i + 1 < ends.length; i++) {
    const covering = finds.filter((step) => step.offset[0] <= ends[i] && step.offset[1] >= ends[i + 1]);
    const types = [...new Set(covering.map((step) => step.type))];
    const part = characters.slice(ends[i], ends[i + 1]).join("");
    parts.push(types.length ? marked(part, types) : document.createTextNode(part));
  }
  at("marked").replaceChildren(...parts);
}

function show(text, answer) {
  const steps = answer.output.flat();
  marked.types = new Map();
  const decided = steps.filter((step) => !step.offset).map((step) => {
    const made = document.createElement("li");
    made.append(marked(step.span, [`${step.type} ${Math.round(100 * step.score)} %`]));
    return made;
  });
  at("chosen").replaceChildren(...decided);
  mark(text, steps);
  at("json").textContent = JSON.stringify(answer, null, 2);
}

function clear() {
  at("fault").textContent = at("schema-fault").textContent = at("json").textContent = at("status").textContent = "";
  at("marked").replaceChildren();
  at("chosen").replaceChildren();
}

function schemaAsSent() {
  try {
    const schema = JSON.parse(at("schema").value);
    if (schema && typeof schema === "object" && !Array.isArray(schema)) return schema;
    at("schema-fault").textContent = words.badJson + at("schema").value.slice(0, 40);
  } catch (fault) {
    at("schema-fault").textContent = words.badJson + fault.message;
  }
  at("schema").focus();
  return null;
}

async function ask(event) {
  event.preventDefault();
  if (at("send").disabled) return;
  clear();
  const schema = schemaAsSent();
  if (!schema) return;
  const text = at("text").value;
  at("send").disabled = true;
  at("status").textContent = words.working;
  try {
    const headers = { ...(await credential()), "Content-Type": "application/json", "Accept-Language": document.documentElement.lang, "X-Gatehouse-Page": "nlu" };
    const began = performance.now();
    const response = await fetch("v1/nlu/extract", { method: "POST", headers, body: JSON.stringify({ text, schema }), credentials: "omit", cache: "no-store" });
    const answer = await answerOf(response);
    const total = Math.round(performance.now() - began);
    const server = (1000 * Number(response.headers.get("X-Process-Time"))).toFixed(1);
    show(text, answer);
    at("status").textContent = answer.output.length ? words.done(answer.output.length, total, server) : words.nothing;
  } catch (fault) {
    at("status").textContent = "";
    at("fault").textContent = fault instanceof Refused ? fault.message : words.away;
    session = null;
  } finally {
    at("send").disabled = false;
  }
}

EXAMPLES.forEach((_, number) => at("example").append(new Option("", String(number))));
for (const one of document.querySelectorAll("[data-language]")) one.addEventListener("click", () => speak(one.dataset.language));
at("kind").addEventListener("change", showKind);
at("example").addEventListener("change", showExample);
at("ask").addEventListener("submit", ask);
at("ask").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) at("ask").requestSubmit();
});
speak(navigator.language.startsWith("zh") ? "zh" : "en");
showExample();
