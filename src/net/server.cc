#include "gatehouse/net/server.h"

#include <fcntl.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "listen.h"
#include "server_state.h"
#include "shard.h"

namespace gatehouse::net {
namespace {

// Descriptors run out for everything, files and engines too: connections may have three quarters of them.
ServerLimits within_descriptors(ServerLimits limits) {
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) return limits;
  limits.connections = std::min(limits.connections, static_cast<std::size_t>(files.rlim_cur / 4 * 3));
  return limits;
}

// There can be one Unix socket at a path: each reactor waits for it with a descriptor of its own, and who is first accepts.
Result<std::vector<Fd>> listen_on_path(const std::string& path, std::size_t sockets, int backlog, PortUse use,
                                       std::vector<SocketFile>& files) {
  GH_TRY(UnixListener first, listen_at(path, backlog, use));
  files.push_back(std::move(first.file));
  std::vector<Fd> listeners;
  listeners.push_back(std::move(first.socket));
  while (listeners.size() < sockets) {
    listeners.emplace_back(::fcntl(listeners.front().get(), F_DUPFD_CLOEXEC, 0));
    if (!listeners.back())
      return operator_error("listen_failed", "cannot listen on unix:" + path + ": " + std::generic_category().message(errno));
  }
  return listeners;
}

// What each reactor listens on.
Result<std::vector<Bound>> bind_all(std::vector<Endpoint>& endpoints, std::size_t reactors, int backlog, PortUse use) {
  std::vector<Bound> bound(reactors);
  for (Endpoint& endpoint : endpoints) {
    GH_TRY(std::vector<Fd> sockets, endpoint.is_unix() ? listen_on_path(*endpoint.unix_path, reactors, backlog, use, bound.front().files)
                                                       : listen_on(endpoint, reactors, backlog, use));
    for (std::size_t i = 0; i < reactors; ++i) bound[i].sockets.push_back(std::move(sockets[i]));
  }
  return bound;
}

}  // namespace

HttpServer::HttpServer(ServerLimits limits, Handler& handler, std::vector<Endpoint> endpoints)
    : state_(std::make_shared<ServerState>(within_descriptors(std::move(limits)), handler)), endpoints_(std::move(endpoints)) {}

HttpServer::~HttpServer() {
  stop_accepting();
  close_all();
}

Status HttpServer::start(const std::vector<Reactor*>& reactors, PortUse use) {
  std::vector<Endpoint> chosen = endpoints_;
  GH_TRY(std::vector<Bound> bound, bind_all(chosen, reactors.size(), state_->limits.backlog, use));
  endpoints_ = std::move(chosen);
  for (std::size_t i = 0; i < reactors.size(); ++i) {
    auto shard = std::make_shared<Shard>(state_, *reactors[i], std::move(bound[i]));
    reactors[i]->post([shard] { shard->begin(); });
    shards_.push_back(std::move(shard));
  }
  return ok();
}

void HttpServer::set_limits(ServerLimits limits) {
  const auto next = std::make_shared<const ServerLimits>(within_descriptors(std::move(limits)));
  state_->caps->set(next->connections, next->connections_per_address);
  for (const auto& shard : shards_) shard->reactor().post([shard, next] { shard->set_limits(next); });
}

void HttpServer::stop_accepting() {
  state_->draining.store(true, std::memory_order_relaxed);
  for (const auto& shard : shards_) shard->reactor().post([shard] { shard->stop_accepting(); });
}

void HttpServer::close_all() {
  for (const auto& shard : shards_) shard->reactor().post([shard] { shard->close_all(); });
}

ServerCounts HttpServer::counts() const {
  ServerCounts sum;
  sum.body_bytes = state_->bodies->taken();
  for (const auto& shard : shards_) {
    sum.open += shard->open.get();
    sum.accepted += shard->accepted.get();
    sum.refused += shard->refused.get();
    sum.requests += shard->requests.get();
    sum.escaped_exceptions += shard->escaped.get();
    sum.listeners += shard->listeners.get();
  }
  return sum;
}

}  // namespace gatehouse::net
