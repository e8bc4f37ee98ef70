#include "shard.h"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <cerrno>
#include <utility>

#include "address.h"
#include "peer.h"

namespace gatehouse::net {

namespace ip = boost::asio::ip;

constexpr int a_handful = 64;

class Shard::Listener {
 public:
  Listener(Reactor& reactor, Fd socket) : socket_(reactor.executor(), socket.release()) {}
  int fd() { return socket_.native_handle(); }
  template <class F>
  void when_somebody_comes(F then) {
    socket_.async_wait(boost::asio::posix::descriptor_base::wait_read, std::move(then));
  }
  bool paused = false;  // no descriptors or memory for another connection: tried again at the next tick

 private:
  boost::asio::posix::basic_stream_descriptor<Executor> socket_;
};

Shard::Shard(std::shared_ptr<ServerState> state, Reactor& reactor, Bound bound)
    : state_(std::move(state)),
      limits_(std::make_shared<ServerLimits>(state_->limits)),
      reactor_(reactor),
      bound_(std::move(bound)),
      server_and_date_(reactor.clock()) {
  listeners.add(bound_.sockets.size());
}

Shard::~Shard() = default;

void Shard::begin() {
  if (stopped_) return;
  ticker_ = std::make_unique<Deadline>(reactor_, [this] { tick(); });
  ticker_->arm(Instant::min());
  for (Fd& socket : bound_.sockets) listeners_.push_back(std::make_unique<Listener>(reactor_, std::move(socket)));
  bound_.sockets.clear();
  for (const auto& listener : listeners_) accept_from(*listener);
}

// Takes those who wait in the queue, then waits for more. Between two handfuls others have their turn.
void Shard::accept_from(Listener& listener) {
  Accepted last = Accepted::one;
  for (int n = 0; last == Accepted::one && (n < a_handful || stopped_); ++n) last = accept_one(listener);
  listener.paused = last == Accepted::later;
  if (listener.paused && ticker_) ticker_->arm(Instant::min());
  if (listener.paused || stopped_) return;
  listener.when_somebody_comes([self = shared_from_this(), &listener](const Failure& failure) {
    if (!failure && !self->stopped_) self->accept_from(listener);
  });
}

Shard::Accepted Shard::accept_one(Listener& listener) {
  ip::tcp::endpoint from;
  auto size = static_cast<socklen_t>(from.capacity());
  Fd socket(::accept4(listener.fd(), from.data(), &size, SOCK_CLOEXEC));
  if (!socket) {
    if (errno == EAGAIN || errno == EWOULDBLOCK) return Accepted::none;
    const bool exhausted = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
    return exhausted ? Accepted::later : Accepted::one;  // else that client has gone again
  }
  if (from.data()->sa_family == AF_UNIX) {
    admit_local(std::move(socket));
  } else {
    from.resize(size);
    admit(std::move(socket), from);
  }
  return Accepted::one;
}

void Shard::admit(Fd socket, const ip::tcp::endpoint& from) {
  const ip::address address = unmapped(from.address());
  take_in(std::move(socket), from.protocol(), Seat(state_->caps, counted_address(address)), address.to_string());
}

void Shard::admit_local(Fd socket) {
  if (!peer_may_talk(socket)) return refused.add();
  take_in(std::move(socket), boost::asio::local::stream_protocol(), Seat(state_->caps, ""), "unix");
}

void Shard::take_in(Fd socket, const PlainStream::Protocol& protocol, Seat seat, std::string address) {
  const ConnectionCaps::Answer answer = seat.what();
  (answer == ConnectionCaps::Answer::granted ? accepted : refused).add();
  if (answer == ConnectionCaps::Answer::flooded) return;
  PlainStream::Socket adopted(reactor_.executor());
  Failure failure;
  adopted.assign(protocol, socket.get(), failure);
  if (failure) return;
  socket.release();
  auto connection = std::make_shared<Connection>(shared_from_this(), std::move(adopted), std::move(seat), std::move(address));
  reactor_.spawn(Connection::live(std::move(connection)));
}

void Shard::add(Connection& connection) {
  connection.place = connections_.size();
  connections_.push_back(&connection);
  if (ticker_) ticker_->arm(Instant::min());
  open.add();
}

void Shard::remove(Connection& connection) {
  connections_.back()->place = connection.place;
  connections_[connection.place] = connections_.back();
  connections_.pop_back();
  open.remove_one();
  rest_if_over();
}

void Shard::tick() {
  const Instant now = ticked_ = reactor_.clock().now();
  for (std::size_t i = 0; i < connections_.size(); ++i) connections_[i]->tick(now);
  for (const auto& listener : listeners_) {
    if (listener->paused) accept_from(*listener);
  }
  if (!connections_.empty() || anybody_paused()) ticker_->arm(Instant::min());
}

bool Shard::anybody_paused() const {
  return std::any_of(listeners_.begin(), listeners_.end(), [](const auto& listener) { return listener->paused; });
}

void Shard::stop_accepting() {
  if (stopped_) return;
  stopped_ = true;
  bound_.files.clear();  // first, so that nobody comes behind the last look at the queue
  for (const auto& listener : listeners_) accept_from(*listener);
  for (std::size_t i = 0; i < connections_.size(); ++i) connections_[i]->drain();
  listeners_.clear();
  bound_.sockets.clear();
  while (listeners.get() > 0) listeners.remove_one();
  rest_if_over();
}

void Shard::close_all() {
  for (std::size_t i = 0; i < connections_.size(); ++i) connections_[i]->abort();
}

// The ticker stands in the reactor's list: it goes here, on the reactor, and not whenever the server is destroyed.
void Shard::rest_if_over() {
  if (stopped_ && connections_.empty()) ticker_.reset();
}

}  // namespace gatehouse::net
