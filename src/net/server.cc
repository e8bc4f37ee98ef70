#include "gatehouse/net/server.h"

#include <sys/resource.h>

#include <algorithm>
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

}  // namespace

HttpServer::HttpServer(ServerLimits limits, Handler& handler, std::vector<Endpoint> endpoints)
    : state_(std::make_shared<ServerState>(within_descriptors(std::move(limits)), handler)), endpoints_(std::move(endpoints)) {}

HttpServer::~HttpServer() {
  stop_accepting();
  close_all();
}

Status HttpServer::start(const std::vector<Reactor*>& reactors, PortUse use) {
  std::vector<std::vector<Fd>> sockets(reactors.size());
  std::vector<Endpoint> bound = endpoints_;
  for (Endpoint& endpoint : bound) {
    GH_TRY(std::vector<Fd> listeners, listen_on(endpoint, reactors.size(), state_->limits.backlog, use));
    for (std::size_t i = 0; i < reactors.size(); ++i) sockets[i].push_back(std::move(listeners[i]));
  }
  endpoints_ = std::move(bound);
  for (std::size_t i = 0; i < reactors.size(); ++i) {
    auto shard = std::make_shared<Shard>(state_, *reactors[i], std::move(sockets[i]));
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
