// net/server.h — HTTP/1.1 on every reactor: listeners, connections, and how they stop.
// Life     start(); stop_accepting() when draining: every further answer says Connection: close and idle connections go at
//          once; close_all() ends the rest. Let the reactors run until counts().open is 0 before this is destroyed, and
//          destroy it before the reactors.
// Rules    On a Unix socket only processes of our own user and of root are let in, the rest is closed at once; who is let in counts
//          in all, not by address. The file goes when listening ends, unless it is another server's by then.
// Units    deadlines are kept to within two ticks of the reactor (0.2 s), late rather than early
// Threads  start, set_limits, stop_accepting, close_all, bound and counts from any thread; the Handler on each reactor, so it must be
//          prepared for several at once
// Errors   port_taken, bad_listen_address, bad_socket_path, listen_failed (operator)
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/result.h"
#include "gatehouse/net/endpoint.h"
#include "gatehouse/net/exchange.h"
#include "gatehouse/wire/http1/parser.h"

namespace gatehouse::net {

struct ServerLimits {
  wire::Http1Limits http1;
  std::size_t connections = 4096;
  std::size_t connections_per_address = 256;  // an IPv6 network of 64 bits counts as one address
  int backlog = 2048;
  milliseconds head_deadline = seconds(10);  // from accept, and from the first byte of each later head
  milliseconds idle = seconds(60);           // between two requests
  milliseconds body_grace = seconds(10);     // then a body must have come at body_rate on average
  std::size_t bodies = 512UL * 1024 * 1024;  // bytes of all bodies at once; above, a request is told 503
  std::size_t body_rate = 1024;              // bytes a second
  milliseconds body_stall = seconds(30);     // without one byte of a body that is read
  milliseconds write_stall = seconds(30);    // without one byte taken by the client
  milliseconds linger = seconds(5);          // for the client to read an answer that ends the connection before its request was read
  std::size_t stream_unsent = 1024 * 1024;   // a stream that is fed on above this is broken off; unsent() tells in good time
};

// Whether another process may already listen there, as when a new binary takes over.
enum class PortUse { alone, shared };

struct ServerCounts {
  std::uint64_t open = 0, accepted = 0, refused = 0, requests = 0, escaped_exceptions = 0, listeners = 0, body_bytes = 0;
};

struct ServerState;
class Shard;

class HttpServer {
 public:
  HttpServer(ServerLimits limits, Handler& handler, std::vector<Endpoint> endpoints);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Binds everything, or nothing. Connections are accepted as soon as the reactors run.
  Status start(const std::vector<Reactor*>& reactors, PortUse use = PortUse::alone);
  // Where it listens; ports as chosen.
  const std::vector<Endpoint>& bound() const { return endpoints_; }

  // For connections that come from now on: heads, deadlines, how many there may be. Not backlog and bodies.
  void set_limits(ServerLimits limits);
  // Takes what is queued already, then closes the listeners. Returns at once; counts().listeners becomes 0.
  void stop_accepting();
  // Breaks every connection off; suspended handlers see their client gone.
  void close_all();

  ServerCounts counts() const;

 private:
  std::shared_ptr<ServerState> state_;
  std::vector<Endpoint> endpoints_;
  std::vector<std::shared_ptr<Shard>> shards_;
};

}  // namespace gatehouse::net
