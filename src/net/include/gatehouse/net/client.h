// net/client.h — HTTP/1.1 for our own commands: one request, one reply, and the connection ends.
// Rules    Asks over TCP or a Unix socket, and nobody but the endpoint: no names are looked up, no proxy is asked, no redirect followed.
// Units    sizes in bytes; the deadline is for everything together, kept to within two ticks of the reactor (0.2 s)
// Threads  with a reactor: that one; without: the calling thread waits
// Errors   nobody_listens (refused, or no such socket), connection_failed, reply_too_late, connection_lost, reply_malformed,
//          reply_too_large, request_malformed, bad_socket_path, bad_address (all origin operator)
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/result.h"
#include "gatehouse/net/endpoint.h"
#include "gatehouse/runtime/reactor.h"
#include "gatehouse/runtime/task.h"
#include "gatehouse/wire/http1/reply.h"

namespace gatehouse::net {

struct ClientRequest {
  explicit ClientRequest(wire::Method method_ = wire::Method::get, std::string target_ = "/")
      : method(method_), target(std::move(target_)) {}
  wire::Method method;
  std::string target;                                       // origin form, percent-encoded
  std::string host;                                         // for the Host field; empty: the endpoint's own
  std::vector<std::pair<std::string, std::string>> fields;  // Host, Connection, Content-Length are the client's to write
  std::string body;
};

struct ClientLimits {
  ClientLimits() = default;
  ClientLimits(milliseconds deadline_, wire::HttpReplyLimits reply_) : deadline(deadline_), reply(reply_) {}
  milliseconds deadline = seconds(30);
  wire::HttpReplyLimits reply;
};

Task<Result<wire::HttpReply>> ask(Reactor& reactor, Endpoint to, ClientRequest request, ClientLimits limits);
Result<wire::HttpReply> ask(const Endpoint& to, const ClientRequest& request, const ClientLimits& limits = {});

// The request as it goes over the wire. request_malformed where it would say something else than it seems to.
Result<std::string> to_bytes(const ClientRequest& request);

}  // namespace gatehouse::net
