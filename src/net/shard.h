// net/shard.h — what a server has on one reactor: its listeners and its connections.
// Threads  its reactor; the counters may be read from any thread
#pragma once
#include <algorithm>
#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "answer_head.h"
#include "connection.h"
#include "gatehouse/base/fd.h"
#include "gatehouse/runtime/reactor.h"
#include "listen.h"
#include "server_state.h"

namespace gatehouse::net {

// Written by one thread, read by any.
class Count {
 public:
  void add(std::uint64_t n = 1) { n_.store(get() + n, std::memory_order_relaxed); }
  void remove_one() { n_.store(get() - 1, std::memory_order_relaxed); }
  std::uint64_t get() const { return n_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> n_{0};
};

class Shard : public std::enable_shared_from_this<Shard> {
 public:
  Shard(std::shared_ptr<ServerState> state, Reactor& reactor, Bound bound);
  ~Shard();

  void begin();
  void stop_accepting();
  void close_all();
  void set_limits(std::shared_ptr<const ServerLimits> limits) { limits_ = std::move(limits); }

  void add(Connection& connection);
  void remove(Connection& connection);

  Reactor& reactor() const { return reactor_; }
  const std::shared_ptr<ServerState>& state() const { return state_; }
  // For an answer to what began then: the time of the last tick is near enough, and costs no look at the clock.
  std::string_view server_and_date(Instant began) { return server_and_date_.text(std::max(began, ticked_)); }
  const std::shared_ptr<const ServerLimits>& limits() const { return limits_; }

  Count open, accepted, refused, requests, escaped, listeners;

 private:
  class Listener;
  enum class Accepted { one, none, later };

  void accept_from(Listener& listener);
  Accepted accept_one(Listener& listener);
  void admit(Fd socket, const boost::asio::ip::tcp::endpoint& from);
  void admit_local(Fd socket);
  void take_in(Fd socket, const PlainStream::Protocol& protocol, Seat seat, std::string address);
  void tick();
  bool anybody_paused() const;
  void rest_if_over();

  const std::shared_ptr<ServerState> state_;
  std::shared_ptr<const ServerLimits> limits_;  // of those who come now
  Reactor& reactor_;
  Bound bound_;  // the sockets until begin()
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::vector<Connection*> connections_;
  ServerAndDate server_and_date_;
  Instant ticked_{};
  std::unique_ptr<Deadline> ticker_;
  bool stopped_ = false;
};

}  // namespace gatehouse::net
