// One GET to one address, over TLS or to loopback, each time on a connection of its own.
// Threads  one reactor; one get() at a time
// Errors   tls_authorities_unreadable, host_unknown, connection_failed, certificate_refused, tls_failed, reply_too_late, given_up,
//          address_refused, and those of net/conversation.h (operator)
#pragma once
#include <filesystem>
#include <functional>
#include <utility>

#include "gatehouse/base/result.h"
#include "gatehouse/runtime/reactor.h"
#include "gatehouse/runtime/task.h"
#include "gatehouse/runtime/worker_pool.h"
#include "gatehouse/wire/http1/reply.h"
#include "url.h"

namespace gatehouse::adapters {

struct HttpsOptions {
  HttpsOptions(std::filesystem::path authorities_, milliseconds deadline_, std::size_t most_body_)
      : authorities(std::move(authorities_)), deadline(deadline_), most_body(most_body_) {}
  std::filesystem::path authorities;  // PEM; empty: the system's
  milliseconds deadline;
  std::size_t most_body;
};

class HttpsGet {
 public:
  HttpsGet(Reactor& reactor, WorkerPool& files, Url url, HttpsOptions options);
  Task<Result<wire::HttpReply>> get();
  void give_up();

 private:
  struct Route;  // of Asio's types
  bool over() const { return late_ || given_up_; }
  void cut();
  Error ended_early() const;
  Task<Result<wire::HttpReply>> attempt();
  Task<Status> find_host(Route& route);
  Task<Status> connect(Route& route);
  Task<Result<wire::HttpReply>> ask_plainly(Route& route);
  Task<Result<wire::HttpReply>> ask_over_tls(Route& route);

  Reactor& reactor_;
  WorkerPool& files_;
  const Url url_;
  const HttpsOptions options_;
  std::function<void()> cut_;  // ends what get() waits for now
  bool late_ = false, given_up_ = false;
};

}  // namespace gatehouse::adapters
