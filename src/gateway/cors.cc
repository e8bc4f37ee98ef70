#include "cors.h"

#include <algorithm>

#include "gatehouse/base/words.h"

namespace gatehouse::gateway {
namespace {

// What our own answers say beyond the fields that every page may read.
constexpr std::string_view exposed =
    "X-Request-Id, X-Process-Time, X-API-Key-Error, WWW-Authenticate, Allow, ETag, Location, Retry-After, retry-after-ms, x-should-retry, "
    "RateLimit, RateLimit-Policy, x-ratelimit-limit-requests, x-ratelimit-limit-tokens, x-ratelimit-remaining-requests, "
    "x-ratelimit-remaining-tokens, x-ratelimit-reset-requests, x-ratelimit-reset-tokens, Idempotency-Replayed, "
    "x-gatehouse-cache";
constexpr std::string_view preflight_seconds = "600";

// Names of fields with commas between them: what may be said back.
bool is_list_of_names(std::string_view text) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~, \t";
  return std::ranges::all_of(text, [others](char c) {
    const char l = lower_letter(c);
    return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || others.find(c) != std::string_view::npos;
  });
}

bool has(const std::vector<std::string>& list, std::string_view text) { return std::ranges::find(list, text) != list.end(); }

}  // namespace

OriginTrust trust_of(const EdgeRules& rules, const wire::RequestHead& head) {
  if (rules.origins.empty() || head.count("Origin") != 1) return OriginTrust::none;
  const std::string_view origin = *head.field("Origin");
  if (origin != "*" && has(rules.origins, origin)) return OriginTrust::listed;
  return has(rules.origins, "*") ? OriginTrust::any : OriginTrust::none;
}

bool is_preflight(const wire::RequestHead& head) {
  return head.method == wire::Method::options && head.field("Origin") && head.field("Access-Control-Request-Method");
}

net::Response preflight_answer(const wire::RequestHead& head, std::string_view allow) {
  net::Response response(204);
  response.field("Access-Control-Allow-Methods", allow).field("Access-Control-Max-Age", preflight_seconds);
  const std::string_view wanted = head.field("Access-Control-Request-Headers").value_or("");
  if (!wanted.empty() && is_list_of_names(wanted)) response.field("Access-Control-Allow-Headers", wanted);
  response.field("Vary", "Access-Control-Request-Headers");
  return response;
}

void dress_for_browser(net::Response& response, const EdgeRules& rules, const wire::RequestHead& head) {
  if (rules.origins.empty()) return;
  response.field("Vary", "Origin");
  const OriginTrust trust = trust_of(rules, head);
  if (trust == OriginTrust::none) return;
  if (trust == OriginTrust::listed) {
    response.field("Access-Control-Allow-Origin", *head.field("Origin")).field("Access-Control-Allow-Credentials", "true");
  } else {
    response.field("Access-Control-Allow-Origin", "*");
  }
  response.field("Access-Control-Expose-Headers", exposed);
}

}  // namespace gatehouse::gateway
