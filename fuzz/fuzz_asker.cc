// Fields by which a proxy says who asks: whatever they hold, the client is the peer or an address, and nobody but a proxy is believed.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/words.h"
#include "gatehouse/net/asker.h"

namespace {

namespace net = gatehouse::net;

void require(bool holds) {
  if (!holds) std::abort();
}

const net::Networks& proxies() {
  static const net::Networks made = net::Networks::parse(std::vector<std::string>{"127.0.0.0/8", "10.0.0.0/8", "fd00::/8"}).value();
  return made;
}

}  // namespace

// A line a field: "Name: value".
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  gatehouse::wire::RequestHead head;
  for (std::string_view rest(reinterpret_cast<const char*>(bytes), size); !rest.empty();) {
    std::string_view line = gatehouse::take_until(rest, '\n');
    gatehouse::wire::FieldView field;
    field.name = gatehouse::take_until(line, ':');
    field.value = gatehouse::trimmed(line);
    head.fields.push_back(field);
  }
  const net::Asker client = net::find_asker(head, "127.0.0.1", proxies());
  require(net::parse_address(client.address).has_value());
  require(net::to_text(*net::parse_address(client.address)) == client.address);
  for (const std::string_view peer : {"203.0.113.1", "unix", ""}) {
    const net::Asker stranger = net::find_asker(head, peer, proxies());
    require(stranger.address == peer && !stranger.https);
  }
  require(net::find_asker(head, "127.0.0.1", net::Networks()).address == "127.0.0.1");
  return 0;
}
