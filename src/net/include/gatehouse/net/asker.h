// net/asker.h — who a request comes from: its peer, or the client that a trusted proxy speaks for.
// Rules    of a listed proxy: X-Forwarded-For from right to left up to the first address that is no listed proxy, else X-Real-IP, else
//          Forwarded. A field that is malformed where it is looked at says nothing. From anybody else all are ignored
// Threads  pure function
// Source   RFC 7239
#pragma once
#include <string>
#include <string_view>

#include "gatehouse/net/networks.h"
#include "gatehouse/wire/http1/head.h"

namespace gatehouse::net {

struct Asker {
  std::string address;  // no port
  bool https = false;   // a trusted proxy says that it was asked so
};

Asker find_asker(const wire::RequestHead& head, std::string_view peer, const Networks& proxies);

}  // namespace gatehouse::net
