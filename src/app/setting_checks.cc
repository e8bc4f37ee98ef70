#include "setting_checks.h"

#include <algorithm>
#include <array>
#include <set>

#include "gatehouse/base/result.h"
#include "gatehouse/base/words.h"
#include "gatehouse/gateway/edge.h"
#include "gatehouse/net/networks.h"
#include "options.h"

namespace gatehouse::app {
namespace {

template <class Read>
std::optional<std::string> fault_in(Read read, std::string_view text) {
  const auto made = read(text);
  return made ? std::nullopt : std::optional(made.error().public_text());
}

// What stands in examples, and in files that were copied from them.
constexpr std::array placeholders{"change-in-production", "change_in_production", "change-me",   "change_me",         "changeme",
                                  "change-this",          "change_this",          "changethis",  "mysecretkey",       "my-secret-key",
                                  "my_secret_key",        "your-secret",          "your_secret", "your-super-secret", "your_super_secret",
                                  "secret-key-here",      "secret_key_here",      "placeholder", "replace-me",        "replace_me"};
constexpr std::size_t least_secret = 32, least_different = 8;  // bytes

}  // namespace

std::optional<std::string> endpoint_fault(std::string_view text) {
  const Result<net::Endpoint> endpoint = parse_endpoint(std::string(text));
  return endpoint ? std::nullopt : std::optional(endpoint.error().public_text());
}

std::optional<std::string> admin_fault(std::string_view text) {
  const Result<net::Endpoint> endpoint = parse_endpoint(std::string(text));
  if (!endpoint) return endpoint.error().public_text();
  if (is_loopback(*endpoint)) return std::nullopt;
  return "'" + std::string(text) + "' can be reached by others; the admin listener stays on loopback";
}

std::optional<std::string> must_not_be_empty(std::string_view text) {
  return text.empty() ? std::optional<std::string>("must not be empty") : std::nullopt;
}

std::optional<std::string> host_fault(std::string_view text) { return fault_in(gateway::read_host, text); }
std::optional<std::string> origin_fault(std::string_view text) { return fault_in(gateway::read_origin, text); }
std::optional<std::string> network_fault(std::string_view text) { return fault_in(net::parse_network, text); }
std::optional<std::string> url_fault(std::string_view text) { return text.empty() ? std::nullopt : fault_in(gateway::host_of_url, text); }
std::optional<std::string> path_fault(std::string_view text) {
  const bool plain = std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f && c != '\\' && c != '"'; });
  if (text.starts_with('/') && !text.starts_with("//") && plain) return std::nullopt;
  return "'" + std::string(text) + "' is no path; write it as /docs";
}

std::optional<std::string> home_fault(std::string_view text) { return text.empty() ? std::nullopt : path_fault(text); }

std::string minutes(std::string_view number) { return std::string(number) + (all_digits(number) ? "m" : ""); }
std::string mebibytes(std::string_view number) { return std::string(number) + (all_digits(number) ? "MiB" : ""); }

std::optional<std::string> secret_fault(std::string_view secret) {
  constexpr const char* how = "; make one, for example with: openssl rand -base64 48";
  if (secret.empty()) return std::nullopt;
  const std::string word = lower_word(secret);
  const bool copied = std::ranges::any_of(placeholders, [&word](std::string_view one) { return word.find(one) != std::string::npos; });
  if (copied) return std::string("is the placeholder of an example, which everybody knows") + how;
  if (secret.size() < least_secret) return "has " + std::to_string(secret.size()) + " bytes and needs 32" + how;
  const std::set<char> different(secret.begin(), secret.end());
  return different.size() < least_different ? std::optional(std::string("is too easy to guess") + how) : std::nullopt;
}

std::string level_word(std::string_view theirs) {
  std::string word = lower_word(theirs);
  if (word == "warning") return "warn";
  if (word == "critical" || word == "fatal") return "error";
  return word == "trace" ? "debug" : word;
}

}  // namespace gatehouse::app
