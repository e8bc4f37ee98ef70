// Fields of a request's head by which the gateway decides how to answer: what is liked, what is known already, which page and which host
// it is about. Whatever they hold, the answer is one of the few that there are, says nothing back that was not asked for in that way, and
// follows from rules that are written here a second time and more simply.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../src/gateway/cors.h"  // private, as the next two: what the envelope asks of a head
#include "../src/gateway/head_fields.h"
#include "../src/gateway/negotiation.h"
#include "gatehouse/base/words.h"

namespace {

namespace gg = gatehouse::gateway;
using gatehouse::lower_word;
using gatehouse::trimmed;
using gatehouse::wire::RequestHead;

void require(bool holds) {
  if (!holds) std::abort();
}

void add_field(RequestHead& head, std::string_view name, std::string_view value) {
  gatehouse::wire::FieldView field;
  field.name = name;
  field.value = value;
  head.fields.push_back(field);
}

// A line a field: "Name: value". Lines that the HTTP parser would refuse are left out.
RequestHead read_head(std::string_view rest) {
  RequestHead head;
  head.method = gatehouse::wire::Method::options;
  while (!rest.empty()) {
    std::string_view line = gatehouse::take_until(rest, '\n');
    const std::string_view name = gatehouse::take_until(line, ':');
    bool plain = !name.empty();
    for (const char c : line) plain &= (static_cast<unsigned char>(c) >= 0x20 || c == '\t') && c != 0x7f;
    if (plain) add_field(head, name, trimmed(line));
  }
  return head;
}

// All fields of one name as the one list that they are.
std::string list_of(const RequestHead& head, std::string_view name) {
  std::string all;
  for (const auto& field : head.fields) {
    if (gatehouse::same_word(field.name, name)) all.append(all.empty() ? "" : ", ").append(field.value);
  }
  return all;
}

RequestHead with_only(std::string_view name, std::string_view value) {
  RequestHead head;
  add_field(head, name, value);
  return head;
}

bool holds(const std::string& text, std::string_view word) { return lower_word(text).find(word) != std::string::npos; }

// What is malformed in a list says nothing.
constexpr std::string_view nonsense = ", ;q=1, gzip;q=2, zh;q=, text/html;q=1.0001, en;q=-1, identity;q=0.0000,, application/json;q=x";

void check_negotiation(const RequestHead& head) {
  const std::string codings = list_of(head, "Accept-Encoding"), languages = list_of(head, "Accept-Language"),
                    types = list_of(head, "Accept");
  const bool gzip = gg::wants_gzip(head), page = gg::wants_page(head);
  const gg::Language language = gg::language_for(head);
  require(!gzip || holds(codings, "gzip") || holds(codings, "*"));
  require(!page || holds(types, "text/html"));
  require(language == gg::Language::english || (language == gg::Language::chinese && holds(languages, "zh")));
  for (const std::string_view more : {std::string_view(), nonsense}) {
    require(gg::wants_gzip(with_only("accept-encoding", codings + std::string(more))) == gzip);
    require(gg::wants_page(with_only("ACCEPT", types + std::string(more))) == page);
    require(gg::language_for(with_only("Accept-language", languages + std::string(more))) == language);
  }
}

void check_tags(const RequestHead& head) {
  constexpr std::string_view tag = "\"0123456789abcdef\"";
  const std::string known = list_of(head, "If-None-Match");
  const bool has = gg::has_already(head, tag);
  require(!has || holds(known, tag) || holds(known, "*"));
  require(gg::has_already(with_only("if-none-match", known), tag) == has);
  require(gg::has_already(with_only("If-None-Match", known + ", W/" + std::string(tag)), tag));
}

void check_origins(const RequestHead& head) {
  const std::vector<std::string> listed{"https://app.example.com"}, any{"*"}, both{"*", "https://app.example.com"};
  for (const std::vector<std::string>& origins : {std::vector<std::string>(), listed, any, both}) {
    gg::EdgeRules rules;
    rules.origins = origins;
    const gg::OriginTrust trust = gg::trust_of(rules, head);
    const bool once = head.count("Origin") == 1, named = once && head.field("Origin") == listed.front();
    require((trust == gg::OriginTrust::listed) == (named && (origins == listed || origins == both)));
    require((trust == gg::OriginTrust::any) == (once && trust != gg::OriginTrust::listed && (origins == any || origins == both)));
    gatehouse::net::Response response(204);
    gg::dress_for_browser(response, rules, head);
    require(response.value_of("Access-Control-Allow-Credentials").has_value() == (trust == gg::OriginTrust::listed));
    const std::string_view allowed = response.value_of("Access-Control-Allow-Origin").value_or("");
    require(allowed == (trust == gg::OriginTrust::listed ? listed.front() : trust == gg::OriginTrust::any ? "*" : ""));
  }
  if (!gg::is_preflight(head)) return;
  const gatehouse::net::Response answer = gg::preflight_answer(head, "GET, HEAD");
  const std::optional<std::string_view> said = answer.value_of("Access-Control-Allow-Headers");
  require(!said || said == head.field("Access-Control-Request-Headers"));
  require(!said || said->find_first_of("\"()/:;<=>?@[\\]{}") == std::string_view::npos);
}

void check_host(std::string_view text) {
  gg::EdgeRules rules;
  require(gg::trusts_host(rules, text, "203.0.113.1"));
  rules.hosts = {"api.example.com", "*.example.org", "[2001:db8::1]"};
  const std::string lower = lower_word(text);
  const std::string name = lower.starts_with('[') ? lower.substr(0, lower.find(']') + 1) : lower.substr(0, lower.find(':'));
  const bool below = name.ends_with(".example.org") && name.size() > std::string_view(".example.org").size();
  const bool trusted = gg::trusts_host(rules, text, "203.0.113.1");
  require(trusted == (name == "api.example.com" || name == "[2001:db8::1]" || below));
  require(!trusted || gg::trusts_host(rules, text, "127.0.0.1"));
  if (const auto host = gg::read_host(text)) {
    require(gg::read_host(*host).ok() && *gg::read_host(*host) == *host);
    rules.hosts = {*host};
    require(host->starts_with("*.") || gg::trusts_host(rules, *host == "*" ? "anything" : *host + ":8080", "203.0.113.1"));
  }
  if (const auto origin = gg::read_origin(text)) require(gg::read_origin(*origin).ok() && *gg::read_origin(*origin) == *origin);
  if (const auto host = gg::host_of_url(text)) require(gg::read_host(*host).ok());
}

void check_marks(const RequestHead& head) {
  const std::optional<std::string_view> id = gg::given_request_id(head);
  require(!id || (!id->empty() && id->size() <= 128 && id == head.field("X-Request-Id")));
  for (const char c : id.value_or(""))
    require(std::string_view("\"<>&'\\ \t,;:/%").find(c) == std::string_view::npos && c > ' ' && c < 0x7f);
  const auto version = gg::expected_version(head);
  require(version.ok() || (version.error().code() == gatehouse::Code::invalid_argument && version.error().reason() == "if_match_invalid"));
  require(!version.ok() || version->has_value() == head.field("If-Match").has_value());
  if (version.ok() && *version) {
    const std::string quoted = '"' + std::to_string(**version) + '"';
    require(gg::expected_version(with_only("If-Match", quoted)).value() == **version);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const RequestHead head = read_head({reinterpret_cast<const char*>(bytes), size});
  check_negotiation(head);
  check_tags(head);
  check_origins(head);
  for (const auto& field : head.fields) {
    if (gatehouse::same_word(field.name, "Host")) check_host(field.value);
  }
  check_marks(head);
  return 0;
}
