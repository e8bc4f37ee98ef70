#include "gatehouse/net/asker.h"

#include <optional>
#include <ranges>
#include <vector>

#include "forwarded.h"
#include "gatehouse/base/words.h"

namespace gatehouse::net {
namespace {

// The client, when the hops are looked at from the nearest outwards: the first that is no listed proxy, else the farthest.
class Walk {
 public:
  explicit Walk(const Networks& proxies) : proxies_(proxies) {}
  // False: there is no reason to look further.
  bool go(std::optional<IpAddress> hop) {
    client_ = hop;
    return hop && proxies_.hold(*hop);
  }
  const std::optional<IpAddress>& client() const { return client_; }

 private:
  const Networks& proxies_;
  std::optional<IpAddress> client_;
};

std::optional<IpAddress> by_forwarded_for(const wire::RequestHead& head, const Networks& proxies) {
  Walk walk(proxies);
  for (const wire::FieldView& field : head.fields | std::views::reverse) {
    if (!same_word(field.name, "X-Forwarded-For")) continue;
    for (std::string_view rest = field.value; !rest.empty();) {
      const std::size_t comma = rest.rfind(',');
      const std::string_view hop = trimmed(comma == std::string_view::npos ? rest : rest.substr(comma + 1));
      rest = rest.substr(0, comma == std::string_view::npos ? 0 : comma);
      if (!hop.empty() && !walk.go(node_address(hop))) return walk.client();
    }
  }
  return walk.client();
}

std::optional<IpAddress> by_real_ip(const wire::RequestHead& head) {
  if (head.count("X-Real-IP") != 1) return std::nullopt;
  return node_address(trimmed(*head.field("X-Real-IP")));
}

std::optional<IpAddress> by_forwarded(const std::vector<ForwardedHop>& hops, const Networks& proxies) {
  Walk walk(proxies);
  for (const ForwardedHop& hop : hops | std::views::reverse) {
    if (!walk.go(hop.from)) break;
  }
  return walk.client();
}

// What the nearest proxy was asked by.
bool by_https(const wire::RequestHead& head, const std::vector<ForwardedHop>& hops) {
  const std::size_t said = head.count("X-Forwarded-Proto");
  if (said == 1) return same_word(trimmed(*head.field("X-Forwarded-Proto")), "https");
  return said == 0 && !hops.empty() && hops.back().https;
}

}  // namespace

Asker find_asker(const wire::RequestHead& head, std::string_view peer, const Networks& proxies) {
  Asker client;
  client.address = peer;
  if (proxies.empty()) return client;
  const std::optional<IpAddress> address = parse_address(peer);
  if (!address || !proxies.hold(*address)) return client;
  const std::vector<ForwardedHop> hops = read_forwarded(head);
  std::optional<IpAddress> found = by_forwarded_for(head, proxies);
  if (!found) found = by_real_ip(head);
  if (!found) found = by_forwarded(hops, proxies);
  if (found) client.address = to_text(*found);
  client.https = by_https(head, hops);
  return client;
}

}  // namespace gatehouse::net
