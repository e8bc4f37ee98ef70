#include "forwarded.h"

#include <charconv>
#include <string>
#include <utility>

#include "gatehouse/base/words.h"

namespace gatehouse::net {
namespace {

// ":80"
bool is_port(std::string_view text) {
  if (text.size() < 2 || text.size() > 6 || text.front() != ':') return false;
  unsigned port = 0;
  const char* const end = text.data() + text.size();
  const auto [at, failed] = std::from_chars(text.data() + 1, end, port);
  return failed == std::errc() && at == end && port <= 65535;
}

// Reads one field. Spaces may stand around separators, as in any list.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool read(std::vector<ForwardedHop>& hops) {
    for (;;) {
      while (take(',')) {
      }
      if (at_end()) return true;
      if (!read_hop(hops.emplace_back())) return false;
      if (!at_end() && !take(',')) return false;
    }
  }

 private:
  bool read_hop(ForwardedHop& hop) {
    bool from = false, proto = false;
    for (;;) {
      while (take(';')) {
      }
      if (at_end() || rest_.front() == ',') return true;
      const std::string_view name = take_word("=");
      std::string value;
      if (name.empty() || !take('=') || !take_value(value)) return false;
      if (same_word(name, "for")) {
        if (std::exchange(from, true)) return false;
        hop.from = node_address(value);
      } else if (same_word(name, "proto")) {
        if (std::exchange(proto, true)) return false;
        hop.https = same_word(value, "https");
      }
      if (!at_end() && rest_.front() != ';' && rest_.front() != ',') return false;
    }
  }

  // A token, or a quoted text. Addresses with ports stand unquoted often enough.
  bool take_value(std::string& value) {
    if (at_end() || rest_.front() != '"') {
      value = take_word("\"");
      return !value.empty();
    }
    for (rest_.remove_prefix(1); !rest_.empty(); rest_.remove_prefix(1)) {
      if (rest_.front() == '"') return rest_.remove_prefix(1), true;
      if (rest_.front() == '\\') rest_.remove_prefix(1);
      if (rest_.empty()) break;
      value.push_back(rest_.front());
    }
    return false;
  }

  std::string_view take_word(std::string_view others_that_end_it) {
    std::size_t n = 0;
    while (n < rest_.size() && std::string_view(" \t;,").find(rest_[n]) == std::string_view::npos &&
           others_that_end_it.find(rest_[n]) == std::string_view::npos) {
      ++n;
    }
    const std::string_view word = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return word;
  }
  bool at_end() {
    rest_ = trimmed(rest_);
    return rest_.empty();
  }
  bool take(char c) {
    if (at_end() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  std::string_view rest_;
};

}  // namespace

std::optional<IpAddress> node_address(std::string_view node) {
  if (node.starts_with('[')) {
    const std::size_t close = node.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    const std::string_view behind = node.substr(close + 1), inside = node.substr(1, close - 1);
    if ((!behind.empty() && !is_port(behind)) || inside.find(':') == std::string_view::npos) return std::nullopt;
    return parse_address(inside);
  }
  const std::size_t colon = node.find(':');
  if (colon != std::string_view::npos && node.find(':', colon + 1) == std::string_view::npos) {
    if (!is_port(node.substr(colon))) return std::nullopt;
    node = node.substr(0, colon);
  }
  return parse_address(node);
}

std::vector<ForwardedHop> read_forwarded(const wire::RequestHead& head) {
  std::vector<ForwardedHop> hops;
  for (const wire::FieldView& field : head.fields) {
    if (same_word(field.name, "Forwarded") && !Reader(field.value).read(hops)) return {};
  }
  return hops;
}

}  // namespace gatehouse::net
